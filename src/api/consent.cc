#include "api/consent.h"

#include <algorithm>
#include <array>

#include "json/writer.h"

namespace idun::api {
namespace {

constexpr std::string_view kCategory = "urn:idun:consent-category";
constexpr std::string_view kScope = "http://terminology.hl7.org/CodeSystem/consentscope";
constexpr std::string_view kParticipation = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";

Status only(json::Value object, std::initializer_list<std::string_view> known, std::string_view path) {
    for (const json::Member& member : object.members())
        if (std::find(known.begin(), known.end(), member.name) == known.end())
            return fail(Category::unsupported, "this element of a Consent is not understood here", std::string(path));
    return {};
}

void coding(json::Writer& w, std::string_view system, std::string_view code) {
    w.object().name("coding").array().object().member("system", system).member("code", code).end().end().end();
}

}  // namespace

Result<Choice> choice_from_fhir(json::Value consent) {
    if (consent["resourceType"].text() != "Consent") return fail(Category::invalid, "send a Consent", "resourceType");
    TRY(only(consent, {"resourceType", "id", "meta", "status", "scope", "category", "provision", "patient", "dateTime", "policyRule"},
             "Consent"));
    if (consent["status"].text() != "active") return fail(Category::invalid, "status must be active", "Consent.status");
    if (consent["scope"]["coding"][0]["code"].text() != "patient-privacy")
        return fail(Category::invalid, "scope must be patient-privacy", "Consent.scope");
    const json::Value category = consent["category"][0]["coding"][0];
    const std::string_view code = category["code"].text();
    if (category["system"].text() != kCategory || (code != "opt-out" && code != "block") ||
        consent["category"].size() != 1)
        return fail(Category::invalid, "category must be opt-out or block", "Consent.category");
    const json::Value provision = consent["provision"];
    TRY(only(provision, {"type", "actor"}, "Consent.provision"));
    if (provision["type"].text() != "deny") return fail(Category::invalid, "type must be deny", "Consent.provision.type");
    if (code == "opt-out") {
        if (provision["actor"]) return fail(Category::invalid, "an opt-out is for all providers", "Consent.provision.actor");
        return Choice{true, {}};
    }
    const std::string_view provider = provision["actor"][0]["reference"]["identifier"]["value"].text();
    if (provider.empty() || provider.size() > 64 || provision["actor"].size() != 1)
        return fail(Category::invalid, "a block names one provider: actor[0].reference.identifier.value",
                    "Consent.provision.actor");
    return Choice{false, std::string(provider)};
}

std::string to_fhir(const Choice& choice, std::string_view id, std::string_view provider_name) {
    json::Writer w;
    w.object().member("resourceType", "Consent").member("id", id).member("status", "active");
    w.name("scope");
    coding(w, kScope, "patient-privacy");
    w.name("category").array();
    coding(w, kCategory, choice.opt_out ? "opt-out" : "block");
    w.end();
    w.name("policyRule").object().member("text", "SOU 2026:6; Regulation (EU) 2025/327 Art. 8 and 10").end();
    w.name("provision").object().member("type", "deny");
    if (!choice.opt_out) {
        w.name("actor").array().object().name("role");
        coding(w, kParticipation, "CST");
        w.name("reference").object().name("identifier").object().member("value", choice.provider_id).end();
        w.member("display", provider_name).end().end().end();
    }
    w.end().end();
    return w.take();
}

}  // namespace idun::api
