#include "records/change_note.h"

#include <doctest/doctest.h>

#include "records/internal/testing.h"

namespace idun::records {
namespace {

ChangeNote sample() {
    ChangeNote note;
    note.persons = {{"p1", {"a", "b"}, true, {"c"}}, {"p2", {}, false, {}}};
    note.writes = {
        {WriteKind::create, "Observation", "o", 1, Instant{5}, "p2", fhir::PriorityCategory::test_result, false, "", {}},
        {WriteKind::update, "Condition", "c", 300, Instant{-5}, "p1", fhir::PriorityCategory::patient_summary, true, "p2",
         fhir::PriorityCategory::other},
        {WriteKind::remove, "Observation", "q", 2, Instant{7}, "", fhir::PriorityCategory::other, false, "", {}},
    };
    return note;
}

TEST_CASE("a change note comes back as it was") {
    const ChangeNote note = sample();
    const auto back = decode_change_note(encode(note));
    REQUIRE(back);
    CHECK(*back == note);
    CHECK(decode_change_note(encode(ChangeNote{})).value() == ChangeNote{});
}

TEST_CASE("a damaged change note is refused") {
    const std::string whole = encode(sample());
    CHECK(decode_change_note("").error().category == Category::unsupported);
    CHECK(decode_change_note("LEDG....").error().category == Category::unsupported);
    for (std::size_t length = 4; length < whole.size(); ++length) {
        CHECK(!decode_change_note(whole.substr(0, length)));
    }
    CHECK(!decode_change_note(whole + "x"));
    for (std::size_t i = 4; i < whole.size(); ++i) {
        std::string flipped = whole;
        flipped[i] = static_cast<char>(flipped[i] ^ 0x80);
        (void)decode_change_note(flipped);  // anything but a crash
    }
}

std::optional<std::string> key_of(std::string_view system, std::string_view value) {
    if (system != "urn:pnr") return std::nullopt;
    return "key-" + std::string(value);
}

std::vector<ChangeNote> notes(Fixture& f) {
    const auto changes = f.store->changes({}, 1000);
    REQUIRE(changes);
    std::vector<ChangeNote> out;
    for (const store::Change& change : *changes) {
        const auto note = decode_change_note(change.note);
        REQUIRE(note);
        out.push_back(*note);
    }
    return out;
}

TEST_CASE("every commit says what it wrote, about whom, and under which pseudonym") {
    Fixture f({.person_key = key_of});
    f.put("Observation", "o", R"("status":"final","code":{"text":"t"},"subject":{"reference":"Patient/p"})");
    f.put("Patient", "p", R"("identifier":[{"system":"urn:pnr","value":"1"},{"system":"urn:other","value":"2"}])");
    f.put("Condition", "c", R"("subject":{"reference":"Patient/p"})");
    f.put("Patient", "p", R"("identifier":[{"system":"urn:pnr","value":"9"}])");
    f.put("Condition", "c", R"("subject":{"reference":"Patient/q"})");
    CHECK(f.records->remove("Patient", "p", {}).status == 204);

    const auto all = notes(f);
    REQUIRE(all.size() == 6);
    // Records before their patient: no pseudonym yet.
    CHECK(all[0].persons.at(0) == NotedPerson{"p", {}, false, {}});
    CHECK(all[0].writes.at(0).patient == "p");
    CHECK(all[0].writes[0].category == fhir::PriorityCategory::patient_summary);
    // The patient comes: everything of hers is to be pointed at anew.
    CHECK(all[1].persons.at(0) == NotedPerson{"p", {"key-1"}, true, {}});
    CHECK(all[2].persons.at(0) == NotedPerson{"p", {"key-1"}, false, {}});
    // Her identifier changes.
    CHECK(all[3].persons.at(0) == NotedPerson{"p", {"key-9"}, true, {"key-1"}});
    // A record moves to another patient.
    REQUIRE(all[4].persons.size() == 2);
    CHECK(all[4].persons[0].patient == "p");
    CHECK(all[4].persons[1].patient == "q");
    CHECK(all[4].writes.at(0).moved);
    CHECK(all[4].writes[0].previous_patient == "p");
    CHECK(all[4].writes[0].patient == "q");
    // She is deleted.
    CHECK(all[5].persons.at(0) == NotedPerson{"p", {}, true, {"key-9"}});
    CHECK(all[5].writes.at(0).kind == WriteKind::remove);
}

TEST_CASE("patches and conditions say the same as plain writes") {
    Fixture f({.person_key = key_of});
    f.put("Patient", "p", R"("identifier":[{"system":"urn:pnr","value":"1"}])");
    f.put("Condition", "c", R"("identifier":[{"system":"s","value":"c"}],"subject":{"reference":"Patient/p"})");
    const auto patched = [&](const std::string& type, const std::string& id, const std::string& text) {
        const auto patch = json::Document::parse(text);
        return f.records->patch(type, id, {Patch::Language::json, patch->root()}, {}).status;
    };
    CHECK(patched("Patient", "p", R"([{"op":"replace","path":"/identifier/0/value","value":"2"}])") == 200);
    CHECK(patched("Condition", "c", R"([{"op":"replace","path":"/subject/reference","value":"Patient/q"}])") == 200);
    const auto condition = json::Document::parse(R"({"resourceType":"Condition","subject":{"reference":"Patient/p"},"identifier":[{"system":"s","value":"c"}]})");
    CHECK(f.records->update_where("Condition", "identifier=s|c", condition->root(), {}).status == 200);
    CHECK(f.records->remove_where("Condition", "identifier=s|c", {}).status == 204);
    // What changes nothing says nothing.
    CHECK(f.records->remove_where("Condition", "identifier=s|c", {}).status == 204);
    CHECK(patched("Patient", "p", R"([{"op":"remove","path":"/photo"}])") == 422);

    const auto all = notes(f);
    REQUIRE(all.size() == 6);
    CHECK(all[2].persons.at(0) == NotedPerson{"p", {"key-2"}, true, {"key-1"}});
    CHECK(all[2].writes.at(0).kind == WriteKind::update);
    CHECK(all[3].writes.at(0).moved);
    CHECK(all[3].writes[0].previous_patient == "p");
    CHECK(all[3].writes[0].patient == "q");
    CHECK(all[4].writes.at(0).moved);
    CHECK(all[4].writes[0].patient == "p");
    CHECK(all[4].writes[0].version == 3);
    CHECK(all[5].writes.at(0).kind == WriteKind::remove);
    CHECK(all[5].persons.at(0) == NotedPerson{"p", {"key-2"}, false, {}});
}

TEST_CASE("people are found by pseudonym, as of a version") {
    Fixture f({.person_key = key_of});
    f.put("Patient", "a", R"("identifier":[{"system":"urn:pnr","value":"1"}])");
    const auto before = f.records->snapshot().value();
    f.put("Patient", "b", R"("identifier":[{"system":"urn:pnr","value":"1"},{"system":"urn:pnr","value":"11"}])");
    const auto both = f.records->snapshot().value();
    f.put("Patient", "a", "");
    const auto after = f.records->snapshot().value();
    using Ids = std::vector<std::string>;
    CHECK(f.records->patients_of("key-1", *before).value() == Ids{"a"});
    CHECK(f.records->patients_of("key-1", *both).value() == Ids{"a", "b"});
    CHECK(f.records->patients_of("key-1", *after).value() == Ids{"b"});
    CHECK(f.records->patients_of("key-11", *after).value() == Ids{"b"});
    CHECK(f.records->patients_of("key-", *after).value().empty());
    CHECK(f.records->patients_of("", *after).value().empty());
    CHECK(f.records->pseudonyms_of("b", *after).value() == Ids{"key-1", "key-11"});
    CHECK(f.records->pseudonyms_of("a", *after).value().empty());
    CHECK(f.records->pseudonyms_of("nobody", *after).value().empty());
}

TEST_CASE("whom the log names follows the writes, and stays as it was at an older version") {
    Fixture f({.person_key = key_of});
    using Ids = std::vector<std::string>;
    const auto behind = [&](const std::shared_ptr<const store::Snapshot>& at) { return f.records->persons_behind("a", *at).value(); };
    const auto none = f.records->snapshot().value();
    CHECK(behind(none).empty());
    f.put("Patient", "a", R"("identifier":[{"system":"urn:pnr","value":"1"}])");
    const auto first = f.records->snapshot().value();
    CHECK(behind(first) == Ids{"key-1"});
    CHECK(behind(first) == Ids{"key-1"});
    CHECK(behind(none).empty());
    f.put("Patient", "a", R"("identifier":[{"system":"urn:pnr","value":"2"}])");
    const auto second = f.records->snapshot().value();
    CHECK(behind(first) == Ids{"key-1"});
    CHECK(behind(second) == Ids{"key-2"});
    CHECK(behind(first) == Ids{"key-1"});
    f.put("Patient", "b", "");
    CHECK(behind(f.records->snapshot().value()) == Ids{"key-2"});
}

// The log must name who it was also when a write has taken the identifiers away.
TEST_CASE("a deleted patient is still known to the log, and to nobody else") {
    Fixture f({.person_key = key_of});
    using Ids = std::vector<std::string>;
    f.put("Patient", "a", R"("identifier":[{"system":"urn:pnr","value":"1"}])");
    const Outcome stripped = f.update("Patient", "a", R"({"resourceType":"Patient","id":"a"})");
    REQUIRE(stripped.touched.size() == 1);
    CHECK(stripped.touched[0].before == Ids{"key-1"});
    f.put("Patient", "a", R"("identifier":[{"system":"urn:pnr","value":"2"}])");
    const Outcome removed = f.records->remove("Patient", "a", {});
    REQUIRE(removed.touched.size() == 1);
    CHECK(removed.touched[0].before == Ids{"key-2"});
    const auto gone = f.records->snapshot().value();
    CHECK(f.records->persons_behind("a", *gone).value() == Ids{"key-2"});
    CHECK(f.records->pseudonyms_of("a", *gone).value().empty());
    CHECK(f.records->patients_of("key-2", *gone).value().empty());
    // Made anew, she is found again.
    f.put("Patient", "a", R"("identifier":[{"system":"urn:pnr","value":"2"}])");
    const auto back = f.records->snapshot().value();
    CHECK(f.records->patients_of("key-2", *back).value() == Ids{"a"});
    CHECK(f.records->persons_behind(std::string(300, 'x'), *back).value().empty());
}

TEST_CASE("a condition that is refused names what it told of") {
    Fixture f;
    f.put("Patient", "a", R"("active":true)");
    f.put("Patient", "b", R"("active":true)");
    const Outcome several = f.records->remove_where("Patient", "active=true", {}, {});
    CHECK(several.status == 412);
    CHECK(several.touched.size() == 2);
    const Outcome stale = f.records->remove_where("Patient", "_id=a", {}, {.if_match = 9});
    CHECK(stale.status == 412);
    REQUIRE(stale.touched.size() == 1);
    CHECK(stale.touched[0].id == "a");
}

}  // namespace
}  // namespace idun::records
