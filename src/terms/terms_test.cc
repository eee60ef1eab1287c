#include "terms/terms.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

using namespace idun;
using namespace idun::terms;
using fhir::Coded;
using Verdict = fhir::CodeCheck::Verdict;

namespace {

Terms terms_of(const std::vector<std::string>& texts) {
    std::vector<std::pair<std::string, std::string>> files;
    for (const std::string& text : texts) files.emplace_back(std::to_string(files.size()) + ".json", text);
    const auto package = fhir::Package::of(files);
    REQUIRE(package->problems().empty());
    return Terms(fhir::PackageSet({fhir::Package::r4_core(), package}));
}

std::string letters(std::string_view url = "http://letters", std::string_view content = "complete") {
    return R"({"resourceType":"CodeSystem","url":")" + std::string(url) + R"(","version":"1","content":")" + std::string(content) +
           R"(","valueSet":"http://all-letters","concept":[{"code":"a","concept":[{"code":"b"},{"code":"c","concept":[{"code":"d"}]}]},{"code":"e","property":[{"code":"inactive","valueBoolean":true}]}]})";
}

std::string set(std::string_view url, std::string_view compose) {
    return R"({"resourceType":"ValueSet","url":")" + std::string(url) + R"(","compose":)" + std::string(compose) + "}";
}

// "in", "out" or "?" for each letter of the alphabet up to f, of that system.
std::string row(const Terms& terms, std::string_view value_set, std::string_view system = "http://letters") {
    std::string out;
    for (const char* code : {"a", "b", "c", "d", "e", "f"}) {
        const Membership in = terms.member_of(value_set, {.system = system, .code = code});
        out += in == Membership::in ? code : in == Membership::out ? "-" : "?";
    }
    return out;
}

