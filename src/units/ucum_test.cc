#include "units/ucum.h"

#include <doctest/doctest.h>

#include "units/internal/essence.h"

using namespace idun;
using namespace idun::units;

namespace {

Unit unit(std::string_view code) {
    auto parsed = Unit::parse(code);
    REQUIRE_MESSAGE(parsed, code);
    return *parsed;
}

Decimal number(std::string_view text) {
    auto value = Decimal::parse(text);
    REQUIRE(value);
    return *value;
}

std::string converted(std::string_view value, std::string_view from, std::string_view to) {
    auto result = convert(number(value), unit(from), unit(to));
    return result ? result->text() : result.error().message;
}

std::string normal(std::string_view value, std::string_view code) {
    auto result = canonical(number(value), unit(code));
    return result ? result->value.canonical() + " " + result->unit : result.error().message;
}

std::string refusal(std::string_view code) {
    auto parsed = Unit::parse(code);
    return parsed ? "taken" : parsed.error().message;
}

}  // namespace

TEST_CASE("units that health data use are taken") {
    for (const char* code :
         {"1", "m", "/m", "mg/dL", "mm[Hg]", "10*3/uL", "10*-3/ul", "10*+3/ul", "10^3", "%", "{RBC}", "{a}.rad2{b}", "1{c}", "10*9/L", "Cel", "[degF]",
          "[pH]", "dB[10.nV]", "dB", "[iU]/L", "k[IU]/L", "m[IU]/mL", "mL/min/{1.73_m2}", "4.[pi].10*-7.N/A2", "dyn.s/(cm5.m2)", "umol/2.h", "10.L/min",
          "m3.kg-1.s-2", "kg/m2", "/[HPF]", "[m/s2/Hz^(1/2)]", "10.Cel", "cd", "dar", "Pa", "min", "''", "'", "KiBy", "g%", "mo_s", "((((m))))", "[D'ag'U]", "g/(8.h){shift}"}) {
        CHECK_MESSAGE(refusal(code) == "taken", code);
    }
}

TEST_CASE("what is no unit is refused with the part that is wrong") {
    struct Row { const char *code, *message; };
    for (const Row& row : {Row{"", "a unit needs at least one character; write 1 for none"},
                           Row{"m/", "a unit must follow '/'"},
                           Row{"m..s", "'.s' is not the beginning of a unit"},
                           Row{"g/12h", "the number 12 must be followed by . or / before 'h'"},
                           Row{"10+3/ul", "the number 10 must be followed by . or / before '+3/ul'"},
                           Row{"molv", "'molv' is not a UCUM unit"},
                           Row{"iU", "'iU' is not a UCUM unit (is '[iU]' meant?)"},
                           Row{"MMOL", "'MMOL' is not a UCUM unit"},
                           Row{"KM", "'KM' is not a UCUM unit"},
                           Row{"MIN", "'MIN' is not a UCUM unit (is 'min' meant?)"},
                           Row{"pounds", "'pounds' is not a UCUM unit (is '[lb_av]' meant?)"},
                           Row{"grams", "'grams' is not a UCUM unit (is 'g' meant?)"},
                           Row{"mmol/kg[H20]", "'kg[H20]' is not a UCUM unit"},
                           Row{"{a}rad2", "'rad2' cannot follow here; units are joined by . or /"},
                           Row{"m{", "a closing brace is missing"},
                           Row{"m{{}}", "an annotation holds no brace"},
                           Row{"m}", "'}' cannot follow here; units are joined by . or /"},
                           Row{"(m", "a closing parenthesis is missing"},
                           Row{"m)", "')' cannot follow here; units are joined by . or /"},
                           Row{"()", "')' is not the beginning of a unit"},
                           Row{"m-", "digits must follow '-'"},
                           Row{"m100", "an exponent is at most 99"},
                           Row{"0", "a unit cannot be zero"},
                           Row{"1234567890123456789", "a number has at most 18 digits"},
                           Row{"mm Hg", "a unit has no spaces"},
                           Row{"rad2{\xe9\x8c\xa0}", "a unit has only printable ASCII characters"},
                           Row{"Cel2", "a special unit such as Cel or [pH] has no powers"},
                           Row{"Cel/m", "a special unit such as Cel or [pH] cannot be part of a product or quotient"},
                           Row{"J/Cel", "a special unit such as Cel or [pH] cannot be part of a product or quotient"},
                           Row{"[unclosed", "'[unclosed' is not a UCUM unit"},
                           Row{"k[degF]", "'k[degF]' is not a UCUM unit"}}) {
        CHECK_MESSAGE(refusal(row.code) == row.message, row.code << ": " << refusal(row.code));
    }
    CHECK(refusal(std::string(513, 'm')).starts_with("a unit has at most 512"));
    CHECK(refusal(std::string(17, '(') + "m" + std::string(17, ')')).starts_with("more than 16"));
    CHECK(refusal("m99.m99.m99") == "the value is out of range");
}

