#include <doctest/doctest.h>

#include <random>

#include "json/document.h"
#include "json/internal/naive.h"
#include "json/writer.h"

using namespace idun;
using json::Document;

namespace {

std::string normalized(std::string_view text) {
    const auto document = Document::parse(text);
    return document ? json::to_text(document->root()) : document.error().message;
}

std::string refusal(std::string_view text, const json::Limits& limits = {}) {
    const auto document = Document::parse(text, limits);
    return document ? "accepted" : document.error().message;
}

// Random trees, written straight as text; escapes and odd numbers included.
class Trees {
public:
    explicit Trees(unsigned seed) : random_(seed) {}

    std::string value(int depth) {
        switch (pick(depth > 4 ? 4 : 6)) {
            case 0: return "null";
            case 1: return pick(2) != 0 ? "true" : "false";
            case 2: return number();
            case 3: return string();
            case 4: return list(depth, '[', ']', false);
            default: return list(depth, '{', '}', true);
        }
    }
    std::size_t pick(std::size_t below) { return random_() % below; }

private:
    std::string space() { return pick(4) == 0 ? std::string(1, " \n\t\r"[pick(4)]) : ""; }
    std::string number() {
        constexpr const char* kNumbers[] = {"0", "-0", "1.10", "1e5", "-12.5E-7", "123456789012345678901234567890.0"};
        return kNumbers[pick(6)];
    }
    std::string string() {
        constexpr const char* kPieces[] = {"a", "namn", "\\n", "\\\"", "\\\\", "å", "€", "😀", "\\u00e5", "\\ud83d\\ude00", "/", "\\/",
                                           "a longer piece of text without anything special in it"};
        std::string s = "\"";
        for (auto n = pick(5); n > 0; --n) s += kPieces[pick(13)];
        return s + "\"";
    }
    std::string list(int depth, char open, char close, bool named) {
        std::string s(1, open);
        const auto count = pick(40) == 0 ? pick(100) : pick(5);
        for (std::size_t i = 0; i < count; ++i) {
            if (i > 0) s += ",";
            s += space();
            if (named) s += "\"" + std::to_string(i) + "n\"" + space() + ":" + space();
            s += value(depth + 1) + space();
        }
        return s + (count == 0 ? space() : "") + close;
    }
    std::mt19937 random_;
};

}  // namespace

TEST_CASE("good texts read and write the same tree") {
    struct { const char* text; const char* written; } const cases[] = {
        {"{}", "{}"},
        {" [ ] ", "[]"},
        {"null", "null"},
        {"\t-0.0e+10\n", "-0.0e+10"},
        {"1.10", "1.10"},
        {"\"\"", "\"\""},
        {R"({"a":[1,{"b":null}],"c":true})", R"({"a":[1,{"b":null}],"c":true})"},
        {R"("\u00e5\/\b\f\n\r\t\"\\")", "\"å/\\b\\f\\n\\r\\t\\\"\\\\\""},
        {R"("\ud83d\ude00")", "\"😀\""},
        {R"("\u0000\u001f")", R"("\u0000\u001f")"},
        {R"({"":1," ":2})", R"({"":1," ":2})"},
        {"[\"a\" , \"b\"\n]", R"(["a","b"])"},
        {R"(["\\","\\\\\"x",":{}[],"])", R"(["\\","\\\\\"x",":{}[],"])"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(normalized(c.text) == c.written);
        CHECK(json::naive_normalized(c.text, 64) == c.written);
    }
}

