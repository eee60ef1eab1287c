#include "search/path.h"

#include <algorithm>
#include <optional>

namespace idun::search {
namespace {

constexpr std::size_t kExpressionBytesMax = 16'384;
constexpr std::size_t kStepsMax = 16;

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

bool is_name(std::string_view text) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    if (text.empty() || !letter(text.front())) return false;
    return std::ranges::all_of(text, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// `text` split at `separator` outside parentheses.
std::optional<std::vector<std::string_view>> split(std::string_view text, char separator) {
    std::vector<std::string_view> out;
    int depth = 0;
    std::size_t start = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '(') ++depth;
        if (text[i] == ')' && --depth < 0) return std::nullopt;
        if (text[i] == separator && depth == 0) {
            out.push_back(text.substr(start, i - start));
            start = i + 1;
        }
    }
    if (depth != 0) return std::nullopt;
    out.push_back(text.substr(start));
    return out;
}

// "(X)" without its parentheses when they belong together.
std::string_view unwrapped(std::string_view text) {
    text = trimmed(text);
    while (text.size() >= 2 && text.front() == '(' && text.back() == ')') {
        int depth = 0;
        for (std::size_t i = 0; i + 1 < text.size(); ++i) {
            if (text[i] == '(') ++depth;
            if (text[i] == ')') --depth;
            if (depth == 0) return text;
        }
        text = trimmed(text.substr(1, text.size() - 2));
    }
    return text;
}

// Inside of "NAME(...)"; nothing when `text` is not that call.
std::optional<std::string_view> argument(std::string_view text, std::string_view name) {
    if (!text.starts_with(name) || text.size() < name.size() + 2) return std::nullopt;
    if (text[name.size()] != '(' || text.back() != ')') return std::nullopt;
    return trimmed(text.substr(name.size() + 1, text.size() - name.size() - 2));
}

tl::unexpected<Error> outside() { return fail(Category::unsupported, "the expression is outside what search compiles"); }

// The member names of `element`, of one type only when `type` is given; the shape to go on from in `next`.
std::vector<std::string_view> names_of(const fhir::Shape& shape, std::string_view element, std::string_view type,
                                       const fhir::Shape*& next) {
    std::vector<std::string_view> out;
    next = nullptr;
    for (const fhir::Property& property : shape.properties) {
        if (property.element->name != element) continue;
        const bool of_type = property.type != nullptr && property.type->name == type;
        if (!type.empty() && !of_type) continue;
        out.push_back(property.name);
        next = property.shape;
    }
    if (out.size() > 1) next = nullptr;
    return out;
}

bool starts_at(std::string_view text, std::string_view type) {
    text = unwrapped(text);
    while (!text.empty() && text.front() == '(') text.remove_prefix(1);
    const std::size_t end = text.find_first_of(". ");
    const std::string_view head = text.substr(0, end);
    return head == type || head == "Resource" || head == "DomainResource";
}

}  // namespace

Result<SearchPath> SearchPath::compile(const fhir::Definitions& definitions, std::string_view expression,
                                       std::string_view type) {
    const fhir::Type* defined = definitions.type(type);
    if (expression.size() > kExpressionBytesMax || defined == nullptr || defined->shape == nullptr) return outside();
    const auto parts = split(expression, '|');
    if (!parts) return outside();
    SearchPath out;
    for (const std::string_view part : *parts) {
        if (!starts_at(part, type)) continue;
        TRY_ASSIGN(auto made, branch(defined->shape, part));
        out.branches_.push_back(std::move(made));
    }
    return out;
}

Result<SearchPath::Branch> SearchPath::branch(const fhir::Shape* shape, std::string_view text) {
    text = unwrapped(text);
    std::string_view as;  // "X as Type", around the whole branch
    if (const std::size_t at = text.rfind(" as "); at != std::string_view::npos) {
        as = trimmed(text.substr(at + 4));
        if (!is_name(as)) return outside();
        text = unwrapped(text.substr(0, at));
    }
    const auto parts = split(text, '.');
    if (!parts || parts->size() < 2 || parts->size() > kStepsMax) return outside();

    Branch out;
    for (std::size_t i = 1; i < parts->size(); ++i) {
        const std::string_view part = trimmed((*parts)[i]);
        if (const auto where = argument(part, "where")) {
            constexpr std::string_view kResolve = "resolve() is ";
            if (!where->starts_with(kResolve) || i + 1 != parts->size() || out.steps.empty()) return outside();
            out.target = trimmed(where->substr(kResolve.size()));
            if (!is_name(out.target)) return outside();
            continue;
        }
        if (!is_name(part) || shape == nullptr) return outside();
        // The type of a choice: in a call behind it, or around the whole.
        std::string_view type;
        bool called = false;
        if (i + 1 < parts->size()) {
            auto chosen = argument(trimmed((*parts)[i + 1]), "as");
            if (!chosen) chosen = argument(trimmed((*parts)[i + 1]), "ofType");
            if (chosen) type = *chosen;
            called = chosen.has_value();
        } else {
            type = as;
        }
        const fhir::Shape* next = nullptr;
        Step step{names_of(*shape, part, type, next)};
        if (step.names.empty()) return outside();
        out.steps.push_back(std::move(step));
        shape = next;
        if (called) ++i;
    }
    return out;
}

void SearchPath::collect(json::Value resource,
                         const std::function<void(json::Value, std::string_view)>& found) const {
    for (const Branch& b : branches_) walk(b, 0, resource, found);
}

void SearchPath::walk(const Branch& b, std::size_t at, json::Value value,
                      const std::function<void(json::Value, std::string_view)>& found) {
    if (value.is_array()) {
        for (const json::Value element : value.elements()) walk(b, at, element, found);
        return;
    }
    if (at == b.steps.size()) {
        if (value && value.kind() != json::Kind::null) found(value, b.target);
        return;
    }
    if (!value.is_object()) return;
    for (const std::string_view name : b.steps[at].names) {
        if (const json::Value member = value[name]) return walk(b, at + 1, member, found);
    }
}

}  // namespace idun::search
