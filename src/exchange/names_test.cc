#include "exchange/names.h"

#include <doctest/doctest.h>

#include "rights/request.h"
#include "rights/rules.h"
#include "store/testing.h"

using namespace idun;

namespace {

// A code stands in a sentence as it does in an event: in capitals, or with a hyphen.
bool has_code(const std::string& sentence, std::string_view code) { return sentence.find(code) != std::string::npos; }

}  // namespace

TEST_CASE("every purpose of use and every rule has words in both languages") {
    store::TemporaryStore temporary;
    const auto directory = directory::Directory::open(*temporary.store);
    REQUIRE(directory);
    const ledger::Names names = exchange::names_from(**directory);
    ledger::Access access;
    access.person.emplace();
    access.requester = {"u", "Anna Ek", "clinician", "", ""};
    std::set<std::string> sentences;
    for (std::uint8_t i = 0; i < static_cast<std::uint8_t>(rights::Purpose::other); ++i) {
        access.purpose = rights::to_string(static_cast<rights::Purpose>(i));
        CAPTURE(access.purpose);
        for (const std::string& one : {sentence_sv(access, names), sentence_en(access, names)}) {
            CHECK(!has_code(one, access.purpose));
            CHECK(one.find(", ") != std::string::npos);
            CHECK_MESSAGE(sentences.insert(one).second, one);  // each has words of its own
        }
    }
    // What nobody knows is no code in a sentence either.
    access.purpose = "XYZ";
    CHECK(!has_code(sentence_sv(access, names), "XYZ"));
    access.purpose.clear();
    access.permit = false;
    sentences.clear();
    for (const rights::RuleText& rule : rights::rules()) {
        access.rule = rule.id;
        CAPTURE(access.rule);
        CHECK(sentence_sv(access, names).find("nekades åtkomst (" + std::string(rule.sv) + ")") != std::string::npos);
        CHECK(sentence_en(access, names).find("was denied access (" + std::string(rule.en) + ")") != std::string::npos);
        CHECK(!rule.sv.empty());
        CHECK(!rule.en.empty());
    }
    access.rule = "rule-of-tomorrow";
    CHECK(sentence_sv(access, names) == "Anna Ek (vårdpersonal) nekades åtkomst.");
}
