#include "units/internal/essence.h"

#include <charconv>
#include <utility>

namespace idun::units {
namespace {

void append_utf8(std::string& out, unsigned code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | (code >> 6));
        out += static_cast<char>(0x80 | (code & 0x3F));
    } else {
        out += static_cast<char>(0xE0 | ((code >> 12) & 0x0F));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (code & 0x3F));
    }
}

// The text with its references resolved and each run of white space as one blank.
std::string plain(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        char c = text[at];
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
            if (!out.empty() && out.back() != ' ') out += ' ';
            continue;
        }
        auto end = c == '&' ? text.find(';', at) : std::string_view::npos;
        if (end == std::string_view::npos) {
            out += c;
            continue;
        }
        auto name = text.substr(at + 1, end - at - 1);
        unsigned code = name == "amp" ? '&' : name == "lt" ? '<' : name == "gt" ? '>' : name == "quot" ? '"' : name == "apos" ? '\'' : 0;
        if (name.starts_with("#")) std::from_chars(name.data() + 1, name.data() + name.size(), code);
        append_utf8(out, code);
        at = end;
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

// The first element with this name: its tag's inside and what lies between its tags.
struct Element {
    std::string_view attributes, content;
    std::size_t end = 0;  // behind it
};

bool find_element(std::string_view xml, std::string_view name, std::size_t from, Element& found) {
    std::string open = "<" + std::string(name);
    for (auto at = xml.find(open, from); at != std::string_view::npos; at = xml.find(open, at + 1)) {
        auto after = at + open.size();
        if (after >= xml.size() || (xml[after] != ' ' && xml[after] != '>' && xml[after] != '\n')) continue;
        auto tag_end = xml.find('>', after);
        if (tag_end == std::string_view::npos) return false;
        found.attributes = xml.substr(after, tag_end - after);
        if (found.attributes.ends_with('/')) {
            found.content = {};
            found.end = tag_end + 1;
            return true;
        }
        std::string close = "</" + std::string(name) + ">";
        auto content_end = xml.find(close, tag_end);
        if (content_end == std::string_view::npos) return false;
        found.content = xml.substr(tag_end + 1, content_end - tag_end - 1);
        found.end = content_end + close.size();
        return true;
    }
    return false;
}

std::string attribute(std::string_view attributes, std::string_view name) {
    auto key = std::string(name) + "=\"";
    for (auto at = attributes.find(key); at != std::string_view::npos; at = attributes.find(key, at + 1)) {
        if (at > 0 && attributes[at - 1] != ' ' && attributes[at - 1] != '\n') continue;
        auto first = at + key.size();
        auto last = attributes.find('"', first);
        return last == std::string_view::npos ? std::string() : plain(attributes.substr(first, last - first));
    }
    return {};
}

// "n<sub>0</sub>" is "n0".
std::string text_of(std::string_view parent, std::string_view name) {
    Element element;
    if (!find_element(parent, name, 0, element)) return {};
    std::string text;
    bool in_tag = false;
    for (char c : element.content) {
        if (c == '<') in_tag = true;
        if (!in_tag) text += c;
        if (c == '>') in_tag = false;
    }
    return plain(text);
}

// "degf(5 K/9)" is {degf, 5, K/9}.
bool split_function(std::string_view printed, EssenceUnit& unit) {
    auto open = printed.find('(');
    auto blank = printed.find(' ', open);
    if (open == std::string_view::npos || blank == std::string_view::npos || !printed.ends_with(')')) return false;
    unit.function = printed.substr(0, open);
    unit.value = printed.substr(open + 1, blank - open - 1);
    unit.definition = printed.substr(blank + 1, printed.size() - blank - 2);
    return true;
}

Result<EssenceUnit> read_unit(const Element& element) {
    EssenceUnit unit;
    unit.code = attribute(element.attributes, "Code");
    unit.name = text_of(element.content, "name");
    unit.property = text_of(element.content, "property");
    unit.metric = attribute(element.attributes, "isMetric") == "yes";
    unit.arbitrary = attribute(element.attributes, "isArbitrary") == "yes";
    Element value;
    if (!find_element(element.content, "value", 0, value)) return fail(Category::corrupt, "a UCUM unit without a value");
    unit.value = attribute(value.attributes, "value");
    unit.definition = attribute(value.attributes, "Unit");
    // Of special units the printed form counts: for %[slope] the function element says otherwise than the specification.
    if (attribute(element.attributes, "isSpecial") == "yes" && !split_function(unit.definition, unit)) {
        return fail(Category::corrupt, "a special UCUM unit without a function");
    }
    if (unit.code.empty() || unit.value.empty() || unit.definition.empty()) return fail(Category::corrupt, "a UCUM unit with parts missing");
    return unit;
}

}  // namespace

Result<Essence> read_essence(std::string_view xml) {
    Essence out;
    Element element;
    if (!find_element(xml, "root", 0, element)) return fail(Category::corrupt, "no UCUM definitions");
    out.version = attribute(element.attributes, "version");
    out.date = attribute(element.attributes, "revision-date");
    for (std::size_t at = 0; find_element(xml, "prefix", at, element); at = element.end) {
        Element value;
        if (!find_element(element.content, "value", 0, value)) return fail(Category::corrupt, "a UCUM prefix without a value");
        out.prefixes.push_back({attribute(element.attributes, "Code"), text_of(element.content, "name"), attribute(value.attributes, "value")});
    }
    for (std::size_t at = 0; find_element(xml, "base-unit", at, element); at = element.end) {
        EssenceUnit unit;
        unit.code = attribute(element.attributes, "Code");
        unit.name = text_of(element.content, "name");
        unit.property = text_of(element.content, "property");
        unit.base = unit.metric = true;
        out.units.push_back(std::move(unit));
    }
    for (std::size_t at = 0; find_element(xml, "unit", at, element); at = element.end) {
        TRY_ASSIGN(auto unit, read_unit(element));
        out.units.push_back(std::move(unit));
    }
    return out;
}

}  // namespace idun::units