TEST_CASE("values are converted exactly") {
    struct Row { const char *value, *from, *to, *result; };
    for (const Row& row : {Row{"6.3", "mm", "m", "0.0063"}, Row{"1", "m", "cm", "100"}, Row{"6.3", "s.mm-2", "s.m-2", "6300000"},
                           Row{"1", "[in_i]", "cm", "2.54"}, Row{"6.30", "[in_i]", "m", "0.16002"}, Row{"90", "mg/dL", "g/L", "0.9"},
                           Row{"1", "m[Hg]", "g.s-2.m-1", "133322000"}, Row{"120", "mm[Hg]", "kPa", "15.99864"}, Row{"1", "S", "g-1.m-2.C2.s", "0.001"},
                           Row{"1", "[ly]", "cm", "946073047258080000"}, Row{"6.3", "s/m.mg", "s.m-1.g", "0.0063"}, Row{"6.3", "s/4/m", "s/m", "1.575"},
                           Row{"1", "h/3", "min", "20"}, Row{"1", "/h", "/d", "24"}, Row{"5", "[IU]/mL", "k[iU]/L", "5"}, Row{"1", "wk", "d", "7"},
                           Row{"1", "a", "d", "365.25"}, Row{"25", "%", "1", "0.25"}, Row{"1", "mol", "1", "602214076000000000000000"},
                           Row{"37.0", "Cel", "K", "310.15"}, Row{"98.6", "[degF]", "Cel", "37"}, Row{"0", "K", "[degF]", "-459.67"},
                           Row{"36.6", "Cel", "[degF]", "97.88"}, Row{"80", "[degRe]", "Cel", "100"}, Row{"30", "dB", "1", "1000"},
                           Row{"7", "[pH]", "nmol/L", "100"}, Row{"1000", "1", "dB", "30"}, Row{"100", "uV", "dB[uV]", "40"}, Row{"3", "bit_s", "1", "8"},
                           Row{"1", "[hp'_X]", "1", "0.1"}}) {
        CHECK_MESSAGE(converted(row.value, row.from, row.to) == row.result, row.from << " to " << row.to << ": " << converted(row.value, row.from, row.to));
    }
}

TEST_CASE("slopes are converted to fifteen digits") {
    auto slope = convert(number("100"), unit("%[slope]"), unit("deg"));
    REQUIRE(slope);
    CHECK_MESSAGE(Decimal::subtract(*slope, number("45"))->abs() < number("1e-12"), slope->text());
    CHECK(converted("0", "deg", "[p'diop]") == "0");
}

TEST_CASE("what cannot be converted is refused") {
    CHECK(converted("1", "m", "s") == "units of m cannot be converted to units of s");
    CHECK(converted("1", "[iU]", "[arb'U]") == "units of [iU] cannot be converted to units of [arb'U]");
    CHECK(converted("1", "[iU]", "1") == "units of [iU] cannot be converted to units of 1");
    CHECK(converted("-1", "1", "dB") == "the value has no counterpart in this unit");
    CHECK(converted("0", "mol/l", "[pH]") == "the value has no counterpart in this unit");
    CHECK(converted("1e9", "[pH]", "mol/l") == "the value has no counterpart in this unit");
}

