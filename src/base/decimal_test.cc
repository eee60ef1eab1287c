#include "base/decimal.h"

#include <doctest/doctest.h>

#include <random>

using idun::Decimal;

namespace {

Decimal d(std::string_view text) {
    auto value = Decimal::parse(text);
    REQUIRE_MESSAGE(value, text);
    return *value;
}

std::string shown(const std::optional<Decimal>& value) { return value ? value->text() : "none"; }

}  // namespace

TEST_CASE("a number prints as it was written") {
    for (const char* text : {"0", "1", "-1", "1.10", "0.00", "100", "-0.001", "123456789012345678", "1234567890123456789",
                             "0.1234567890123456789012345678", "-99999999999999999999.50", "1.5e30", "1e-41"}) {
        CHECK(d(text).text() == text);
    }
    CHECK(d("1e3").text() == "1e3");
    CHECK(d("1.10E+3").text() == "1.10e3");
    CHECK(d("12e-1").text() == "1.2");
    CHECK(d("+7").text() == "7");
    CHECK(d("007.50").text() == "7.50");
    CHECK(d("-0").text() == "0");
    CHECK(d("0000000000000000000000012").text() == "12");
}

TEST_CASE("what is no number is refused") {
    for (const char* text : {"", "-", "+", ".", ".5", "5.", "1.e3", "1e", "1e+", "e3", "1 ", " 1", "1,5", "0x10", "NaN", "Infinity",
                             "1.2.3", "--1", "1e10000", "1e99999999999", "1e-9999.5", "1_000", "١"}) {
        CHECK_MESSAGE(!Decimal::parse(text), text);
    }
    CHECK(Decimal::parse(std::string(1024, '9')));
    CHECK(!Decimal::parse(std::string(1025, '9')));
    CHECK(!Decimal::parse("0." + std::string(1023, '9')));
    CHECK(!Decimal::parse("0.1e-9999"));
}

TEST_CASE("numbers compare by value") {
    CHECK(d("1.10") == d("1.1"));
    CHECK(d("1e2") == d("100.000"));
    CHECK(d("0.000") == d("-0"));
    struct Row { const char *less, *more; };
    for (const Row& row : {Row{"1.1", "1.11"}, Row{"-2", "-1.99"}, Row{"-1", "0"}, Row{"0", "1e-300"}, Row{"1e-300", "1"},
                           Row{"-1e300", "1"}, Row{"-1e300", "-1"}, Row{"999999999999999999", "1e18"}, Row{"1", "1e300"},
                           Row{"123456789012345678901", "123456789012345678901.1"}, Row{"-123456789012345678901", "5"},
                           Row{"-5e200", "-123456789012345678901"}, Row{"5e-200", "123456789012345678901"}}) {
        CHECK_MESSAGE(d(row.less) < d(row.more), row.less);
        CHECK_MESSAGE(d(row.more) > d(row.less), row.less);
        CHECK_MESSAGE(d(row.less) != d(row.more), row.less);
    }
}

