#include <doctest/doctest.h>

#include <map>
#include <random>
#include <variant>

#include "json/writer.h"
#include "patch/patch.h"

namespace idun::patch {
namespace {

// The result, or "!" and the category.
std::string patched(std::string_view document, std::string_view operations, const Limits& limits = {}) {
    const auto doc = json::Document::parse(document);
    const auto patch = json::Document::parse(operations);
    REQUIRE(doc);
    REQUIRE(patch);
    const auto out = json_patch(doc->root(), patch->root(), limits);
    return out ? *out : "!" + std::string(to_string(out.error().category));
}

TEST_CASE("each operation") {
    struct Case {
        const char* document;
        const char* patch;
        const char* result;
    };
    const Case cases[] = {
        {R"({"a":1})", "[]", R"({"a":1})"},
        {R"({"a":1.10})", R"([{"op":"add","path":"/b","value":[2.50]}])", R"({"a":1.10,"b":[2.50]})"},
        {R"({"a":1,"b":2})", R"([{"op":"add","path":"/a","value":null}])", R"({"a":null,"b":2})"},
        {R"({"a":[1,2]})", R"([{"op":"add","path":"/a/0","value":0},{"op":"add","path":"/a/-","value":3}])", R"({"a":[0,1,2,3]})"},
        {R"({"a":[1,2]})", R"([{"op":"add","path":"/a/2","value":3}])", R"({"a":[1,2,3]})"},
        {R"({"a":{"b":1}})", R"([{"op":"remove","path":"/a/b"}])", R"({"a":{}})"},
        {R"([1,2,3])", R"([{"op":"remove","path":"/1"}])", "[1,3]"},
        {R"({"a":1,"b":2})", R"([{"op":"replace","path":"/a","value":{"x":"é"}}])", R"({"a":{"x":"é"},"b":2})"},
        {R"({"a":1})", R"([{"op":"replace","path":"","value":[]}])", "[]"},
        {R"({"a":1})", R"([{"op":"add","path":"","value":"text"}])", R"("text")"},
        {R"({"a":{"x":1},"b":{}})", R"([{"op":"move","from":"/a/x","path":"/b/y"}])", R"({"a":{},"b":{"y":1}})"},
        {R"([1,2,3])", R"([{"op":"move","from":"/0","path":"/2"}])", "[2,3,1]"},
        {R"([1,2,3])", R"([{"op":"move","from":"/1","path":"/1"}])", "[1,2,3]"},
        {R"({"a":{"b":{"c":1}}})", R"([{"op":"move","from":"/a/b","path":"/a"}])", R"({"a":{"c":1}})"},
        {R"({"a":{"x":[1]}})", R"([{"op":"copy","from":"/a","path":"/b"},{"op":"add","path":"/b/x/-","value":2}])",
         R"({"a":{"x":[1]},"b":{"x":[1,2]}})"},
        {R"({"a":{}})", R"([{"op":"copy","from":"","path":"/a/a"}])", R"({"a":{"a":{"a":{}}}})"},
        {R"({"/":1,"~":2,"":3,"~1":4})",
         R"([{"op":"replace","path":"/~1","value":"slash"},{"op":"replace","path":"/~0","value":"tilde"},
             {"op":"replace","path":"/","value":"empty"},{"op":"replace","path":"/~01","value":"both"}])",
         R"({"/":"slash","~":"tilde","":"empty","~1":"both"})"},
        {R"({"a":{"x":1,"y":[1.0,{"k":null}]}})", R"([{"op":"test","path":"/a","value":{"y":[10e-1,{"k":null}],"x":1.00}}])",
         R"({"a":{"x":1,"y":[1.0,{"k":null}]}})"},
        {R"({"a":0})", R"([{"op":"test","path":"/a","value":-0.0e5}])", R"({"a":0})"},
        {R"({"a":12000})", R"([{"op":"test","path":"/a","value":1.2e4}])", R"({"a":12000})"},
        {R"({"a":1})", R"([{"op":"test","path":"/a","value":1,"unknown":true}])", R"({"a":1})"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.document);
        CAPTURE(c.patch);
        CHECK(patched(c.document, c.patch) == c.result);
    }
}

