#include "gate/delay.h"

#include <doctest/doctest.h>

using namespace idun;

namespace {

std::string fault(const std::string& extension, const rights::RuleTable& rules = {}) {
    const auto document =
        json::Document::parse(R"({"resourceType":"Observation","meta":{"extension":[)" + extension + "]}}");
    REQUIRE(document);
    const auto issues = gate::check_delay(document->root(), rules, *from_iso("2026-01-01T00:00:00Z"));
    return issues.empty() ? "" : issues.front().path + ": " + issues.front().text;
}

std::string delay(const std::string& until) {
    return R"({"url":"urn:idun:delayed-for-patient","valueDateTime":")" + until + "\"}";
}

}  // namespace

TEST_CASE("a delay has an end within what the nation allows") {
    CHECK(fault(R"({"url":"urn:other"})").empty());
    CHECK(fault(delay("2026-01-10")).empty());
    CHECK(fault(delay("2026-01-15T00:00:00Z")).empty());
    CHECK(fault(delay("2020-01-01")).empty());
    CHECK(fault(delay("2026-01-15T00:00:01Z"))
              .starts_with("Observation.meta.extension[0]: a delay for the patient ends after 14 days"));
    CHECK(fault(R"({"url":"urn:idun:delayed-for-patient"})").find("needs an end") != std::string::npos);
    CHECK(fault(delay("soon")).find("needs an end") != std::string::npos);
    CHECK(fault(delay("2026-01-10") + "," + delay("2026-01-11")).find("one delay") != std::string::npos);
    rights::RuleTable none;
    none.delay_allowed = false;
    CHECK(fault(delay("2026-01-10"), none).find("nothing is delayed") != std::string::npos);
    CHECK(fault(delay("2025-01-10"), none).empty());
    rights::RuleTable few;
    few.delay_categories = {"test-result"};
    CHECK(fault(delay("2026-01-10"), few).find("category") != std::string::npos);
}

TEST_CASE("in a Bundle each is asked") {
    const auto document = json::Document::parse(
        R"({"resourceType":"Bundle","entry":[{},{"resource":{"resourceType":"Condition","meta":{"extension":[{"url":"urn:idun:delayed-for-patient"}]}}}]})");
    const auto issues = gate::check_delay(document->root(), {}, {0});
    REQUIRE(issues.size() == 1);
    CHECK(issues[0].path == "Bundle.entry[1].resource.meta.extension[0]");
}
