// The hub: its parts, built and wired.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/blind_key.h"
#include "app/runtime.h"
#include "app/witnesses.h"
#include "crypto/jws.h"
#include "crypto/pseudonym_ring.h"
#include "crypto/signing.h"
#include "directory/reserved.h"
#include "exchange/audit_feed.h"
#include "exchange/log_accounts.h"
#include "exchange/outlet.h"
#include "exchange/patterns.h"
#include "http/router.h"
#include "rights/decide.h"
#include "trust/assertion.h"

namespace idun::app {

// Whose access tokens a role accepts.
struct UserIssuer {
    std::string issuer;
    std::string audience = "idun";
    crypto::KeySet keys;
};

// Of [hub.notifications].
struct NotificationOptions {
    enum class Outlet : std::uint8_t { none, files, smtp } outlet = Outlet::none;
    std::string folder;          // of files
    exchange::SmtpOptions smtp;
    exchange::LetterStyle style;
    std::chrono::milliseconds digest_after{24 * 3'600'000};
};

struct HubOptions {
    std::string id = "idun-hub";
    Listen listen;
    std::string folder;             // store, log and keys
    std::string store = "embedded";
    BlindKeyPlace blind_key;        // the nation's
    std::string ca_file;            // for https to nodes; "": the system's
    std::string backups;            // folder of its backups; "": it makes none while it runs
    std::chrono::milliseconds rights_lease{24 * 3'600'000};
    exchange::AccountBounds accounts;
    NotificationOptions notifications;
    exchange::AuditFeedOptions audit_feed;  // without an address nothing is sent
    exchange::Thresholds patterns;  // that the nation has set
    std::chrono::milliseconds map_root_every{10'000};  // of its log
    rights::RuleTable rules = rights::sweden();
    UserIssuer users;
    directory::Reserved reserved;  // beside its own id and address
    std::vector<witness::AskedWitness> cosigned_by;  // asked to cosign the hub's log
    std::vector<crypto::VerifierKey> cosigns;        // logs that it cosigns, beside those of its nodes
};

class HubRole {
public:
    // Listens and opens everything; answers 503 until open().
    static Result<std::unique_ptr<HubRole>> start(Runtime& runtime, HubOptions options);
    ~HubRole();

    const std::string& url() const;
    const crypto::PublicKey& public_key() const;
    const crypto::PseudonymRing& pseudonyms() const;
    // As a witness: its key, and where it is asked.
    const crypto::VerifierKey& witness_key() const;
    std::string witness_url() const;

    // More witnesses of its log, before open().
    void add_witness(witness::AskedWitness witness);
    // Begins to answer, and to cosign the logs of these nodes. `more` adds routes of its own (the demo's).
    Status open(const trust::ProviderKeys& nodes, const std::function<void(http::Router&)>& more = {});
    void stop(std::chrono::milliseconds grace);

private:
    struct Impl;
    explicit HubRole(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::app
