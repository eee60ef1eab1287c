// From a choice to a FHIR Consent.
#include "api/consent.h"
#include "api/internal/consent_words.h"
#include "json/writer.h"

namespace idun::api {
namespace {

class Writer {
public:
    Writer(const Choice& choice, const Shown& shown, const NameOf& name_of)
        : c_(choice), s_(shown), name_of_(name_of) {}

    std::string write() {
        w_.object().member("resourceType", "Consent").member("id", s_.id);
        w_.name("meta").object().member("versionId", std::to_string(s_.version));
        if (s_.set) w_.member("lastUpdated", to_iso(*s_.set));
        w_.end().member("status", s_.active ? "active" : "inactive");
        w_.name("scope");
        concept_of(words::kScopeSystem, "patient-privacy");
        categories();
        if (c_.patient) {
            w_.name("patient").object().name("identifier");
            identifier(c_.patient->system, c_.patient->value);
            w_.end();
        }
        if (s_.set) w_.member("dateTime", to_iso(*s_.set));
        who();
        if (!c_.evidence.empty())
            w_.name("sourceReference").object().name("identifier").object().member("value", c_.evidence).end().end();
        if (!c_.warning.empty()) w_.name("policy").array().object().member("uri", c_.warning).end().end();
        w_.name("policyRule").object().member("text", words::kLaw).end();
        w_.name("provision").object().member("type", words::word_of(c_.kind).type);
        if (c_.kind == ChoiceKind::block) block();
        if (c_.kind == ChoiceKind::lift) lift();
        if (c_.kind == ChoiceKind::mandate) mandate();
        w_.end().end();
        return w_.take();
    }

private:
    void coding(std::string_view system, std::string_view code) {
        w_.object().member("system", system).member("code", code).end();
    }
    void concept_of(std::string_view system, std::string_view code) {
        w_.object().name("coding").array();
        coding(system, code);
        w_.end().end();
    }
    void identifier(std::string_view system, std::string_view value) {
        w_.object().member("system", system).member("value", value).end();
    }
    void period(std::string_view name, const std::optional<Instant>& from, const std::optional<Instant>& to) {
        if (!from && !to) return;
        w_.name(name).object();
        if (from) w_.member("start", to_iso(*from));
        if (to) w_.member("end", to_iso(*to));
        w_.end();
    }

    void categories() {
        w_.name("category").array();
        concept_of(words::kCategorySystem, to_string(c_.kind));
        if (c_.kind == ChoiceKind::block && c_.block.layer != rights::Layer::outer)
            concept_of(words::kCategorySystem, words::word_for(words::kLayers, c_.block.layer));
        if (c_.kind == ChoiceKind::mandate && c_.mandate.kind != rights::MandateKind::chosen)
            concept_of(words::kCategorySystem, words::word_for(words::kMandateKinds, c_.mandate.kind));
        w_.end();
    }

    void who() {
        if (s_.who_id.empty()) return;
        const std::string_view type = s_.who_role == "patient"          ? "Patient"
                                      : s_.who_role == "representative" ? "RelatedPerson"
                                                                        : "Practitioner";
        w_.name("performer").array().object().member("type", type).name("identifier");
        identifier(words::kUser, s_.who_id);
        if (!s_.who_name.empty()) w_.member("display", s_.who_name);
        w_.end().end();
        if (s_.who_provider.empty()) return;
        w_.name("organization").array().object().name("identifier");
        identifier(words::kProvider, s_.who_provider);
        w_.member("display", name_of_(s_.who_provider)).end().end();
    }

    void actor(std::string_view role, std::string_view system, std::string_view value, const std::string& display) {
        w_.object().name("role");
        concept_of(words::kParticipation, role);
        w_.name("reference").object().name("identifier");
        identifier(system, value);
        if (!display.empty()) w_.member("display", display);
        w_.end().end();
    }
    void owners(const rights::Scope& scope) {
        if (!scope.provider_id.empty()) actor("CST", words::kProvider, scope.provider_id, name_of_(scope.provider_id));
        if (!scope.unit_id.empty()) actor("CST", words::kUnit, scope.unit_id, name_of_(scope.unit_id));
    }
    void to_whom(const std::string& provider_id, const std::string& user_id) {
        if (!provider_id.empty()) actor("IRCP", words::kProvider, provider_id, name_of_(provider_id));
        if (!user_id.empty()) actor("IRCP", words::kUser, user_id, "");
    }
    void records(const rights::Scope& scope) {
        if (!scope.category.empty()) {
            w_.name("class").array();
            coding(words::kRecordCategory, scope.category);
            w_.end();
        }
        if (!scope.element.empty()) {
            w_.name("code").array();
            concept_of(words::kElement, scope.element);
            w_.end();
        }
        data(scope.entry);
        period("dataPeriod", scope.from, scope.to);
    }
    void data(const std::string& reference) {
        if (reference.empty()) return;
        w_.name("data").array().object().member("meaning", "instance");
        w_.name("reference").object().member("reference", reference).end().end().end();
    }

    void block() {
        const rights::Block& b = c_.block;
        period("period", b.from, b.to);
        if (!b.scope.provider_id.empty() || !b.country.empty()) {
            w_.name("actor").array();
            owners(b.scope);
            if (!b.country.empty()) actor("IRCP", words::kCountry, b.country, "");
            w_.end();
        }
        records(b.scope);
        if (b.except.empty()) return;
        w_.name("provision").array().object().member("type", "permit").name("actor").array();
        for (const rights::Except& except : b.except) to_whom(except.provider_id, except.user_id);
        w_.end().end().end();
    }

    void lift() {
        period("period", c_.lift.from, c_.lift.to);
        w_.name("actor").array();
        to_whom(c_.lift.provider_id, c_.lift.user_id);
        w_.end();
        if (!c_.lift.block_id.empty()) data("Consent/" + c_.lift.block_id);
    }

    void mandate() {
        const rights::Mandate& m = c_.mandate;
        period("period", m.from, m.to);
        w_.name("actor").array();
        if (m.scopes.size() == 1) owners(m.scopes[0]);
        if (c_.representative)
            actor("IRCP", c_.representative->system, c_.representative->value, c_.representative_name);
        w_.end();
        if (m.may_manage || m.despite_protection) {
            w_.name("action").array();
            if (m.may_manage) concept_of(words::kAction, "manage");
            if (m.despite_protection) concept_of(words::kAction, "despite-protection");
            w_.end();
        }
        if (!m.purpose.empty()) {
            w_.name("purpose").array();
            coding(words::kActReason, m.purpose);
            w_.end();
        }
        if (m.scopes.size() == 1) records(m.scopes[0]);
        if (m.scopes.size() < 2) return;
        w_.name("provision").array();
        for (const rights::Scope& scope : m.scopes) {
            w_.object().member("type", "permit");
            if (!scope.provider_id.empty()) {
                w_.name("actor").array();
                owners(scope);
                w_.end();
            }
            records(scope);
            w_.end();
        }
        w_.end();
    }

    const Choice& c_;
    const Shown& s_;
    const NameOf& name_of_;
    json::Writer w_;
};

}  // namespace

std::string_view to_string(ChoiceKind kind) { return words::word_of(kind).word; }

std::string to_fhir(const Choice& choice, const Shown& shown, const NameOf& name_of) {
    return Writer(choice, shown, name_of).write();
}

}  // namespace idun::api
