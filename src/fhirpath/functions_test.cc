// The functions and operators, as tables: an expression and what it gives, with commas between items.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "fhirpath/expression.h"
#include "fhirpath/internal/functions.h"
#include "fhirpath/internal/text.h"
#include "json/document.h"

using namespace idun;
using namespace idun::fhirpath;

namespace {

constexpr std::string_view kObservation = R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"a"},
 {"system":"http://loinc.org","code":"b"}]},"valueQuantity":{"value":1.50,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"},
 "referenceRange":[{"low":{"value":1,"unit":"stones"},"high":{"value":2,"unit":"stones"}},{"low":{"value":3,"comparator":"<","code":"kg"}}],
 "modifierExtension":[{"url":"http://x.org/m","valueBoolean":true}],"issued":"2015-02-04T14:34:28.10Z","effectiveDateTime":"2015-02"})";

std::string run(std::string_view expression, const Environment& environment = {}) {
    static const json::Document document = *json::Document::parse(kObservation);
    const auto compiled = Expression::compile(expression);
    if (!compiled) return "!compile";
    const auto result = compiled->evaluate(Item::resource(document.root()), environment);
    if (!result) return "!" + std::string(to_string(result.error().category));
    std::string out;
    for (const Item& item : *result) out += (out.empty() ? "" : ",") + to_text(item).value_or("{" + type_name(item) + "}");
    return out;
}

using Table = std::vector<std::pair<const char*, const char*>>;

void check(const Table& table) {
    for (const auto& [expression, expected] : table) CHECK_MESSAGE(run(expression) == expected, std::string(expression) << " gives " << run(expression));
}

class Codes final : public fhir::Terminology {
public:
    fhir::Membership member_of(std::string_view value_set, const fhir::Coded& coded) const override {
        if (value_set != "http://x.org/vs") return fhir::Membership::unknown;
        return coded.code == "b" || coded.code == "final" ? fhir::Membership::in : fhir::Membership::out;
    }
    fhir::CodeCheck check(const fhir::Coded&) const override { return {}; }
    fhir::Membership subsumes(std::string_view, std::string_view a, std::string_view b) const override {
        return a <= b ? fhir::Membership::in : fhir::Membership::out;
    }
    bool knows_value_set(std::string_view) const override { return true; }
};

}  // namespace

TEST_CASE("strings") {
    check({{"'abc'.indexOf('c')", "2"}, {"'åäö'.indexOf('ö')", "2"}, {"'abcabc'.lastIndexOf('b')", "4"}, {"'åäö'.substring(1, 1)", "ä"}, {"'abc'.substring(3)", ""},
           {"'abc'.substring(0, 0).length()", "0"}, {"'abc'.substring(0, -1).length()", "0"}, {"'ÅÄÖ'.lower()", "åäö"}, {"'straße é'.upper()", "STRAßE É"},
           {"'a-b'.split('-')", "a,b"}, {"'ab'.split('')", "a,b"}, {"'abc'.toChars().count()", "3"}, {"''.toChars()", ""}, {"('a'|'b').join()", "ab"}, {"{}.join(',')", ""},
           {"'aXbX'.replace('X', '--')", "a--b--"}, {"'2015-02'.replaceMatches('(\\\\d+)-(\\\\d+)', '$2/$1')", "02/2015"},
           {"'a'.replaceMatches('(?P<x>a)', '${x}${x}')", "aa"}, {"'a'.replaceMatches('a', '$1')", "!invalid"}, {"'a'.replaceMatches('a', '\\\\$1')", "$1"},
           {"'N8000123123'.matches('^N[0-9]{8}$')", "false"}, {"'a\\nb'.matches('a.b')", "true"}, {"'abc'.matchesFull('b')", "false"}, {"'a'.matches('(?=a)')", "!invalid"},
           {"' a '.trim()", "a"}, {"'å'.encode('hex')", "c3a5"}, {"'c3'.decode('hex')", ""}, {"'c3a5'.decode('hex')", "å"}, {"'x'.decode('hex')", ""}, {"'a'.encode('rot13')", ""},
           {"'YQ'.decode('base64')", ""}, {"'YQ=='.decode('base64')", "a"}, {"'>>>?'.encode('urlbase64')", "Pj4-Pw=="}, {"'Pj4-Pw=='.decode('urlbase64')", ">>>?"},
           {"'<&>'.escape('html')", "&lt;&amp;&gt;"}, {"'&lt;&amp;&bad;'.unescape('html')", "<&&bad;"}, {"'a\\\"'.escape('json').unescape('json')", "a\""},
           {"'a' & {} & 'b'", "ab"}, {"'a' + {}", ""}, {"'a  B' ~ 'A b'", "true"}, {"'a' < 'B'", "false"}, {"'\\u00e5\\ud83d\\ude00'.length()", "2"}, {"'\\p'", "p"}});
}