TEST_CASE("one normal form for what is equal") {
    CHECK(normal("90", "mg/dL") == "900 g.m-3");
    CHECK(normal("0.90", "g/L") == "900 g.m-3");
    CHECK(normal("37", "Cel") == normal("98.6", "[degF]"));
    CHECK(normal("1", "N") == "1000 g.m.s-2");
    CHECK(normal("5.0", "{RBC}") == "5 1");
    CHECK(normal("5", "10*3/uL") == normal("5", "10*9/L"));
    CHECK(normal("2", "[IU]/L") == "2000 [iU].m-3");
    CHECK(normal("1", "C.cd.K") == "1 C.K.cd");
    CHECK(normal("180", "deg") == "3.141592653589793238462643383279503 rad");
    CHECK(comparable(unit("mg/dL"), unit("kg/m3")));
    CHECK(comparable(unit("Cel"), unit("K")));
    CHECK(!comparable(unit("[iU]"), unit("U")));
    CHECK(comparable(unit("mol/L"), unit("/L")));  // UCUM's mole is a number
}

TEST_CASE("codes of products and quotients") {
    auto product = [](auto a, auto b) { return product_code(a, b).value_or("refused"); };
    auto quotient = [](auto a, auto b) { return quotient_code(a, b).value_or("refused"); };
    CHECK(product("cm", "m2") == "cm.m2");
    CHECK(product("1", "m") == "m");
    CHECK(product("m", "1") == "m");
    CHECK(product("m", "g/s") == "m.(g/s)");
    CHECK(product("m", "/s") == "m/s");
    CHECK(product("Cel", "m") == "refused");
    CHECK(product("no", "m") == "refused");
    CHECK(quotient("g", "m.s") == "g/(m.s)");
    CHECK(quotient("g", "m3") == "g/m3");
    CHECK(quotient("g", "/m") == "g/(1/m)");
    CHECK(quotient("g", "g") == "1");
    CHECK(quotient("g", "1") == "g");
    for (auto code : {product("m", "g/s"), quotient("g", "/m"), quotient("g", "m.s")}) CHECK(Unit::parse(code));
    CHECK(Unit::multiply(unit("cm"), unit("m"))->base() == "m2");
    CHECK(Unit::divide(unit("g"), unit("g"))->base() == "1");
    CHECK(Unit::divide(unit("[iU]"), unit("[iU]"))->is_dimensionless());
}

TEST_CASE("a unit in words") {
    CHECK(describe("").value_or("") == "(unity)");
    CHECK(describe("mm").value_or("") == "(millimeter)");
    CHECK(describe("m[H2O]").value_or("") == "(meter of water column)");
    CHECK(describe("m3.kg-1.s-2").value_or("") == "(meter ^ 3) * (kilogram ^ -1) * (second ^ -2)");
    CHECK(describe("10*23").value_or("") == "(the number ten for arbitrary powers ^ 23)");
    CHECK(describe("mL/(kg.{x})").value_or("") == "(milliliter) / ((kilogram) * {x})");
    CHECK(!describe("nonsense"));
}

TEST_CASE("every atom of UCUM is a unit, has a normal form and converts to itself") {
    CHECK(ucum_version() == std::pair<std::string, std::string>("2.2", "2024-06-17"));
    CHECK(atoms().size() == 312);
    for (const auto& [code, name] : atoms()) {
        CAPTURE(code);
        CHECK(!name.empty());
        auto parsed = unit(code);
        auto form = canonical(number("0.5"), parsed);
        REQUIRE(form);
        auto base = Unit::parse(form->unit);
        REQUIRE(base);
        auto back = convert(form->value, *base, parsed);
        REQUIRE(back);
        CHECK_MESSAGE(Decimal::subtract(*back, number("0.5"))->abs() < number("1e-13"), back->text());
    }
}

TEST_CASE("damaged definitions are noticed") {
    CHECK(!read_essence(""));
    CHECK(!read_essence("<root version=\"1\"></root").has_value());
    CHECK(!read_essence("<root version=\"1\"><unit Code=\"x\"><name>x</name></unit></root>"));
    CHECK(!read_essence("<root version=\"1\"><unit Code=\"x\" isSpecial=\"yes\"><value Unit=\"K\" value=\"1\">1</value></unit></root>"));
    auto good = read_essence("<root version=\"1\"><unit Code=\"x&amp;\" isMetric=\"yes\"><name>a<sub>0</sub> &#215;</name><value Unit=\"m\" value=\"2\"/></unit></root>");
    REQUIRE(good);
    CHECK(good->units[0].code == "x&");
    CHECK(good->units[0].name == "a0 ×");
}