TEST_CASE("what is refused") {
    struct Case {
        const char* document;
        const char* patch;
        const char* category;
    };
    const Case cases[] = {
        {"{}", "{}", "!invalid"},
        {"{}", R"("add")", "!invalid"},
        {"{}", "[1]", "!invalid"},
        {"{}", "[{}]", "!invalid"},
        {"{}", R"([{"op":"add","value":1}])", "!invalid"},
        {"{}", R"([{"op":"add","path":"a","value":1}])", "!invalid"},
        {"{}", R"([{"op":"add","path":1,"value":1}])", "!invalid"},
        {"{}", R"([{"op":"add","path":"/a"}])", "!invalid"},
        {"{}", R"([{"op":"ADD","path":"/a","value":1}])", "!invalid"},
        {"{}", R"([{"op":7,"path":"/a","value":1}])", "!invalid"},
        {"{}", R"([{"op":"add","path":"/~2","value":1}])", "!invalid"},
        {"{}", R"([{"op":"add","path":"/a~","value":1}])", "!invalid"},
        {R"({"a":1})", R"([{"op":"copy","path":"/b"}])", "!invalid"},
        {R"({"a":1})", R"([{"op":"move","from":"a","path":"/b"}])", "!invalid"},
        {R"({"a":{"b":1}})", R"([{"op":"move","from":"/a","path":"/a/b"}])", "!invalid"},
        {R"({"a":1})", R"([{"op":"remove","path":""}])", "!invalid"},
        {R"({"a":1})", R"([{"op":"move","from":"","path":"/a"}])", "!invalid"},
        {R"({"a":1})", R"([{"op":"remove","path":"/b"}])", "!conflict"},
        {R"({"a":1})", R"([{"op":"replace","path":"/b","value":1}])", "!conflict"},
        {R"({"a":1})", R"([{"op":"add","path":"/b/c","value":1}])", "!conflict"},
        {R"({"a":1})", R"([{"op":"add","path":"/a/c","value":1}])", "!conflict"},
        {R"({"a":1})", R"([{"op":"test","path":"/b","value":null}])", "!conflict"},
        {R"({"a":1})", R"([{"op":"test","path":"/a","value":"1"}])", "!conflict"},
        {R"({"a":1})", R"([{"op":"test","path":"/a","value":1.01}])", "!conflict"},
        {R"({"a":1e99999999999999999999})", R"([{"op":"test","path":"/a","value":1e99999999999999999998}])", "!conflict"},
        {R"({"a":[1]})", R"([{"op":"test","path":"/a","value":[1,1]}])", "!conflict"},
        {R"({"a":[1,2]})", R"([{"op":"test","path":"/a","value":[2,1]}])", "!conflict"},
        {R"({"a":{}})", R"([{"op":"test","path":"/a","value":[]}])", "!conflict"},
        {R"([1])", R"([{"op":"add","path":"/2","value":1}])", "!conflict"},
        {R"([1])", R"([{"op":"add","path":"/01","value":1}])", "!conflict"},
        {R"([1])", R"([{"op":"add","path":"/-1","value":1}])", "!conflict"},
        {R"([1])", R"([{"op":"add","path":"/1e0","value":1}])", "!conflict"},
        {R"([1])", R"([{"op":"add","path":"/99999999999999999999999","value":1}])", "!conflict"},
        {R"([1])", R"([{"op":"remove","path":"/-"}])", "!conflict"},
        {R"([1])", R"([{"op":"move","from":"/3","path":"/3"}])", "!conflict"},
        {R"([1])", R"([{"op":"copy","from":"/3","path":"/0"}])", "!conflict"},
        // The last operation fails: nothing comes of the first.
        {R"({"a":1})", R"([{"op":"replace","path":"/a","value":2},{"op":"test","path":"/a","value":1}])", "!conflict"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.document);
        CAPTURE(c.patch);
        CHECK(patched(c.document, c.patch) == c.category);
    }
}

