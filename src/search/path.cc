#include "search/path.h"

#include <algorithm>

namespace idun::search {
namespace {

constexpr std::size_t kExpressionBytesMax = 16'384;
constexpr std::size_t kStepsMax = 16;
constexpr int kDepthMax = 8;

tl::unexpected<Error> outside() { return fail(Category::unsupported, "the expression is outside what search compiles"); }

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool same_type(std::string_view a, std::string_view b) {
    // R4 writes as(DateTime) for dateTime.
    return std::ranges::equal(a, b, [](char x, char y) { return (x | 32) == (y | 32); });
}

bool has_extension(json::Value value, std::string_view url) {
    for (const json::Value extension : value["extension"].elements()) {
        if (extension["url"].text() == url) return true;
    }
    return false;
}

// As value[name]; most names differ in length or first letter, which is seen faster than memcmp is called.
json::Value member_of(json::Value value, std::string_view name) {
    for (const json::Member& member : value.members()) {
        if (member.name.size() == name.size() && member.name.front() == name.front() && member.name == name)
            return member.value;
    }
    return {};
}

// The JSON values true and false, for computed booleans.
json::Value truth_value(bool truth) {
    static const json::Document made = std::move(*json::Document::parse("[false,true]"));
    return made.root()[truth ? std::size_t{1} : std::size_t{0}];
}

}  // namespace

// One expression, from left to right.
class PathParser {
public:
    using Branch = Path::Branch;
    using Branches = std::vector<Branch>;

    PathParser(std::string_view text, std::string_view type, std::vector<const fhir::Shape*> shapes, const fhir::Shape* root)
        : rest_(text), type_(type), shapes_(std::move(shapes)), root_(root) {}

    Result<Branches> run() {
        TRY_ASSIGN(auto out, united(0));
        space();
        if (!rest_.empty()) return outside();
        return out;
    }

private:
    void space() {
        while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
    }
    bool take(std::string_view text) {
        space();
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }
    std::string_view name() {
        space();
        std::size_t size = 0;
        while (size < rest_.size() && (letter(rest_[size]) || (size > 0 && rest_[size] >= '0' && rest_[size] <= '9'))) ++size;
        const std::string_view out = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return out;
    }
    std::optional<std::string_view> quoted() {
        if (!take("'")) return std::nullopt;
        const std::size_t end = rest_.find('\'');
        if (end == std::string_view::npos) return std::nullopt;
        const std::string_view out = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return out;
    }

    Result<Branches> united(int depth) {
        if (depth > kDepthMax) return outside();
        Branches out;
        do {
            TRY_ASSIGN(auto some, term(depth));
            std::ranges::move(some, std::back_inserter(out));
        } while (take("|"));
        return out;
    }

    Result<Branches> term(int depth) {
        TRY_ASSIGN(auto out, steps(depth));
        if (take("as ")) TRY(typed(out, name()));
        if (take("and ")) {
            // X.exists() and X != false
            if (!exists_) return outside();
            TRY_ASSIGN(const auto again, steps(depth));
            if (again != out || !take("!=") || name() != "false") return outside();
            for (Branch& branch : out) branch.truth = true;
            exists_ = false;
        }
        if (exists_) return outside();
        return out;
    }

    Result<Branches> steps(int depth) {
        TRY_ASSIGN(auto out, head(depth));
        while (true) {
            if (take("[")) {
                std::size_t place = 0;
                while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9' && place < 1000) {
                    place = place * 10 + static_cast<std::size_t>(rest_.front() - '0');
                    rest_.remove_prefix(1);
                }
                if (!take("]")) return outside();
                for (Branch& branch : out) {
                    if (branch.steps.empty()) return outside();
                    branch.steps.back().place = place;
                }
                continue;
            }
            if (!take(".")) return out;
            if (take("exists()")) {
                exists_ = true;
                return out;
            }
            if (take("where(")) {
                TRY(where(out));
            } else if (take("extension(")) {
                const auto url = quoted();
                if (!url || !take(")")) return outside();
                TRY(member(out, "extension"));
                for (Branch& branch : out) {
                    branch.steps.back().member = "url";
                    branch.steps.back().text = *url;
                }
            } else if (take("as(") || take("ofType(")) {
                TRY(typed(out, name()));
                if (!take(")")) return outside();
            } else {
                TRY(member(out, name()));
            }
        }
    }