TEST_CASE("numbers") {
    check({{"1.10 + 1", "2.10"}, {"1.10 = 1.1", "true"}, {"0.1 + 0.2 = 0.3", "true"}, {"1 / 3 * 3 ~ 1.0", "true"}, {"7 / 2", "3.5"}, {"7 div 2", "3"}, {"-7 div 2", "-3"}, {"-7 mod 2", "-1"},
           {"7.5 mod 2", "1.5"}, {"1 / 0", ""}, {"1 mod 0", ""}, {"2147483647 + 1", ""}, {"-2147483648", "-2147483648"}, {"(-2147483648) - 1", ""}, {"2147483647 * 2", ""},
           {"1.5.round()", "2"}, {"(-1.5).round()", "-2"}, {"2.345.round(2)", "2.35"}, {"1.round(-1)", "!invalid"}, {"1.9.truncate()", "1"}, {"(-1.1).ceiling()", "-1"}, {"(-1.1).floor()", "-2"},
           {"4.sqrt() = 2", "true"}, {"(-1).ln()", ""}, {"0.ln()", ""}, {"8.log(2) = 3", "true"}, {"2.power(10)", "1024"}, {"2.power(-1)", "0.5"}, {"2.power(31)", ""}, {"0.exp() = 1", "true"},
           {"'a'.abs()", "!invalid"}, {"(1|2|3).sum()", "6"}, {"(1|2|4).avg() ~ 2.33", "true"}, {"(3|1|2).min()", "1"}, {"('b'|'a').max()", "b"}, {"{}.sum()", ""}, {"(1|'a').min()", "!invalid"},
           {"+1", "1"}, {"--1", "1"}, {"1 ~ 1.0", "true"}, {"1.15 ~ 1.2", "true"}, {"1.precision()", "0"}, {"1.5.type().name", "Decimal"}, {"1 + 'a'", "!invalid"}});
}

TEST_CASE("quantities") {
    check({{"1 'kg' = 1000 'g'", "true"}, {"1 'kg' + 1 'g'", "1001 'g'"}, {"1 'kg' = 1 'm'", ""}, {"1 'kg' > 1 'm'", ""}, {"1 'kg' ~ 1 'm'", "false"}, {"2 'm' * 3", "6 'm'"}, {"6 'm' / 2 'm'", "3 '1'"},
           {"1 year = 12 months", "true"}, {"1 year = 365 days", ""}, {"1 year ~ 1 'a'", "true"}, {"2 days > 1 'd'", "true"}, {"-(1 'mg')", "-1 'mg'"}, {"1 'mg' = 1", ""}, {"1 '1' = 1", "true"},
           {"1 'nonsense' = 1 'nonsense'", "true"}, {"1 'nonsense' = 2 'other'", ""}, {"3 weeks.toString()", "3 weeks"}, {"1 'kg'.toQuantity('g')", "1000 'g'"}, {"1 'kg'.toQuantity('m')", ""},
           {"'1 day'.toQuantity('h') = 24 'h'", "true"}, {"1 'cm'.comparable(1 'm')", "true"}, {"1.comparable(1 'm')", "!invalid"}, {"value = 1500 'g'", "true"}, {"value > 1 'kg'", "true"},
           {"referenceRange[0].low < referenceRange[0].high", "true"}, {"referenceRange[0].low < 3 'kg'", ""}, {"referenceRange[1].low < 3 'kg'", ""}, {"value.toString()", "1.50 'kg'"},
           {"value + 1 'g' = 1501 'g'", "true"}, {"1 'mg' + 1 year", ""}, {"value.lowBoundary(3)", "1.495 'kg'"}});
}

