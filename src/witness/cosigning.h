// At a log: asks its witnesses to cosign what it publishes, and has the log serve what they signed. A witness that is
// away, wrong or hostile holds up no receipt, and the cosignatures of the others by the time of a question, ever more
// seldom; what it says about this log (set back, forked) is told loudly, and what it shows with this log's own signature
// stops it. Rules: docs/formats/witness.md.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/time.h"
#include "crypto/jws.h"
#include "crypto/note.h"
#include "http/client.h"
#include "ledger/ledger.h"
#include "witness/shown.h"

namespace idun::witness {

inline constexpr std::size_t kWitnessesMax = 16;

struct AskedWitness {
    std::string url;  // its prefix, without a slash at the end
    crypto::VerifierKey key;
};

struct CosigningOptions {
    std::vector<AskedWitness> witnesses;           // at most kWitnessesMax
    std::chrono::milliseconds every{1'000};        // asked, when the tree has grown
    std::chrono::milliseconds idle{60'000};        // asked, when it has not
    std::chrono::milliseconds timeout = kQuestionTimeout;
    std::chrono::milliseconds alone_after{5'000};  // without any cosignature: the newest is served as it is
    std::chrono::milliseconds retry_max{60'000};   // between questions of one kind to one that fails
    crypto::KeySet own_keys = {};                  // with which this log's owner signs
    // A witness has shown that these have signed entries of this log that are not in it, in words for the operator.
    std::function<void(const std::string&)> set_back = {};
};

enum class Trouble {  // numbers of a metric
    none = 0,
    away = 1,
    refused = 2,
    set_back = 3,
    forked = 4,
};
std::string_view to_string(Trouble trouble);

// What one witness says of this log.
struct WitnessState {
    std::string url;
    std::string key;  // name+id+base64
    std::string name;
    std::optional<std::uint64_t> size;  // that it has cosigned for us since the start of this process,
    std::optional<Instant> time;        // and when
    Trouble trouble = Trouble::none;
    std::string reason;                 // of the trouble
    std::optional<Instant> since;       // it lasts
};

// Works on a thread of its own from start to destruction; the rest is for any thread. What is passed by reference lives as long.
class Cosigning {
public:
    Cosigning(CosigningOptions options, ledger::Ledger& ledger, http::Client& client, const Clock& clock, Metrics& metrics);
    ~Cosigning();

    // Until each witness has said what it has cosigned of this owner's logs, or did not answer; at most that long.
    void wait_for_word(std::chrono::milliseconds longest) const;

    std::vector<WitnessState> witnesses() const;
    // The same as JSON, for everybody.
    std::string report() const;
    // `corrupt` when a witness says that this log was set back or forked; `unavailable` when one has not signed for a minute.
    Status healthy() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::witness