    Result<Branches> head(int depth) {
        if (take("(")) {
            TRY_ASSIGN(auto inner, united(depth + 1));
            if (!take(")")) return outside();
            return inner;
        }
        if (take("%resource")) {
            if (root_ == nullptr) return outside();
            Branch branch;
            branch.from_root = true;
            branch.start = root_;
            return Branches{branch};
        }
        const std::string_view first = name();
        if (first.empty()) return outside();
        if (!type_.empty()) {
            if (first == type_ || first == "Resource" || first == "DomainResource") return starts();
            return outside();
        }
        Branches out = starts();
        TRY(member(out, first));
        return out;
    }

    Branches starts() const {
        Branches out;
        for (const fhir::Shape* shape : shapes_) {
            Branch branch;
            branch.start = shape;
            out.push_back(branch);
        }
        return out;
    }

    static std::vector<const fhir::Shape*> shapes_at(const Branch& branch) {
        std::vector<const fhir::Shape*> out;
        if (branch.steps.empty()) {
            out.push_back(branch.start);
            return out;
        }
        for (const Path::Name& one : branch.steps.back().names) {
            if (one.property->shape != nullptr && std::ranges::find(out, one.property->shape) == out.end()) out.push_back(one.property->shape);
        }
        return out;
    }

    static Status member(Branches& branches, std::string_view name) {
        if (name.empty()) return outside();
        for (Branch& branch : branches) {
            if (branch.steps.size() >= kStepsMax) return outside();
            Path::Step step;
            for (const fhir::Shape* shape : shapes_at(branch)) {
                for (const fhir::Property& property : shape->properties) {
                    if (property.element->name == name || property.name == name) step.names.push_back({property.name, &property});
                }
            }
            if (step.names.empty()) return outside();
            branch.steps.push_back(std::move(step));
        }
        return {};
    }

    static Status typed(Branches& branches, std::string_view type) {
        if (type.empty()) return outside();
        for (Branch& branch : branches) {
            if (branch.steps.empty()) return outside();
            auto& names = branch.steps.back().names;
            std::erase_if(names, [&](const Path::Name& one) {
                return one.property->type == nullptr || !same_type(one.property->type->name, type);
            });
            if (names.empty()) return outside();
        }
        return {};
    }

    Status where(Branches& branches) {
        if (take("resolve() is ")) {
            const std::string_view target = name();
            if (target.empty() || !take(")")) return outside();
            for (Branch& branch : branches) {
                if (branch.steps.empty()) return outside();
                branch.target = target;
            }
            return {};
        }
        if (take("hasExtension(")) {
            const auto url = quoted();
            if (!url || !take(")") || !take(")")) return outside();
            for (Branch& branch : branches) {
                if (branch.steps.empty()) return outside();
                branch.steps.back().extension = *url;
            }
            return {};
        }
        const std::string_view member = name();
        if (member.empty() || !take("=")) return outside();
        const auto text = quoted();
        if (!text || !take(")")) return outside();
        for (Branch& branch : branches) {
            const auto shapes = shapes_at(branch);
            const fhir::Property* found = nullptr;
            for (const fhir::Shape* shape : shapes) found = shape->find(member);
            if (branch.steps.empty() || found == nullptr) return outside();
            branch.steps.back().member = found->name;
            branch.steps.back().text = *text;
        }
        return {};
    }

    std::string_view rest_;
    std::string_view type_;  // "" for relative expressions
    std::vector<const fhir::Shape*> shapes_;
    const fhir::Shape* root_;
    bool exists_ = false;
};

namespace {

// `text` split at "|" outside parentheses and quotes.
std::optional<std::vector<std::string_view>> alternatives(std::string_view text) {
    std::vector<std::string_view> out;
    int depth = 0;
    bool in_quotes = false;
    std::size_t start = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\'') in_quotes = !in_quotes;
        if (in_quotes) continue;
        if (text[i] == '(') ++depth;
        if (text[i] == ')' && --depth < 0) return std::nullopt;
        if (text[i] == '|' && depth == 0) {
            out.push_back(text.substr(start, i - start));
            start = i + 1;
        }
    }
    if (depth != 0 || in_quotes) return std::nullopt;
    out.push_back(text.substr(start));
    return out;
}

bool starts_at(std::string_view text, std::string_view type) {
    while (!text.empty() && (text.front() == '(' || text.front() == ' ')) text.remove_prefix(1);
    const std::string_view head = text.substr(0, text.find_first_of(". )"));
    return head == type || head == "Resource" || head == "DomainResource";
}

}  // namespace

