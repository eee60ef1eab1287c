#include <doctest/doctest.h>

#include <atomic>
#include <random>
#include <thread>

#include "crypto/encoding.h"
#include "records/internal/testing.h"

namespace idun::records {
namespace {

std::string entry(const std::string& method, const std::string& url, const std::string& resource = "", const std::string& more = "",
                  const std::string& full_url = "") {
    return "{" + (full_url.empty() ? "" : "\"fullUrl\":\"" + full_url + "\",") + "\"request\":{\"method\":\"" + method +
           "\",\"url\":\"" + url + "\"" + (more.empty() ? "" : "," + more) + "}" +
           (resource.empty() ? "" : ",\"resource\":" + resource) + "}";
}
std::string bundle(const std::string& type, const std::vector<std::string>& entries) {
    std::string out = R"({"resourceType":"Bundle","type":")" + type + R"(","entry":[)";
    for (std::size_t i = 0; i < entries.size(); ++i) out += (i == 0 ? "" : ",") + entries[i];
    return out + "]}";
}
std::string patient(const std::string& id, const std::string& identifier = "") {
    return R"({"resourceType":"Patient")" + (id.empty() ? "" : ",\"id\":\"" + id + "\"") +
           (identifier.empty() ? "" : R"(,"identifier":[{"system":"s","value":")" + identifier + "\"}]") + "}";
}
std::string condition(const std::string& subject) {
    return R"({"resourceType":"Condition","subject":{"reference":")" + subject + "\"}}";
}
std::string status(const json::Document& document, std::size_t place) {
    return std::string(document.root()["entry"][place]["response"]["status"].text());
}

TEST_CASE("DELETE, POST, PUT, GET: whatever the order of the entries") {
    Fixture f;
    f.put("Patient", "old", "");
    const Outcome out = f.bundle(bundle("transaction", {
        entry("GET", "Patient/old"), entry("GET", "Patient/new"), entry("PUT", "Patient/new", patient("new")),
        entry("POST", "Patient", patient("")), entry("DELETE", "Patient/old"), entry("DELETE", "Patient/never")}));
    REQUIRE(out.status == 200);
    const auto document = f.parsed(out);
    CHECK(document.root()["type"].text() == "transaction-response");
    CHECK(status(document, 0) == "410");
    CHECK(status(document, 1) == "200");
    CHECK(document.root()["entry"][std::size_t{1}]["resource"]["id"].text() == "new");
    CHECK(status(document, 2) == "201");
    CHECK(status(document, 3) == "201");
    CHECK(status(document, 4) == "204");
    CHECK(status(document, 5) == "204");
    CHECK(document.root()["entry"][std::size_t{2}]["response"]["etag"].text() == "W/\"1\"");
    CHECK(f.parsed(f.bundle(R"({"resourceType":"Bundle","type":"transaction"})")).root()["entry"].size() == 0);
}

