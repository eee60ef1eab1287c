// A role's two sides of witnessing, wired the same way at the hub, at nodes and in a witness of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/runtime.h"
#include "ledger/ledger.h"
#include "trust/peer_keys.h"
#include "witness/cosigning.h"
#include "witness/witness.h"

namespace idun::app {


// A witness with its key. `folder` is its own.
class OwnWitness {
public:
    // The key first, made when there is none: others need to know it before the logs are known here.
    static Result<std::unique_ptr<OwnWitness>> load(std::string name, std::string folder, Random& random);
    const crypto::VerifierKey& key() const { return verifier_; }
    const std::string& folder() const { return folder_; }

    // Whether a key of a log still signs what is new there; empty: all do.
    using StillSigns = std::function<bool(const crypto::VerifierKey&)>;
    Status open(std::vector<crypto::VerifierKey> logs, StillSigns still_signs, const Clock& clock, Metrics& metrics);
    witness::Witness& witness() { return *witness_; }

private:
    OwnWitness(std::string folder, crypto::SigningKey key, crypto::VerifierKey verifier)
        : folder_(std::move(folder)), key_(std::move(key)), verifier_(std::move(verifier)) {}
    const std::string folder_;
    const crypto::SigningKey key_;
    const crypto::VerifierKey verifier_;
    std::unique_ptr<witness::Witness> witness_;
};

// Of an owner's logs, by each of its keys: those of which this witness has cosigned anything, and the next ones, which
// the owner may begin while it runs.
std::vector<crypto::VerifierKey> keys_of_logs(const OwnWitness& witness, const std::string& owner,
                                              const crypto::KeySet& keys);

// By what is known of others' keys, which lives as long as the result; a key that is none of theirs does.
OwnWitness::StillSigns still_signs(const trust::PeerKeys& peers);

// "idun/SE2321000016/witness"
std::string witness_name(const std::string& log_id);

// A program that is a witness and nothing else.
struct WitnessOptions {
    std::string name;
    Listen listen;
    std::string folder;
    std::vector<crypto::VerifierKey> logs;
};

class WitnessRole {
public:
    // Answers when it returns.
    static Result<std::unique_ptr<WitnessRole>> start(Runtime& runtime, WitnessOptions options);
    ~WitnessRole();

    const std::string& url() const { return door_->url(); }
    const crypto::VerifierKey& key() const { return own_->key(); }
    void stop(std::chrono::milliseconds grace) { door_->stop(grace); }

private:
    WitnessRole() = default;
    Metrics metrics_;
    std::unique_ptr<OwnWitness> own_;
    std::unique_ptr<Door> door_;
};

}  // namespace idun::app