std::string compiled(const std::string& compose) {
    const Terms terms = terms_of({letters(), set("http://v", compose), set("http://ab", R"({"include":[{"system":"http://letters","concept":[{"code":"a"},{"code":"b"}]}]})"),
                                  set("http://unknown", R"({"include":[{"system":"http://nowhere"}]})")});
    return row(terms, "http://v");
}

}  // namespace

TEST_CASE("R4 core value sets") {
    const Terms terms(fhir::PackageSet::r4_core());
    const char* status = "http://hl7.org/fhir/ValueSet/observation-status";
    CHECK(terms.member_of(status, {.code = "final"}) == Membership::in);
    CHECK(terms.member_of(std::string(status) + "|4.0.1", {.code = "final"}) == Membership::in);
    CHECK(terms.member_of(std::string(status) + "|9", {.code = "final"}) == Membership::unknown);
    CHECK(terms.member_of(status, {.system = "http://hl7.org/fhir/observation-status", .code = "final"}) == Membership::in);
    CHECK(terms.member_of(status, {.system = "http://other", .code = "final"}) == Membership::out);
    CHECK(terms.member_of(status, {.code = "Final"}) == Membership::out);
    CHECK(terms.member_of("http://hl7.org/fhir/ValueSet/mimetypes", {.code = "text/plain"}) == Membership::in);
    CHECK(terms.member_of("http://hl7.org/fhir/ValueSet/mimetypes", {.code = "plain"}) == Membership::out);
    CHECK(terms.member_of("http://hl7.org/fhir/ValueSet/languages", {.system = "urn:ietf:bcp:47", .code = "sv"}) == Membership::in);
    CHECK(terms.member_of("http://hl7.org/fhir/ValueSet/currencies", {.code = "SEK"}) == Membership::in);
    CHECK(terms.member_of("http://hl7.org/fhir/ValueSet/currencies", {.code = "KRONA"}) == Membership::out);
    CHECK(terms.member_of("http://hl7.org/fhir/ValueSet/iso3166-1-2", {.code = "SE"}) == Membership::in);
    CHECK(terms.member_of("http://hl7.org/fhir/ValueSet/iso3166-1-2", {.code = "SWE"}) == Membership::out);
    CHECK(terms.member_of("http://hl7.org/fhir/ValueSet/condition-code", {.system = "http://snomed.info/sct", .code = "22298006"}) == Membership::unknown);
    CHECK(terms.member_of("http://hl7.org/fhir/ValueSet/condition-code", {.system = "http://letters", .code = "a"}) == Membership::out);
    CHECK(terms.member_of("http://terminology.hl7.org/ValueSet/v3-ActEncounterCode", {.code = "AMB"}) == Membership::in);
    CHECK(terms.knows_value_set(status));
    CHECK(!terms.knows_value_set("http://nowhere"));
    CHECK(terms.subsumes("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "FAMMEMB", "MTH") == Membership::in);
    CHECK(terms.subsumes("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "MTH", "FAMMEMB") == Membership::out);
    CHECK(terms.subsumes("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "MTH", "nobody") == Membership::unknown);
    CHECK(terms.subsumes("http://nowhere", "a", "b") == Membership::unknown);
}

TEST_CASE("every core value set compiles, and every core code system") {
    const Terms terms(fhir::PackageSet::r4_core());
    for (const fhir::PackagedResource* one : terms.packages().of_type("ValueSet")) {
        CAPTURE(one->url);
        CHECK(terms.code_set(one->url).has_value());
    }
    for (const fhir::PackagedResource* one : terms.packages().of_type("CodeSystem")) {
        if (one->id == "example-supplement") continue;
        const auto system = terms.code_system(one->url);
        CAPTURE(one->file);
        CHECK((system ? "" : system.error().message) == "");
    }
    for (const fhir::PackagedResource* one : terms.packages().of_type("ConceptMap")) CHECK(terms.concept_map(one->url).has_value());
}

TEST_CASE("codes checked by their system") {
    const Terms terms = terms_of({letters(), letters("http://part", "fragment")});
    const auto verdict = [&](Coded coded) { return terms.check(coded).verdict; };
    CHECK(verdict({.system = "http://letters", .code = "a"}) == Verdict::known);
    CHECK(verdict({.system = "http://letters", .version = "1", .code = "a"}) == Verdict::known);
    CHECK(verdict({.system = "http://letters", .version = "7", .code = "a"}) == Verdict::known);
    CHECK(verdict({.system = "http://letters", .version = "7", .code = "z"}) == Verdict::unknown_system);
    CHECK(verdict({.system = "http://letters", .code = "z"}) == Verdict::unknown_code);
    CHECK(verdict({.system = "http://part", .code = "a"}) == Verdict::known);
    CHECK(verdict({.system = "http://part", .code = "z"}) == Verdict::unknown_system);
    CHECK(verdict({.system = "http://nowhere", .code = "a"}) == Verdict::unknown_system);
    CHECK(verdict({.system = "", .code = "a"}) == Verdict::unknown_system);
    CHECK(verdict({.system = "urn:ietf:bcp:47", .code = "sv"}) == Verdict::known);
    CHECK(verdict({.system = "urn:ietf:bcp:47", .code = "s v"}) == Verdict::malformed);
    CHECK(terms.check({.system = "http://letters", .code = "e"}).inactive);
    const char* gender = "http://hl7.org/fhir/administrative-gender";
    CHECK(!terms.check({.system = gender, .code = "male", .display = "male"}).display_wrong);
    CHECK(!terms.check({.system = gender, .code = "male", .display = " MALE "}).display_wrong);
    CHECK(terms.check({.system = gender, .code = "male", .display = "Man"}).display_wrong);
    CHECK(terms.check({.system = gender, .code = "male"}).display == "Male");
    CHECK(!terms.check({.system = "http://letters", .code = "a", .display = "anything"}).display_wrong);
}

TEST_CASE("compose: includes, excludes, filters and imports") {
    CHECK(compiled(R"({"include":[{"system":"http://letters"}]})") == "abcde-");
    CHECK(compiled(R"({"include":[{"system":"http://letters","concept":[{"code":"b"},{"code":"f"}]}]})") == "-b---f");
    CHECK(compiled(R"({"include":[{"system":"http://letters","filter":[{"property":"concept","op":"is-a","value":"c"}]}]})") == "--cd--");
    CHECK(compiled(R"({"include":[{"system":"http://letters","filter":[{"property":"concept","op":"is-a","value":"a"},{"property":"concept","op":"is-not-a","value":"c"}]}]})") == "ab----");
    CHECK(compiled(R"({"include":[{"system":"http://letters"}],"exclude":[{"system":"http://letters","concept":[{"code":"c"}]}]})") == "ab-de-");
    CHECK(compiled(R"({"include":[{"system":"http://letters"}],"exclude":[{"valueSet":["http://ab"]}]})") == "--cde-");
    CHECK(compiled(R"({"include":[{"valueSet":["http://ab"]}]})") == "ab----");
    CHECK(compiled(R"({"include":[{"system":"http://letters","valueSet":["http://ab"]}]})") == "ab----");
    CHECK(compiled(R"({"include":[{"valueSet":["http://ab","http://all-letters"]}]})") == "ab----");
    CHECK(compiled(R"({"inactive":false,"include":[{"system":"http://letters"}]})") == "abcd--");
    CHECK(compiled(R"({"include":[{"valueSet":["http://letters?fhir_vs=isa/c"]},{"valueSet":["http://ab"]}]})") == "abcd--");
    CHECK(compiled(R"({"include":[{"valueSet":["http://letters?vs"]}]})") == "abcde-");
    CHECK(compiled(R"({"include":[{"system":"http://letters","version":"1"}]})") == "abcde-");
}

TEST_CASE("compose: what cannot be known is unknown, not out") {
    CHECK(compiled(R"({"include":[{"system":"http://letters","version":"7"}]})") == "??????");
    CHECK(compiled(R"({"include":[{"system":"http://letters","filter":[{"property":"colour","op":"=","value":"red"}]}]})") == "??????");
    CHECK(compiled(R"({"include":[{"system":"http://letters","concept":[{"code":"a"}]},{"system":"http://letters","filter":[{"property":"x","op":"=","value":"y"}]}]})") == "a?????");
    CHECK(compiled(R"({"include":[{"valueSet":["http://nowhere"]}]})") == "??????");
    CHECK(compiled(R"({"include":[{"system":"http://letters"}],"exclude":[{"valueSet":["http://nowhere"]}]})") == "??????");
    CHECK(compiled(R"({"include":[{"system":"http://letters"}],"exclude":[{"valueSet":["http://unknown"]}]})") == "abcde-");
    CHECK(compiled(R"({"include":[{"valueSet":["http://unknown"]}]})") == "------");
    const Terms terms = terms_of({letters("http://letters", "fragment"), set("http://v", R"({"include":[{"system":"http://letters"}]})")});
    CHECK(row(terms, "http://v") == "abcde?");
}

TEST_CASE("systems by grammar in value sets") {
    const Terms terms = terms_of({set("http://v", R"({"include":[{"system":"urn:ietf:bcp:47"}]})"),
                                  set("http://few", R"({"include":[{"system":"urn:ietf:bcp:47","concept":[{"code":"sv"}]}]})"),
                                  set("http://both", R"({"include":[{"system":"urn:ietf:bcp:47","valueSet":["http://few"]}]})"),
                                  set("http://not", R"({"include":[{"system":"urn:ietf:bcp:47"}],"exclude":[{"valueSet":["http://few"]}]})")});
    const auto in = [&](const char* value_set, const char* code) { return terms.member_of(value_set, {.system = "urn:ietf:bcp:47", .code = code}); };
    CHECK(in("http://v", "sv") == Membership::in);
    CHECK(in("http://v", "not a tag") == Membership::out);
    CHECK(in("http://both", "sv") == Membership::in);
    CHECK(in("http://both", "fi") == Membership::out);
    CHECK(in("http://not", "fi") == Membership::unknown);
    CHECK(terms.member_of("http://hl7.org/fhir/ValueSet/ucum-units", {.system = "http://unitsofmeasure.org", .code = "mmol/L"}) == Membership::in);
    CHECK(terms.member_of("http://hl7.org/fhir/ValueSet/ucum-units", {.system = "http://unitsofmeasure.org", .code = "millimol"}) == Membership::out);
    CHECK(terms.check({.system = "http://unitsofmeasure.org", .code = "mm[Hg]"}).verdict == Verdict::known);
    CHECK(terms.check({.system = "http://unitsofmeasure.org", .code = "mmHg"}).verdict == Verdict::malformed);
}

TEST_CASE("stored expansions answer where there is no compose, or where it cannot be followed") {
    const Terms terms = terms_of({R"({"resourceType":"ValueSet","url":"http://v","expansion":{"contains":[{"abstract":true,"display":"group","contains":[{"system":"http://s","code":"a"}]}]}})",
                                  R"({"resourceType":"ValueSet","url":"http://w","compose":{"include":[{"system":"http://s"}]},"expansion":{"contains":[{"system":"http://s","code":"b"}]}})",
                                  R"({"resourceType":"ValueSet","url":"http://page","expansion":{"offset":10,"contains":[{"system":"http://s","code":"b"}]}})",
                                  R"({"resourceType":"ValueSet","url":"http://first","expansion":{"offset":0,"total":9,"contains":[{"system":"http://s","code":"b"}]}})",
                                  R"({"resourceType":"ValueSet","url":"http://only","expansion":{"offset":0,"total":1,"contains":[{"system":"http://s","code":"b"}]}})"});
    CHECK(row(terms, "http://v", "http://s") == "a-----");
    CHECK(row(terms, "http://w", "http://s") == "-b----");
    CHECK(row(terms, "http://page", "http://s") == "?b????");
    CHECK(row(terms, "http://first", "http://s") == "?b????");
    CHECK(row(terms, "http://only", "http://s") == "-b----");
}

TEST_CASE("value sets that include each other, or grow without end, are refused") {
    const Terms terms = terms_of({set("http://a", R"({"include":[{"valueSet":["http://b"]}]})"), set("http://b", R"({"include":[{"valueSet":["http://c"]}]})"),
                                  set("http://c", R"({"include":[{"valueSet":["http://a"]}]})"), set("http://self", R"({"include":[{"valueSet":["http://self"]}]})"),
                                  set("http://fine", R"({"include":[{"system":"http://s","concept":[{"code":"a"}]}]})"),
                                  set("http://none", R"({})"), R"({"resourceType":"ValueSet","url":"http://empty"})", set("http://vague", R"({"include":[{}]})")});
    for (const char* url : {"http://a", "http://b", "http://c", "http://self"}) {
        CAPTURE(url);
        const auto found = terms.code_set(url);
        REQUIRE(!found.has_value());
        CHECK(found.error().category == Category::invalid);
        CHECK(found.error().message.find("without end") != std::string::npos);
        CHECK(terms.member_of(url, {.system = "http://s", .code = "a"}) == Membership::unknown);
    }
    CHECK(terms.code_set("http://fine").has_value());
    CHECK(terms.code_set("http://empty").error().category == Category::invalid);
    CHECK(terms.code_set("http://vague").error().category == Category::invalid);

    // A chain that is too long, and sets that double at each step.
    std::vector<std::string> chain;
    std::vector<std::string> doubling = {letters()};
    for (int i = 0; i < 40; ++i) {
        const std::string next = std::to_string(i + 1);
        chain.push_back(set("http://chain/" + std::to_string(i), R"({"include":[{"valueSet":["http://chain/)" + next + R"("]}]})"));
    }
    const auto deep = terms_of(chain).code_set("http://chain/0");
    CHECK(deep.error().category == Category::too_large);
    std::string many = R"({"include":[)";
    for (int i = 0; i < 3000; ++i) many += std::string(i == 0 ? "" : ",") + R"({"valueSet":["http://big"]})";
    std::string big = R"({"include":[{"system":"http://s","concept":[)";
    for (int i = 0; i < 2000; ++i) big += std::string(i == 0 ? "" : ",") + R"({"code":")" + std::to_string(i) + R"("})";
    const auto wide = terms_of({set("http://big", big + "]}]}"), set("http://wide", many + "]}")}).code_set("http://wide");
    CHECK(wide.error().category == Category::too_large);
}

TEST_CASE("newer packages hide older ones; a version finds its own") {
    const std::string old = R"({"resourceType":"CodeSystem","url":"http://s","version":"1","content":"complete","concept":[{"code":"old"}]})";
    const std::string fresh = R"({"resourceType":"CodeSystem","url":"http://s","version":"2","content":"complete","concept":[{"code":"new"}]})";
    const Terms terms = terms_of({fresh, old});
    CHECK(terms.check({.system = "http://s", .code = "new"}).verdict == Verdict::known);
    CHECK(terms.check({.system = "http://s", .code = "old"}).verdict == Verdict::unknown_code);
    CHECK(terms.check({.system = "http://s", .version = "1", .code = "old"}).verdict == Verdict::known);
}

TEST_CASE("many threads may ask at once") {
    const Terms terms(fhir::PackageSet::r4_core());
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            for (const char* code : {"AMB", "IMP", "EMER"}) good += terms.member_of("http://terminology.hl7.org/ValueSet/v3-ActEncounterCode", {.code = code}) == Membership::in;
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(good == 24);
}

TEST_CASE("versions that callers make up do not make copies of implicit value sets") {
    const Terms terms = terms_of({letters()});
    const auto first = terms.code_set("http://letters?fhir_vs=isa/a");
    REQUIRE(first);
    CHECK((*first)->size() == 4);
    for (const char* version : {"|1", "|2", "|"}) {
        const auto again = terms.code_set("http://letters?fhir_vs=isa/a" + std::string(version));
        REQUIRE(again);
        CHECK(again->get() == first->get());
    }
    CHECK(terms.code_set("http://all-letters|7")->get() == terms.code_set("http://all-letters")->get());
    CHECK(!terms.code_set("http://letters?fhir_vs=isa/a|1|2"));
}

TEST_CASE("implicit value sets make room for each other, and never push out those of packages") {
    std::string flat;  // each under the one before
    for (int i = 0; i < 4'000; ++i) {
        flat += std::string(i == 0 ? "" : ",") + R"({"code":"c)" + std::to_string(i) + "\"";
        if (i > 0) flat += R"(,"property":[{"code":"parent","valueCode":"c)" + std::to_string(i - 1) + "\"}]";
        flat += "}";
    }
    const Terms terms = terms_of({R"({"resourceType":"CodeSystem","url":"http://chain","content":"complete","property":[{"code":"parent","type":"code"}],"concept":[)" + flat + "]}",
                                  letters(), set("http://v", R"({"include":[{"system":"http://letters"}]})")});
    const auto packaged = terms.code_set("http://v");
    std::weak_ptr<const CodeSet> first = *terms.code_set("http://chain?fhir_vs=isa/c0");
    CHECK(first.lock()->size() == 4'000);
    CHECK(!first.expired());
    for (int i = 1; i < 1'000; ++i) REQUIRE(terms.code_set("http://chain?fhir_vs=isa/c" + std::to_string(i)));
    CHECK(first.expired());  // 1,000 sets of 3,000 to 4,000 codes are more than is kept
    CHECK(terms.code_set("http://v")->get() == packaged->get());
    CHECK(terms.code_set("http://chain?fhir_vs=isa/c0"));
    CHECK(terms.code_set("http://chain?fhir_vs=isa/c999")->get() == terms.code_set("http://chain?fhir_vs=isa/c999")->get());
}

TEST_CASE("a filter with many values does not hold a worker") {
    std::string concepts;
    std::string values;
    for (int i = 0; i < 20'000; ++i) {
        concepts += std::string(i == 0 ? "" : ",") + R"({"code":"c)" + std::to_string(i) + "\"}";
        values += (i == 0 ? "x" : ", x") + std::to_string(i);
    }
    const std::string system = R"({"resourceType":"CodeSystem","url":"http://many","content":"complete","concept":[)" + concepts + "]}";
    const auto included = [&](const std::string& filter) { return set("http://v", R"({"include":[{"system":"http://many","filter":[)" + filter + "]}]}"); };
    const auto filter = [](const std::string& op, const std::string& list) { return R"({"property":"code","op":")" + op + R"(","value":")" + list + "\"}"; };
    const auto begun = std::chrono::steady_clock::now();
    const Terms terms = terms_of({system, included(filter("in", values + ",c7, c19999"))});
    const auto chosen = terms.code_set("http://v");
    REQUIRE(chosen);
    CHECK((*chosen)->size() == 2);
    CHECK((*chosen)->contains("http://many", "c7") == Membership::in);
    CHECK((*chosen)->contains("http://many", "c8") == Membership::out);
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
    const std::string many = filter("not-in", std::string(1'600'000, ','));
    const auto refused = terms_of({system, included(many + "," + many)}).code_set("http://v");
    REQUIRE(!refused);
    CHECK(refused.error().category == Category::too_large);
}

TEST_CASE("gaps without end become one gap of any system") {
    std::string includes;
    for (int i = 0; i < 1'000; ++i) includes += std::string(i == 0 ? "" : ",") + R"({"system":"http://nowhere/)" + std::to_string(i) + "\"}";
    const Terms terms = terms_of({letters(), set("http://v", R"({"include":[)" + includes + "]}")});
    const auto made = terms.code_set("http://v");
    REQUIRE(made);
    CHECK((*made)->gaps().size() == CodeSet::kGapsMax + 1);
    CHECK((*made)->contains("http://nowhere/999", "a") == Membership::unknown);  // never a guessed "out"
}

TEST_CASE("a value set of systems without end is refused, one of many imports compiles") {
    std::string imports;
    for (int i = 0; i < 40'000; ++i) imports += std::string(i == 0 ? "" : ",") + "\"http://nowhere/" + std::to_string(i) + "\"";
    const Terms terms = terms_of({letters(), set("http://v", R"({"include":[{"valueSet":[)" + imports + "]}]}")});
    CHECK(terms.code_set("http://v"));
    std::string includes;
    for (int i = 0; i < 9'000; ++i) includes += std::string(i == 0 ? "" : ",") + R"({"system":"http://nowhere/)" + std::to_string(i) + "\"}";
    const auto refused = terms_of({letters(), set("http://w", R"({"include":[)" + includes + "]}")}).code_set("http://w");
    REQUIRE(!refused);
    CHECK(refused.error().category == Category::too_large);
}
