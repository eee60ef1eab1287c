#include "index/fhir_pointer.h"

#include "crypto/encoding.h"
#include "crypto/hash.h"
#include "fhir/category.h"

namespace idun::index {
namespace {

constexpr std::string_view kFreshness = "urn:idun:freshness";
constexpr std::string_view kCategoryFreshness = "urn:idun:category-freshness";

}  // namespace

std::string pointer_id(const crypto::Pseudonym& person, std::string_view provider, std::string_view category) {
    const crypto::Hash hash = crypto::sha256({person.text(), "|", provider, "|", category});
    return crypto::base64url(hash.view().substr(0, 16));
}

void write_pointer(json::Writer& w, const Pointer& p, const Source& source, const Heard* heard) {
    w.object().member("resourceType", "DocumentReference").member("id", pointer_id(p.person, source.provider, p.category));
    if (heard) {
        w.name("extension").array();
        w.object().member("url", kFreshness).member("valueInstant", to_iso(heard->source)).end();
        if (heard->category)
            w.object().member("url", kCategoryFreshness).member("valueInstant", to_iso(*heard->category)).end();
        w.end();
    }
    w.member("status", p.withdrawn ? "superseded" : "current");
    w.name("category").array().object().name("coding").array().object();
    w.member("system", kCategorySystem).member("code", p.category).end().end().end().end();
    w.name("subject").object().name("identifier").object();
    w.member("system", kPseudonymSystem).member("value", p.person.text()).end().end();
    w.member("date", to_iso(p.newest));
    w.name("custodian").object().name("identifier").object().member("value", source.provider).end();
    if (!source.name.empty()) w.member("display", source.name);
    w.end();
    w.name("content").array().object().name("attachment").object();
    w.member("contentType", "application/fhir+json").member("url", source.url + "/Patient/$everything").end().end().end();
    w.end();
}

Result<Pointer> pointer_from_fhir(json::Value resource, std::string_view provider, std::uint64_t source_version) {
    if (resource["resourceType"].text() != "DocumentReference")
        return fail(Category::invalid, "a pointer is a DocumentReference", "resourceType");
    if (resource["custodian"]["identifier"]["value"].text() != provider)
        return fail(Category::forbidden, "a pointer belongs to the provider that sends it", "DocumentReference.custodian");

    const json::Value subject = resource["subject"]["identifier"];
    const auto person = crypto::Pseudonym::from_text(subject["value"].text());
    if (subject["system"].text() != kPseudonymSystem || !person)
        return fail(Category::invalid, "the subject must be a pseudonym", "DocumentReference.subject.identifier");

    const json::Value coding = resource["category"][0]["coding"][0];
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
