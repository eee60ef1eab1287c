#include "patch/internal/tree.h"

#include <algorithm>
#include <charconv>

namespace idun::patch {
namespace {

using json::Kind;

// "-12.50e3" as "-125e2": no zeros at either end. A number whose exponent is beyond all sense stays as it is.
std::string normal_number(std::string_view text) {
    const std::string_view whole = text;
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    long long exponent = 0;
    if (const std::size_t e = text.find_first_of("eE"); e != std::string_view::npos) {
        std::string_view digits = text.substr(e + 1);
        if (digits.starts_with('+')) digits.remove_prefix(1);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
        constexpr long long kSane = 1'000'000'000'000;
        if (error != std::errc{} || end != digits.data() + digits.size() || exponent > kSane || exponent < -kSane) {
            return std::string(whole);
        }
        text = text.substr(0, e);
    }
    std::string digits(text.substr(0, text.find('.')));
    if (const std::size_t point = text.find('.'); point != std::string_view::npos) {
        digits += text.substr(point + 1);
        exponent -= static_cast<long long>(text.size() - point - 1);
    }
    const std::size_t last = digits.find_last_not_of('0');
    if (last == std::string::npos) return "0";
    exponent += static_cast<long long>(digits.size() - last - 1);
    digits.resize(last + 1);
    digits.erase(0, digits.find_first_not_of('0'));
    return (negative ? "-" : "") + digits + "e" + std::to_string(exponent);
}

void append_canonical(std::string& out, Tree tree) {
    tree.unfold();
    if (!tree.unfolded) {
        if (tree.value.kind() == Kind::number) out += normal_number(tree.value.text());
        else out += json::to_text(tree.value);
        return;
    }
    if (!tree.array) std::ranges::sort(tree.children, {}, &Tree::name);
    out += tree.array ? '[' : '{';
    for (Tree& child : tree.children) {
        if (!tree.array) json::append_quoted(out, child.name);
        out += ':';
        append_canonical(out, std::move(child));
        out += ',';
    }
    out += tree.array ? ']' : '}';
}

void count(json::Value value, std::size_t depth, Measure& out) {
    ++out.nodes;
    out.bytes += 2 + value.text().size() + (value.kind() == Kind::boolean || value.kind() == Kind::null ? 3 : 0);
    if (value.is_array() || value.is_object()) out.depth = std::max(out.depth, depth + 1);
    for (const json::Value element : value.elements()) {
        ++out.bytes;
        count(element, depth + 1, out);
    }
    for (const json::Member& member : value.members()) {
        out.bytes += member.name.size() + 4;
        count(member.value, depth + 1, out);
    }
}

void count(const Tree& tree, std::size_t depth, Measure& out) {
    if (!tree.unfolded) return count(tree.value, depth, out);
    ++out.nodes;
    out.bytes += 2;
    out.depth = std::max(out.depth, depth + 1);
    for (const Tree& child : tree.children) {
        out.bytes += child.name.size() + 4;
        count(child, depth + 1, out);
    }
}

}  // namespace

Tree Tree::of(json::Value value, std::string_view name) {
    Tree out;
    out.name = name;
    out.value = value;
    return out;
}

Tree Tree::empty_object(std::string_view name) {
    Tree out;
    out.name = name;
    out.unfolded = true;
    return out;
}

Tree Tree::empty_array(std::string_view name) {
    Tree out = empty_object(name);
    out.array = true;
    return out;
}

void Tree::unfold() {
    if (unfolded || (!value.is_object() && !value.is_array())) return;
    unfolded = true;
    array = value.is_array();
    children.reserve(value.size());
    for (const json::Value element : value.elements()) children.push_back(of(element));
    for (const json::Member& member : value.members()) children.push_back(of(member.value, member.name));
}

std::size_t Tree::find(std::string_view member) const {
    for (std::size_t i = 0; i < children.size(); ++i) {
        if (children[i].name == member) return i;
    }
    return npos;
}

void write(json::Writer& writer, const Tree& tree) {
    if (!tree.unfolded) {
        writer.value(tree.value);
        return;
    }
    tree.array ? writer.array() : writer.object();
    for (const Tree& child : tree.children) {
        if (!tree.array) writer.name(child.name);
        write(writer, child);
    }
    writer.end();
}

Measure measure(const Tree& tree) {
    Measure out;
    count(tree, 0, out);
    return out;
}

std::string canonical(const Tree& tree) {
    std::string out;
    append_canonical(out, tree);
    return out;
}

Status Budget::bytes(std::size_t count) {
    if (count > bytes_left_) return fail(Category::too_large, "the patch adds, copies or compares too much");
    bytes_left_ -= count;
    return {};
}

Status Budget::steps(std::size_t count) {
    if (count > steps_left_) return fail(Category::too_large, "the patch is too much work");
    steps_left_ -= count;
    return {};
}

}  // namespace idun::patch
