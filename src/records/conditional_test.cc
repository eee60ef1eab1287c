#include <doctest/doctest.h>

#include <atomic>
#include <random>
#include <thread>

#include "records/internal/testing.h"

namespace idun::records {
namespace {

std::string patient(const std::string& id, const std::string& identifier, const std::string& more = "") {
    return R"({"resourceType":"Patient")" + (id.empty() ? "" : ",\"id\":\"" + id + "\"") +
           R"(,"identifier":[{"system":"s","value":")" + identifier + "\"}]" + (more.empty() ? "" : "," + more) + "}";
}

struct With : Fixture {
    using Fixture::Fixture;
    Outcome put_where(const std::string& query, const std::string& text, const Preconditions& conditions = {}) {
        const auto document = json::Document::parse(text);
        REQUIRE(document);
        return records->update_where("Patient", query, document->root(), {}, conditions);
    }
    Outcome patch(const std::string& id, const std::string& text, const Preconditions& conditions = {}, const Context& context = {}) {
        const auto document = json::Document::parse(text);
        REQUIRE(document);
        return records->patch("Patient", id, {Patch::Language::json, document->root()}, context, conditions);
    }
    Outcome patch_where(const std::string& query, const std::string& text, const Preconditions& conditions = {}) {
        const auto document = json::Document::parse(text);
        REQUIRE(document);
        return records->patch_where("Patient", query, {Patch::Language::json, document->root()}, {}, conditions);
    }
};

const std::string kMale = R"([{"op":"add","path":"/gender","value":"male"}])";

TEST_CASE("PUT Type?criteria: none, one, several") {
    With f;
    const Outcome made = f.put_where("identifier=s|1", patient("", "1"));
    REQUIRE(made.status == 201);
    const std::string id = made.touched.at(0).id;
    const Outcome again = f.put_where("identifier=s|1", patient("", "1", R"("gender":"female")"));
    CHECK(again.status == 200);
    CHECK(again.location == "Patient/" + id + "/_history/2");
    CHECK(f.put_where("identifier=s|1", patient(id, "1")).version == 3);
    CHECK(f.put_where("identifier=s|1", patient("other", "1")).status == 400);

    CHECK(f.put_where("identifier=s|2", patient("given", "2")).status == 201);
    CHECK(f.records->read("Patient", "given", {}).ok());
    // The id is taken by a resource that the criteria do not find.
    CHECK(f.put_where("identifier=s|3", patient("given", "3")).status == 409);
    CHECK(f.put_where("identifier=s|3", patient("no_id", "3")).status == 422);

    f.put("Patient", "twin", R"("identifier":[{"system":"s","value":"1"}])");
    CHECK(f.put_where("identifier=s|1", patient("", "1")).status == 412);
    CHECK(f.put_where("", patient("", "1")).status == 400);
    CHECK(f.put_where("shoesize=1", patient("", "1")).status == 400);
    CHECK(f.put_where("identifier=%zz", patient("", "1")).status == 400);
    CHECK(f.put_where("identifier=s|9", R"({"resourceType":"Observation"})").status == 400);
    CHECK(f.put_where("identifier=s|9", R"({"resourceType":"Patient","gender":"x"})").status == 422);

    CHECK(f.put_where("identifier=s|2", patient("", "2"), {.if_match = 7}).status == 412);
    CHECK(f.put_where("identifier=s|2", patient("", "2"), {.if_match = 1}).status == 200);
    CHECK(f.put_where("identifier=s|2", patient("", "2"), {.if_none_match = true}).status == 412);
    CHECK(f.put_where("identifier=s|8", patient("", "8"), {.if_none_match = true}).status == 201);
    CHECK(f.put_where("identifier=s|7", patient("", "7"), {.if_match = 1}).status == 412);
}

TEST_CASE("DELETE Type?criteria: none, one, several") {
    With f;
    CHECK(f.records->remove_where("Patient", "identifier=s|1", {}).status == 204);
    CHECK(f.records->remove_where("Patient", "identifier=s|1", {}, {.if_match = 1}).status == 412);
    f.put("Patient", "a", R"("identifier":[{"system":"s","value":"1"}])");
    CHECK(f.records->remove_where("Patient", "identifier=s|1", {}, {.if_match = 2}).status == 412);
    const Outcome gone = f.records->remove_where("Patient", "identifier=s|1", {}, {.if_match = 1});
    CHECK(gone.status == 204);
    CHECK(gone.touched.at(0).id == "a");
    CHECK(f.records->read("Patient", "a", {}).status == 410);
    f.put("Patient", "b", R"("identifier":[{"system":"s","value":"2"}])");
    f.put("Patient", "c", R"("identifier":[{"system":"s","value":"2"}])");
    CHECK(f.records->remove_where("Patient", "identifier=s|2", {}).status == 412);
    CHECK(f.records->read("Patient", "b", {}).ok());
    CHECK(f.records->remove_where("Patient", "", {}).status == 400);
    CHECK(f.records->remove_where("Patient", "_count=1", {}).status == 400);
    CHECK(f.records->remove_where("Nonsense", "identifier=1", {}).status == 404);
    // What the caller does not see it cannot delete.
    Context blind;
    blind.visible = [](const Touched& t) { return t.id != "b"; };
    CHECK(f.records->remove_where("Patient", "identifier=s|2", blind).touched.at(0).id == "c");
}

TEST_CASE("If-None-Match: * makes only what is not there") {
    With f;
    const auto document = json::Document::parse(patient("p", "1"));
    CHECK(f.records->update("Patient", "p", document->root(), {}, {.if_none_match = true}).status == 201);
    CHECK(f.records->update("Patient", "p", document->root(), {}, {.if_none_match = true}).status == 412);
    f.records->remove("Patient", "p", {});
    CHECK(f.records->update("Patient", "p", document->root(), {}, {.if_none_match = true}).status == 201);
}

TEST_CASE("a patch is an update") {
    With f;
    f.put("Patient", "p", R"("identifier":[{"system":"s","value":"1"}],"multipleBirthInteger":2)");
    const Outcome out = f.patch("p", kMale);
    CHECK(out.status == 200);
    CHECK(out.version == 2);
    CHECK(out.location == "Patient/p/_history/2");
    CHECK(f.parsed(out).root()["gender"].text() == "male");
    CHECK(f.search_ids("Patient", "identifier=s|1") == "p");
    CHECK(f.parsed(f.records->read("Patient", "p", {})).root()["multipleBirthInteger"].text() == "2");
    CHECK(f.patch("p", R"([{"op":"replace","path":"/meta/versionId","value":"77"}])").version == 3);
    CHECK(f.patch("p", kMale, {.if_match = 3}).version == 4);
    CHECK(f.patch("p", kMale, {.if_match = 3}).status == 412);
    CHECK(f.patch_where("identifier=s|1", kMale).version == 5);
    CHECK(f.patch_where("identifier=s|1", kMale, {.if_match = 4}).status == 412);

    struct Case {
        const char* patch;
        int status;
    };
    const Case cases[] = {
        {R"({"op":"remove","path":"/gender"})", 400},
        {R"([{"op":"forget","path":"/gender"}])", 400},
        {R"([{"op":"remove","path":"/photo"}])", 422},
        {R"([{"op":"test","path":"/gender","value":"female"}])", 422},
        {R"([{"op":"replace","path":"/id","value":"q"}])", 422},
        {R"([{"op":"remove","path":"/id"}])", 422},
        {R"([{"op":"replace","path":"/resourceType","value":"Group"}])", 422},
        {R"([{"op":"replace","path":"","value":[]}])", 422},
        {R"([{"op":"replace","path":"/gender","value":"x"}])", 422},
        {R"([{"op":"add","path":"/shoeSize","value":43}])", 422},
    };
    for (const Case& c : cases) {
        CAPTURE(c.patch);
        const Outcome refused = f.patch("p", c.patch);
        CHECK(refused.status == c.status);
        CHECK(!refused.issues.empty());
        // Whose record the question was about is known to the log.
        CHECK(refused.touched.size() == 1);
    }
    CHECK(f.records->read("Patient", "p", {}).version == 5);
    CHECK(f.patch("q", kMale).status == 404);
    CHECK(f.patch("no_id", kMale).status == 404);
    CHECK(f.patch_where("identifier=s|2", kMale).status == 404);
    CHECK(f.patch_where("shoesize=2", kMale).status == 400);
    Context strict;
    strict.check = [](json::Value resource) {
        fhir::Issues issues;
        if (resource["gender"].text() == "male") issues.push_back({.text = "no", .path = "Patient.gender"});
        return issues;
    };
    CHECK(f.patch("p", kMale, {}, strict).status == 422);
    strict.check = {};
    strict.visible = [](const Touched&) { return false; };
    CHECK(f.patch("p", kMale, {}, strict).status == 404);
    f.put("Patient", "r", R"("identifier":[{"system":"s","value":"1"}])");
    CHECK(f.patch_where("identifier=s|1", kMale).status == 412);
    f.records->remove("Patient", "p", {});
    CHECK(f.patch("p", kMale).status == 410);
}

TEST_CASE("patches of many writers all happen") {
    With f;
    f.put("Patient", "p", R"("identifier":[{"system":"s","value":"0"}])");
    std::atomic<int> done{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&f, &done, t] {
            for (int i = 0; i < 25; ++i) {
                const std::string text = R"([{"op":"add","path":"/identifier/-","value":{"system":"t","value":")" + std::to_string(t) + "-" +
                                         std::to_string(i) + "\"}}]";
                const auto document = json::Document::parse(text);
                const bool by_id = i % 2 == 0;
                const Outcome out = by_id ? f.records->patch("Patient", "p", {Patch::Language::json, document->root()}, {})
                                          : f.records->patch_where("Patient", "identifier=s|0", {Patch::Language::json, document->root()}, {});
                if (out.status == 200) ++done;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(done == 100);
    CHECK(f.parsed(f.records->read("Patient", "p", {})).root()["identifier"].size() == 101);
    CHECK(f.records->read("Patient", "p", {}).version == 101);
}

TEST_CASE("of random concurrent conditional creates and updates one resource comes of each condition") {
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    With f;
    constexpr int kIdentifiers = 6;
    std::atomic<int> made{0};
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            std::mt19937 random(seed + t);
            for (int i = 0; i < 30; ++i) {
                const std::string number = std::to_string(random() % kIdentifiers);
                // The same condition in several spellings.
                const std::string spellings[] = {"identifier=s|" + number, "identifier=s%7C" + number, "?identifier=s|" + number, "identifier=%73|" + number};
                const std::string condition = spellings[random() % 4];
                const std::string body = patient("", number);
                const auto document = json::Document::parse(body);
                Outcome out;
                switch (random() % 3) {
                    case 0: out = f.records->create("Patient", document->root(), {}, condition); break;
                    case 1: out = f.records->update_where("Patient", condition, document->root(), {}); break;
                    default: {
                        const auto bundle = json::Document::parse(
                            R"({"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"POST","url":"Patient","ifNoneExist":")" +
                            (condition.starts_with('?') ? condition.substr(1) : condition) + R"("},"resource":)" + body + "}]}");
                        out = f.records->bundle(bundle->root(), {});
                        if (out.body && out.body->find("\"status\":\"201\"") != std::string::npos) out.status = 201;
                    }
                }
                if (out.status == 201) ++made;
                if (!out.ok()) made += 1000;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(made <= kIdentifiers);
    for (int i = 0; i < kIdentifiers; ++i) {
        CHECK(f.search_ids("Patient", "identifier=s|" + std::to_string(i)).find(' ') == std::string::npos);
    }
}

TEST_CASE("what a caller has already") {
    Outcome out;
    out.version = 3;
    out.last_modified = Instant{1'700'000'000'500};
    CHECK(not_modified(out, "W/\"3\"", {}));
    CHECK(not_modified(out, "\"1\", W/\"3\"", {}));
    CHECK(not_modified(out, "*", {}));
    CHECK(!not_modified(out, "W/\"2\"", {}));
    CHECK(!not_modified(out, "3", {}));
    CHECK(!not_modified(out, ",,", {}));
    CHECK(!not_modified(out, "", {}));
    CHECK(not_modified(out, "", Instant{1'700'000'000'000}));
    CHECK(!not_modified(out, "", Instant{1'699'999'999'999}));
    // If-None-Match stands above If-Modified-Since.
    CHECK(!not_modified(out, "W/\"2\"", Instant{1'800'000'000'000}));
    out.status = 410;
    CHECK(!not_modified(out, "W/\"3\"", {}));
}

}  // namespace
}  // namespace idun::records