TEST_CASE("hostile patches end at a limit") {
    const auto many = [](const std::string& operation, std::size_t count) {
        std::string out = "[";
        for (std::size_t i = 0; i < count; ++i) out += (i == 0 ? "" : ",") + operation;
        return out + "]";
    };
    CHECK(patched("{}", many(R"({"op":"add","path":"/a","value":1})", 1000)) == R"({"a":1})");
    CHECK(patched("{}", many(R"({"op":"add","path":"/a","value":1})", 1001)) == "!too_large");
    // Every copy doubles the document, in width or in depth.
    CHECK(patched("[[1]]", many(R"({"op":"copy","from":"","path":"/-"})", 60)) == "!too_large");
    CHECK(patched(R"({"a":[]})", many(R"({"op":"copy","from":"","path":"/a/0"})", 60)) == "!too_large");
    std::string large = "[0";
    for (int i = 0; i < 200'000; ++i) large += ",1";
    large += "]";
    CHECK(patched(large, many(R"({"op":"add","path":"/0","value":1})", 1000)) == "!too_large");
    CHECK(patched(large, many(R"({"op":"test","path":"","value":[]})", 1)) == "!conflict");
    CHECK(patched(large, R"([{"op":"test","path":"","value":[]}])", {.bytes_max = 1000}) == "!too_large");
}

// A twin that copies everything at every step and looks at nothing twice.
struct Twin;
using TwinList = std::vector<Twin>;
using TwinMap = std::map<std::string, Twin>;
struct Twin {
    std::variant<int, TwinList, TwinMap> what = 0;
    friend bool operator==(const Twin& a, const Twin& b) { return a.what == b.what; }
};

Twin twin_of(json::Value value) {
    Twin out;
    if (value.is_array()) {
        TwinList list;
        for (const json::Value element : value.elements()) list.push_back(twin_of(element));
        out.what = std::move(list);
    } else if (value.is_object()) {
        TwinMap map;
        for (const json::Member& member : value.members()) map.emplace(std::string(member.name), twin_of(member.value));
        out.what = std::move(map);
    } else {
        out.what = std::stoi(std::string(value.text()));
    }
    return out;
}

using Path = std::vector<std::string>;

std::optional<Twin> twin_get(const Twin& in, const Path& path, std::size_t from = 0) {
    if (from == path.size()) return in;
    if (const auto* map = std::get_if<TwinMap>(&in.what)) {
        const auto at = map->find(path[from]);
        return at == map->end() ? std::nullopt : twin_get(at->second, path, from + 1);
    }
    if (const auto* list = std::get_if<TwinList>(&in.what)) {
        for (std::size_t i = 0; i < list->size(); ++i) {
            if (std::to_string(i) == path[from]) return twin_get((*list)[i], path, from + 1);
        }
    }
    return std::nullopt;
}

// `change` gets the parent and the last token.
template <typename Change>
std::optional<Twin> twin_change(const Twin& in, const Path& path, const Change& change, std::size_t from = 0) {
    if (from + 1 == path.size()) return change(in, path.back());
    Twin out = in;
    if (auto* map = std::get_if<TwinMap>(&out.what)) {
        if (!map->contains(path[from])) return std::nullopt;
        const auto below = twin_change((*map)[path[from]], path, change, from + 1);
        if (!below) return std::nullopt;
        (*map)[path[from]] = *below;
        return out;
    }
    if (auto* list = std::get_if<TwinList>(&out.what)) {
        for (std::size_t i = 0; i < list->size(); ++i) {
            if (std::to_string(i) != path[from]) continue;
            const auto below = twin_change((*list)[i], path, change, from + 1);
            if (!below) return std::nullopt;
            (*list)[i] = *below;
            return out;
        }
    }
    return std::nullopt;
}

std::optional<Twin> twin_add(const Twin& in, const Path& path, const Twin& value) {
    if (path.empty()) return value;
    return twin_change(in, path, [&](const Twin& parent, const std::string& last) -> std::optional<Twin> {
        Twin out = parent;
        if (auto* map = std::get_if<TwinMap>(&out.what)) {
            (*map)[last] = value;
            return out;
        }
        auto* list = std::get_if<TwinList>(&out.what);
        if (list == nullptr) return std::nullopt;
        for (std::size_t i = 0; i <= list->size(); ++i) {
            if (std::to_string(i) != last && !(i == list->size() && last == "-")) continue;
            list->insert(list->begin() + static_cast<std::ptrdiff_t>(i), value);
            return out;
        }
        return std::nullopt;
    });
}

std::optional<Twin> twin_remove(const Twin& in, const Path& path) {
    if (path.empty()) return std::nullopt;
    return twin_change(in, path, [&](const Twin& parent, const std::string& last) -> std::optional<Twin> {
        Twin out = parent;
        if (auto* map = std::get_if<TwinMap>(&out.what)) return map->erase(last) == 1 ? std::optional(out) : std::nullopt;
        auto* list = std::get_if<TwinList>(&out.what);
        if (list == nullptr) return std::nullopt;
        for (std::size_t i = 0; i < list->size(); ++i) {
            if (std::to_string(i) != last) continue;
            list->erase(list->begin() + static_cast<std::ptrdiff_t>(i));
            return out;
        }
        return std::nullopt;
    });
}

std::string text_of(const Path& path) {
    std::string out;
    for (const std::string& token : path) {
        out += '/';
        for (const char c : token) out += c == '/' ? "~1" : c == '~' ? "~0" : std::string(1, c);
    }
    return out;
}

TEST_CASE("random patches: the same as a slow and obvious twin") {
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto pick = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
    static const std::vector<std::string> kTokens = {"a", "b", "0", "1", "2", "-", "~", "a/b", "01"};
    static const std::vector<std::string> kValues = {"1", "2", "{}", "[]", R"({"a":1,"b":[1,2]})", R"([0,{"a":{"0":3}}])", R"({"~":[[1]],"a/b":2})"};
    const auto path = [&] {
        Path out;
        for (std::size_t n = pick(4); n > 0; --n) out.push_back(kTokens[pick(kTokens.size())]);
        return out;
    };
    std::size_t fitted = 0;
    for (int round = 0; round < 4000; ++round) {
        const std::string start = kValues[4 + pick(3)];
        const auto document = json::Document::parse(start);
        std::optional<Twin> twin = twin_of(document->root());
        std::string patch = "[";
        for (std::size_t n = 1 + pick(4); n > 0 && twin; --n) {
            const Path to = path();
            const Path from = path();
            const std::string value = kValues[pick(kValues.size())];
            const auto parsed = json::Document::parse(value);
            static const char* const kOps[] = {"add", "remove", "replace", "move", "copy", "test"};
            const std::string op = kOps[pick(6)];
            if (patch.size() > 1) patch += ",";
            patch += R"({"op":")" + op + R"(","path":")" + text_of(to) + R"(","from":")" + text_of(from) + R"(","value":)" + value + "}";
            const Twin given = twin_of(parsed->root());
            const auto there = twin_get(*twin, to);
            const auto source = twin_get(*twin, from);
            if (op == "add") twin = twin_add(*twin, to, given);
            else if (op == "remove") twin = twin_remove(*twin, to);
            else if (op == "test") twin = there && *there == given ? twin : std::nullopt;
            else if (op == "copy") twin = source ? twin_add(*twin, to, *source) : std::nullopt;
            else if (op == "replace" && to.empty()) twin = given;
            else if (op == "replace") {
                // Removing and adding at the same place, which "-" is not.
                const auto without = there ? twin_remove(*twin, to) : std::nullopt;
                twin = without ? twin_add(*without, to, given) : std::nullopt;
            } else if (from == to) twin = source ? twin : std::nullopt;
            else if (from.size() < to.size() && std::equal(from.begin(), from.end(), to.begin())) twin = std::nullopt;
            else {
                const auto without = source ? twin_remove(*twin, from) : std::nullopt;
                twin = without ? twin_add(*without, to, *source) : std::nullopt;
            }
        }
        patch += "]";
        CAPTURE(start);
        CAPTURE(patch);
        const auto operations = json::Document::parse(patch);
        REQUIRE(operations);
        const auto ours = json_patch(document->root(), operations->root());
        REQUIRE(ours.has_value() == twin.has_value());
        if (!ours) continue;
        ++fitted;
        const auto result = json::Document::parse(*ours);
        REQUIRE(result);
        REQUIRE(twin_of(result->root()) == *twin);
    }
    CHECK(fitted > 100);
}

}  // namespace
}  // namespace idun::patch
