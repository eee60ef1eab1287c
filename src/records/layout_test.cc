// The bytes of docs/formats/records.md.
#include <doctest/doctest.h>

#include <limits>

#include "records/internal/extract.h"
#include "records/internal/keys.h"
#include "records/internal/row.h"
#include "records/internal/testing.h"
#include "store/embedded.h"

namespace idun::records {
namespace {

TEST_CASE("type numbers never change") {
    CHECK(type_number("Account") == 1);
    CHECK(type_number("Observation") == 96);
    CHECK(type_number("Patient") == 103);
    CHECK(type_number("VisionPrescription") == 146);
    CHECK(type_number("Nonsense") == 0);
    CHECK(type_number("") == 0);
    CHECK(type_name(103) == "Patient");
    CHECK(type_name(0).empty());
    CHECK(type_name(255).empty());
}

TEST_CASE("ids are packed, and come back as they were") {
    for (const std::string id : {"a", "50635536-8051-4085-bfd4-511a05062ac2", "50635536-8051-4085-BFD4-511a05062ac2",
                                 "50635536-8051-4085-bfd4-511a05062acg", "00000000-0000-0000-0000-000000000000",
                                 "------------------------------------", "1234567890123456789012345678901234567890123456789012345678901234"}) {
        CAPTURE(id);
        std::string packed;
        append_packed(packed, id);
        packed += "rest";
        std::string_view bytes = packed;
        CHECK(take_packed(bytes) == id);
        CHECK(bytes == "rest");
    }
    std::string uuid;
    append_packed(uuid, "50635536-8051-4085-bfd4-511a05062ac2");
    CHECK(uuid.size() == 17);
    for (const std::string_view cut : {std::string_view(), std::string_view("\0abc", 4), std::string_view("\5abc")}) {
        std::string_view bytes = cut;
        CHECK(!take_packed(bytes));
    }
}

TEST_CASE("keys say what they are keys of") {
    const auto name = type_and_id(resource_key(7, "Patient", "p"));
    REQUIRE(name);
    CHECK(name->type == "Patient");
    CHECK(name->id == "p");
    CHECK(*id_of_locator(locator_key("Patient", "p")) == "p");
    const IndexValue value{IndexKind::code, 1, 2};
    const auto entry = index_entry(index_key(value, "Observation", 9, "o"), index_value(300));
    REQUIRE(entry);
    CHECK(entry->id == "o");
    CHECK(entry->partition == 9);
    CHECK(entry->system == 2);
    CHECK(entry->version == 300);
    for (const char* bad : {"", "short", "12345678R", "12345678T"}) {
        CHECK(!type_and_id(bad));
        CHECK(!index_entry(bad, ""));
    }
    CHECK(version_in(history_key("Patient", "p", 12)) == 12);
}

Header full_header() {
    Header header;
    header.version = 1234;
    header.last_updated = {1'767'225'600'123};
    header.patient = "50635536-8051-4085-bfd4-511a05062ac2";
    header.other_patients = {"q", "r"};
    header.date = std::pair(Instant{-5}, Instant{std::numeric_limits<std::int64_t>::max()});
    header.responsible = {"Organization/x"};
    header.pseudonyms = {"one", "two"};
    header.unit = "SE1-E1";
    header.labels = fhir::LabelSet(5);
    header.element = static_cast<fhir::SummaryElement>(3);
    header.delayed_until = Instant{-77};
    header.signature = {1, 2, 65'535};
    return header;
}

TEST_CASE("a row says all that was written into it") {
    const Header header = full_header();
    const std::string value = encode_header(header, false) + "body";
    const auto row = RowView::parse(value);
    REQUIRE(row);
    CHECK(row->version() == 1234);
    CHECK(row->last_updated() == header.last_updated);
    CHECK(row->patient() == header.patient);
    CHECK(row->other_patients() == header.other_patients);
    CHECK(row->date() == header.date);
    CHECK(row->pseudonyms() == header.pseudonyms);
    CHECK(row->touched("Observation", "o").responsible == header.responsible);
    const Touched touched = row->touched("Observation", "o");
    CHECK(touched.unit == "SE1-E1");
    CHECK(touched.labels == header.labels);
    CHECK(touched.element == header.element);
    CHECK(touched.delayed_until == header.delayed_until);
    CHECK(row->header().unit == "SE1-E1");
    Header unmarked = header;
    unmarked.signature.clear();
    CHECK(encode_header(row->header(), false) == encode_header(unmarked, false));
    CHECK(row->body() == "body");
    CHECK(row->may_have(65'535));
    CHECK(!row->may_have(3));
    std::string packed;
    append_packed(packed, header.patient);
    CHECK(row->is_about(packed));
    CHECK(!row->is_about(""));
    // Cut anywhere before the body, it is malformed and nothing worse.
    for (std::size_t size = 0; size + 4 < value.size(); ++size) CHECK(!RowView::parse(std::string_view(value).substr(0, size)));
    CHECK(!RowView::parse("\1" + value.substr(1)));
    CHECK(!RowView::parse("\2" + value.substr(1)));
}

TEST_CASE("dates with open ends, and none") {
    constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
    constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
    for (const auto& [from, to] : {std::pair(kMin, kMax), std::pair(kMin, std::int64_t{5}), std::pair(std::int64_t{-7}, kMax),
                                   std::pair(std::int64_t{-62'135'596'800'000}, std::int64_t{253'402'300'799'999})}) {
        Header header;
        header.date = std::pair(Instant{from}, Instant{to});
        const std::string value = encode_header(header, true);
        CHECK(RowView::parse(value)->date() == header.date);
    }
    CHECK(!RowView::parse(encode_header({}, true))->date());
}

TEST_CASE("a body comes back to the byte, wherever its id and meta stood") {
#define STAMP R"("versionId":"12","lastUpdated":"2026-01-01T00:00:00.123Z")"
#define ID R"("id":"50635536-8051-4085-bfd4-511a05062ac2")"
    for (const auto& [text, whole] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
             {R"({"resourceType":"Patient","id":"x","meta":{"tag":[]},"active":true})",
              R"({"resourceType":"Patient",)" ID R"(,"meta":{)" STAMP R"(,"tag":[]},"active":true})"},
             {R"({"meta":{"versionId":"9","source":"s"},"id":"x","resourceType":"Patient"})",
              R"({"meta":{)" STAMP R"(,"source":"s"},)" ID R"(,"resourceType":"Patient"})"},
             {R"({"resourceType":"Patient"})", R"({"resourceType":"Patient",)" ID R"(,"meta":{)" STAMP R"(}})"},
             {R"({"active":true,"resourceType":"Patient","contained":[{"id":"p"}]})",
              R"({"active":true,"resourceType":"Patient",)" ID R"(,"meta":{)" STAMP
              R"(},"contained":[{"id":"p"}]})"}}) {
        CAPTURE(text);
        const auto document = json::Document::parse(text);
        REQUIRE(document);
        Cut cut;
        rewrite(fhir::Definitions::r4(), document->root(), {}, "", cut);
        std::string section;
        append_section(section, cut);
        CHECK(*body_text(section, "50635536-8051-4085-bfd4-511a05062ac2", 12, {1'767'225'600'123}) == whole);
    }
#undef STAMP
#undef ID
    for (const char* bad : {"", "\xff", "\x20"}) CHECK(!body_text(bad, "x", 1, {0}));
}

TEST_CASE("a store of another layout is refused, clearly") {
    Fixture f;
    f.records.reset();
    store::Batch batch;
    batch.put(hash_key_key(), std::string("\1") + std::string(16, 'k'));
    REQUIRE(f.store->commit(std::move(batch)));
    const auto opened = Records::open(*f.store, fhir::Definitions::r4(), f.clock, system_random(), {});
    REQUIRE(!opened);
    CHECK(opened.error().category == Category::unsupported);
    CHECK(opened.error().message.find("layout") != std::string::npos);
}

}  // namespace
}  // namespace idun::records
