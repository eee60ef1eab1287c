#include "ledger/audit_event.h"

#include "crypto/encoding.h"
#include "json/writer.h"

namespace idun::ledger {
namespace {

constexpr std::string_view kDicom = "http://dicom.nema.org/resources/ontology/DCM";
constexpr std::string_view kProvenance = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
constexpr std::string_view kParticipation = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
constexpr std::string_view kRoleClass = "http://terminology.hl7.org/CodeSystem/v3-RoleClass";
constexpr std::string_view kEntityType = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
constexpr std::string_view kObjectRole = "http://terminology.hl7.org/CodeSystem/object-role";
constexpr std::string_view kResourceTypes = "http://hl7.org/fhir/resource-types";
constexpr std::string_view kActReason = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
constexpr std::string_view kInteraction = "http://hl7.org/fhir/restful-interaction";
constexpr std::string_view kUserSystem = "urn:idun:user";
constexpr std::string_view kClientSystem = "urn:idun:client";
constexpr std::string_view kUserAgents = "https://profiles.ihe.net/ITI/BALP/CodeSystem/UserAgentTypes";
constexpr std::string_view kProviderSystem = "urn:idun:provider";
constexpr std::string_view kUnitSystem = "urn:idun:unit";
constexpr std::string_view kProfiles = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.";
constexpr std::size_t kFhirIdBytesMax = 64;

// What an action is in FHIR: the code of AuditEvent.action, the interaction, and the IHE profile.
struct Shape {
    Action action;
    std::string_view code, interaction, profile;
};
constexpr Shape kShapes[] = {{Action::read, "R", "read", "Read"},
                             {Action::vread, "R", "vread", "Read"},
                             {Action::history, "R", "history-instance", ""},
                             {Action::search, "E", "search", "Query"},
                             {Action::gather, "E", "search", "Query"},
                             {Action::create, "C", "create", "Create"},
                             {Action::update, "U", "update", "Update"},
                             {Action::remove, "D", "delete", "Delete"},
                             {Action::transaction, "E", "transaction", ""},
                             {Action::export_data, "R", "operation", ""},
                             {Action::rights_change, "U", "update", ""},
                             {Action::login, "E", "operation", ""},
                             {Action::notify, "R", "operation", ""},
                             {Action::break_glass, "E", "operation", ""}};

const Shape& shape_of(Action action) {
    for (const Shape& shape : kShapes)
        if (shape.action == action) return shape;
    return kShapes[0];
}

bool is_query(Action action) { return action == Action::search || action == Action::gather; }

std::string fhir_id(const Receipt& receipt) {
    const std::string number = "-" + std::to_string(receipt.index);
    std::string out = receipt.log_id.substr(0, kFhirIdBytesMax - number.size()) + number;
    for (char& c : out)
        if (c == '_') c = '-';
    return out;
}

class AuditEvent {
public:
    AuditEvent(const Access& access, const Receipt& receipt, const Names& names, std::uint64_t sequence)
        : access_(access), receipt_(receipt), provider_(owner_of(receipt.log_id)), names_(names), sequence_(sequence),
          shape_(shape_of(access.action)) {}

    std::string write() {
        w_.object().member("resourceType", "AuditEvent").member("id", fhir_id(receipt_));
        profile();
        extensions();
        w_.name("type");
        if (is_disclosure()) coding(kDicom, "110106", "Export");
        else coding("http://terminology.hl7.org/CodeSystem/audit-event-type", "rest", "Restful Operation");
        w_.name("subtype").array();
        if (is_disclosure()) coding("http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle", "disclose");
        coding(kInteraction, shape_.interaction);
        w_.end();
        w_.member("action", std::string(shape_.code)).member("recorded", to_iso(access_.time));
        w_.member("outcome", access_.permit ? "0" : "8");
        if (!access_.permit)
            w_.member("outcomeDesc", access_.rule.empty() ? std::string("denied") : "denied by rule " + access_.rule);
        purpose("purposeOfEvent");
        agents();
        source();
        entities();
        w_.end();
        return w_.take();
    }

private:
    // Data that leave for good: to a file, or to a subscriber.
    bool is_disclosure() const {
        const bool leaves = access_.action == Action::export_data || access_.action == Action::notify;
        return leaves && access_.permit && access_.person && !(access_.records.empty() && access_.request_id.empty());
    }
    // IHE's patterns are for what was done; a denial has none. A read or write names what it touched.
    std::string pattern() const {
        if (is_disclosure()) return "PrivacyDisclosure.Source";
        const bool named = is_query(access_.action) || !access_.records.empty();
        if (shape_.profile.empty() || !access_.permit || !named) return "";
        return (access_.person ? "Patient" : "") + std::string(shape_.profile);
    }
    // Beside it, also for a denial: with which token was asked. "Comprehensive" wants a user with no policy but the token's id,
    // and ours has the rule and the ticket too.
    void profile() {
        const std::string done = pattern();
        if (done.empty() && access_.token.id.empty()) return;
        w_.name("meta").object().name("profile").array();
        if (!done.empty()) w_.value(std::string(kProfiles) + done);
        if (!access_.token.id.empty()) w_.value(std::string(kProfiles) + "OAUTHaccessTokenUse.Minimal");
        w_.end().end();
    }

