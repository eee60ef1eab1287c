// What the hub answers. One file per operation.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/callers.h"
#include "api/pointer_page.h"
#include "api/pointer_shape.h"
#include "base/random.h"
#include "base/time.h"
#include "directory/directory.h"
#include "directory/find.h"
#include "directory/health.h"
#include "directory/snapshot.h"
#include "exchange/access_view.h"
#include "exchange/care_checks.h"
#include "exchange/cases.h"
#include "exchange/connection_checks.h"
#include "exchange/emergencies.h"
#include "exchange/gather.h"
#include "exchange/index_waiting.h"
#include "exchange/notices.h"
#include "exchange/patterns.h"
#include "exchange/person_proofs.h"
#include "exchange/rights_register.h"
#include "exchange/withdrawals.h"
#include "http/router.h"
#include "index/index.h"
#include "ledger/closed_log.h"
#include "ledger/ledger.h"
#include "people/codes.h"
#include "people/links.h"
#include "people/person_id.h"
#include "trust/peer_keys.h"
#include "witness/cosigning.h"
#include "witness/witness.h"

namespace idun::api {

struct Hub {
    std::string id;
    std::string base_url;  // FHIR base, without a slash at the end
    std::chrono::milliseconds endpoint_lease{300'000};
    store::Store& store;
    directory::Directory& directory;
    const directory::Finder& finder;  // in the directory
    directory::SnapshotSigner& snapshots;  // of the directory
    directory::EndpointHealth& endpoint_health;
    index::Index& index;
    people::Links& links;
    people::IdentityCodes& codes;
    exchange::RightsRegister& rights;
    exchange::Withdrawals& withdrawals;
    exchange::Exchange& exchange;
    const exchange::IndexFollowing& following;
    exchange::IndexWaiting& waiting;
    exchange::AccessView& accesses;
    exchange::Notices& notices;
    exchange::Cases& cases;
    exchange::Emergencies& emergencies;
    const exchange::CareChecks& care;
    exchange::PersonProofs& proofs;
    exchange::ConnectionChecks& connections;
    const rights::RuleTable& rules;
    const crypto::SigningKey& key;
    trust::PeerKeys& keys;  // of its nodes
    ledger::Ledger& ledger;
    std::vector<std::shared_ptr<const ledger::ClosedLog>> closed_logs = {};  // of its own, that another one follows
    const crypto::PseudonymRing& pseudonyms;
    const Users& users;
    const Nodes& nodes;
    http::Loop& loop;
    const Clock& clock;
    exchange::Thresholds thresholds = {};  // of patterns
    std::mutex counting = {};              // of patterns: one at a time
    const witness::Witness* witness = nullptr;      // what it cosigns
    const witness::Cosigning* cosigning = nullptr;  // who cosigns its own log; null: nobody is asked
    std::atomic<bool> stopping = false;  // then nobody is made to wait
    PointerPages pointer_pages = PointerPages();
    PointerShapes pointer_shapes = {};
};

// `hub` lives as long as the handlers.
void add_hub_routes(http::Router& router, Hub& hub);

http::Handler hub_gather(Hub& hub);              // GET, POST /fhir/Patient/$gather
http::Handler hub_accesses(Hub& hub);            // GET /fhir/AuditEvent
http::Handler hub_access_entry(Hub& hub);        // GET /fhir/AuditEvent/:id
http::Handler hub_access_export(Hub& hub);       // GET /fhir/AuditEvent/$export
http::Handler hub_access_proof(Hub& hub);        // GET /fhir/AuditEvent/$proof
http::Handler hub_access_withhold(Hub& hub);     // POST /fhir/AuditEvent/:id/$withhold
http::Handler hub_access_show(Hub& hub);         // POST /fhir/AuditEvent/:id/$show
http::Handler hub_accesses_withheld(Hub& hub);   // GET /fhir/AuditEvent/$withheld
http::Handler hub_pointers(Hub& hub);            // GET /fhir/DocumentReference, POST /fhir/DocumentReference/_search
http::Handler hub_pointers_withdraw(Hub& hub);   // DELETE /fhir/DocumentReference
http::Handler hub_publish(Hub& hub);             // POST /fhir
http::Handler hub_index_changes(Hub& hub);       // GET /index/changes
http::Handler hub_index_changes_for_system(Hub& hub);  // POST /index/changes
http::Handler hub_index_compare(Hub& hub);       // POST /index/compare
http::Handler hub_consents(Hub& hub);            // GET /fhir/Consent
http::Handler hub_consent_create(Hub& hub);      // POST /fhir/Consent
http::Handler hub_consent(Hub& hub);             // GET /fhir/Consent/:id
http::Handler hub_consent_history(Hub& hub);     // GET /fhir/Consent/_history and /fhir/Consent/:id/_history
http::Handler hub_consent_end(Hub& hub);         // DELETE /fhir/Consent/:id
http::Handler hub_related_persons(Hub& hub);     // GET /fhir/RelatedPerson
http::Handler hub_mandate_import(Hub& hub);      // POST /rights/mandates
http::Handler hub_mandate_export(Hub& hub);      // POST /rights/mandates/:id/export
http::Handler hub_protected_identity(Hub& hub);  // POST /fhir/Patient/$protected-identity
http::Handler hub_break_glass(Hub& hub);         // POST /fhir/Patient/$break-glass
http::Handler hub_confirm_break_glass(Hub& hub); // POST /fhir/Patient/$confirm-break-glass
http::Handler hub_access_counts(Hub& hub);       // GET /supervision/counts
http::Handler hub_unshown_care(Hub& hub);        // GET /rights/unshown-care
http::Handler hub_glass_report(Hub& hub);        // POST /rights/glasses
http::Handler hub_explain(Hub& hub);             // POST /fhir/Patient/$explain
http::Handler hub_links_from_node(Hub& hub);     // POST /people/links
http::Handler hub_link(Hub& hub);                // POST /fhir/Patient/$link
http::Handler hub_unlink(Hub& hub);              // POST /fhir/Patient/$unlink
http::Handler hub_mark_ambiguous(Hub& hub);      // POST /fhir/Patient/$mark-ambiguous
http::Handler hub_clear_ambiguous(Hub& hub);     // POST /fhir/Patient/$clear-ambiguous
http::Handler hub_links(Hub& hub);               // GET /fhir/Patient/$links
http::Handler hub_identity_code(Hub& hub);       // POST /fhir/Patient/$identity-code
http::Handler hub_prove_identity(Hub& hub);      // POST /fhir/Patient/$prove-identity
http::Handler hub_patients(Hub& hub);            // GET /fhir/Patient
http::Handler hub_match(Hub& hub);               // POST /fhir/Patient/$match
http::Handler hub_notifications(Hub& hub);       // GET, POST /fhir/Patient/$notifications
http::Handler hub_delivery(Hub& hub);            // GET, POST /fhir/Patient/$notification-delivery
http::Handler hub_communications(Hub& hub);      // GET /fhir/Communication
http::Handler hub_task_create(Hub& hub);         // POST /fhir/Task
http::Handler hub_tasks(Hub& hub);               // GET /fhir/Task
http::Handler hub_task(Hub& hub);                // GET /fhir/Task/:id
http::Handler hub_task_move(Hub& hub);           // POST /fhir/Task/:id/$move
http::Handler hub_warnings();                    // GET /rights/warnings
http::Handler hub_directory_search(Hub& hub, directory::Type type);   // GET /fhir/Organization, POST /fhir/Organization/_search; the other types too
http::Handler hub_directory_read(Hub& hub, directory::Type type);     // GET /fhir/Organization/:id
http::Handler hub_directory_vread(Hub& hub, directory::Type type);    // GET /fhir/Organization/:id/_history/:version
http::Handler hub_directory_history(Hub& hub, std::optional<directory::Type> type);  // GET /fhir/_history, /fhir/Organization/_history, /fhir/Organization/:id/_history
http::Handler hub_directory_put(Hub& hub, directory::Type type);      // PUT /fhir/Organization/:id
http::Handler hub_directory_delete(Hub& hub, directory::Type type);   // DELETE /fhir/Organization/:id
http::Handler hub_directory_import(Hub& hub);    // POST /directory/import
http::Handler hub_directory_health(Hub& hub);    // GET /directory/health
http::Handler hub_connection_report(Hub& hub);   // GET /report/connection
http::Handler hub_national_figures(Hub& hub);    // PUT /report/national
http::Handler hub_connection_check(Hub& hub);    // POST /directory/connection-check
http::Handler hub_withdraw(Hub& hub);            // POST /directory/withdrawals
http::Handler hub_withdrawal_end(Hub& hub);      // POST /directory/withdrawals/:provider/end
http::Handler hub_withdrawals(Hub& hub);         // GET /directory/withdrawals
http::Handler hub_directory_snapshot(Hub& hub);  // GET /directory/snapshot
http::Handler hub_rights_feed(Hub& hub);         // GET /rights/feed
http::Handler hub_rights_snapshot(Hub& hub);     // GET /rights/snapshot
http::Handler hub_supervised_accesses(Hub& hub);  // GET /supervision/accesses
http::Handler hub_patterns(Hub& hub);            // GET /supervision/patterns
http::Handler hub_pattern_entries(Hub& hub);     // GET /supervision/patterns/:rule
http::Handler hub_watched(Hub& hub);             // GET, POST /supervision/watched
http::Handler hub_key_change(Hub& hub);          // POST /log-keys
http::Handler hub_log_accounts(Hub& hub);        // GET /log-accounts
http::Handler hub_log_retention(Hub& hub);       // GET /log-retention
http::Handler hub_log_shipments(Hub& hub);       // GET, POST /log-shipments
http::Handler hub_metadata(Hub& hub);            // GET /fhir/metadata

// Is the caller the operator: an administrator of the hub itself? Else `unauthorized` or `forbidden`.
Result<trust::UserToken> operator_of(const Hub& hub, const http::Request& request);
// The log entry of what the operator did to `what`.
ledger::Access operator_access(const Hub& hub, const trust::UserToken& user, ledger::Action action, const http::Request& request, std::string what);

// The log entry of something a person did for or about herself.
ledger::Access own_access(const Hub& hub, const trust::UserToken& user, ledger::Action action,
                          const http::Request& request);
// Appends the entry; sends `response` with the receipt once it is durable, or the failure.
void release(Hub& hub, const ledger::Access& access, http::Response response, http::Reply reply);
// The same for several, at least one; the receipt is the last one's.
void release_all(Hub& hub, std::vector<ledger::Access> entries, http::Response response, http::Reply reply);

}  // namespace idun::api
