#include "api/hub.h"

#include "api/fhir_answer.h"
#include "api/operations.h"
#include "ledger/append_each.h"

namespace idun::api {

namespace {

void add_hub_operations(Operations& operations, Hub& hub) {
    operations.add_unlogged("GET", "/fhir/metadata", fhir_json(hub_metadata(hub)));
    operations.add("GET", "/fhir/Patient/$gather", fhir_json(hub_gather(hub)));
    operations.add("POST", "/fhir/Patient/$gather", fhir_json(hub_gather(hub)));
    operations.add("GET", "/fhir/AuditEvent", fhir_json(hub_accesses(hub)));
    operations.add("GET", "/fhir/AuditEvent/$export", hub_access_export(hub));
    operations.add("GET", "/fhir/AuditEvent/$proof", hub_access_proof(hub));
    operations.add("GET", "/fhir/AuditEvent/$withheld", fhir_json(hub_accesses_withheld(hub)));
    operations.add("GET", "/fhir/AuditEvent/:id", fhir_json(hub_access_entry(hub)));
    operations.add("POST", "/fhir/AuditEvent/:id/$withhold", fhir_json(hub_access_withhold(hub)));
    operations.add("POST", "/fhir/AuditEvent/:id/$show", fhir_json(hub_access_show(hub)));
    operations.add("GET", "/fhir/DocumentReference", fhir_json(hub_pointers(hub)));
    operations.add("POST", "/fhir/DocumentReference/_search", fhir_json(hub_pointers(hub)));
    operations.add("DELETE", "/fhir/DocumentReference", fhir_json(hub_pointers_withdraw(hub)));
    operations.add("POST", "/fhir", fhir_json(hub_publish(hub)));
    operations.add("GET", "/index/changes", hub_index_changes(hub));
    operations.add("POST", "/index/changes", hub_index_changes_for_system(hub));
    operations.add_unlogged("POST", "/index/compare", hub_index_compare(hub));
    operations.add("GET", "/fhir/Consent", fhir_json(hub_consents(hub)));
    operations.add("POST", "/fhir/Consent", fhir_json(hub_consent_create(hub)));
    operations.add("GET", "/fhir/Consent/_history", fhir_json(hub_consent_history(hub)));
    operations.add("GET", "/fhir/Consent/:id", fhir_json(hub_consent(hub)));
    operations.add("GET", "/fhir/Consent/:id/_history", fhir_json(hub_consent_history(hub)));
    operations.add("DELETE", "/fhir/Consent/:id", fhir_json(hub_consent_end(hub)));
    operations.add("GET", "/fhir/RelatedPerson", fhir_json(hub_related_persons(hub)));
    operations.add("POST", "/fhir/Patient/$protected-identity", fhir_json(hub_protected_identity(hub)));
    operations.add("POST", "/fhir/Patient/$break-glass", fhir_json(hub_break_glass(hub)));
    operations.add("POST", "/fhir/Patient/$confirm-break-glass", fhir_json(hub_confirm_break_glass(hub)));
    operations.add("POST", "/fhir/Patient/$explain", fhir_json(hub_explain(hub)));
    operations.add("POST", "/people/links", hub_links_from_node(hub));
    operations.add("POST", "/fhir/Patient/$link", fhir_json(hub_link(hub)));
    operations.add("POST", "/fhir/Patient/$unlink", fhir_json(hub_unlink(hub)));
    operations.add("POST", "/fhir/Patient/$mark-ambiguous", fhir_json(hub_mark_ambiguous(hub)));
    operations.add("POST", "/fhir/Patient/$clear-ambiguous", fhir_json(hub_clear_ambiguous(hub)));
    operations.add("GET", "/fhir/Patient/$links", fhir_json(hub_links(hub)));
    operations.add("POST", "/fhir/Patient/$identity-code", fhir_json(hub_identity_code(hub)));
    operations.add("POST", "/fhir/Patient/$prove-identity", fhir_json(hub_prove_identity(hub)));
    operations.add("GET", "/fhir/Patient", fhir_json(hub_patients(hub)));
    operations.add("POST", "/fhir/Patient/$match", fhir_json(hub_match(hub)));
    operations.add("GET", "/fhir/Patient/$notifications", fhir_json(hub_notifications(hub)));
    operations.add("POST", "/fhir/Patient/$notifications", fhir_json(hub_notifications(hub)));
    operations.add("GET", "/fhir/Patient/$notification-delivery", fhir_json(hub_delivery(hub)));
    operations.add("POST", "/fhir/Patient/$notification-delivery", fhir_json(hub_delivery(hub)));
    operations.add("GET", "/fhir/Communication", fhir_json(hub_communications(hub)));
    operations.add("POST", "/fhir/Task", fhir_json(hub_task_create(hub)));
    operations.add("GET", "/fhir/Task", fhir_json(hub_tasks(hub)));
    operations.add("GET", "/fhir/Task/:id", fhir_json(hub_task(hub)));
    operations.add("POST", "/fhir/Task/:id/$move", fhir_json(hub_task_move(hub)));
    for (const directory::Type type : directory::kTypes) {
        const std::string at = "/fhir/" + std::string(directory::to_string(type));
        operations.add_unlogged("GET", at, fhir_json(hub_directory_search(hub, type)));
        operations.add_unlogged("POST", at + "/_search", fhir_json(hub_directory_search(hub, type)));
        operations.add_unlogged("GET", at + "/_history", fhir_json(hub_directory_history(hub, type)));
        operations.add_unlogged("GET", at + "/:id", fhir_json(hub_directory_read(hub, type)));
        operations.add("PUT", at + "/:id", fhir_json(hub_directory_put(hub, type)));
        operations.add("DELETE", at + "/:id", fhir_json(hub_directory_delete(hub, type)));
        operations.add_unlogged("GET", at + "/:id/_history", fhir_json(hub_directory_history(hub, type)));
        operations.add_unlogged("GET", at + "/:id/_history/:version", fhir_json(hub_directory_vread(hub, type)));
    }
    operations.add_unlogged("GET", "/fhir/_history", fhir_json(hub_directory_history(hub, {})));
    operations.add("POST", "/directory/import", hub_directory_import(hub));
    operations.add_unlogged("GET", "/directory/health", hub_directory_health(hub));
    operations.add("GET", "/report/connection", hub_connection_report(hub));
    operations.add("PUT", "/report/national", hub_national_figures(hub));
    operations.add("POST", "/directory/connection-check", hub_connection_check(hub));
    operations.add_unlogged("GET", "/directory/withdrawals", hub_withdrawals(hub));
    operations.add("POST", "/directory/withdrawals", hub_withdraw(hub));
    operations.add("POST", "/directory/withdrawals/:provider/end", hub_withdrawal_end(hub));
    operations.add_unlogged("GET", "/directory/snapshot", hub_directory_snapshot(hub));
    operations.add_unlogged("POST", "/log-keys", hub_key_change(hub));
    operations.add_unlogged("GET", "/rights/feed", hub_rights_feed(hub));
    operations.add_unlogged("GET", "/rights/snapshot", hub_rights_snapshot(hub));
    operations.add_unlogged("GET", "/rights/warnings", hub_warnings());
    operations.add("GET", "/rights/unshown-care", hub_unshown_care(hub));
    operations.add("POST", "/rights/glasses", hub_glass_report(hub));
    operations.add("POST", "/rights/mandates", hub_mandate_import(hub));
    operations.add("GET", "/supervision/accesses", hub_supervised_accesses(hub));
    operations.add("GET", "/supervision/counts", hub_access_counts(hub));
    operations.add("GET", "/supervision/patterns", hub_patterns(hub));
    operations.add("GET", "/supervision/patterns/:rule", hub_pattern_entries(hub));
    operations.add("GET", "/supervision/watched", hub_watched(hub));
    operations.add("POST", "/supervision/watched", hub_watched(hub));
    operations.add("GET", "/log-accounts", hub_log_accounts(hub));
    operations.add("GET", "/log-retention", hub_log_retention(hub));
    operations.add_unlogged("GET", "/log-shipments", hub_log_shipments(hub));
    operations.add_unlogged("POST", "/log-shipments", hub_log_shipments(hub));
    operations.add("POST", "/rights/mandates/:id/export", hub_mandate_export(hub));
}

}  // namespace

void add_hub_routes(http::Router& router, Hub& hub) {
    Operations operations(router, hub.ledger);
    add_hub_operations(operations, hub);
    operations.add_list();
}

ledger::Access own_access(const Hub& hub, const trust::UserToken& user, ledger::Action action,
                          const http::Request& request) {
    ledger::Access access;
    access.time = hub.clock.now();
    access.action = action;
    access.person = user.person;
    tell_requester(user, access);
    access.purpose = "PATRQT";
    access.rule = rights::id(rights::Rule::person);
    access.rules = hub.rules.version;
    access.request_id = std::string(request.headers.get("X-Request-Id"));
    return access;
}

Result<trust::UserToken> operator_of(const Hub& hub, const http::Request& request) {
    TRY_ASSIGN(auto user, hub.users.caller(request));
    if (user.role != trust::Role::administrator || user.provider_id != hub.id)
        return fail(Category::forbidden, "only the hub's operator does this: an administrator of the hub itself");
    return user;
}

ledger::Access operator_access(const Hub& hub, const trust::UserToken& user, ledger::Action action, const http::Request& request, std::string what) {
    ledger::Access access = own_access(hub, user, action, request);
    access.person.reset();
    access.purpose = rights::to_string(rights::Purpose::HOPERAT);
    access.rule.clear();
    access.query = std::move(what);
    return access;
}

namespace {

ledger::Appended send_with_receipt(http::Response response, http::Reply reply) {
    const auto shared = std::make_shared<std::pair<http::Response, http::Reply>>(std::move(response), std::move(reply));
    return [shared](Result<ledger::Receipt> receipt) {
        if (!receipt) return shared->second.send(refusal(receipt.error()));
        shared->first.headers.set("X-Idun-Receipt", receipt->text());
        shared->second.send(std::move(shared->first));
    };
}

}  // namespace

void release(Hub& hub, const ledger::Access& access, http::Response response, http::Reply reply) {
    hub.ledger.append(access, send_with_receipt(std::move(response), std::move(reply)));
}

void release_all(Hub& hub, std::vector<ledger::Access> entries, http::Response response, http::Reply reply) {
    if (entries.size() == 1) return release(hub, entries.front(), std::move(response), std::move(reply));
    ledger::append_each(hub.ledger,
                        [entries = std::move(entries), at = std::size_t{0}]() mutable {
                            return at == entries.size() ? std::nullopt : std::optional(std::move(entries[at++]));
                        },
                        send_with_receipt(std::move(response), std::move(reply)));
}

}  // namespace idun::api
