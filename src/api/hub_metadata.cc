#include <algorithm>

#include "api/access_query.h"
#include "api/fhir_answer.h"
#include "api/hub.h"
#include "api/pointer_query.h"
#include "base/program.h"
#include "directory/speaks.h"
#include "json/writer.h"

namespace idun::api {
namespace {

struct Search {
    std::string_view name;
    std::string_view type;
    std::string_view documentation = {};
};

// An operation stands with the type at whose address it is: at /Patient/$match and not at /$match.
struct Operation {
    std::string_view type;
    std::string_view name;
    std::string_view documentation;
    std::string_view definition = {};  // "": one of ours
};
constexpr Operation kOperations[] = {
    {"Patient", "gather",
     "Patient/$gather?identifier=SYSTEM|VALUE&purpose=&careRelation=&timeout=&category=&breakGlass=: everything that "
     "is known "
     "about one person, from all providers, with the state of every source."},
    {"Patient", "break-glass",
     "Patient/$break-glass, Parameters identifier, ground, reason: opens blocked data for the caller for a while."},
    {"Patient", "explain",
     "Patient/$explain, Parameters provider and more: what somebody there would see of the caller's data, and why."},
    {"Patient", "link", "Patient/$link, Parameters identifier, otherIdentifier, ground, since, evidence: by the operator, that two numbers are one person."},
    {"Patient", "unlink", "Patient/$unlink, Parameters identifier, otherIdentifier, reason: by the operator, takes the first out of the second's numbers."},
    {"Patient", "mark-ambiguous", "Patient/$mark-ambiguous, Parameters identifier, reason: by the operator, that a number was used for two persons."},
    {"Patient", "clear-ambiguous", "Patient/$clear-ambiguous, Parameters identifier, reason: by the operator, that it is not any more."},
    {"Patient", "identity-code", "Patient/$identity-code, Parameters identifier (of staff): a one-time code for joining an identity of another country."},
    {"Patient", "prove-identity", "Patient/$prove-identity, Parameters code, identifier (of staff): joins the identity to that of the code."},
    {"Patient", "match", "Patient/$match, Parameters resource (a Patient with identifiers), onlyCertainMatches, count, purpose, careRelation: by identifiers only.",
     "http://hl7.org/fhir/OperationDefinition/Patient-match"},
    {"Patient", "links", "Patient/$links?identifier=SYSTEM|VALUE: the numbers of one person, and who said so; for her and for the operator."},
    {"Patient", "notifications", "Patient/$notifications: whether the caller is told of ordinary accesses."},
    {"Patient", "notification-delivery",
     "Patient/$notification-delivery, Parameters pace, address: whether, how often and where the caller is told by mail."},
    {"Patient", "protected-identity", "Patient/$protected-identity, Parameters identifier, on, evidence: registered by staff."},
    {"AuditEvent", "export", "AuditEvent/$export: every entry about the caller, as NDJSON."},
    {"AuditEvent", "proof", "AuditEvent/$proof?site=LOG: what that log holds about the caller, proven whole, for idun-verify."},
    {"AuditEvent", "withhold",
     "AuditEvent/ID/$withhold, Parameters reason, decision, until: a supervisor keeps an access from the person's "
     "list."},
    {"AuditEvent", "show", "AuditEvent/ID/$show, Parameters decision: it is there again."},
    {"AuditEvent", "withheld", "AuditEvent/$withheld: which accesses are withheld, and were."},
    {"Task", "move", "Task/ID/$move, Parameters status, note: the next step of a case."}};
constexpr Operation kConfirm{"Patient", "confirm-break-glass",
                             "Patient/$confirm-break-glass, Parameters identifier, breakGlass: the second person's word; before it the glass opens nothing."};

void operation(json::Writer& w, const Operation& one) {
    w.object().member("name", one.name);
    w.member("definition", one.definition.empty() ? "urn:idun:OperationDefinition:" + std::string(one.name) : std::string(one.definition));
    w.member("documentation", one.documentation).end();
}

void operations(json::Writer& w, const Hub& hub, std::string_view type) {
    if (std::ranges::find(kOperations, type, &Operation::type) == std::end(kOperations)) return;
    w.name("operation").array();
    for (const Operation& one : kOperations)
        if (one.type == type) operation(w, one);
    if (type == kConfirm.type && hub.rules.break_glass_needs_second_person) operation(w, kConfirm);
    w.end();
}

void resource(json::Writer& w, const Hub& hub, std::string_view type, std::initializer_list<std::string_view> interactions,
              std::initializer_list<Search> searches, std::string_view documentation) {
    w.object().member("type", type).member("documentation", documentation);
    w.name("interaction").array();
    for (const std::string_view code : interactions) w.object().member("code", code).end();
    w.end();
    if (searches.size() > 0) {
        w.name("searchParam").array();
        for (const Search& search : searches) {
            w.object().member("name", search.name).member("type", search.type);
            if (!search.documentation.empty()) w.member("documentation", search.documentation);
            w.end();
        }
        w.end();
    }
    operations(w, hub, type);
    w.end();
}

void audit_event(json::Writer& w, const Hub& hub) {
    w.object().member("type", "AuditEvent");
    w.member("documentation",
             "Who has looked at the caller's data, at every provider, newest first; _count and the next link.");
    w.name("interaction").array();
    for (const std::string_view code : {"read", "search-type"}) w.object().member("code", code).end();
    w.end().name("searchParam").array();
    for (const AccessParameter& one : access_parameters())
        w.object().member("name", one.name).member("type", one.type).member("documentation", one.documentation).end();
    w.end();
    operations(w, hub, "AuditEvent");
    w.end();
}

void document_reference(json::Writer& w) {
    w.object().member("type", "DocumentReference");
    w.member("documentation", "Index pointers (IHE MHD ITI-67): which provider holds what about a person. Beside what is listed: _count, _elements, _sort, "
                              "_summary (true, data, count), _total, and the next link. Nodes withdraw all of theirs with DELETE ?custodian.identifier=.");
    w.name("interaction").array();
    w.object().member("code", "search-type").end();
    w.object().member("code", "delete").member("documentation", "By custodian.identifier only, by that provider's node.").end();
    w.end().member("conditionalDelete", "multiple").name("searchParam").array();
    for (const PointerParameter& one : pointer_parameters()) {
        w.object().member("name", one.name);
        if (!one.definition.empty()) w.member("definition", one.definition);
        w.member("type", one.type).member("documentation", one.documentation).end();
    }
    w.end().end();
}

std::string_view word_of(fhir::SearchType type) {
    switch (type) {
        case fhir::SearchType::number: return "number";
        case fhir::SearchType::date: return "date";
        case fhir::SearchType::string: return "string";
        case fhir::SearchType::token: return "token";
        case fhir::SearchType::reference: return "reference";
        case fhir::SearchType::composite: return "composite";
        case fhir::SearchType::quantity: return "quantity";
        case fhir::SearchType::uri: return "uri";
        default: return "special";
    }
}

void directory_type(json::Writer& w, const search::Registry& known, directory::Type type) {
    const std::string_view name = directory::to_string(type);
    w.object().member("type", name);
    w.member("documentation", type == directory::Type::organization || type == directory::Type::endpoint
                                  ? "Written by the operator; nodes register their own. _at, an instant: as the directory stood then."
                                  : "Written by the operator. _at, an instant: as the directory stood then.");
    w.name("interaction").array();
    for (const std::string_view code : {"read", "vread", "update", "delete", "history-instance", "history-type", "search-type"})
        w.object().member("code", code).end();
    w.end().member("versioning", "versioned").member("readHistory", true).member("updateCreate", true);
    std::vector<std::string> includes, reverse;
    for (const search::Parameter& one : known.of(name))
        if (search::is_includable(one)) includes.push_back(std::string(name) + ":" + std::string(one.name));
    for (const directory::Type other : directory::kTypes)
        for (const search::Parameter& one : known.of(directory::to_string(other)))
            if (search::is_includable(one) && one.may_point_at(name))
                reverse.push_back(std::string(directory::to_string(other)) + ":" + std::string(one.name));
    w.name("searchInclude").array();
    for (const std::string& one : includes) w.value(one);
    w.end().name("searchRevInclude").array();
    for (const std::string& one : reverse) w.value(one);
    w.end().name("searchParam").array();
    w.object().member("name", "_id").member("type", "token").end().object().member("name", "_lastUpdated").member("type", "date").end();
    for (const search::Parameter& one : known.of(name))
        w.object().member("name", one.name).member("definition", one.definition).member("type", word_of(one.type)).end();
    w.end().end();
}

std::string capability(const Hub& hub) {
    json::Writer w;
    w.object().member("resourceType", "CapabilityStatement").member("status", "active");
    w.member("date", to_iso(hub.clock.now())).member("kind", "instance");
    directory::write_in_capability(w, "hub");
    w.name("implementation").object().member("description", "Hub: directory, patient data index, rights, exchange");
    w.member("url", hub.base_url).end();
    w.member("fhirVersion", kFhirVersion).name("format").array().value("application/fhir+json").value("json").end();
    w.name("rest").array().object().member("mode", "server");
    w.name("security").object().member("cors", false);
    w.member("description",
             "Bearer tokens: access tokens of people, assertions of nodes. The directory is open to all.")
        .end();
    w.name("resource").array();
    audit_event(w, hub);
    resource(w, hub, "Communication", {"search-type"}, {{"patient.identifier", "token"}},
             "What the caller, or a person whom she represents in everything, has been told; newest first; _count and "
             "the next link.");
    resource(w, hub, "Consent", {"search-type", "read", "create", "delete", "history-type", "history-instance"},
             {{"patient.identifier", "token"}},
             "Opt-outs, blocks, lifts and mandates of the caller, or of a person whom she represents.");
    document_reference(w);
    for (const directory::Type type : directory::kTypes) directory_type(w, hub.finder.known(), type);
    resource(w, hub, "Patient", {"search-type"},
             {{"identifier", "token", "SYSTEM|VALUE, one that names a person nationally; a patient who asks about herself may leave it out."},
              {"purpose", "token", "PurposeOfUse; TREAT unless it is said."},
              {"careRelation", "token", "true: the caller declares that she takes part in the person's care."},
              {"category", "token", "Only numbers under which there is something of these categories."},
              {"breakGlass", "token", "The id that $break-glass gave."}},
             "By one identifier that names a person nationally (IHE PDQm), with purpose and careRelation: her numbers, as pseudonyms; never a name.");
    resource(w, hub, "RelatedPerson", {"search-type"}, {{"acting", "token"}},
             "Who may act for the caller; acting=me: for whom the caller may act.");
    resource(w, hub, "Task", {"search-type", "read", "create"}, {},
             "Complaints, and questions to whoever has broken a glass.");
    w.end();
    w.name("interaction").array().object().member("code", "batch");
    w.member("documentation", "Index pointers of the sending node; or searches for pointers, many persons in one request.").end();
    w.object().member("code", "history-system").member("documentation", "Of the directory: _since, _count.").end().end();
    w.end().end().end();
    return w.take();
}

}  // namespace

http::Handler hub_metadata(Hub& hub) {
    const auto body = std::make_shared<const std::string>(capability(hub));
    return [body](http::Request, http::Reply reply) {
        http::Response response = fhir(200, {});
        response.shared_body = body;
        reply.send(std::move(response));
    };
}

}  // namespace idun::api