    void extension(std::string_view url, const std::string& text) {
        w_.object().member("url", std::string(url)).member("valueString", text).end();
    }
    void extensions() {
        w_.name("extension").array();
        extension("urn:idun:sentence-sv", sentence_sv(access_, names_));
        extension("urn:idun:sentence-en", sentence_en(access_, names_));
        if (!receipt_.signature.empty()) extension("urn:idun:receipt", receipt_.text());
        if (sequence_ != 0) extension("urn:idun:sequence", std::to_string(sequence_));
        if (access_.store_version != 0) extension("urn:idun:store-version", std::to_string(access_.store_version));
        if (access_.break_glass) extension("urn:idun:break-glass", access_.break_glass->ground);
        if (!access_.country.empty()) extension("urn:idun:country", access_.country);
        w_.end();
    }

    void coding(std::string_view system, std::string_view code, std::string_view display = "") {
        w_.object().member("system", std::string(system)).member("code", std::string(code));
        if (!display.empty()) w_.member("display", std::string(display));
        w_.end();
    }
    void concept_of(std::string_view name, std::string_view system, std::string_view code,
                    std::string_view display = "") {
        w_.name(name).object().name("coding").array();
        coding(system, code, display);
        w_.end().end();
    }
    void identifier(std::string_view system, const std::string& value) {
        w_.name("identifier").object().member("system", std::string(system)).member("value", value).end();
    }
    void purpose(std::string_view name) {
        if (access_.purpose.empty() && !access_.break_glass) return;
        w_.name(name).array();
        if (!access_.purpose.empty()) reason(access_.purpose);
        if (access_.break_glass && access_.purpose != "BTG") reason("BTG");
        w_.end();
    }
    void reason(std::string_view code) {
        w_.object().name("coding").array();
        coding(kActReason, code);
        w_.end().end();
    }
    std::string provider_name(const std::string& id) const {
        const std::string name = names_.provider ? names_.provider(id) : std::string();
        return name.empty() ? id : name;
    }

    std::string unit_name(const std::string& id) const {
        const std::string name = names_.unit ? names_.unit(id) : std::string();
        return name.empty() ? id : name;
    }

    void agents() {
        w_.name("agent").array();
        user();
        if (access_.on_behalf_of)
            agent(kParticipation, "BEN", "beneficiary", kUserSystem, *access_.on_behalf_of, *access_.on_behalf_of);
        const Actor& who = access_.requester;
        if (!who.provider_id.empty())
            agent(kRoleClass, "PROV", "healthcare provider", kProviderSystem, who.provider_id,
                  provider_name(who.provider_id), "Organization");
        const TokenUse& token = access_.token;
        if (!token.id.empty()) oauth_user();
        if (!token.actor_id.empty())
            agent(kRoleClass, "AGNT", "agent", kUserSystem, token.actor_id, token.actor_name.empty() ? token.actor_id : token.actor_name);
        if (!who.unit_id.empty())
            agent(kRoleClass, "SDLOC", "service delivery location", kUnitSystem, who.unit_id, unit_name(who.unit_id));
        // Data flow from the source to the destination: out of the server in a read, out of the client else.
        const bool outwards = shape_.code == "R";
        const std::string& client = who.provider_id.empty() ? who.user_id : who.provider_id;
        if (access_.action == Action::remove) {  // nothing flows; so has IHE's pattern
            machine(kDicom, "110150", "Application", client, token.client_id);
            machine(kProvenance, "custodian", "Custodian", provider_);
        } else if (is_disclosure() && !who.user_id.empty()) {
            recipient();
            machine(kDicom, "110153", "Source Role ID", provider_);
        } else {
            if (!token.client_id.empty()) agent(kDicom, "110150", "Application", kClientSystem, token.client_id, token.client_id);
            machine(kDicom, outwards ? "110152" : "110153", outwards ? "Destination Role ID" : "Source Role ID", client);
            machine(kDicom, outwards ? "110153" : "110152", outwards ? "Source Role ID" : "Destination Role ID", provider_);
        }
        w_.end();
    }

