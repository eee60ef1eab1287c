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
                forms.append(together,
                             {pointer_id(pointer.person, source.provider, pointer.category), pointer.person.text(), pointer.category, pointer.newest,
                              shown.learned, shown.heard, shown.category},
                             ShownForms::end_of(source, shown.listed));
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
    forms.append(out, {pointer_id(pointer.person, "SE1", "of-tomorrow"), pointer.person.text(), "of-tomorrow", pointer.newest, shown.learned, shown.heard, shown.category},
                 ShownForms::end_of(source, true));
    CHECK(out == plain.take());
}

}  // namespace
}  // namespace idun::index
