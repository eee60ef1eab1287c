#include "fhir/security_label.h"

#include <doctest/doctest.h>

#include <set>

namespace idun::fhir {
namespace {

LabelSet labels(const char* security) {
    const std::string text = std::string(R"({"meta":{"security":)") + security + "}}";
    return security_labels_of(json::Document::parse(text)->root());
}

TEST_CASE("every security label has one code, which comes back") {
    std::set<std::string_view> codes;
    for (unsigned i = 0; i < kSecurityLabels; ++i) {
        const auto label = static_cast<SecurityLabel>(i);
        CHECK(codes.insert(to_string(label)).second);
        CHECK(security_label(to_string(label)) == label);
    }
    CHECK(to_string(SecurityLabel::PSY) == "PSY");
    CHECK(to_string(SecurityLabel::EMP) == "EMP");
    CHECK(!security_label(""));
    CHECK(!security_label("psy"));
}

TEST_CASE("labels are read by system and code") {
    CHECK(labels(R"([{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"PSY"},
                     {"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}])") ==
          (LabelSet(SecurityLabel::PSY) | SecurityLabel::R));
    CHECK(labels("[]").empty());
    CHECK(labels("{}").empty());
    CHECK(labels(R"([{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"R"}])").empty());
    CHECK(labels(R"([{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"PSY"}])").empty());
    CHECK(labels(R"([{"code":"PSY"},{"system":"http://example.org","code":"HIV"}, 3])").empty());
}

TEST_CASE("label sets meet") {
    const LabelSet sensitive = LabelSet(SecurityLabel::SEX) | SecurityLabel::PSY;
    CHECK(LabelSet(SecurityLabel::SEX).any_of(sensitive));
    CHECK(!LabelSet(SecurityLabel::HIV).any_of(sensitive));
    CHECK(!LabelSet().any_of(sensitive));
}

}  // namespace
}  // namespace idun::fhir