TEST_CASE("bad texts are refused with a place and without content") {
    struct { std::string_view text; const char* message; } const cases[] = {
        {"", "empty text where JSON should be"},
        {" \n ", "only whitespace where JSON should be"},
        {"\xEF\xBB\xBF{}", "JSON line 1, column 1: byte order mark"},
        {"{", "JSON line 1, column 2: expected a member name in quotes"},
        {"[1,\n2", "JSON line 2, column 2: expected a comma or ] in an array"},
        {"[1,]", "JSON line 1, column 4: expected a value"},
        {"[,1]", "JSON line 1, column 2: expected a value"},
        {"{\"a\":1,}", "JSON line 1, column 8: expected a member name in quotes"},
        {"{\"a\" 1}", "JSON line 1, column 6: expected a colon after a member name"},
        {"{\"a\",1}", "JSON line 1, column 5: expected a colon after a member name"},
        {"{\"a\"}", "JSON line 1, column 5: expected a colon after a member name"},
        {"{a:1}", "JSON line 1, column 2: expected a member name in quotes"},
        {"{1:1}", "JSON line 1, column 2: expected a member name in quotes"},
        {"[1 2]", "JSON line 1, column 4: expected a comma or ] in an array"},
        {"[1}", "JSON line 1, column 3: expected a comma or ] in an array"},
        {"{} {}", "JSON line 1, column 4: text after the end of the document"},
        {"1,", "JSON line 1, column 2: text after the end of the document"},
        {"01", "JSON line 1, column 1: malformed number"},
        {"-", "JSON line 1, column 1: malformed number"},
        {"+1", "JSON line 1, column 1: expected a value"},
        {"1.", "JSON line 1, column 1: malformed number"},
        {".5", "JSON line 1, column 1: expected a value"},
        {"1e", "JSON line 1, column 1: malformed number"},
        {"0x1", "JSON line 1, column 1: malformed number"},
        {"1\"a\"", "JSON line 1, column 1: malformed number"},
        {"NaN", "JSON line 1, column 1: expected a value"},
        {"Infinity", "JSON line 1, column 1: expected a value"},
        {"nul", "JSON line 1, column 1: expected a value, such as true, false, null, a number or a string"},
        {"nulll", "JSON line 1, column 1: expected a value, such as true, false, null, a number or a string"},
        {"True", "JSON line 1, column 1: expected a value"},
        {"'a'", "JSON line 1, column 1: expected a value"},
        {"[1] // no", "JSON line 1, column 5: text after the end of the document"},
        {"[\"a\" \"b\"]", "JSON line 1, column 6: expected a comma or ] in an array"},
        {"[\"a\"x]", "JSON line 1, column 5: expected a comma or ] in an array"},
        {"\"abc", "JSON line 1, column 1: a string that starts here does not end"},
        {"\"abc\\\"", "JSON line 1, column 1: a string that starts here does not end"},
        {"[\"a\nb\"]", "JSON line 1, column 4: control character in a string; it must be escaped"},
        {std::string_view("\"a\0\"", 4), "JSON line 1, column 3: control character in a string; it must be escaped"},
        {std::string_view("1\0", 2), "JSON line 1, column 1: malformed number"},
        {"\"\\x\"", "JSON line 1, column 2: malformed escape in a string"},
        {"\"\\u12\"", "JSON line 1, column 2: malformed escape in a string"},
        {"\"\\u12g4\"", "JSON line 1, column 2: malformed escape in a string"},
        {"\"\\ud83d\"", "JSON line 1, column 2: malformed escape in a string"},
        {"\"\\ude00\"", "JSON line 1, column 2: malformed escape in a string"},
        {"\"\\ud83d\\u0041\"", "JSON line 1, column 2: malformed escape in a string"},
        {"\"\xC0\x80\"", "JSON line 1, column 2: invalid UTF-8"},
        {"\"\xED\xA0\x80\"", "JSON line 1, column 2: invalid UTF-8"},
        {"\"\xF5\x80\x80\x80\"", "JSON line 1, column 2: invalid UTF-8"},
        {"\"å\xE5\"", "JSON line 1, column 4: invalid UTF-8"},
        {"\xFF", "JSON line 1, column 1: invalid UTF-8"},
        {"{\"a\":1,\n \"a\":2}", "JSON line 2, column 6: a member name that this object already has"},
        {"{\"a\":1,\"\\u0061\":2}", "JSON line 1, column 17: a member name that this object already has"},
        {"]", "JSON line 1, column 1: expected a value"},
        {"\\", "JSON line 1, column 1: expected a value"},
        {"[\"a\\\\\"\\\"]", "JSON line 1, column 7: expected a comma or ] in an array"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(refusal(c.text) == c.message);
        CHECK_FALSE(json::naive_normalized(c.text, 64));
    }
}

TEST_CASE("bounds are named and hold") {
    CHECK(refusal("[1,2]", {.bytes_max = 4}) == "JSON text of more than 4 bytes");
    CHECK(refusal("[[1]]", {.depth_max = 1}) == "JSON line 1, column 2: nested deeper than 1");
    CHECK(refusal("[1,2]", {.nodes_max = 2}) == "JSON line 1, column 4: more than 2 values");
    CHECK(refusal("[[1]]", {.depth_max = 2, .nodes_max = 3}) == "accepted");
    CHECK(Document::parse("[[1]]", {.depth_max = 1}).error().category == Category::too_large);
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    CHECK(refusal(deep, {.depth_max = 1'000'000}) == "JSON line 1, column 1001: nested deeper than 1000");
}

TEST_CASE("a large object is searched for double names") {
    std::string text = "{";
    for (int i = 0; i < 20'000; ++i) text += "\"name" + std::to_string(i) + "\":" + std::to_string(i) + ",";
    std::string good = text + "\"last\":1}";
    const auto document = Document::parse(good);
    REQUIRE(document);
    CHECK(document->root().size() == 20'001);
    CHECK(document->root()["name19999"].text() == "19999");
    CHECK(refusal(text + "\"name7\":1}").ends_with("a member name that this object already has"));
}

TEST_CASE("values answer lookups, absent ones with nothing") {
    const std::string text = R"({"a":[10,"x",{"b":true}],"n":null,"f":false})";
    const auto document = Document::parse(text);
    REQUIRE(document);
    const json::Value root = document->root();
    CHECK(root.is_object());
    CHECK(root.size() == 3);
    CHECK(root["a"].is_array());
    CHECK(root["a"][0].text() == "10");
    CHECK(root["a"][0].kind() == json::Kind::number);
    CHECK(root["a"][1].is_string());
    CHECK(root["a"][2]["b"].boolean());
    CHECK(root["f"].kind() == json::Kind::boolean);
    CHECK_FALSE(root["f"].boolean());
    CHECK(root["n"].kind() == json::Kind::null);
    CHECK(static_cast<bool>(root["n"]));
    CHECK_FALSE(root["x"]["y"][3]["z"]);
    CHECK(root["x"].text() == "");
    CHECK(root["a"][9].kind() == json::Kind::absent);
    CHECK(root["a"]["b"].kind() == json::Kind::absent);
    CHECK(root[0].kind() == json::Kind::absent);
    CHECK(root["a"][1].offset() == text.find("\"x\""));
    std::string names;
    for (const json::Member& member : root.members()) names += member.name;
    CHECK(names == "anf");
    std::size_t elements = 0;
    for (const json::Value v : root["a"].elements()) elements += v ? 1 : 0;
    CHECK(elements == 3);
    for (const json::Value v : root["zz"].elements()) CHECK_FALSE(v);
}

TEST_CASE("documents move and outlive the text") {
    std::string text = R"({"a":"b\n"})";
    auto first = Document::parse(text);
    text.assign(text.size(), '!');
    Document second = std::move(*first);
    CHECK(second.root()["a"].text() == "b\n");
}

TEST_CASE("the writer separates") {
    json::Writer w;
    w.object().member("s", "a\"b").member("i", -3).member("b", true).name("n").null();
    w.name("e").array().end().name("l").array().value(1).value("x").raw("{\"r\":1}").object().end().end();
    w.member("string", std::string("\x01ö")).end();
    CHECK(w.take() == R"({"s":"a\"b","i":-3,"b":true,"n":null,"e":[],"l":[1,"x",{"r":1},{}],"string":"\u0001ö"})");
    w.value(std::uint64_t{18446744073709551615u});
    CHECK(w.take() == "18446744073709551615");
}

TEST_CASE("escapes are found at every place of a string") {
    for (std::size_t place = 0; place < 40; ++place) {
        for (int c = 0; c < 128; ++c) {
            std::string text(40, 'a');
            text[place] = static_cast<char>(c);
            text.back() = '\x7f';
            std::string written;
            json::append_quoted(written, text);
            const auto back = Document::parse(written);
            REQUIRE(back);
            REQUIRE(back->root().text() == text);
        }
    }
}

TEST_CASE("position counts lines from one") {
    CHECK(json::position("ab\ncd", 0).line == 1);
    CHECK(json::position("ab\ncd", 4).line == 2);
    CHECK(json::position("ab\ncd", 4).column == 2);
    CHECK(json::position("ab\ncd", 99).column == 3);
}

TEST_CASE("random trees, whole and damaged, agree with the naive twin") {
    for (unsigned seed = 0; seed < 3000; ++seed) {
        CAPTURE(seed);
        Trees trees(seed);
        std::string text = trees.value(0);
        const auto document = Document::parse(text);
        REQUIRE(document);
        const std::string written = json::to_text(document->root());
        REQUIRE(written == json::naive_normalized(text, 64));
        REQUIRE(normalized(written) == written);
        for (int damage = 0; damage < 5; ++damage) {
            std::string bad = text;
            constexpr std::string_view kBytes = "\"\\{}[],:0e.u \xC3\x01";
            bad[trees.pick(bad.size())] = kBytes[trees.pick(kBytes.size())];
            if (trees.pick(3) == 0) bad.erase(trees.pick(bad.size()), 1);
            const auto twin = json::naive_normalized(bad, 64);
            const auto ours = Document::parse(bad);
            CAPTURE(bad);
            REQUIRE(ours.has_value() == twin.has_value());
            if (ours) {
                REQUIRE(json::to_text(ours->root()) == *twin);
            }
        }
    }
}

TEST_CASE("indented text says the same on many lines") {
    CHECK(json::indented(R"({"a":[1,{"b":"x,{}\"[\\"}],"c":{},"d":[],"e":null})") ==
          "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x,{}\\\"[\\\\\"\n    }\n  ],\n  \"c\": {},\n  \"d\": [],\n  \"e\": null\n}");
    CHECK(json::indented("[ ]") == "[]");
    CHECK(json::indented("7") == "7");
    CHECK(json::indented("") == "");
    for (const char* text : {R"({"resourceType":"Patient","name":[{"given":["é \u0001 \\ \" {[,:]}"]}],"n":1.10})", "[[[]],{},\"\",-0.0e+1]"}) {
        const auto document = Document::parse(text);
        REQUIRE(document);
        const auto back = Document::parse(json::indented(json::to_text(document->root())));
        REQUIRE(back);
        CHECK(json::to_text(back->root()) == json::to_text(document->root()));
    }
    // Whatever it is given, it ends.
    for (const char* broken : {"\"open", "\"\\", "}}}}", "{[", "[,"}) CHECK(json::indented(broken).size() < 40);
}
