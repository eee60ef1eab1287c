#include "index/shown_form.h"

#include <doctest/doctest.h>

#include <random>

#include "fhir/category.h"

namespace idun::index {
namespace {

crypto::Pseudonym any_person(std::mt19937& random) {
    crypto::Pseudonym out;
    for (auto& byte : out.bytes) byte = static_cast<std::uint8_t>(random());
    return out;
}

Instant any_instant(std::mt19937& random) { return {static_cast<std::int64_t>(random()) * 1000 + static_cast<std::int64_t>(random() % 1000)}; }

void append(std::string& out, const ShownForms& forms, const Pointer& pointer, const Source& source, const Shown& shown) {
    forms.append(out,
                 {pointer_id(pointer.person, source.provider, pointer.category), pointer.person.text(), pointer.category, pointer.newest, shown.learned,
                  shown.heard, shown.category},
                 forms.end_of(source, shown.listed));
}

TEST_CASE("a prepared pointer is to the byte what the plain writer makes of it") {
    const ShownForms forms;
    std::mt19937 random(std::random_device{}());
    const Source sources[] = {{"SE2321000016-N1", "Region Norr", "http://n/fhir"},
                              {"SE1", "", ""},
                              {"S", "Ett \"namn\" \\ med\ntecken, ,\"custodian\": och åäö", "https://a.example/fhir?x=\"1\""},
                              {"SE2", "1970-01-01T00:00:00.000Z", "2001-09-09T01:46:40.002Z"}};
    std::string together, expected;
    for (int round = 0; round < 200; ++round)
        for (const Source& source : sources)
            for (const auto category : fhir::kPriorityCategories) {
                const Pointer pointer{any_person(random), std::string(fhir::to_string(category)), any_instant(random), 0};
                const Shown shown{any_instant(random), random() % 2 == 0 ? std::optional(any_instant(random)) : std::nullopt, any_instant(random), random() % 2 == 0};
                json::Writer plain;
                write_pointer(plain, pointer, source, &shown);
                expected += plain.take();
                append(together, forms, pointer, source, shown);
            }
    CHECK((together == expected));
}

TEST_CASE("a category that nobody prepared for is shown as well") {
    const ShownForms forms;
    const Pointer pointer{{}, "of-tomorrow", {1'700'000'000'000}, 0};
    const Shown shown{{1'700'000'001'000}, Instant{1'700'000'002'000}, {1'700'000'003'000}, true};
    const Source source{"SE1", "Region Norr", "http://n/fhir"};
    json::Writer plain;
    write_pointer(plain, pointer, source, &shown);
    std::string out;
    append(out, forms, pointer, source, shown);
    CHECK(out == plain.take());
}

TEST_CASE("what is cut is cut from every pointer, and the rest is laid into its places") {
    // Only id, date and content.
    const ShownForms forms([](const std::string& pointer) {
        const auto document = *json::Document::parse(pointer);
        json::Writer w;
        w.object();
        for (const json::Member& member : document.root().members())
            if (member.name == "id" || member.name == "date" || member.name == "content") w.name(member.name).value(member.value);
        return w.end().take();
    });
    const Pointer pointer{{}, "imaging", {1'700'000'000'000}, 0};
    const Shown shown{{1'700'000'001'000}, Instant{1'700'000'002'000}, {1'700'000'003'000}, true};
    std::string out;
    append(out, forms, pointer, {"SE1", "Region Norr", "http://n/fhir"}, shown);
    CHECK(out == "{\"id\":\"" + pointer_id(pointer.person, "SE1", "imaging") +
                     "\",\"date\":\"2023-11-14T22:13:20.000Z\",\"content\":[{\"attachment\":{\"contentType\":\"application/fhir+json\","
                     "\"url\":\"http://n/fhir/Patient/$everything\"}}]}");
}

}  // namespace
}  // namespace idun::index
