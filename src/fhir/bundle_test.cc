#include "fhir/bundle.h"

#include <doctest/doctest.h>

using namespace idun;
using namespace idun::fhir;

namespace {

BundleRead read(const json::Document& document, const BundleLimits& limits = {}) {
    return read_bundle(Definitions::r4(), document.root(), limits);
}

json::Document parsed(const std::string& text) {
    auto document = json::Document::parse(text);
    REQUIRE(document);
    return std::move(*document);
}

json::Document of_entries(const std::string& entries, const char* type = "transaction") {
    return parsed(std::string(R"({"resourceType":"Bundle","type":")") + type + R"(","entry":[)" + entries + "]}");
}

std::string issues_of(const BundleRead& read) {
    std::string all;
    for (const Issue& i : read.issues) all += (all.empty() ? "" : " | ") + i.path + ": " + i.text;
    return all;
}

}  // namespace

TEST_CASE("good entries are taken apart") {
    const auto document = of_entries(
        R"({"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520","resource":{"resourceType":"Patient"},
            "request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=a|b"}},
           {"resource":{"resourceType":"Patient","id":"p1"},"request":{"method":"PUT","url":"Patient/p1","ifMatch":"W/\"3\""}},
           {"request":{"method":"DELETE","url":"Patient/p2"}},
           {"request":{"method":"GET","url":"Observation?subject=Patient/p1&_count=2"}},
           {"request":{"method":"GET","url":"Patient/p1/_history/2"}},
           {"request":{"method":"GET","url":"Patient/p1/$everything"}},
           {"resource":{"resourceType":"Parameters"},"request":{"method":"PATCH","url":"Patient/p3"}},
           {"resource":{"resourceType":"Patient"},"request":{"method":"PUT","url":"Patient?identifier=x"}},
           {"resource":{"resourceType":"Parameters"},"request":{"method":"POST","url":"ValueSet/$expand"}})");
    const BundleRead out = read(document);
    CHECK(issues_of(out) == "");
    REQUIRE(out.bundle.entries.size() == 9);
    const auto& e = out.bundle.entries;
    CHECK(out.bundle.type == BundleType::transaction);
    CHECK(e[0].method == Method::post);
    CHECK(e[0].type == "Patient");
    CHECK(e[0].id == "");
    CHECK(e[0].if_none_exist == "identifier=a|b");
    CHECK(e[0].resource["resourceType"].text() == "Patient");
    CHECK(e[1].id == "p1");
    CHECK(e[1].if_match == "3");
    CHECK(e[2].method == Method::erase);
    CHECK(e[3].type == "Observation");
    CHECK(e[3].query == "subject=Patient/p1&_count=2");
    CHECK(e[4].rest == "_history/2");
    CHECK(e[5].rest == "$everything");
    CHECK(e[7].query == "identifier=x");
    CHECK(e[8].rest == "$expand");
}

