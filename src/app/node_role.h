// A provider's node: its parts, built and wired.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/hub_role.h"
#include "directory/directory.h"
#include "records/effort.h"

namespace idun::app {

// Of [node.subscriptions].
struct SubscriptionOptions {
    std::vector<std::string> endpoints;  // where notifications may go; none: nobody can subscribe
    std::string topics;                  // a folder with more topics; "": none
    std::chrono::milliseconds give_up_after{24 * 3'600'000};
    std::size_t waiting_events_max = 10'000;
};

// Of [node.exports].
struct ExportBounds {
    std::size_t waiting_of_client_max = 2;
    std::uint64_t disk_reserve_bytes = 1ull << 30;
};

struct NodeOptions {
    directory::Organisation provider;
    std::vector<directory::Organisation> units;
    Listen listen;
    std::string folder;             // store, log and keys
    std::string store = "embedded";
    BlindKeyPlace blind_key;        // the nation's, the same as the hub's
    std::string ca_file;            // for https to the hub; "": the system's
    std::string backups;            // folder of its backups; "": it makes none while it runs
    std::string hub_id = "idun-hub";
    std::string hub_url;
    std::optional<crypto::PublicKey> hub_key;
    rights::RuleTable rules = rights::sweden();
    UserIssuer users;
    SubscriptionOptions subscriptions;
    records::EffortLimits requests;  // what one request may cost
    ExportBounds exports;
    std::chrono::milliseconds map_root_every{10'000};  // of its log
    bool judge_profiles = false;  // of what is written, beyond R4's structure
    std::vector<std::string> packages;  // FHIR packages beside R4 core: folders and .tgz files
    std::vector<witness::AskedWitness> cosigned_by;  // asked to cosign the node's log
    std::vector<std::string> forget_blind_keys;      // names of keys that may leave though the hub was not told
    std::vector<crypto::VerifierKey> cosigns;        // logs that it cosigns, beside its hub's
};

class NodeRole {
public:
    // Listens and opens everything; answers 503 until open().
    static Result<std::unique_ptr<NodeRole>> start(Runtime& runtime, NodeOptions options);
    ~NodeRole();

    const std::string& url() const;
    const directory::Organisation& provider() const;
    const crypto::PublicKey& public_key() const;
    // As a witness: its key, and where it is asked.
    const crypto::VerifierKey& witness_key() const;
    std::string witness_url() const;

    // Begins to answer, to follow the hub's rights feed and to publish.
    Status open();
    // All that is committed is at the hub, and the copy of the rights is fresh.
    bool settled() const;
    // Follows the rights feed no longer: for a hub that is about to stop.
    void leave_hub();
    void stop(std::chrono::milliseconds grace);

private:
    struct Impl;
    explicit NodeRole(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::app