    void user() {
        const Actor& who = access_.requester;
        w_.object();
        concept_of("type", kParticipation, shape_.code == "R" || shape_.code == "E" ? "IRCP" : "AUT");
        if (!who.role.empty()) {
            w_.name("role").array().object().name("coding").array();
            coding("urn:idun:role", who.role);
            w_.end().end().end();
        }
        w_.name("who").object();
        if (!who.user_id.empty()) identifier(kUserSystem, who.user_id);
        w_.member("display", who.name.empty() ? who.role.empty() ? std::string("unknown") : who.role : who.name).end();
        if (!who.name.empty()) w_.member("name", who.name);
        w_.member("requestor", true);
        policies();
        purpose("purposeOfUse");
        w_.end();
    }

    // Of the token its id, as IHE's OAUTHaccessTokenUse.Minimal has it.
    void oauth_user() {
        const Actor& who = access_.requester;
        w_.object();
        concept_of("type", kUserAgents, "UserOauthAgent", "User OAuth Agent participant");
        w_.name("who").object();
        if (!who.user_id.empty()) identifier(kUserSystem, who.user_id);
        w_.member("display", who.name.empty() ? who.role.empty() ? std::string("unknown") : who.role : who.name).end();
        w_.member("requestor", true).name("policy").array().value("urn:ietf:params:oauth:jti:" + access_.token.id).end().end();
    }

    void policies() {
        if (access_.ticket_id.empty() && access_.rule.empty() && access_.rules.empty() && !access_.care_relation &&
            !access_.break_glass && !access_.mandate)
            return;
        w_.name("policy").array();
        if (!access_.ticket_id.empty()) w_.value("urn:idun:ticket:" + access_.ticket_id);
        if (!access_.rule.empty()) w_.value("urn:idun:rule:" + access_.rule);
        if (!access_.rules.empty()) w_.value("urn:idun:rules:" + access_.rules);
        if (access_.care_relation) w_.value("urn:idun:care-relation");
        if (access_.break_glass) w_.value("urn:idun:break-glass:" + access_.break_glass->id);
        if (access_.mandate) w_.value("urn:idun:mandate:" + access_.mandate->id);
        w_.end();
    }

    void agent(std::string_view type_system, std::string_view code, std::string_view display, std::string_view system,
               const std::string& id, const std::string& name, std::string_view resource_type = "") {
        w_.object();
        concept_of("type", type_system, code, display);
        w_.name("who").object();
        if (!resource_type.empty()) w_.member("type", std::string(resource_type));
        identifier(system, id);
        w_.member("display", name).end().member("requestor", false).end();
    }

    // Of what leaves for good: the client itself, which alone may fetch it.
    void recipient() {
        const Actor& who = access_.requester;
        w_.object();
        concept_of("type", kDicom, "110152", "Destination Role ID");
        w_.name("who").object();
        identifier(kUserSystem, who.user_id);
        w_.member("display", who.name.empty() ? who.user_id : who.name).end().member("requestor", false);
        w_.name("network").object().member("address", "urn:idun:user:" + who.user_id).member("type", "5").end().end();
    }