TEST_CASE("dates and times") {
    check({{"@2015 = @2015-01", ""}, {"@2015 = @2016-01", "false"}, {"@2015 < @2016-01", "true"}, {"@T10:00 < @T11", "true"}, {"@T10 = @T10:00", ""}, {"@2015-02-04 = 'x'", "false"},
           {"@2015-02-04 < 'x'", "!invalid"}, {"@2015-02-28 + 1 day", "2015-03-01"}, {"@2015-01-31 + 1 month", "2015-02-28"}, {"@2015 + 13 months", "2016"}, {"@T23:00 + 2 hours", "01:00"},
           {"@T23:00 + 1 day", "!invalid"}, {"@2015-02-04 - 1 'a'", "!invalid"}, {"issued = @2015-02-04T14:34:28.1Z", "true"}, {"effective = @2015-02", "true"}, {"effective is dateTime", "true"},
           {"issued is instant", "true"}, {"@2015-02-04T10:00+02:00 = @2015-02-04T08:00Z", "true"}, {"'2015-02-04T10'.toDateTime()", "2015-02-04T10"}, {"'2015-2'.toDate()", ""},
           {"@2015-02-04T10:00Z.toDate()", "2015-02-04"}, {"@2015.toDateTime() is DateTime", "true"}, {"'10:30'.toTime()", "10:30"}, {"'25:00'.convertsToTime()", "false"}, {"@2015-02T.type().name", "DateTime"},
           {"@2015.precision()", "4"}, {"@T10:30:00.000.precision()", "9"}, {"@2015.lowBoundary()", "2015-01-01"}, {"@2015.highBoundary(4)", "2015"}, {"'a'.lowBoundary()", "!invalid"}});
    Environment environment;
    environment.now = *from_iso("2026-11-25T22:05:00.123Z");
    CHECK(run("now()", environment) == "2026-11-25T22:05:00.123Z");
    CHECK(run("today()", environment) == "2026-11-25");
    CHECK(run("timeOfDay()", environment) == "22:05:00.123");
}

TEST_CASE("collections") {
    check({{"(1|2|3).tail()", "2,3"}, {"(1|2|3).skip(-1)", "1,2,3"}, {"(1|2|3).take(-1)", ""}, {"(1|2).last()", "2"}, {"{}.single()", ""}, {"1.combine(1|2).distinct()", "1,2"},
           {"(1|2).subsetOf(1|2|3)", "true"}, {"(1|2).supersetOf(1|2|3)", "false"}, {"(1|2|3).exclude(2)", "1,3"}, {"1.combine(1).intersect(1)", "1"}, {"(1|2)[1]", "2"}, {"(1|2)[5]", ""},
           {"(1|2)['a']", "!invalid"}, {"(1|2|3).select($index)", "0,1,2"}, {"(1|2).all($this > 0)", "true"}, {"{}.all(false)", "true"}, {"{}.allTrue()", "true"}, {"(true|false).anyFalse()", "true"},
           {"(1|2|3|4).aggregate($this * $total, 1)", "24"}, {"(1|2).repeat($this + 1 | 3 mod $this).where($this < 5).count() > 0", "!too_large"}, {"(3|1|2).sort()", "1,2,3"}, {"(3|1|2).sort($this desc)", "3,2,1"},
           {"('b'|'a').sort(-$this)", "b,a"}, {"(1|'a').sort()", "!invalid"}, {"coalesce({}, 2, 3)", "2"}, {"1 in {}", "false"}, {"{} in (1|2)", ""}, {"(1|2) contains 2", "true"},
           {"iif(true, 1)", "1"}, {"iif({}, 1, 2)", "2"}, {"(1|2) = (2|1)", "false"}, {"(1|2) ~ (2|1)", "true"}, {"{} = {}", ""}, {"{} ~ {}", "true"}, {"code.coding.code contains 'b'", "true"},
           {"true xor {}", ""}, {"false implies {}", "true"}, {"(1 | 1 | 'a').count()", "2"}, {"(1|2).exists($this = 2)", "true"}, {"{}.not()", ""}});
}

