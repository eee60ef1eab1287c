#include "index/fhir_pointer.h"

#include <algorithm>

#include "crypto/encoding.h"
#include "crypto/hash.h"
#include "fhir/category.h"

namespace idun::index {
namespace {

constexpr std::string_view kFreshness = "urn:idun:freshness";
constexpr std::string_view kCategoryFreshness = "urn:idun:category-freshness";
constexpr std::string_view kIdentifierTypes = "https://profiles.ihe.net/ITI/MHD/CodeSystem/IHE.MHD.MHDIdentifierType";

constexpr CategoryCodes kCodes[] = {{"patient-summary", "Patient-Summaries", "60591-5"},
                                    {"eprescription", "Electronic-Prescriptions", "57833-6"},
                                    {"edispensation", "Electronic-Dispensations", "60593-1"},
                                    {"imaging", "Medical-Imaging", "18748-4"},
                                    {"test-result", "Laboratory-Reports", "11502-2"},
                                    {"discharge-report", "Discharge-Reports", "18842-5"},
                                    {"", "", ""}};

void write_coding(json::Writer& w, std::string_view system, std::string_view code) {
    w.object().member("system", system).member("code", code).end();
}

void write_shown(json::Writer& w, std::string_view id, const Shown& shown) {
    w.name("meta").object().member("lastUpdated", to_iso(shown.learned)).end();
    w.name("extension").array();
    w.object().member("url", kFreshness).member("valueInstant", to_iso(shown.heard)).end();
    if (shown.category) w.object().member("url", kCategoryFreshness).member("valueInstant", to_iso(*shown.category)).end();
    w.end();
    w.name("masterIdentifier").object().name("type").object().name("coding").array();
    write_coding(w, kIdentifierTypes, "uniqueId");
    w.end().end().member("system", kPointerSystem).member("value", id).end();
}

// Only its owner tells of a pointer, and tells no more than the index keeps. What an index shows, or has from another one, says so.
Status as_published(json::Value resource) {
    constexpr std::string_view kKnown[] = {"resourceType", "id", "status", "category", "subject", "date", "custodian", "content"};
    for (const std::string_view passed_on : {"meta", "extension", "relatesTo", "masterIdentifier"})
        if (resource[passed_on])
            return fail(Category::forbidden, "a pointer comes from its owner, not by way of an index", "DocumentReference." + std::string(passed_on));
    for (const json::Member& member : resource.members())
        if (std::ranges::find(kKnown, member.name) == std::end(kKnown))
            return fail(Category::invalid, "a pointer has id, status, category, subject, date, custodian and content, nothing else", "DocumentReference");
    return {};
}

}  // namespace

std::string pointer_id(const crypto::Pseudonym& person, std::string_view provider, std::string_view category) {
    return pointer_id(person.text(), provider, category);
}

std::string pointer_id(std::string_view person_text, std::string_view provider, std::string_view category) {
    const crypto::Hash hash = crypto::sha256({person_text, "|", provider, "|", category});
    return crypto::base64url(hash.view().substr(0, 16));
}

const CategoryCodes& codes_of(std::string_view category) {
    const CategoryCodes* at = kCodes;
    while (!at->category.empty() && at->category != category) ++at;
    return *at;
}

void write_pointer(json::Writer& w, const Pointer& p, const Source& source, const Shown* shown) {
    const std::string id = pointer_id(p.person, source.provider, p.category);
    const CategoryCodes& codes = codes_of(p.category);
    w.object().member("resourceType", "DocumentReference").member("id", id);
    if (shown) write_shown(w, id, *shown);
    w.member("status", p.withdrawn ? "superseded" : "current");
    if (shown && !codes.loinc.empty()) {
        w.name("type").object().name("coding").array();
        write_coding(w, kLoinc, codes.loinc);
        w.end().end();
    }
    w.name("category").array().object().name("coding").array();
    write_coding(w, kCategorySystem, p.category);
    if (shown && !codes.european.empty()) write_coding(w, kEuropeanSystem, codes.european);
    w.end().end().end();
    w.name("subject").object().name("identifier").object();
    w.member("system", kPseudonymSystem).member("value", p.person.text()).end().end();
    w.member("date", to_iso(p.newest));
    w.name("custodian").object();
    if (shown && shown->listed) w.member("reference", "Organization/" + source.provider);
    w.name("identifier").object().member("value", source.provider).end();
    if (!source.name.empty()) w.member("display", source.name);
    w.end();
    w.name("content").array().object().name("attachment").object();
    w.member("contentType", "application/fhir+json").member("url", source.url + "/Patient/$everything").end().end().end();
    w.end();
}

Result<Pointer> pointer_from_fhir(json::Value resource, std::string_view provider, std::uint64_t source_version) {
    if (resource["resourceType"].text() != "DocumentReference")
        return fail(Category::invalid, "a pointer is a DocumentReference", "resourceType");
    TRY(as_published(resource));
    if (resource["custodian"]["identifier"]["value"].text() != provider)
        return fail(Category::forbidden, "a pointer belongs to the provider that sends it", "DocumentReference.custodian");

    const json::Value subject = resource["subject"]["identifier"];
    const auto person = crypto::Pseudonym::from_text(subject["value"].text());
    if (subject["system"].text() != kPseudonymSystem || !person)
        return fail(Category::invalid, "the subject must be a pseudonym", "DocumentReference.subject.identifier");

    const json::Value coding = resource["category"][0]["coding"][0];
    if (resource["category"].size() != 1 || resource["category"][0]["coding"].size() != 1)
        return fail(Category::invalid, "a pointer has one category with one coding", "DocumentReference.category");
    if (coding["system"].text() != kCategorySystem || !fhir::priority_category(coding["code"].text()))
        return fail(Category::invalid, "unknown category", "DocumentReference.category[0]");

    const auto newest = from_iso(resource["date"].text());
    if (!newest) return fail(Category::invalid, "date must be an instant", "DocumentReference.date");

    const std::string_view status = resource["status"].text();
    if (status != "current" && status != "superseded")
        return fail(Category::invalid, "status must be current or superseded", "DocumentReference.status");

    Pointer p{*person, std::string(coding["code"].text()), *newest, source_version, status == "superseded"};
    if (resource["id"].text() != pointer_id(p.person, provider, p.category))
        return fail(Category::invalid, "the id must be the content key of the pointer", "DocumentReference.id");
    return p;
}

}  // namespace idun::index
