// What a caller may not see is not there for him: neither to read nor to write.
#include <doctest/doctest.h>

#include <string>

#include "records/internal/testing.h"

namespace idun::records {
namespace {

// Staff of a unit: what other units made is hidden.
Context of_unit(const std::string& unit) {
    Context out;
    out.unit = unit;
    out.visible = [unit](const Touched& t) { return t.type == "Patient" || t.unit.empty() || t.unit == unit; };
    return out;
}

std::string condition(const std::string& id, const std::string& more = "") {
    return R"({"resourceType":"Condition","id":")" + id + R"(","subject":{"reference":"Patient/p"})" + more + "}";
}

Outcome put(Fixture& f, const std::string& json, const Context& context, const Preconditions& conditions = {}) {
    const auto document = json::Document::parse(json);
    REQUIRE(document);
    return f.records->update(document->root()["resourceType"].text(), document->root()["id"].text(), document->root(),
                             context, conditions);
}

std::string units_of(const Outcome& outcome) {
    REQUIRE(outcome.body);
    const auto document = json::Document::parse(*outcome.body);
    std::string out;
    for (const json::Value tag : document->root()["meta"]["tag"].elements())
        out += std::string(tag["system"].text()) + "|" + std::string(tag["code"].text()) + " ";
    return out;
}

TEST_CASE("an entry keeps the unit that made it") {
    Fixture f;
    f.put("Patient", "p", "");
    CHECK(units_of(put(f, condition("c", R"(,"meta":{"tag":[{"system":"s","code":"x"}]})"), of_unit("A"))) ==
          "s|x urn:idun:unit|A ");
    CHECK(f.search_ids("Condition", "_tag=urn:idun:unit|A") == "c");
    Context all;
    all.unit = "B";
    Outcome later = put(f, condition("c"), all);
    CHECK(units_of(later) == "urn:idun:unit|A ");
    CHECK(later.touched.front().unit == "A");
    later = put(f, condition("c", R"(,"meta":{"tag":[{"system":"urn:idun:unit","code":"B"}]})"), all);
    CHECK(units_of(later) == "urn:idun:unit|A ");
    CHECK(f.search_ids("Condition", "_tag=urn:idun:unit|A") == "c");
    // Only who has no unit gives it to another one.
    CHECK(units_of(put(f, condition("c", R"(,"meta":{"tag":[{"system":"urn:idun:unit","code":"B"}]})"), {})) ==
          "urn:idun:unit|B ");
    CHECK(units_of(put(f, condition("c"), {})) == "urn:idun:unit|B ");
    CHECK(f.records->read("Condition", "c", of_unit("A")).status == 404);
    // Demographics and what is about nobody belong to the whole provider.
    CHECK(units_of(put(f, R"({"resourceType":"Patient","id":"p"})", of_unit("A"))).empty());
    CHECK(units_of(put(f, R"({"resourceType":"Organization","id":"o"})", of_unit("A"))).empty());
    // Named at creation it is taken as it is, to the byte.
    const Outcome named =
        put(f, condition("d", R"(,"meta":{"tag":[{"system":"urn:idun:unit","code":"B","display":"b"}]})"), all);
    CHECK(named.body->find(R"("code":"B","display":"b")") != std::string::npos);
}

TEST_CASE("labels and delays come from the header") {
    Fixture f;
    f.put("Patient", "p", "");
    const Outcome made =
        put(f,
            condition(
                "c",
                R"(,"meta":{"extension":[{"url":"urn:idun:delayed-for-patient","valueDateTime":"2026-02-01T00:00:00Z"}],
        "security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"PSY"}]})"),
            {});
    REQUIRE(made.ok());
    const Outcome read = f.records->read("Condition", "c", {});
    CHECK(read.touched.front().delayed_until == from_iso("2026-02-01T00:00:00Z"));
    CHECK(read.touched.front().labels != fhir::LabelSet{});
    CHECK(read.touched.front().labels == made.touched.front().labels);
}

TEST_CASE("what is hidden is not there for a writer, and stays as it is") {
    Fixture f;
    f.put("Patient", "p", "");
    const Context a = of_unit("A");
    const Context b = of_unit("B");
    REQUIRE(put(f, condition("c"), a).status == 201);
    const std::string kept = *f.records->read("Condition", "c", {}).body;

    CHECK(f.records->remove("Condition", "c", b).status == f.records->remove("Condition", "none", b).status);
    const auto same = [&](const Outcome& x, const Outcome& y) {
        CHECK(x.status == y.status);
        CHECK(x.version == y.version);
        CHECK(x.touched.size() == y.touched.size());
        CHECK(x.location == y.location);
    };
    same(f.records->remove("Condition", "c", b), f.records->remove("Condition", "none", b));
    same(f.records->remove("Condition", "c", b, {.if_match = 1}),
         f.records->remove("Condition", "none", b, {.if_match = 1}));
    same(put(f, condition("c"), b, {.if_match = 1}), put(f, condition("none"), b, {.if_match = 1}));
    same(f.records->vread("Condition", "c", 1, b), f.records->vread("Condition", "none", 1, b));
    same(f.records->history("Condition", "c", {}, b), f.records->history("Condition", "none", {}, b));
    const auto patch = json::Document::parse(R"([{"op":"add","path":"/language","value":"sv"}])");
    same(f.records->patch("Condition", "c", {Patch::Language::json, patch->root()}, b),
         f.records->patch("Condition", "none", {Patch::Language::json, patch->root()}, b));
    // Its id is taken, which is all that is told: nothing is written over.
    CHECK(put(f, condition("c"), b).status == 409);
    CHECK(put(f, condition("c"), b, {.if_none_match = true}).status == 409);
    CHECK(put(f, condition("c"), b).touched.size() == 1);  // for the log
    const auto bundle = json::Document::parse(R"({"resourceType":"Bundle","type":"transaction","entry":[{"resource":)" +
                                              condition("c") + R"(,"request":{"method":"PUT","url":"Condition/c"}}]})");
    CHECK(f.records->bundle(bundle->root(), b).status == 409);
    CHECK(*f.records->read("Condition", "c", {}).body == kept);
    // A delete in a transaction has nothing to delete.
    const auto erase = json::Document::parse(
        R"({"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"DELETE","url":"Condition/c"}}]})");
    CHECK(f.records->bundle(erase->root(), b).ok());
    CHECK(*f.records->read("Condition", "c", {}).body == kept);

    // Deleted by its own unit, it is gone for that unit alone.
    REQUIRE(f.records->remove("Condition", "c", a).status == 204);
    CHECK(f.records->read("Condition", "c", a).status == 410);
    same(f.records->read("Condition", "c", b), f.records->read("Condition", "none", b));
    CHECK(f.records->history("Condition", "", {}, b).touched.empty());
    CHECK(f.records->history("Condition", "", {}, a).touched.size() == 2);
    // All versions go with the newest.
    CHECK(f.records->vread("Condition", "c", 1, b).status == 404);
    CHECK(f.records->vread("Condition", "c", 1, a).status == 200);
}

TEST_CASE("pages of a history are the same whether something is hidden or was never there") {
    Fixture with;
    Fixture without;
    const Context b = of_unit("B");
    for (Fixture* f : {&with, &without}) {
        f->put("Patient", "p", "");
        for (int i = 0; i < 12; ++i) {
            f->clock.advance(std::chrono::seconds(i % 3));
            const bool hidden = i % 4 == 2 || i >= 10;
            if (!hidden || f == &with) put(*f, condition("c" + std::to_string(i)), hidden ? of_unit("A") : b);
        }
    }
    std::string next;
    for (int pages = 0; pages < 20; ++pages) {
        Parameters parameters{{"_count", "2"}};
        if (!next.empty()) parameters.emplace_back("_before", next);
        const Outcome x = with.records->history("", "", parameters, b);
        const Outcome y = without.records->history("", "", parameters, b);
        REQUIRE(x.body);
        REQUIRE(*x.body == *y.body);
        const std::size_t at = x.body->find("_before=");
        if (at == std::string::npos) {
            CHECK(pages == 4);  // ten versions, two a page
            return;
        }
        next = x.body->substr(at + 8, x.body->find('"', at) - at - 8);
    }
    FAIL("the pages do not end");
}

}  // namespace
}  // namespace idun::records