TEST_CASE("types and conversions") {
    check({{"'yes'.toBoolean()", "true"}, {"'maybe'.convertsToBoolean()", "false"}, {"'+5'.toInteger()", "5"}, {"'5.0'.toInteger()", ""}, {"'99999999999'.toInteger()", ""}, {"'1e3'.toDecimal()", ""},
           {"true.toDecimal()", "1.0"}, {"'1.50'.toDecimal()", "1.50"}, {"{}.toInteger()", ""}, {"(1|2).toInteger()", "!invalid"}, {"code.toString()", ""}, {"code.convertsToString()", "false"},
           {"status.type().namespace", "FHIR"}, {"status.type().name", "code"}, {"status is string", "true"}, {"status as string", ""}, {"status is System.String", "false"}, {"value is FHIR.Quantity", "true"},
           {"1 is System.Integer", "true"}, {"1 is Any", "true"}, {"$this is Resource", "true"}, {"code.coding as Coding", "!invalid"}, {"children().ofType(Quantity).code", "kg"}, {"{} is Integer", ""},
           {"1.type()", "{System.TypeInfo}"}, {"'1 wk'.convertsToQuantity()", "false"}, {"'1  days'.toQuantity()", "1 day"}, {"'1days'.toQuantity()", ""}});
}

TEST_CASE("what FHIR adds") {
    check({{"status.hasValue()", "true"}, {"code.hasValue()", "false"}, {"status.getValue() is System.String", "true"}, {"extension('x')", ""}, {"checkModifiers('http://x.org/m').status", "final"},
           {"checkModifiers('http://x.org/other')", "!invalid"}, {"memberOf('http://x.org/vs')", "!unsupported"}, {"slice('http://x', 'y')", "!unsupported"}, {"elementDefinition()", "!unsupported"},
           {"conformsTo('http://hl7.org/fhir/StructureDefinition/Observation')", "true"}, {"conformsTo('http://hl7.org/fhir/StructureDefinition/DomainResource')", "true"},
           {"'<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>'.htmlChecks()", "true"}, {"'<div>x<script/></div>'.htmlChecks()", "false"}, {"'Patient/1'.resolve()", ""}});
    const Codes codes;
    Environment environment;
    environment.terminology = &codes;
    CHECK(run("code.memberOf('http://x.org/vs')", environment) == "true");
    CHECK(run("code.coding[0].memberOf('http://x.org/vs')", environment) == "false");
    CHECK(run("status.memberOf('http://x.org/vs')", environment) == "true");
    CHECK(run("status.memberOf('http://x.org/unknown')", environment) == "");
    CHECK(run("code.coding[0].subsumes(code.coding[1])", environment) == "true");
    CHECK(run("code.coding[0].subsumedBy(code.coding[1])", environment) == "false");
    std::unordered_map<std::string, Items> variables;
    variables["limit"].push(Item::integer(3));
    environment.variables = &variables;
    CHECK(run("%limit + 1", environment) == "4");
    CHECK(run("%other", environment) == "!invalid");
}

TEST_CASE("the table of functions has each name once") {
    std::vector<std::string_view> names;
    for (const auto& info : internal::functions()) {
        names.push_back(info.name);
        CHECK(internal::find_function(info.name) == &info);
        CHECK(&internal::info_of(info.function) == &info);
    }
    std::ranges::sort(names);
    CHECK(std::ranges::adjacent_find(names) == names.end());
    CHECK(internal::find_function("Exists") == nullptr);
}

TEST_CASE("letters change case and come back") {
    for (const char* text : {"åäö", "éèê", "žšč", "αβγ", "абвё", "ÿ", "ấ", "őű"}) {
        const std::string up = internal::upper(text);
        CHECK(up != text);
        CHECK(internal::lower(up) == text);
        CHECK(internal::length(up) == internal::length(text));
    }
    CHECK(internal::normal(" A \t\n B ") == "a b");
}

