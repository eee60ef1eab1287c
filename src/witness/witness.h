// A witness of logs (C2SP tlog-witness): cosigns a checkpoint that grows out of the one it cosigned before, and never two
// histories of one log. Bytes, states and answers: docs/formats/witness.md.
//
//     TRY_ASSIGN(auto key, witness_key("data/witness", system_files(), system_random()));
//     TRY_ASSIGN(auto witness, Witness::open({"witness.example/w1", "data/witness", logs}, key, system_files(), clock, metrics));
//     Answer answer = witness->add_checkpoint(body);
#pragma once

#include <cstdint>
#include <map>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/random.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "crypto/note.h"
#include "crypto/signing.h"
#include "ledger/file_system.h"

namespace idun::witness {

inline constexpr std::size_t kRefusedKept = 16;  // of one log

// The witness's key, made with its folder when there is none. `corrupt` when the key is there and what it has signed is not:
// then the key must never be used again.
Result<crypto::SigningKey> witness_key(const std::string& folder, ledger::FileSystem& files, Random& random);

struct WitnessOptions {
    std::string name;    // a key name, by convention an address without its scheme: "witness.example/w1"
    std::string folder;  // of witness_key()
    // The logs it looks at: keys under the name of their origin ("idun/SE2321000016"), again for a former key.
    std::vector<crypto::VerifierKey> logs;
    // Whether one of these keys still signs what is new; asked from many threads. Empty: all do. What was cosigned before is not asked about.
    std::function<bool(const crypto::VerifierKey&)> still_signs = {};
};

// Whether the witness of that folder has cosigned anything of a log.
bool has_cosigned(const std::string& folder, ledger::FileSystem& files, std::string_view origin);
// "idun/SE1" and "idun/SE1.log2" are logs of SE1.
bool is_log_of(std::string_view origin, std::string_view owner);

// For HTTP.
struct Answer {
    int status = 200;
    std::string type;
    std::string body;
};

enum class Why { two_roots, not_shown };
std::string_view to_string(Why why);

// What a log's own key has signed and the witness has not.
struct Refused {
    Instant at;
    Why why = Why::not_shown;
    std::uint64_t size = 0;
    crypto::Hash root;
    std::string cosigned;  // the checkpoint that it contradicts
    std::string request;   // as it came
};

struct LogSeen {
    std::string origin;
    std::uint64_t size = 0;
    crypto::Hash root;
    std::string checkpoint;       // that was cosigned, as the log has signed it; "": none
    std::optional<Instant> time;  // of the newest cosignature by this process
    std::vector<Refused> refused;
};

// Thread-safe.
class Witness {
public:
    // `key` and what else is passed by reference lives as long as the witness. `conflict` when another process has the folder;
    // `corrupt` when a state in it is not one, or not signed with the keys of its log.
    static Result<std::unique_ptr<Witness>> open(WitnessOptions options, const crypto::SigningKey& key,
                                                 ledger::FileSystem& files, const Clock& clock, Metrics& metrics);
    ~Witness();

    // One more key of a log that it looks at; `not_found` when it does not.
    Status trust(const crypto::VerifierKey& key);

    // Waits for the disk when the log has grown.
    Answer add_checkpoint(std::string_view body);

    const crypto::VerifierKey& key() const;
    // Of one owner's logs ("SE1": idun/SE1 and those that follow it), or of all.
    std::vector<LogSeen> logs(std::string_view owner = {}) const;
    // The same as JSON, for everybody.
    std::string report(std::string_view owner = {}) const;

private:
    struct Impl;
    explicit Witness(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::witness