TEST_CASE("sums, differences and products are exact") {
    CHECK(shown(Decimal::add(d("0.1"), d("0.2"))) == "0.3");
    CHECK(shown(Decimal::add(d("1.10"), d("2"))) == "3.10");
    CHECK(shown(Decimal::add(d("999999999999999999"), d("1"))) == "1000000000000000000");
    CHECK(shown(Decimal::add(d("1e30"), d("1e-10"))) == "1000000000000000000000000000000.0000000001");
    CHECK(shown(Decimal::add(d("1e9000"), d("1e-9000"))) == "1e9000");
    CHECK(shown(Decimal::add(d("0"), d("1e-9000"))) == "1e-9000");
    CHECK(shown(Decimal::subtract(d("1.8"), d("1.2"))) == "0.6");
    CHECK(shown(Decimal::subtract(d("1000000000000000000"), d("1"))) == "999999999999999999");
    CHECK(shown(Decimal::multiply(d("1.20"), d("1.8"))) == "2.160");
    CHECK(shown(Decimal::multiply(d("123456789012"), d("123456789012"))) == "15241578753153483936144");
    auto far = *Decimal::of(10).power(Decimal::of(60'000));
    CHECK(shown(Decimal::multiply(far, far)) == "none");
}

TEST_CASE("division keeps 34 digits and finds the exact ones") {
    CHECK(shown(Decimal::divide(d("1"), d("4"))) == "0.25");
    CHECK(shown(Decimal::divide(d("10"), d("5"))) == "2");
    CHECK(shown(Decimal::divide(d("1.20"), d("2"))) == "0.60");
    CHECK(shown(Decimal::divide(d("1"), d("3"))) == "0.3333333333333333333333333333333333");
    CHECK(shown(Decimal::divide(d("-2"), d("3"))) == "-0.6666666666666666666666666666666667");
    CHECK(shown(Decimal::divide(d("0"), d("7"))) == "0");
    CHECK(shown(Decimal::divide(d("7"), d("0.0"))) == "none");
}

TEST_CASE("div and mod truncate towards zero") {
    struct Row { const char *a, *b, *div, *mod; };
    for (const Row& row : {Row{"5", "2", "2", "1"}, Row{"-5", "2", "-2", "-1"}, Row{"5.5", "0.7", "7", "0.6"}, Row{"1", "1e30", "0", "1"},
                           Row{"2.2", "1.8", "1", "0.4"}, Row{"123456789012345678901234", "10", "12345678901234567890123", "4"},
                           Row{"1", "0", "none", "none"}, Row{"1e9999", "1e-9999", "none", "none"}}) {
        CHECK_MESSAGE(shown(Decimal::quotient(d(row.a), d(row.b))) == row.div, row.a);
        CHECK_MESSAGE(shown(Decimal::remainder(d(row.a), d(row.b))) == row.mod, row.a);
    }
}

TEST_CASE("rounding") {
    CHECK(d("1.5").rounded(0).text() == "2");
    CHECK(d("2.5").rounded(0).text() == "3");
    CHECK(d("-1.5").rounded(0).text() == "-2");
    CHECK(d("3.14159").rounded(3).text() == "3.142");
    CHECK(d("1.1").rounded(5).text() == "1.1");
    CHECK(d("0.4").rounded(0).text() == "0");
    CHECK(d("4e-9000").rounded(2).text() == "0.00");
    CHECK(d("-1.5").floor().text() == "-2");
    CHECK(d("-1e-300").floor().text() == "-1");
    CHECK(d("1e-300").ceiling().text() == "1");
    CHECK(d("-1.5").ceiling().text() == "-1");
    CHECK(d("-1.9").truncated().text() == "-1");
    CHECK(d("12345678901234567890.9").truncated().text() == "12345678901234567890");
    CHECK(d("-7.5").abs().text() == "7.5");
}

TEST_CASE("roots, powers and logarithms") {
    CHECK(shown(d("81").sqrt()) == "9");
    CHECK(shown(d("0.25").sqrt()) == "0.5");
    CHECK(shown(d("1e4").sqrt()) == "100");
    CHECK(shown(d("2").sqrt()) == "1.414213562373095048801688724209698");
    CHECK(shown(d("-1").sqrt()) == "none");
    CHECK(shown(d("0").exp()) == "1");
    CHECK(shown(d("1").exp()) == "2.718281828459045235360287471352662");
    CHECK(shown(d("1e8").exp()) == "none");
    CHECK(shown(d("-1e8").exp()) == "0");
    CHECK(shown(d("1").ln()) == "0");
    CHECK(shown(d("2").ln()) == "0.6931471805599453094172321214581766");
    CHECK(shown(d("0").ln()) == "none");
    CHECK(shown(d("16").log(d("2"))) == "4");
    CHECK(shown(d("100.0").log(d("10.0"))) == "2");
    CHECK(shown(d("2").log(d("1"))) == "none");
    CHECK(shown(d("2").power(d("3"))) == "8");
    CHECK(shown(d("2.5").power(d("2"))) == "6.25");
    CHECK(shown(d("2").power(d("-1"))) == "0.5");
    CHECK(shown(d("2").power(d("0.5"))) == "1.414213562373095048801688724209698");
    CHECK(shown(d("-1").power(d("0.5"))) == "none");
    CHECK(shown(d("0").power(d("-1"))) == "none");
    CHECK(shown(d("10").power(d("1e9"))) == "none");
    CHECK(d("7").power(d("90000"))->digits() == Decimal::kExactDigits);
}

TEST_CASE("one canonical text for equal numbers") {
    struct Row { const char *text, *canonical; };
    for (const Row& row : {Row{"1.10", "1.1"}, Row{"100", "100"}, Row{"1e2", "100"}, Row{"0.000", "0"}, Row{"-0.50", "-0.5"}, Row{"1e39", "1000000000000000000000000000000000000000"},
                           Row{"1.0e50", "1e50"}, Row{"123e-50", "1.23e-48"}, Row{"12345678901234567890.0", "12345678901234567890"}}) {
        CHECK(d(row.text).canonical() == row.canonical);
    }
}

TEST_CASE("what is known about the digits") {
    CHECK(d("1.10").decimals() == 2);
    CHECK(d("1.10").digits() == 3);
    CHECK(d("0.00").digits() == 1);
    CHECK(d("1e3").decimals() == 0);
    CHECK(d("3.00").is_integer());
    CHECK(!d("3.01").is_integer());
    CHECK(!d("1e-50").is_integer());
    CHECK(d("9223372036854775807").to_int64() == 9223372036854775807);
    CHECK(d("-9223372036854775808.0").to_int64() == std::numeric_limits<std::int64_t>::min());
    CHECK(!d("9223372036854775808").to_int64());
    CHECK(!d("1e9999").to_int64());
    CHECK(!d("1.5").to_int64());
    CHECK(d("0.1").to_double() == 0.1);
    CHECK(d("-123456789012345678901234567890").to_double() == -123456789012345678901234567890.0);
    CHECK(d("1e-999").to_double() == 0);
    CHECK(shown(Decimal::from_double(0.1)) == "0.1");
    CHECK(shown(Decimal::from_double(1e300)) == "1e300");
    CHECK(!Decimal::from_double(std::numeric_limits<double>::infinity()));
    CHECK(d("1.500").trimmed().text() == "1.5");
    CHECK(d("100").trimmed().text() == "100");
    CHECK(Decimal::scaled(110, -2).text() == "1.10");
    CHECK(Decimal::of(std::numeric_limits<std::int64_t>::min()).text() == "-9223372036854775808");
}

TEST_CASE("small and big numbers calculate alike") {
    auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    auto big_zero = d("1000000000000000000000");  // added and taken away again: the same numbers by the other road
    for (int i = 0; i < 2000; ++i) {
        auto pick = [&] {
            return Decimal::scaled(static_cast<std::int64_t>(random() % 2'000'000) - 1'000'000, -static_cast<int>(random() % 12));
        };
        auto a = pick(), b = pick();
        auto far_a = *Decimal::add(a, big_zero);
        CHECK(*Decimal::subtract(*Decimal::add(far_a, b), big_zero) == *Decimal::add(a, b));
        CHECK(Decimal::compare(far_a, *Decimal::add(b, big_zero)) == Decimal::compare(a, b));
        if (b.is_zero()) continue;
        auto back = Decimal::add(*Decimal::multiply(*Decimal::quotient(a, b), b), *Decimal::remainder(a, b));
        CHECK(*back == a);
        CHECK(*Decimal::divide(*Decimal::multiply(a, b), b) == a);
    }
}