TEST_CASE("of each record it says how it was touched") {
    const auto ways = [](const Outcome& out) {
        std::vector<std::pair<std::string, Way>> found;
        for (const Touched& one : out.touched) found.emplace_back(one.id.size() > 10 ? "made" : one.id, one.way);
        std::ranges::sort(found);
        return found;
    };
    using Ways = std::vector<std::pair<std::string, Way>>;
    for (const std::string type : {"transaction", "batch"}) {
        CAPTURE(type);
        Fixture f;
        for (const char* id : {"a", "b", "d"}) f.put("Patient", id, "");
        f.put("Patient", "c", R"("identifier":[{"system":"s","value":"1"}])");
        const std::string patch = R"({"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"add"},)"
                                  R"({"name":"path","valueString":"Patient"},{"name":"name","valueString":"gender"},{"name":"value","valueCode":"male"}]}]})";
        const Outcome out = f.bundle(bundle(type, {entry("GET", "Patient/a"), entry("GET", "Patient/a/_history"), entry("GET", "Patient/a/_history/1"),
                                                   entry("GET", "Patient?_id=a"), entry("DELETE", "Patient/b"), entry("PUT", "Patient/new", patient("new")),
                                                   entry("PUT", "Patient/d", patient("d", "2")), entry("POST", "Patient", patient("")),
                                                   entry("POST", "Patient", patient("", "1"), R"("ifNoneExist":"identifier=s|1")")}));
        REQUIRE(out.status == 200);
        CHECK(ways(out) == Ways{{"a", Way::read}, {"a", Way::vread}, {"a", Way::history}, {"a", Way::search}, {"b", Way::remove},
                                {"c", Way::read}, {"d", Way::update}, {"made", Way::create}, {"new", Way::create}});
        CHECK(ways(f.bundle(bundle(type, {entry("PATCH", "Patient/d", patch)}))) == Ways{{"d", Way::update}});
        // What was deleted is made again.
        CHECK(ways(f.bundle(bundle(type, {entry("PUT", "Patient/b", patient("b"))}))) == Ways{{"b", Way::create}});
        // A refusal has told that it is there, and changed nothing. Of a transaction it names nobody.
        CHECK(ways(f.bundle(bundle(type, {entry("PUT", "Patient/d", patient("d"), R"("ifMatch":"W/\"7\"")")}))) == (type == "batch" ? Ways{{"d", Way::read}} : Ways{}));
    }
}

TEST_CASE("references are rewritten where R4 says, and nowhere else") {
    Fixture f;
    const std::string urn = "urn:uuid:aaaaaaaa-0000-4000-8000-000000000001";
    const std::string document =
        R"({"resourceType":"DocumentReference","status":"current","subject":{"reference":")" + urn +
        R"("},"identifier":[{"system":"urn:ietf:rfc:3986","value":")" + urn + R"("}],"content":[{"attachment":{"url":")" + urn +
        R"("}}],"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\")" + urn + R"(\">x</a> )" +
        urn + R"(</div>"}})";
    const Outcome out = f.bundle(bundle("transaction", {entry("POST", "Patient", patient(""), "", urn),
                                                        entry("POST", "DocumentReference", document),
                                                        entry("PUT", "Patient/there", patient("there"), "", "http://host/fhir/Patient/here"),
                                                        entry("POST", "Condition", condition("Patient/here"), "", "http://host/fhir/Condition/1"),
                                                        entry("POST", "Condition", condition("Patient/here"))}));
    REQUIRE(out.status == 200);
    const std::string id = out.touched.at(0).id;
    const auto stored = f.parsed(f.records->read("DocumentReference", out.touched.at(1).id, {}));
    CHECK(stored.root()["subject"]["reference"].text() == "Patient/" + id);
    CHECK(stored.root()["identifier"][std::size_t{0}]["value"].text() == urn);
    CHECK(stored.root()["content"][std::size_t{0}]["attachment"]["url"].text() == "Patient/" + id);
    CHECK(stored.root()["text"]["div"].text() == "<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"Patient/" + id + "\">x</a> " + urn + "</div>");
    // Relative references are looked up under the base of the entry's own fullUrl.
    CHECK(out.touched.at(3).patient == "there");
    CHECK(out.touched.at(4).patient == "here");
}

