// What search refuses, and its pages.
#include <doctest/doctest.h>

#include "fhir/definitions.h"
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
        "patient=", "patient=a/b/c", "patient=Practitioner/19121212", "patient:missing=secret", "code:exact=a", "code=a|b|c", "code=|",
        "code=a\\x", "date=secret", "date=2026-13", "date=ge", "_count=-1", "_count=x", "_count=1&_count=2", "_sort=unknown",
        "_total=many", "_summary=secret", "unknown=secret", "_id=a/b", "_lastUpdated=x", "patient.unknown=x", "_text=secret",
        "code.identifier=x", "subject:Nonsense=x", "status:=x", "patient.=x", "=x", "_page=x&code=y", "_type=Patient",
        "a%20b=secret", "_include=Observation:code",
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
    CHECK(unknown.issues[0].text.find("_id, _lastUpdated, _list, _has, _profile, _security, _source, _tag, based-on") != std::string::npos);
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

TEST_CASE("a page ends when its resources are large, and the next goes on from there") {
    Fixture f({.page_bytes_max = 100'000});
    const std::string small(30'000, 'x');
    const std::string large(200'000, 'x');
    for (int i = 0; i < 9; ++i) {
        f.clock.advance(std::chrono::seconds(1));
        f.put("Basic", "b" + std::to_string(i), R"("code":{"text":")" + (i == 4 ? large : small) + "\"}");
    }
    for (const Options& options : {f.options, Options{.page_bytes_max = 100'000, .cache_bytes = 0}}) {
        f.options = options;
        f.reopen();
        Outcome page = f.search("Basic", "_sort=_lastUpdated");
        std::vector<std::string> pages = {order(page)};
        for (std::string token = next_token(f, page); !token.empty(); token = next_token(f, page)) {
            page = f.records->page(token, {});
            REQUIRE(page.ok());
            pages.push_back(order(page));
        }
        CHECK(pages == std::vector<std::string>{"b0 b1 b2", "b3", "b4", "b5 b6 b7", "b8"});
    }
}

TEST_CASE("includes end when they are large, and say so") {
    Fixture f({.page_bytes_max = 100'000});
    for (int i = 0; i < 6; ++i)
        f.put("Observation", "o" + std::to_string(i), R"("status":"final","code":{"text":")" + std::string(30'000, 'x') + R"("},"subject":{"reference":"Patient/p"})");
    f.put("Patient", "p", R"("active":true)");
    const Outcome cut = f.search("Patient", "_id=p&_revinclude=Observation:subject");
    CHECK(cut.touched.size() == 4);
    CHECK(cut.body->find("more is to be included than one page holds") != std::string::npos);
    f.options.page_bytes_max = 1'000'000;
    f.reopen();
    CHECK(f.search("Patient", "_id=p&_revinclude=Observation:subject").touched.size() == 7);
}

TEST_CASE("one caller cannot push out everybody's pages") {
    Fixture f({.page_sessions_max = 8});
    fill(f, 3);
    Context anna;
    anna.owner = "anna";
    Context other;
    other.owner = "other";
    const std::string hers = next_token(f, f.search("Observation", "patient=p&_count=1", anna));
    std::vector<std::string> theirs;
    for (int i = 0; i < 20; ++i) theirs.push_back(next_token(f, f.search("Observation", "patient=p&_count=1", other)));
    CHECK(f.records->page(hers, anna).ok());
    CHECK(f.records->page(theirs[19], other).ok());
    CHECK(f.records->page(theirs[18], other).ok());
    CHECK(f.records->page(theirs[17], other).status == 410);
}

TEST_CASE("a session counts the query that it keeps") {
    std::string ids = "x0";
    for (int i = 1; i < 500; ++i) ids += ",x" + std::to_string(i);
    const std::string query = "patient=p&_count=1&code:not=" + ids;
    Fixture f({.page_sessions_max = 8, .page_sessions_bytes_max = 200'000});
    fill(f, 3);
    const std::string small = next_token(f, f.search("Observation", "patient=p&_count=1"));
    CHECK(f.records->page(small, {}).ok());
    CHECK(f.search("Observation", query).status == 413);  // its 500 criteria alone are more than one owner may keep
    CHECK(f.search("Observation", "patient=p&code:not=" + ids).ok());
}

TEST_CASE("criteria without end are refused before they are read") {
    Fixture f;
    const std::string value(2'000, 'x');
    Parameters parameters;
    for (int i = 0; i < 40; ++i) parameters.emplace_back("code", value + "," + value + "," + value + "," + value + "," + value);
    const Outcome refused = f.records->search("Observation", parameters, {});
    CHECK(refused.status == 413);
    parameters.resize(20);
    CHECK(f.records->search("Observation", parameters, {}).ok());
}

TEST_CASE("sessions are bounded") {
    Fixture f({.page_sessions_max = 8});  // of one owner a quarter
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
    Fixture f({.effort = {.rows_max = 8}});
    fill(f, 9);
    const Outcome refused = f.search("Observation", "status=final");
    CHECK(refused.status == 403);
    CHECK(refused.issues.at(0).code == fhir::IssueCode::too_costly);
    CHECK(refused.touched.empty());
    CHECK(f.search("Observation", "_id=o1").ok());
}

// A clinic with two patients, what was measured, and who did it.
void clinic(Fixture& f) {
    f.put("Organization", "region", R"("name":"Region Nord")");
    f.put("Organization", "clinic", R"("name":"Kliniken","partOf":{"reference":"Organization/region"})");
    f.put("Practitioner", "doc", R"("name":[{"family":"Läkare"}])");
    f.put("Patient", "p", R"("name":[{"family":"Åström"}],"birthDate":"1970-05-17","managingOrganization":{"reference":"Organization/clinic"},"generalPractitioner":[{"reference":"Practitioner/doc"}])");
    f.put("Patient", "q", R"("name":[{"family":"Berg"}],"birthDate":"1980-01-01")");
    f.put("Encounter", "e", R"("status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/p"})");
    f.put("Observation", "o1", R"("status":"final","code":{"coding":[{"system":"l","code":"1"}]},"subject":{"reference":"Patient/p"},"encounter":{"reference":"Encounter/e"},"performer":[{"reference":"Practitioner/doc"}])");
    f.put("Observation", "o2", R"("status":"final","code":{"coding":[{"system":"l","code":"2"}]},"subject":{"reference":"Patient/q"},"hasMember":[{"reference":"Observation/o1"}])");
    f.put("Condition", "c", R"("code":{"coding":[{"code":"x"}]},"subject":{"reference":"Patient/p"},"asserter":{"reference":"Practitioner/doc"})");
    f.put("List", "l", R"("status":"current","mode":"working","entry":[{"item":{"reference":"Observation/o2"}},{"item":{"reference":"Patient/p"}}])");
}

std::string modes(Fixture& f, const Outcome& out) {
    const auto document = f.parsed(out);
    std::string text;
    for (const json::Value entry : document.root()["entry"].elements()) {
        text += std::string(text.empty() ? "" : " ") + std::string(entry["search"]["mode"].text().substr(0, 1)) + ":" + std::string(entry["resource"]["id"].text());
    }
    return text;
}

TEST_CASE("chains and _has of any depth") {
    Fixture f;
    clinic(f);
    CHECK(f.search_ids("Observation", "patient.name=astrom") == "o1");
    CHECK(f.search_ids("Observation", "subject:Patient.organization.partof.name=region") == "o1");
    CHECK(f.search_ids("Observation", "patient.organization.partof.name=syd") == "");
    CHECK(f.search_ids("Observation", "encounter.patient.birthdate=1970") == "o1");
    CHECK(f.search_ids("Observation", "patient._has:Condition:patient:code=x") == "o1");
    CHECK(f.search_ids("Patient", "_has:Observation:patient:code=l|2") == "q");
    CHECK(f.search_ids("Patient", "_has:Observation:patient:performer.name=lak") == "p");
    CHECK(f.search_ids("Organization", "_has:Patient:organization:_has:Observation:subject:code=1") == "clinic");
    CHECK(f.search_ids("Practitioner", "_has:Patient:general-practitioner:family=åström") == "doc");
    CHECK(f.search_ids("Observation", "_list=l") == "o2");
    CHECK(f.search_ids("Patient", "_list=l") == "p");
    CHECK(f.search_ids("Observation", "_list=none") == "");
}

TEST_CASE("what is hidden is found by nothing: not by chains, _has, includes, totals or order") {
    Fixture f;
    clinic(f);
    Context context;
    context.visible = [](const Touched& t) { return t.id != "p" && t.id != "o2"; };
    CHECK(f.search_ids("Observation", "patient.name=astrom", context) == "");
    CHECK(f.search_ids("Patient", "_has:Observation:patient:code=l|2", context) == "");
    CHECK(f.search_ids("Observation", "_list=l", context) == "");
    CHECK(modes(f, f.search("Observation", "_id=o1,o2&_include=*", context)) == "m:o1 i:e i:doc");
    CHECK(modes(f, f.search("Practitioner", "_revinclude=Patient:general-practitioner", context)) == "m:doc");
    CHECK(f.parsed(f.search("Observation", "_summary=count", context)).root()["total"].text() == "1");
}

TEST_CASE("includes, forwards and backwards, again and again") {
    Fixture f;
    clinic(f);
    CHECK(modes(f, f.search("Observation", "_id=o1&_include=Observation:patient")) == "m:o1 i:p");
    CHECK(modes(f, f.search("Observation", "_id=o1&_include=Observation:performer:Practitioner")) == "m:o1 i:doc");
    CHECK(modes(f, f.search("Observation", "_id=o1&_include=Observation:patient&_include:iterate=Patient:organization&_include:iterate=Organization:partof")) == "m:o1 i:p i:clinic i:region");
    CHECK(modes(f, f.search("Observation", "_id=o1&_include=Observation:patient&_include=Observation:subject")) == "m:o1 i:p");
    CHECK(f.search_ids("Patient", "_id=p&_revinclude=Condition:encounter") == "!400");
    CHECK(modes(f, f.search("Patient", "_id=p&_revinclude=Observation:patient&_revinclude=Condition:subject")) == "m:p i:o1 i:c");
    CHECK(modes(f, f.search("Patient", "_id=p&_revinclude=Observation:patient&_revinclude:iterate=Observation:has-member")) == "m:p i:o1 i:o2");
    CHECK(modes(f, f.search("Practitioner", "_revinclude=*")).find("i:c") != std::string::npos);
    const Outcome out = f.search("Observation", "_id=o1&_include=Observation:patient");
    REQUIRE(out.touched.size() == 2);  // both are accesses
    CHECK(f.parsed(out).root()["total"].text() == "1");
}

TEST_CASE("compartments and the whole system") {
    Fixture f;
    clinic(f);
    const auto ids = [&](const Outcome& out) { return out.ok() ? order(out) : "!" + std::to_string(out.status); };
    CHECK(ids(f.records->search({"Patient", "p"}, "Observation", {}, {})) == "o1");
    CHECK(ids(f.records->search({"Patient", "p"}, "Observation", {{"code", "2"}}, {})) == "");
    CHECK(ids(f.records->search({"Patient", "p"}, "*", {{"_sort", "_id"}}, {})) == "c e o1 p");
    CHECK(ids(f.records->search({"Patient", "p"}, "*", {{"_type", "Condition,Encounter"}, {"_sort", "_id"}}, {})) == "c e");
    CHECK(ids(f.records->search({"Encounter", "e"}, "Observation", {}, {})) == "o1");
    CHECK(ids(f.records->search({"Practitioner", "doc"}, "*", {{"_sort", "_id"}}, {})) == "c doc o1 p");
    CHECK(ids(f.records->search({"Patient", "p"}, "Medication", {}, {})) == "!404");
    CHECK(ids(f.records->search({"Organization", "clinic"}, "Patient", {}, {})) == "!404");
    CHECK(ids(f.records->search({"Patient", "a b"}, "Observation", {}, {})) == "!404");
    CHECK(ids(f.records->search("", {{"_type", "Organization,Practitioner"}, {"_sort", "_id"}}, {})) == "clinic doc region");
    CHECK(ids(f.records->search("", {{"_type", "Observation,Condition"}, {"patient", "p"}, {"_sort", "_id"}}, {})) == "c o1");
    CHECK(ids(f.records->search("", {{"_id", "e,l"}, {"_sort", "_id"}}, {})) == "e l");
    CHECK(ids(f.records->search("", {{"_type", "Nonsense"}}, {})) == "!400");
    CHECK(ids(f.records->search("", {{"patient", "p"}}, {})) == "!400");
}

TEST_CASE("pages of a compartment are addressed under it, and keep what they show") {
    Fixture f;
    fill(f, 3);
    const Outcome first = f.records->search({"Patient", "p"}, "Observation", {{"_count", "2"}, {"_elements", "status"}}, {});
    const auto document = f.parsed(first);
    CHECK(document.root()["link"][std::size_t{1}]["url"].text().starts_with("http://localhost/fhir/Patient/p/Observation?_page="));
    const auto second = f.parsed(f.records->page(next_token(f, first), {}));
    const json::Value resource = second.root()["entry"][std::size_t{0}]["resource"];
    CHECK(resource["status"].text() == "final");
    CHECK(!resource["subject"]);
    CHECK(resource["meta"]["tag"][std::size_t{0}]["code"].text() == "SUBSETTED");
}

TEST_CASE("lenient searches tell what they left out") {
    Fixture f;
    clinic(f);
    Context lenient;
    lenient.lenient = true;
    CHECK(f.search("Patient", "family=berg&nonsense=1").status == 400);
    const Outcome out = f.search("Patient", "family=berg&nonsense=1", lenient);
    const auto document = f.parsed(out);
    CHECK(modes(f, out) == "m:q o:");
    const json::Value outcome = document.root()["entry"][std::size_t{1}]["resource"];
    CHECK(outcome["resourceType"].text() == "OperationOutcome");
    CHECK(outcome["issue"][std::size_t{0}]["severity"].text() == "warning");
    CHECK(document.root()["link"][std::size_t{0}]["url"].text() == "http://localhost/fhir/Patient?family=berg");
}

TEST_CASE("whom a query asks about") {
    Fixture f;
    const auto shown = [&](std::string_view type, const Parameters& query) {
        const AskedAbout about = f.records->asked_about(type, query);
        std::string out;
        for (const std::string& id : about.patients) out += id + " ";
        for (const auto& [system, value] : about.identifiers) out += system + "|" + value + " ";
        return out;
    };
    CHECK(shown("Observation", {{"patient", "Patient/1,2"}}) == "1 2 ");
    CHECK(shown("Observation", {{"encounter.patient", "7"}}) == "7 ");
    CHECK(shown("Observation", {{"patient.identifier", "s|9"}}) == "s|9 ");
    CHECK(shown("Observation", {{"subject:identifier", "s|9"}}) == "s|9 ");
    CHECK(shown("Patient", {{"_id", "3"}, {"identifier", "s|9"}}) == "3 s|9 ");
    CHECK(shown("Practitioner", {{"_has:Observation:performer:patient", "5"}, {"identifier", "s|9"}}) == "5 s|9 ");
    CHECK(shown("Observation", {{"nonsense", "x"}, {"patient", "1"}}) == "1 ");
}

TEST_CASE("index rows follow updates, removals and moves between persons") {
    Fixture f;
    f.put("Observation", "o", R"("status":"final","code":{"coding":[{"system":"l","code":"1"}]},"subject":{"reference":"Patient/p"},"encounter":{"reference":"Encounter/e"})");
    CHECK(f.search_ids("Observation", "code=l|1") == "o");
    CHECK(f.search_ids("Observation", "encounter=e") == "o");
    f.put("Observation", "o", R"("status":"final","code":{"coding":[{"system":"l","code":"2"}]},"subject":{"reference":"Patient/q"},"encounter":{"reference":"Encounter/e"})");
    CHECK(f.search_ids("Observation", "code=l|1") == "");
    CHECK(f.search_ids("Observation", "code=2") == "o");
    CHECK(f.search_ids("Observation", "code=2&patient=q") == "o");
    CHECK(f.search_ids("Observation", "code=2&patient=p") == "");
    CHECK(f.search_ids("Observation", "encounter=e") == "o");
    CHECK(f.records->remove("Observation", "o", {}).status == 204);
    CHECK(f.search_ids("Observation", "code=2") == "");
    CHECK(f.search_ids("Observation", "encounter=e") == "");
    CHECK(f.search_ids("Observation", "patient=q") == "");
}

TEST_CASE("the capability statement says what is true") {
    const Operation operations[] = {{"", "validate", "urn:v", "everywhere"}, {"Patient", "match", "urn:m", "here"}};
    const auto document = json::Document::parse(capability(operations));
    REQUIRE(document);
    CHECK(document->root().size() == fhir::Definitions::r4().resources().size());
    Fixture f;
    for (const json::Value resource : document->root().elements()) {
        const std::string type(resource["type"].text());
        CHECK(resource["operation"].size() == (type == "Patient" ? 2 : 1));
        CHECK(resource["operation"][0]["name"].text() == "validate");
        for (const json::Value parameter : resource["searchParam"].elements()) {
            const std::string name(parameter["name"].text());
            CAPTURE(type);
            CAPTURE(name);
            CHECK(!parameter["definition"].text().empty());
            const bool own = name == "_id" || name == "_lastUpdated";
            CHECK(f.search(type, own ? name + "=2026" : name + ":missing=true").ok());
        }
    }
}

}  // namespace
}  // namespace idun::records