TEST_CASE("bad entries are named by place") {
    struct { const char* entry; const char* issues; } const cases[] = {
        {R"({})", "Bundle.entry[0].request: an entry of a transaction or batch needs a request"},
        {R"(7)", "Bundle.entry[0].request: an entry of a transaction or batch needs a request"},
        {R"({"request":{"method":"get","url":"Patient"}})", "Bundle.entry[0].request.method: method must be GET, HEAD, POST, PUT, PATCH or DELETE"},
        {R"({"request":{"method":"GET"}})", "Bundle.entry[0].request.url: url must be given and hold no spaces"},
        {R"({"request":{"method":"GET","url":"/Patient"}})", "Bundle.entry[0].request.url: url must be relative to the service, such as Patient or Patient/p1"},
        {R"({"request":{"method":"GET","url":"http://x.org/Patient"}})", "Bundle.entry[0].request.url: url must be relative to the service, such as Patient or Patient/p1"},
        {R"({"request":{"method":"GET","url":"Patent/1"}})", "Bundle.entry[0].request.url: url must start with the name of an R4 resource type"},
        {R"({"request":{"method":"GET","url":"Patient/a_b"}})", "Bundle.entry[0].request.url: the id in url must be 1 to 64 of A-Z a-z 0-9 - and ."},
        {R"({"request":{"method":"DELETE","url":"Patient"}})", "Bundle.entry[0].request.url: DELETE needs Type/id or Type?criteria"},
        {R"({"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient/p1"}})", "Bundle.entry[0].request.url: POST creates under a resource type only, such as Patient"},
        {R"({"request":{"method":"POST","url":"Patient"}})", "Bundle.entry[0].resource: POST needs a resource"},
        {R"({"resource":{"resourceType":"Patient"},"request":{"method":"GET","url":"Patient"}})", "Bundle.entry[0].resource: GET has no resource"},
        {R"({"resource":{"resourceType":"Group"},"request":{"method":"POST","url":"Patient"}})", "Bundle.entry[0].resource: resourceType and the type in request.url differ"},
        {R"({"resource":{"resourceType":"Gruppe"},"request":{"method":"POST","url":"Patient"}})", "Bundle.entry[0].resource: resourceType must name an R4 resource type"},
        {R"({"resource":{"resourceType":"Patient","id":"p2"},"request":{"method":"PUT","url":"Patient/p1"}})", "Bundle.entry[0].resource.id: PUT needs the same id in the resource and in request.url"},
        {R"({"request":{"method":"DELETE","url":"Patient/p1","ifMatch":"3"}})", "Bundle.entry[0].request.ifMatch: ifMatch must look like W/\"3\""},
        {R"({"request":{"method":"DELETE","url":"Patient/p1","ifNoneExist":"a=b"}})", "Bundle.entry[0].request.ifNoneExist: ifNoneExist goes with POST only"},
        {R"({"fullUrl":"Patient/1","request":{"method":"GET","url":"Patient/1"}})", "Bundle.entry[0].fullUrl: fullUrl must be an absolute URL, urn:uuid: or urn:oid:"},
        {R"({"fullUrl":"http://x.org/Patient/1/_history/2","request":{"method":"GET","url":"Patient/1"}})", "Bundle.entry[0].fullUrl: fullUrl must not name a version"},
        {R"({"request":{"method":"DELETE","url":"Patient/p1"}},{"request":{"method":"DELETE","url":"Patient/p1"}})", "Bundle.entry[1].request.url: another entry of the transaction changes the same resource"},
        {R"({"fullUrl":"http://x.org/Patient/1","request":{"method":"GET","url":"Patient/1"}},{"fullUrl":"http://x.org/Patient/1","request":{"method":"GET","url":"Patient/1"}})", "Bundle.entry[1].fullUrl: another entry has the same fullUrl"},
        {R"({"resource":{"resourceType":"Patient"},"request":{"method":"PATCH","url":"Patient/p1"}})", "Bundle.entry[0].resource: PATCH needs Parameters (FHIRPath Patch) or Binary (JSON Patch)"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.entry);
        const auto document = of_entries(c.entry);
        CHECK(issues_of(read(document)) == c.issues);
    }
}

TEST_CASE("a batch keeps its good entries") {
    const auto document = of_entries(R"({"request":{"method":"GET","url":"Patient/1"}},{},{"request":{"method":"GET","url":"Patient/1"}})", "batch");
    const BundleRead out = read(document);
    CHECK(out.issues.size() == 1);
    REQUIRE(out.bundle.entries.size() == 2);
    CHECK(out.bundle.entries[1].place == 2);
}

TEST_CASE("what is not a transaction or batch is refused whole") {
    struct { const char* text; const char* issues; } const cases[] = {
        {R"({"resourceType":"Patient"})", ": resourceType must be Bundle"},
        {R"([])", ": resourceType must be Bundle"},
        {R"({"resourceType":"Bundle","type":"searchset"})", "Bundle.type: type must be transaction or batch"},
        {R"({"resourceType":"Bundle"})", "Bundle.type: type must be transaction or batch"},
        {R"({"resourceType":"Bundle","type":"batch","entry":{}})", "Bundle.entry: entry must be an array"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        const auto document = parsed(c.text);
        CHECK(issues_of(read(document)) == c.issues);
    }
    const auto three = of_entries("{},{},{}");
    CHECK(issues_of(read(three, {.entries_max = 2})) == "Bundle.entry: at most 2 entries; send several bundles");
    CHECK(read(three, {.issues_max = 2}).issues.size() == 2);
}