// The slow and obvious twin of distinct(), union and sort().
TEST_CASE("sets and orders agree with a naive twin") {
    std::mt19937 random(20261125);
    for (int round = 0; round < 60; ++round) {
        const std::size_t count = random() % 40;
        std::vector<std::string> words;
        std::string expression = "{}";
        for (std::size_t i = 0; i < count; ++i) {
            words.push_back(std::string(1, static_cast<char>('a' + random() % 20)));
            expression += ".combine('" + words.back() + "')";
        }
        std::vector<std::string> distinct;
        for (const std::string& w : words) {
            if (std::ranges::find(distinct, w) == distinct.end()) distinct.push_back(w);
        }
        const auto joined = [](const std::vector<std::string>& all) {
            std::string out;
            for (const std::string& w : all) out += (out.empty() ? "" : ",") + w;
            return out;
        };
        CHECK_MESSAGE(run(expression + ".distinct()") == joined(distinct), "seed 20261125 round " << round);
        std::vector<std::string> sorted = words;
        std::ranges::sort(sorted);
        CHECK(run(expression + ".sort()") == joined(sorted));
        std::ranges::reverse(sorted);
        CHECK(run(expression + ".sort($this desc)") == joined(sorted));
        CHECK(run(expression + ".isDistinct()") == std::string(distinct.size() == words.size() ? "true" : "false"));
    }
}

// Two partly known dates compare as the intervals that they stand for.
TEST_CASE("dates compare as intervals do") {
    std::mt19937 random(4711);
    const auto any_date = [&] {
        std::string out = std::to_string(2014 + random() % 2);
        const auto two = [](std::size_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
        if (random() % 4 != 0) out += "-" + two(1 + random() % 2);
        else return out;
        if (random() % 3 != 0) out += "-" + two(1 + random() % 3);
        return out;
    };
    for (int round = 0; round < 2000; ++round) {
        const auto a = *Temporal::parse_date(any_date());
        const auto b = *Temporal::parse_date(any_date());
        const std::string a_low = a.boundary(false, 8, false, true)->date_text();
        const std::string a_high = a.boundary(true, 8, false, true)->date_text();
        const std::string b_low = b.boundary(false, 8, false, true)->date_text();
        const std::string b_high = b.boundary(true, 8, false, true)->date_text();
        std::optional<int> expected;
        if (a_high < b_low) expected = -1;
        else if (b_high < a_low) expected = 1;
        else if (a_low == b_low && a_high == b_high) expected = 0;
        CHECK_MESSAGE(Temporal::compare(a, b) == expected, a.date_text() << " and " << b.date_text() << ", seed 4711");
    }
}

TEST_CASE("a needle that nearly fits everywhere does not hold a worker") {
    std::string text = "'a'";  // 1 MiB
    for (int i = 0; i < 5; ++i) text += ".replace('a','aaaaaaaaaaaaaaaa')";
    const std::string needle = "(" + text + ".substring(0, 500000) & 'b')";
    const auto begun = std::chrono::steady_clock::now();
    Environment roomy;
    roomy.limits.steps_max = 1'000'000'000;
    roomy.limits.bytes_max = 256u << 20;
    CHECK(run(text + ".contains(" + needle + ")", roomy) == "false");
    CHECK(run(text + ".indexOf(" + needle + ")", roomy) == "-1");
    CHECK(run(text + ".lastIndexOf('b' & " + text + ".substring(0, 500000))", roomy) == "-1");
    CHECK(run(text + ".split(" + needle + ").count()", roomy) == "1");
    CHECK(run(text + ".replace(" + needle + ", '').length()", roomy) == "1048576");
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(10));
    check({{"'abcabc'.indexOf('')", "0"}, {"'abcabc'.lastIndexOf('')", "6"}, {"''.lastIndexOf('')", "0"}, {"'abc'.lastIndexOf('abcd')", "-1"},
           {"'aaa'.lastIndexOf('aa')", "1"}, {"'åäåä'.lastIndexOf('åä')", "2"}, {"'abc'.contains('')", "true"}, {"''.contains('a')", "false"},
           {"''.indexOf('')", "0"}, {"'aaaa'.split('aa').count()", "3"}});
}

TEST_CASE("every regular expression that is compiled is paid for") {
    const std::string many = "'aaaaaaaaaaaaaaaa'.replace('a','aaaaaaaaaaaaaaaa').replace('a','aaaaaaaaaaaaaaaa').toChars()";  // 4096
    check({{(many + ".select('a'.matches($index.toString())).count()").c_str(), "!too_large"},
           {(many + ".select('a'.matches('b')).count()").c_str(), "4096"},
           {(many + ".select('a'.matches(($index mod 16).toString())).count()").c_str(), "4096"}});
}
