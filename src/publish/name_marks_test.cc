#include "publish/name_marks.h"

#include <doctest/doctest.h>

#include "ledger/shipment.h"
#include "store/testing.h"

using namespace idun;

namespace {

std::uint8_t between(const std::string& names, std::string_view user) {
    const auto document = *json::Document::parse(R"({"resourceType":"Patient","name":)" + names + "}");
    publish::PersonNames patient;
    publish::add_names(patient, document.root());
    return publish::marks_between(patient, user);
}

}  // namespace

TEST_CASE("names are the same without case and marks, by whole words") {
    constexpr std::uint8_t none = 0, family = ledger::kSameFamilyName, both = family | ledger::kSameName;
    const std::string anna = R"([{"family":"Åkesson","given":["Anna","Maria"]}])";
    CHECK(between(anna, "Anna Åkesson") == both);
    CHECK(between(anna, "ANNA AKESSON") == both);
    CHECK(between(anna, "Bo Åkesson") == family);
    CHECK(between(anna, "Bo Kåkesson") == none);
    CHECK(between(anna, "Åkesson") == family);
    CHECK(between(anna, "Anna Ek") == none);
    CHECK(between(anna, "") == none);
    CHECK(between(R"([{"family":"von Ek","given":["Eva"]},{"family":"Ask"}])", "Eva von Ek") == both);
    CHECK(between(R"([{"family":"von Ek","given":["Eva"]},{"family":"Ask"}])", "Eva Ask") == family);
    CHECK(between(R"([{"family":"von Ek"}])", "Eva Ek") == none);
    CHECK(between("[]", "Eva Ek") == none);
    CHECK(between(R"([{"given":["Eva"]}])", "Eva Ek") == none);
}