    // `program`: which of that provider's, where it is known.
    void machine(std::string_view system, std::string_view code, std::string_view display, const std::string& id,
                 const std::string& program = {}) {
        const std::string known = id.empty() ? "unknown" : id;
        w_.object();
        concept_of("type", system, code, display);
        w_.name("who").object();
        if (program.empty()) identifier(kProviderSystem, known);
        else identifier(kClientSystem, program);
        if (id == provider_) w_.member("display", provider_name(id));  // as in source.observer: IHE asks that they agree
        w_.end().member("requestor", false);
        w_.name("network").object().member("address", "urn:idun:provider:" + known).member("type", "5").end().end();
    }

    void source() {
        w_.name("source").object().member("site", provider_).name("observer").object();
        identifier(kProviderSystem, provider_);
        w_.member("display", provider_name(provider_)).end();
        w_.name("type").array();
        coding("http://terminology.hl7.org/CodeSystem/security-source-type", "4", "Application Server");
        w_.end().end();
    }

    void entities() {
        if (!access_.person && !is_query(access_.action) && access_.records.empty() && access_.sources.empty() &&
            access_.request_id.empty())
            return;
        w_.name("entity").array();
        if (access_.person) patient(*access_.person);
        if (is_query(access_.action)) query();
        for (const Record& r : access_.records) record(r, !is_query(access_.action) && &r == &access_.records.front());
        for (const Source& s : access_.sources) source_entity(s);
        if (!access_.request_id.empty()) request();
        w_.end();
    }

    void patient(const crypto::Pseudonym& person) {
        w_.object().name("what").object().member("type", "Patient");
        identifier(kPseudonymSystem, person.text());
        w_.end().name("type");
        coding(kEntityType, "1", "Person");
        w_.name("role");
        coding(kObjectRole, "1", "Patient");
        w_.end();
    }

    void query() {
        w_.object().name("type");
        coding(kEntityType, "2", "System Object");
        w_.name("role");
        coding(kObjectRole, "24", "Query");
        w_.member("query",
                  crypto::base64(access_.query.empty() ? std::string(to_string(access_.action)) : access_.query))
            .end();
    }

    // `data`: the one of type "System Object", of which a read or write has one; in a query that type is the query's own.
    void record(const Record& r, bool data) {
        w_.object().name("what").object().member(
            "reference", r.type + "/" + r.id + (r.version.empty() ? "" : "/_history/" + r.version));
        w_.member("type", r.type);
        if (!r.category.empty()) w_.member("display", r.category);
        w_.end().name("type");
        if (data) coding(kEntityType, "2", "System Object");
        else coding(kResourceTypes, r.type);
        w_.name("role");
        coding(kObjectRole, "4", "Domain Resource");
        if (!r.category.empty() || !r.provider_id.empty()) {
            w_.name("detail").array();
            if (!r.category.empty()) detail("category", r.category);
            if (!r.provider_id.empty()) detail("provider", r.provider_id);
            w_.end();
        }
        w_.end();
    }

    void detail(std::string_view type, const std::string& text) {
        w_.object().member("type", std::string(type)).member("valueString", text).end();
    }

    void source_entity(const Source& s) {
        w_.object().name("what").object().member("type", "Organization");
        identifier(kProviderSystem, s.provider_id);
        w_.member("display", provider_name(s.provider_id)).end().name("type");
        coding(kResourceTypes, "Organization");
        w_.name("detail").array();
        detail("state", s.state);
        detail("count", std::to_string(s.count));
        if (!s.receipt.empty()) detail(s.state == "asked" ? "ticket" : "receipt", s.receipt);
        w_.end().end();
    }

    void request() {
        w_.object().name("what").object();
        w_.name("identifier").object().member("value", access_.request_id).end().end();
        w_.name("type");
        coding("https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "XrequestId");
        w_.end();
    }

    const Access& access_;
    const Receipt& receipt_;
    const std::string provider_;  // whose log it is
    const Names& names_;
    const std::uint64_t sequence_;
    const Shape& shape_;
    json::Writer w_;
};

}  // namespace

std::string audit_event_id(const Receipt& receipt) { return fhir_id(receipt); }

std::vector<Action> actions_of_code(std::string_view code) {
    std::vector<Action> out;
    for (const Shape& shape : kShapes)
        if (shape.code == code) out.push_back(shape.action);
    return out;
}

std::string to_audit_event(const Access& access, const Receipt& receipt, const Names& names,
                           std::uint64_t sequence) {
    return AuditEvent(access, receipt, names, sequence).write();
}

}  // namespace idun::ledger