TEST_CASE("a transaction that is wrong anywhere does nothing") {
    struct Case {
        std::string name;
        std::string text;
        int status;
    };
    const std::string good = entry("PUT", "Patient/x", patient("x"));
    const Case cases[] = {
        {"same twice", bundle("transaction", {good, entry("PUT", "Patient/x", patient("x"))}), 400},
        {"put and delete", bundle("transaction", {good, entry("DELETE", "Patient/x")}), 400},
        {"patch", bundle("transaction", {good, entry("PATCH", "Patient/y", R"({"resourceType":"Parameters"})")}), 404},
        {"operation", bundle("transaction", {good, entry("POST", "Patient/$match", R"({"resourceType":"Parameters"})")}), 400},
        {"wrong id", bundle("transaction", {good, entry("PUT", "Patient/y", patient("z"))}), 400},
        {"wrong type", bundle("transaction", {good, entry("POST", "Observation", patient(""))}), 400},
        {"structure", bundle("transaction", {good, entry("POST", "Patient", R"({"resourceType":"Patient","gender":"x"})")}), 422},
        {"if-match", bundle("transaction", {good, entry("PUT", "Patient/y", patient("y"), R"("ifMatch":"W/\"1\"")")}), 412},
        {"odd if-match", bundle("transaction", {good, entry("PUT", "Patient/y", patient("y"), R"("ifMatch":"W/\"abc\"")")}), 412},
        {"search", bundle("transaction", {good, entry("GET", "Patient?secret=1")}), 400},
        {"no request", R"({"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient"}}]})", 400},
        {"conditional reference", bundle("transaction", {good, entry("POST", "Condition", condition("Patient?identifier=s|none"))}), 412},
        {"condition", bundle("transaction", {good, entry("POST", "Patient", patient(""), R"("ifNoneExist":"what=1")")}), 400},
        {"not a bundle", patient("x"), 400},
        {"document", R"({"resourceType":"Bundle","type":"document"})", 400},
        {"entry", R"({"resourceType":"Bundle","type":"transaction","entry":{}})", 400},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        Fixture f;
        const Outcome out = f.bundle(c.text);
        CHECK(out.status == c.status);
        CHECK(!out.issues.empty());
        CHECK(f.records->read("Patient", "x", {}).status == 404);
    }
}

TEST_CASE("conditions") {
    Fixture f;
    f.put("Patient", "a", R"("identifier":[{"system":"s","value":"1"}])");
    const std::string one = R"("ifNoneExist":"identifier=s|1")";
    const std::string two = R"("ifNoneExist":"identifier=s%7C2")";
    Outcome out = f.bundle(bundle("transaction", {entry("POST", "Patient", patient("", "1"), one, "urn:uuid:00000000-0000-4000-8000-000000000001"),
                                                  entry("POST", "Patient", patient("", "2"), two),
                                                  entry("POST", "Condition", condition("urn:uuid:00000000-0000-4000-8000-000000000001")),
                                                  entry("POST", "Condition", condition("Patient?identifier=s|1")),
                                                  entry("PUT", "Patient?identifier=s|1", patient("", "1")),
                                                  entry("PUT", "Patient?identifier=s|3", patient("c", "3")),
                                                  entry("DELETE", "Patient?identifier=s|9")}));
    for (const auto& issue : out.issues) MESSAGE(issue.path << " " << issue.text);
    REQUIRE(out.status == 200);
    const auto document = f.parsed(out);
    CHECK(status(document, 0) == "200");
    CHECK(status(document, 1) == "201");
    CHECK(status(document, 4) == "200");
    CHECK(status(document, 5) == "201");
    CHECK(status(document, 6) == "204");
    CHECK(f.parsed(f.search("Condition", "patient=a")).root()["total"].text() == "2");
    CHECK(f.records->read("Patient", "a", {}).version == 2);
    CHECK(f.records->read("Patient", "c", {}).version == 1);

    const auto again = json::Document::parse(patient("", "2"));
    CHECK(f.records->create("Patient", again->root(), {}, "identifier=s|2").status == 200);
    CHECK(f.records->create("Patient", again->root(), {}, "identifier=s|5").status == 201);
    CHECK(f.records->create("Patient", again->root(), {}, "identifier=s|1,s|2").status == 412);
    CHECK(f.records->create("Patient", again->root(), {}, "_count=1").status == 400);
    CHECK(f.bundle(bundle("transaction", {entry("DELETE", "Patient?identifier=s|1,s|3")})).status == 412);
    CHECK(f.bundle(bundle("transaction", {entry("DELETE", "Patient?identifier=s|1")})).status == 200);
    CHECK(f.records->read("Patient", "a", {}).status == 410);
}

TEST_CASE("a batch answers every entry by itself") {
    Fixture f;
    f.put("Patient", "old", "");
    const Outcome out = f.bundle(bundle("batch", {
        entry("PUT", "Patient/a", patient("a")), entry("PUT", "Patient/a", patient("a")), entry("PUT", "Patient/b", patient("c")),
        entry("POST", "Patient", patient("", "7")), entry("POST", "Patient", patient("", "7"), R"("ifNoneExist":"identifier=s|7")"),
        entry("DELETE", "Patient/old"), entry("GET", "Patient/a"), entry("GET", "Patient?what=1"), entry("GET", "Patient?_id=a"),
        entry("PUT", "Patient/old", patient("old"), R"("ifMatch":"W/\"9\"")"), entry("PATCH", "Patient/a", R"({"resourceType":"Parameters"})"),
        "{}", entry("PUT", "Patient?identifier=s|7", patient("", "7")), entry("GET", "Patient/a/_history/1"), entry("GET", "Patient/a/_history")}));
    REQUIRE(out.status == 200);
    const auto document = f.parsed(out);
    CHECK(document.root()["type"].text() == "batch-response");
    const char* expected[] = {"201", "200", "400", "201", "200", "204", "200", "400", "200", "412", "200", "400", "200", "200", "200"};
    for (std::size_t i = 0; i < 15; ++i) {
        CAPTURE(i);
        CHECK(status(document, i) == expected[i]);
        if (std::string_view(expected[i]) >= "400") CHECK(document.root()["entry"][i]["response"]["outcome"]["issue"].size() > 0);
    }
    CHECK(document.root()["entry"][std::size_t{8}]["resource"]["total"].text() == "1");
}

TEST_CASE("hostile bundles are refused without harm") {
    Fixture f;
    const std::string seed = bundle("transaction", {entry("POST", "Patient", patient("", "1"), "", "urn:uuid:00000000-0000-4000-8000-000000000001"),
                                                    entry("PUT", "Condition/c", R"({"resourceType":"Condition","id":"c","subject":{"reference":"urn:uuid:00000000-0000-4000-8000-000000000001"}})"),
                                                    entry("DELETE", "Patient/x"), entry("GET", "Patient?identifier=s|1")});
    const unsigned number = std::random_device{}();
    CAPTURE(number);
    std::mt19937 random(number);
    int parsed = 0;
    for (int i = 0; i < 3000; ++i) {
        std::string text = seed;
        for (auto changes = 1 + random() % 3; changes > 0; --changes) {
            const std::size_t at = random() % text.size();
            switch (random() % 3) {
                case 0: text[at] = static_cast<char>(32 + random() % 95); break;
                case 1: text.erase(at, random() % 20); break;
                default: text.insert(at, text.substr(random() % text.size(), random() % 30)); break;
            }
            if (text.empty()) text = "{}";
        }
        const auto document = json::Document::parse(text);
        if (!document) continue;
        ++parsed;
        const Outcome out = f.records->bundle(document->root(), {});
        CHECK(out.status < 500);
        CHECK((out.ok() || !out.issues.empty()));
    }
    CHECK(parsed > 50);
}

TEST_CASE("concurrent writers never lose an update") {
    Fixture f;
    constexpr int kThreads = 6;
    constexpr int kEach = 40;
    f.put("Patient", "p", "");
    std::atomic<int> conflicts{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < kEach; ++i) {
                // Without If-Match: always succeeds, each with a version of its own.
                const auto document = json::Document::parse(patient("p", std::to_string(t * 1000 + i)));
                if (f.records->update("Patient", "p", document->root(), {}).status != 200) conflicts += 1000;
                // With it: one of all who read the same version.
                const auto version = f.records->read("Patient", "p", {}).version;
                const int result = f.records->update("Patient", "p", document->root(), {}, {.if_match = version}).status;
                if (result == 412) ++conflicts;
                else if (result != 200) conflicts += 1000;
                // About the patient, while she changes.
                const auto about = json::Document::parse(condition("Patient/p"));
                if (f.records->create("Condition", about->root(), {}).status != 201) conflicts += 1000;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(conflicts < 1000);
    CHECK(f.records->read("Patient", "p", {}).version == static_cast<std::uint64_t>(1 + 2 * kThreads * kEach - conflicts));
    CHECK(f.parsed(f.search("Condition", "patient=p&_summary=count")).root()["total"].text() == std::to_string(kThreads * kEach));
    CHECK(f.parsed(f.records->history("Patient", "p", {{"_count", "1000"}}, {})).root()["entry"].size() == static_cast<std::size_t>(1 + 2 * kThreads * kEach - conflicts));
}

TEST_CASE("if-none-exist creates once, however many ask") {
    Fixture f;
    std::atomic<int> created{0};
    std::atomic<int> found{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 6; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 10; ++i) {
                const std::string value = std::to_string(i);
                int result = 0;
                if (t % 2 == 0) {
                    const auto document = json::Document::parse(patient("", value));
                    result = f.records->create("Patient", document->root(), {}, "identifier=s|" + value).status;
                } else {
                    const auto document = json::Document::parse(bundle("transaction", {entry("POST", "Patient", patient("", value), R"("ifNoneExist":"identifier=s|)" + value + "\"")}));
                    const Outcome out = f.records->bundle(document->root(), {});
                    const auto answer = json::Document::parse(*out.body);
                    result = status(*answer, 0) == "201" ? 201 : 200;
                }
                if (result == 201) ++created;
                if (result == 200) ++found;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(created == 10);
    CHECK(found == 50);
}

TEST_CASE("patches in bundles") {
    Fixture f;
    f.put("Patient", "p", R"("identifier":[{"system":"s","value":"1"}])");
    const std::string urn = "urn:uuid:aaaaaaaa-0000-4000-8000-000000000001";
    const auto binary = [](const std::string& patch, const std::string& type = "application/json-patch+json") {
        return R"({"resourceType":"Binary","contentType":")" + type + R"(","data":")" + crypto::base64(patch) + "\"}";
    };
    // A patch may refer to what another entry makes.
    const std::string link = R"([{"op":"add","path":"/managingOrganization","value":{"reference":")" + urn + "\"}}]";
    const Outcome out = f.bundle(bundle("transaction", {entry("PATCH", "Patient/p", binary(link), R"("ifMatch":"W/\"1\"")"),
                                                        entry("POST", "Organization", R"({"resourceType":"Organization","name":"o"})", "", urn)}));
    REQUIRE(out.status == 200);
    CHECK(status(f.parsed(out), 0) == "200");
    const auto stored = f.parsed(f.records->read("Patient", "p", {}));
    CHECK(stored.root()["managingOrganization"]["reference"].text() == "Organization/" + out.touched.at(1).id);
    CHECK(f.bundle(bundle("transaction", {entry("PATCH", "Patient?identifier=s|1", binary(R"([{"op":"add","path":"/gender","value":"male"}])"))})).status == 200);
    CHECK(f.records->read("Patient", "p", {}).version == 3);

    struct Case {
        const char* name;
        std::string entry;
        int status;
    };
    const std::string male = R"([{"op":"add","path":"/gender","value":"male"}])";
    const Case cases[] = {
        {"stale", entry("PATCH", "Patient/p", binary(male), R"("ifMatch":"W/\"1\"")"), 412},
        {"nobody", entry("PATCH", "Patient/q", binary(male)), 404},
        {"none found", entry("PATCH", "Patient?identifier=s|2", binary(male)), 404},
        {"misfit", entry("PATCH", "Patient/p", binary(R"([{"op":"remove","path":"/photo"}])")), 422},
        {"new id", entry("PATCH", "Patient/p", binary(R"([{"op":"replace","path":"/id","value":"z"}])")), 422},
        {"not a patch", entry("PATCH", "Patient/p", binary("{}")), 400},
        {"not JSON", entry("PATCH", "Patient/p", binary("[")), 400},
        {"XML patch", entry("PATCH", "Patient/p", binary("<diff/>", "application/xml-patch+xml")), 400},
        {"not base64", entry("PATCH", "Patient/p", R"({"resourceType":"Binary","contentType":"application/json-patch+json","data":"%"})"), 400},
        {"not a Binary", entry("PATCH", "Patient/p", patient("p")), 400},
        {"twice", entry("PATCH", "Patient/p", binary(male)) + "," + entry("PUT", "Patient/p", patient("p")), 400},
        {"if-none-match", entry("PUT", "Patient/p", patient("p"), R"("ifNoneMatch":"W/\"1\"")"), 400},
        {"if-none-match *", entry("PUT", "Patient/p", patient("p"), R"("ifNoneMatch":"*")"), 412},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        const Outcome refused = f.bundle(bundle("transaction", {entry("PUT", "Patient/x", patient("x")), c.entry}));
        CHECK(refused.status == c.status);
        CHECK(f.records->read("Patient", "x", {}).status == 404);
        if (std::string_view(c.name) == "twice" || std::string_view(c.name) == "not base64") continue;
        const Outcome batch = f.bundle(bundle("batch", {c.entry}));
        REQUIRE(batch.status == 200);
        CHECK(status(f.parsed(batch), 0) == std::to_string(c.status));
    }
    CHECK(f.records->read("Patient", "p", {}).version == 3);
}

TEST_CASE("what a write of a bundle shows is the caller's wish") {
    for (const std::string type : {"transaction", "batch"}) {
        Fixture f;
        f.put("Patient", "p", R"("identifier":[{"system":"s","value":"1"}])");
        const auto document = json::Document::parse(bundle(type, {entry("PUT", "Patient/q", patient("q")), entry("POST", "Patient", patient("", "1"), R"("ifNoneExist":"identifier=s|1")"),
                                                                  entry("DELETE", "Patient/r"), entry("GET", "Patient/p"), entry("HEAD", "Patient/p"),
                                                                  entry("GET", "Patient/p", "", R"("ifNoneMatch":"W/\"1\"")"),
                                                                  entry("GET", "Patient/p", "", R"("ifModifiedSince":"2026-01-02T00:00:00Z")"),
                                                                  entry("GET", "Patient/p", "", R"("ifModifiedSince":"2025-01-02T00:00:00Z")")}));
        for (const Return prefer : {Return::minimal, Return::representation, Return::operation_outcome}) {
            Context context;
            context.prefer = prefer;
            const auto answer = f.parsed(f.records->bundle(document->root(), context));
            const json::Value entries = answer.root()["entry"];
            CAPTURE(type);
            CAPTURE(static_cast<int>(prefer));
            for (const std::size_t written : {std::size_t{0}, std::size_t{1}}) {
                CHECK(bool(entries[written]["resource"]) == (prefer == Return::representation));
                CHECK(bool(entries[written]["response"]["outcome"]) == (prefer == Return::operation_outcome));
            }
            CHECK(status(answer, 2) == "204");
            CHECK(entries[std::size_t{3}]["resource"]["id"].text() == "p");
            CHECK(!entries[std::size_t{3}]["response"]["outcome"]);
            CHECK(!entries[std::size_t{4}]["resource"]);
            CHECK(status(answer, 4) == "200");
            CHECK(status(answer, 5) == "304");
            CHECK(!entries[std::size_t{5}]["resource"]);
            CHECK(status(answer, 6) == "304");
            CHECK(status(answer, 7) == "200");
        }
    }
}

TEST_CASE("conditions see what the transaction itself removes and makes") {
    Fixture f;
    f.put("Patient", "old", R"("identifier":[{"system":"s","value":"1"}])");
    // DELETE comes first, so the condition finds nothing; the reference finds what is made.
    const Outcome out = f.bundle(bundle("transaction", {entry("POST", "Condition", condition("Patient?identifier=s|1")),
                                                        entry("POST", "Patient", patient("", "1"), R"("ifNoneExist":"identifier=s|1")"),
                                                        entry("DELETE", "Patient/old")}));
    REQUIRE(out.status == 200);
    CHECK(status(f.parsed(out), 1) == "201");
    const std::string made = out.touched.at(1).id;
    CHECK(out.touched.at(0).patient == made);
    CHECK(f.search_ids("Patient", "identifier=s|1") == made);

    // Found in the store and updated here is one; two that are made are several.
    CHECK(f.bundle(bundle("transaction", {entry("POST", "Condition", condition("Patient?identifier=s|1")), entry("PUT", "Patient/" + made, patient(made, "1"))})).status == 200);
    CHECK(f.bundle(bundle("transaction", {entry("POST", "Condition", condition("Patient?identifier=s|2")), entry("POST", "Patient", patient("", "2")),
                                          entry("POST", "Patient", patient("", "2"))})).status == 412);
    CHECK(f.bundle(bundle("transaction", {entry("POST", "Condition", condition("Patient?identifier=s|1")), entry("DELETE", "Patient/" + made)})).status == 412);
    CHECK(f.bundle(bundle("transaction", {entry("POST", "Condition", condition("Patient?shoesize=1"))})).status == 400);

    // The same condition twice would make two.
    const std::string three = R"("ifNoneExist":"identifier=s|3")";
    CHECK(f.bundle(bundle("transaction", {entry("POST", "Patient", patient("", "3"), three), entry("POST", "Patient", patient("", "3"), three)})).status == 400);
    CHECK(f.bundle(bundle("transaction", {entry("PUT", "Patient?identifier=s|3", patient("", "3")), entry("POST", "Patient", patient("", "3"), R"("ifNoneExist":"identifier=s%7C3")")})).status == 400);
    CHECK(f.search_ids("Patient", "identifier=s|3").empty());
    // The identity that a condition finds may not be changed by another entry.
    CHECK(f.bundle(bundle("transaction", {entry("PUT", "Patient?identifier=s|1", patient("", "1")), entry("PUT", "Patient/" + made, patient(made, "1"))})).status == 400);
    CHECK(f.bundle(bundle("transaction", {entry("DELETE", "Patient?identifier=s|1"), entry("PUT", "Patient/" + made, patient(made, "1"))})).status == 400);
    CHECK(f.bundle(bundle("transaction", {entry("PUT", "Patient?identifier=s|9", patient(made, "9"))})).status == 409);
}

TEST_CASE("loops, and bundles that refer to themselves") {
    Fixture f;
    const std::string a = "urn:uuid:aaaaaaaa-0000-4000-8000-00000000000a";
    const std::string b = "urn:oid:1.2.3.4";
    const auto linked = [](const std::string& to) {
        return R"({"resourceType":"Patient","link":[{"type":"seealso","other":{"reference":")" + to + "\"}}]}";
    };
    const Outcome out = f.bundle(bundle("transaction", {entry("POST", "Patient", linked(b), "", a), entry("POST", "Patient", linked(a), "", b),
                                                        entry("POST", "Patient", linked("urn:uuid:aaaaaaaa-0000-4000-8000-00000000000c"), "",
                                                              "urn:uuid:aaaaaaaa-0000-4000-8000-00000000000c")}));
    REQUIRE(out.status == 200);
    const auto target = [&](std::size_t place) {
        return std::string(f.parsed(f.records->read("Patient", out.touched.at(place).id, {})).root()["link"][std::size_t{0}]["other"]["reference"].text());
    };
    CHECK(target(0) == "Patient/" + out.touched.at(1).id);
    CHECK(target(1) == "Patient/" + out.touched.at(0).id);
    CHECK(target(2) == "Patient/" + out.touched.at(2).id);

    const std::string inner = bundle("transaction", {entry("POST", "Patient", patient(""))});
    CHECK(f.bundle(bundle("transaction", {entry("POST", "Bundle", inner, "", a)})).status == 200);
    CHECK(f.bundle(bundle("transaction", {entry("POST", "", inner)})).status == 400);
}

TEST_CASE("the number of entries is bounded") {
    Options options;
    options.bundle_entries_max = 3;
    Fixture f(options);
    const std::vector<std::string> entries(4, entry("GET", "Patient/p"));
    for (const std::string type : {"transaction", "batch"}) {
        const Outcome out = f.bundle(bundle(type, entries));
        CHECK(out.status == 413);
        REQUIRE(out.issues.size() == 1);
        CHECK(out.issues[0].code == fhir::IssueCode::too_costly);
    }
    CHECK(f.bundle(bundle("batch", {entries.begin(), entries.begin() + 3})).status == 200);
}

TEST_CASE("canonical URLs stay, whatever a bundle calls its entries") {
    Fixture f;
    const std::string url = "http://host/fhir/Questionnaire/q";
    const Outcome out = f.bundle(bundle("transaction", {entry("PUT", "Questionnaire/here", R"({"resourceType":"Questionnaire","id":"here","status":"active"})", "", url),
                                                        entry("PUT", "QuestionnaireResponse/r", R"({"resourceType":"QuestionnaireResponse","id":"r","status":"completed","questionnaire":")" + url + "\"}")}));
    REQUIRE(out.status == 200);
    CHECK(f.parsed(f.records->read("QuestionnaireResponse", "r", {})).root()["questionnaire"].text() == url);
}

TEST_CASE("history in pages") {
    Fixture f;
    for (int i = 0; i < 5; ++i) {
        f.clock.advance(std::chrono::seconds(1));
        f.put("Patient", "p", "");
    }
    const Outcome first = f.records->history("Patient", "p", {{"_count", "2"}}, {});
    const auto document = f.parsed(first);
    CHECK(first.touched.size() == 2);
    CHECK(first.touched.at(1).version == 4);
    CHECK(document.root()["link"][std::size_t{1}]["url"].text() == "http://localhost/fhir/Patient/p/_history?_count=2&_before=4");
    const Outcome second = f.records->history("Patient", "p", {{"_count", "3"}, {"_before", "4"}}, {});
    REQUIRE(second.touched.size() == 3);
    CHECK(second.touched.at(2).version == 1);
    CHECK(f.parsed(second).root()["link"].size() == 1);
    CHECK(f.records->history("Patient", "p", {{"_since", "2026-01-01T00:00:04Z"}}, {}).touched.size() == 2);
    CHECK(f.records->history("Patient", "p", {{"_since", "x"}}, {}).status == 400);
    CHECK(f.records->history("Patient", "p", {{"_count", "0"}}, {}).status == 400);
    CHECK(f.records->history("Patient", "p", {{"_at", "x"}}, {}).status == 400);
    CHECK(f.records->history("Patient", "q", {}, {}).status == 404);
}

}  // namespace
}  // namespace idun::records