Result<Path> Path::compile(const fhir::Definitions& definitions, std::string_view expression, std::string_view type) {
    const fhir::Type* defined = definitions.type(type);
    if (expression.size() > kExpressionBytesMax || defined == nullptr || defined->shape == nullptr) return outside();
    const auto parts = alternatives(expression);
    if (!parts) return outside();
    Path out;
    for (const std::string_view part : *parts) {
        const std::size_t first = part.find_first_not_of(" (");
        // R4 forgot the type in one expression ("name | alias" of InsurancePlan).
        const bool bare = first != std::string_view::npos && part[first] >= 'a' && part[first] <= 'z';
        if (!bare && !starts_at(part, type)) continue;
        TRY_ASSIGN(auto made, PathParser(part, bare ? std::string_view() : type, {defined->shape}, defined->shape).run());
        std::ranges::move(made, std::back_inserter(out.branches_));
    }
    return out;
}

Result<Path> Path::relative(const fhir::Definitions&, std::string_view expression, const Path& base) {
    if (expression.size() > kExpressionBytesMax || base.empty()) return outside();
    Path out;
    std::vector<const fhir::Shape*> shapes;
    const fhir::Shape* root = base.branches_.front().start;
    for (const Branch& branch : base.branches_) {
        if (branch.steps.empty()) {
            shapes.push_back(branch.start);
            continue;
        }
        for (const Name& name : branch.steps.back().names) {
            if (name.property->shape != nullptr) shapes.push_back(name.property->shape);
        }
    }
    TRY_ASSIGN(out.branches_, PathParser(expression, "", std::move(shapes), root).run());
    // Several bases may give the same look-ups.
    std::vector<Branch> distinct;
    for (Branch& branch : out.branches_) {
        const bool known = std::ranges::any_of(distinct, [&](const Branch& other) {
            const auto names = [](const Branch& b) {
                std::string all(b.from_root ? "%" : "");
                for (const Step& step : b.steps) {
                    for (const Name& name : step.names) all.append(name.name).append(",");
                    all += ".";
                }
                return all;
            };
            return names(other) == names(branch);
        });
        if (!known) distinct.push_back(std::move(branch));
    }
    out.branches_ = std::move(distinct);
    return out;
}

void Path::collect(json::Value from, json::Value root, Found found) const {
    for (const Branch& branch : branches_) {
        const json::Value start = branch.from_root ? root : from;
        if (!branch.truth) {
            walk(branch, 0, start, nullptr, found);
            continue;
        }
        bool any = false;
        walk(branch, 0, start, nullptr, [&](json::Value value, const Leaf&) {
            any = any || value.kind() != json::Kind::boolean || value.boolean();
        });
        found(truth_value(any), Leaf{});
    }
}

void Path::walk(const Branch& b, std::size_t at, json::Value value, const fhir::Property* property, Found found) {
    const Step* behind = at == 0 ? nullptr : &b.steps[at - 1];
    if (value.is_array()) {
        std::size_t place = 0;
        for (const json::Value element : value.elements()) {
            if (behind == nullptr || !behind->place || *behind->place == place) walk(b, at, element, property, found);
            ++place;
        }
        return;
    }
    if (behind != nullptr && !behind->member.empty() && value[behind->member].text() != behind->text) return;
    if (behind != nullptr && !behind->extension.empty() && !has_extension(value, behind->extension)) return;
    if (at == b.steps.size()) {
        if (value && value.kind() != json::Kind::null) found(value, Leaf{b.target, property});
        return;
    }
    if (!value.is_object()) return;
    for (const Name& name : b.steps[at].names) {
        if (const json::Value member = member_of(value, name.name))
            return walk(b, at + 1, member, name.property, found);
    }
}

bool Path::same_elements(const Path& other) const {
    return std::ranges::equal(branches_, other.branches_, [](const Branch& a, const Branch& b) {
        return a.steps == b.steps && a.from_root == b.from_root && a.truth == b.truth;
    });
}

bool Path::may_end_at(std::string_view type) const {
    for (const Branch& branch : branches_) {
        if (branch.steps.empty()) continue;
        for (const Name& name : branch.steps.back().names) {
            if (name.property->type != nullptr && name.property->type->name == type) return true;
        }
    }
    return false;
}

}  // namespace idun::search
