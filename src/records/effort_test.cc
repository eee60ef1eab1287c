// What one request may cost, whatever it is made of.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "records/internal/testing.h"

namespace idun::records {
namespace {

using fhir::IssueCode;

// Patients p0… with an observation each.
void fill(Fixture& f, int count) {
    for (int i = 0; i < count; ++i) {
        const std::string n = std::to_string(i);
        f.put("Patient", "p" + n, R"("name":[{"family":"Berg"}])");
        f.put("Observation", "o" + n,
              R"("status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p)" + n + R"("})");
    }
}

bool too_costly(const Outcome& out) {
    return out.status == 403 && out.issues.at(0).code == IssueCode::too_costly && out.touched.empty();
}

std::string batch(const std::string& type, const std::vector<std::string>& entries) {
    std::string out = R"({"resourceType":"Bundle","type":")" + type + R"(","entry":[)";
    for (std::size_t i = 0; i < entries.size(); ++i) out += (i == 0 ? "" : ",") + entries[i];
    return out + "]}";
}
std::string get(const std::string& url) { return R"({"request":{"method":"GET","url":")" + url + R"("}})"; }

// "200 200 403"
std::string statuses(Fixture& f, const Outcome& out) {
    std::string text;
    const auto document = f.parsed(out);
    for (const json::Value entry : document.root()["entry"].elements())
        text += (text.empty() ? "" : " ") + std::string(entry["response"]["status"].text());
    return text;
}

TEST_CASE("whatever makes a search look at too much, it is refused in one way") {
    Fixture f({.effort = {.rows_max = 20}});
    fill(f, 30);
    for (const char* query :
         {"Observation?status=final", "Observation?subject:Patient.name=berg",
          "Observation?status:not=x&_summary=count", "Patient?_has:Observation:patient:status=final",
          "?_type=Observation,Patient&_lastUpdated=gt2000", "Patient?family=berg&_revinclude=Observation:subject"}) {
        CAPTURE(query);
        const std::string text(query);
        const std::size_t mark = text.find('?');
        CHECK(too_costly(f.search(text.substr(0, mark), text.substr(mark + 1))));
    }
    CHECK(f.search_ids("Observation", "patient=p3") == "o3");
    CHECK(too_costly(
        f.records->update_where("Patient", "family=berg", f.parsed(f.records->read("Patient", "p1", {})).root(), {})));
}

TEST_CASE("includes that lead to too much are part of the search's effort") {
    Fixture f({.effort = {.rows_max = 80}});
    fill(f, 30);
    CHECK(f.search("Patient", "family=berg").ok());
    CHECK(too_costly(f.search("Patient", "family=berg&_revinclude=Observation:subject")));
}

TEST_CASE("a request that takes too long is refused") {
    Fixture f({.effort = {.time_max = std::chrono::milliseconds(0)}});
    f.put("Patient", "p", "");
    CHECK(too_costly(f.search("Patient", "")));
    CHECK(too_costly(f.records->history("Patient", "", {}, {})));
    CHECK(too_costly(f.records->everything("p", {}, {})));
    CHECK(f.records->read("Patient", "p", {}).ok());
    CHECK(statuses(f, f.bundle(batch("batch", {get("Patient/p"), get("Patient")}))) == "403 403");
}

TEST_CASE("the entries of a batch share rows, bytes and time") {
    Fixture rows({.effort = {.rows_max = 80}});
    fill(rows, 10);
    const std::string search = get("Observation?status=final");
    const Outcome out = rows.bundle(batch("batch", {search, search, search, get("Patient/p1")}));
    CHECK(statuses(rows, out) == "200 200 403 403");
    CHECK(rows.parsed(out)
              .root()["entry"][std::size_t{3}]["response"]["outcome"]["issue"][std::size_t{0}]["code"]
              .text() == "too-costly");

    Fixture bytes({.effort = {.bytes_max = 6'000}});
    bytes.put("Patient", "big", R"("name":[{"text":")" + std::string(2'000, 'x') + "\"}]");
    const std::string read = get("Patient/big"), found = get("Patient?_id=big");
    CHECK(statuses(bytes, bytes.bundle(batch("batch", {read, found, read, found, read}))) == "200 200 200 403 403");
    CHECK(statuses(bytes, bytes.bundle(batch("batch", {found, get("_history"), found, found,
                                                       get("Patient/big/_history/1")}))) == "200 200 200 403 403");
}

TEST_CASE("large resources that conditions find are not gathered without end") {
    Fixture f({.effort = {.bytes_max = 6'000}});
    f.put("Patient", "big",
          R"("identifier":[{"system":"s","value":"1"}],"name":[{"text":")" + std::string(2'000, 'x') + "\"}]");
    const std::string make =
        R"({"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=s|1"}})";
    const auto document = json::Document::parse(batch("transaction", {make, make, make, make, make}));
    Context context;
    context.prefer = Return::representation;
    const Outcome out = f.records->bundle(document->root(), context);
    CHECK(statuses(f, out) == "200 200 200 200 200");
    CHECK(out.body->size() < 8'000);
}

TEST_CASE("a transaction is refused before it is too costly, and its reads share what is left") {
    const std::string write =
        R"({"resource":{"resourceType":"Patient","id":"new"},"request":{"method":"PUT","url":"Patient/new"}})";
    Fixture f({.effort = {.rows_max = 30}});
    fill(f, 20);
    const std::string costly =
        R"({"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient","ifNoneExist":"gender=male"}})";
    CHECK(f.bundle(batch("transaction", {write, costly, costly})).status == 403);
    CHECK(f.records->read("Patient", "new", {}).status == 404);
    CHECK(statuses(f, f.bundle(batch("transaction", {write, get("Observation?status=final"), get("Patient/p1")}))) ==
          "201 403 403");
    CHECK(f.records->read("Patient", "new", {}).ok());
}

}  // namespace
}  // namespace idun::records
