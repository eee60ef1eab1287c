// What search refuses, and its pages.
#include <doctest/doctest.h>

#include "records/capability.h"
#include "records/internal/testing.h"

namespace idun::records {
namespace {

void fill(Fixture& f, int count) {
    for (int i = 0; i < count; ++i) {
        f.clock.advance(std::chrono::seconds(1));
        f.put("Observation", "o" + std::to_string(i), R"("status":"final","code":{"coding":[{"code":"c"}]},"subject":{"reference":"Patient/p"},"effectiveDateTime":"20)" + std::to_string(10 + (i * 7) % 10) + "\"");
    }
}

std::string order(const Outcome& out) {
    std::string text;
    for (const Touched& t : out.touched) text += (text.empty() ? "" : " ") + t.id;
    return text;
}

std::string next_token(Fixture& f, const Outcome& out) {
    const auto document = f.parsed(out);
    const std::string next(document.root()["link"][std::size_t{1}]["url"].text());
    const std::size_t at = next.find("_page=");
    return at == std::string::npos ? "" : next.substr(at + 6);
}

TEST_CASE("malformed and unknown parameters are refused by name, never by value") {
    Fixture f;
    const char* queries[] = {
        "patient=", "patient=a/b/c", "patient=Practitioner/19121212", "patient:missing=true", "code:not=a", "code=a|b|c", "code=|",
        "code=a\\x", "date=secret", "date=2026-13", "date=ge", "_count=-1", "_count=x", "_count=1&_count=2", "_sort=code",
        "_sort=date,_lastUpdated", "_total=many", "_summary=true", "unknown=secret", "_id=a/b", "_lastUpdated=x", "patient.name=x",
        "code.identifier=x", "encounter.identifier=x", "subject:Nonsense=x", "status:=x", "patient.=x", "=x", "_page=x&code=y",
        "a%20b=secret", "_include=Observation:patient",
    };
    for (const std::string query : queries) {
        CAPTURE(query);
        const Outcome out = f.search("Observation", query);
        CHECK(out.status == 400);
        REQUIRE(!out.issues.empty());
        CHECK(out.issues[0].text.find("secret") == std::string::npos);
        CHECK(out.issues[0].path.find("secret") == std::string::npos);
        CHECK(out.issues[0].text.find("19121212") == std::string::npos);
    }
    CHECK(f.search("Nonsense", "").status == 404);
    const Outcome unknown = f.search("Observation", "unknown=x");
    CHECK(unknown.issues[0].text.find("_id, _lastUpdated, identifier, code") != std::string::npos);
    CHECK(unknown.issues[0].path == "unknown");
}

TEST_CASE("pages keep their version, their owner and their secret") {
    Fixture f;
    fill(f, 7);
    Context anna;
    anna.owner = "anna";
    const Outcome first = f.search("Observation", "patient=p&_count=3", anna);
    CHECK(order(first) == "o6 o5 o4");
    const auto document = f.parsed(first);
    CHECK(document.root()["total"].text() == "7");
    const std::string self(document.root()["link"][std::size_t{0}]["url"].text());
    CHECK(self == "http://localhost/fhir/Observation?patient=p&_count=3");
    const std::string token = next_token(f, first);
    REQUIRE(!token.empty());
    CHECK(token.find("patient") == std::string::npos);

    // Changes do not touch the pages to come.
    f.put("Observation", "o3", R"("status":"amended","code":{"text":"x"},"subject":{"reference":"Patient/q"})");
    CHECK(f.records->remove("Observation", "o2", {}).status == 204);
    const Outcome second = f.records->page(token, anna);
    CHECK(order(second) == "o3 o2 o1");
    CHECK(second.seen == first.seen);
    CHECK(order(f.records->page(token, anna)) == "o3 o2 o1");
    const Outcome third = f.search("Observation", "_page=" + next_token(f, second), anna);
    CHECK(order(third) == "o0");
    CHECK(next_token(f, third).empty());

    CHECK(f.records->page(token, {}).status == 410);
    CHECK(f.records->page("nonsense", anna).status == 410);
    CHECK(f.records->page("", anna).status == 410);
    CHECK(f.records->page(token + "9999999999999999999999", anna).status == 410);
    CHECK(f.records->page(token.substr(0, token.rfind('-')) + "-8", anna).status == 410);
    // What is hidden meanwhile leaves no gap.
    Context later = anna;
    later.visible = [](const Touched& t) { return t.id != "o3" && t.id != "o0"; };
    const Outcome hidden = f.records->page(token, later);
    CHECK(order(hidden) == "o2 o1");
    CHECK(next_token(f, hidden).empty());

    f.clock.advance(std::chrono::minutes(11));
    const Outcome late = f.records->page(token, anna);
    CHECK(late.status == 410);
    CHECK(!late.issues.empty());
}

TEST_CASE("sessions are bounded") {
    Fixture f({.page_sessions_max = 2});
    fill(f, 3);
    const std::string a = next_token(f, f.search("Observation", "patient=p&_count=1"));
    const std::string b = next_token(f, f.search("Observation", "patient=p&_count=1"));
    CHECK(f.records->page(a, {}).ok());
    const std::string c = next_token(f, f.search("Observation", "patient=p&_count=1"));
    CHECK(f.records->page(a, {}).status == 410);
    CHECK(f.records->page(b, {}).ok());
    CHECK(f.records->page(c, {}).ok());
}

TEST_CASE("order") {
    Fixture f;
    fill(f, 5);  // dates 2010, 2017, 2014, 2011, 2018
    f.put("Observation", "undated", R"("status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p"})");
    CHECK(order(f.search("Observation", "patient=p")) == "o4 undated o3 o2 o1 o0");
    CHECK(order(f.search("Observation", "patient=p&_sort=_lastUpdated")) == "o0 o1 o2 o3 o4 undated");
    CHECK(order(f.search("Observation", "patient=p&_sort=date")) == "o0 o3 o2 o1 o4 undated");
    CHECK(order(f.search("Observation", "patient=p&_sort=-date")) == "o4 o1 o2 o3 o0 undated");
    CHECK(order(f.search("Observation", "_sort=_lastUpdated&_count=2")) == "o0 o1");
    CHECK(f.search("Organization", "_sort=date").status == 400);
}

TEST_CASE("counting only, and totals") {
    Fixture f;
    fill(f, 4);
    for (const char* query : {"_summary=count", "_count=0"}) {
        const auto document = f.parsed(f.search("Observation", query));
        CHECK(document.root()["total"].text() == "4");
        CHECK(document.root()["entry"].size() == 0);
    }
    CHECK(!f.parsed(f.search("Observation", "_total=none")).root()["total"]);
    CHECK(f.parsed(f.search("Observation", "_total=accurate&_count=1")).root()["total"].text() == "4");
}

TEST_CASE("a search that would look at too much is refused") {
    Fixture f({.matches_max = 3});
    fill(f, 4);
    CHECK(f.search("Observation", "status=final").status == 413);
    CHECK(f.search("Observation", "_id=o1").ok());
}

TEST_CASE("the capability statement says what is true") {
    json::Writer w;
    write_capability(w, fhir::Definitions::r4());
    const auto document = json::Document::parse(w.text());
    REQUIRE(document);
    CHECK(document->root().size() == fhir::Definitions::r4().resources().size());
    Fixture f;
    for (const json::Value resource : document->root().elements()) {
        const std::string type(resource["type"].text());
        for (const json::Value parameter : resource["searchParam"].elements()) {
            const std::string name(parameter["name"].text());
            CAPTURE(type);
            CAPTURE(name);
            CHECK(!parameter["definition"].text().empty());
            const std::string value = parameter["type"].text() == "date" ? "2026" : "x";
            CHECK(f.search(type, name + "=" + value).ok());
        }
    }
}

}  // namespace
}  // namespace idun::records
