#include "search/query.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "fhir/resource_id.h"
#include "search/internal/criterion.h"
#include "search/internal/lexer.h"
#include "search/values.h"

namespace idun::search {
namespace {

using fhir::SearchType;
using Errors = std::vector<Error>;
using Kind = Clause::Kind;

constexpr std::pair<std::string_view, Modifier> kModifiers[] = {
    {"missing", Modifier::missing},   {"exact", Modifier::exact}, {"contains", Modifier::contains},
    {"text", Modifier::text},         {"not", Modifier::not_in_set}, {"in", Modifier::in},
    {"not-in", Modifier::not_in},     {"above", Modifier::above}, {"below", Modifier::below},
    {"of-type", Modifier::of_type},   {"identifier", Modifier::identifier}};

// Whether R4 gives the modifier to parameters of the type.
bool allowed(Modifier modifier, const Parameter& parameter) {
    const SearchType type = parameter.type;
    switch (modifier) {
        case Modifier::none:
        case Modifier::missing: return true;
        case Modifier::exact:
        case Modifier::contains: return type == SearchType::string;
        case Modifier::text: return type == SearchType::token;
        case Modifier::not_in_set:
        case Modifier::in:
        case Modifier::not_in: return type == SearchType::token;
        case Modifier::above:
        case Modifier::below: return type == SearchType::token || type == SearchType::uri;
        case Modifier::of_type: return type == SearchType::token && parameter.path.may_end_at("Identifier");
        case Modifier::identifier: return type == SearchType::reference;
    }
    return false;
}

std::string modifiers_of(const Parameter& parameter) {
    std::string out;
    for (const auto& [name, modifier] : kModifiers) {
        if (allowed(modifier, parameter)) out.append(out.empty() ? ":" : ", :").append(name);
    }
    if (parameter.type == SearchType::reference) out += ", :[type], and chains";
    return out;
}

// The first link of "subject:Patient.organization.name".
struct Name {
    std::string_view base;
    std::string_view modifier;
    std::string_view chain;  // "organization.name"
    bool malformed = false;
};
Name taken_apart(std::string_view text) {
    Name out;
    if (const std::size_t dot = text.find('.'); dot != std::string_view::npos) {
        out.chain = text.substr(dot + 1);
        text = text.substr(0, dot);
        out.malformed = out.chain.empty();
    }
    if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
        out.modifier = text.substr(colon + 1);
        text = text.substr(0, colon);
        out.malformed = out.malformed || out.modifier.empty();
    }
    out.base = text;
    return out;
}

std::optional<std::size_t> natural(std::string_view text) {
    std::size_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return out;
}

class Parser {
public:
    Parser(const Registry& known, std::vector<std::string> types, const SearchLimits& limits) : known_(known), limits_(limits) {
        query_.types = std::move(types);
    }

    tl::expected<Query, Errors> run(const std::vector<std::pair<std::string, std::string>>& parameters) {
        if (parameters.size() > limits_.parameters_max) {
            problem(Category::too_large, "", "more than " + std::to_string(limits_.parameters_max) + " search parameters");
            return tl::unexpected(std::move(errors_));
        }
        for (const auto& [name, value] : parameters) one(name, value);
        if (!errors_.empty()) return tl::unexpected(std::move(errors_));
        return std::move(query_);
    }

private:
    void problem(Category category, std::string_view name, std::string message) {
        errors_.emplace_back(category, std::move(message), shown(name));
    }
    void malformed(std::string_view name, std::string_view expected) {
        problem(Category::invalid, name, "a value of this search parameter is malformed: expected " + std::string(expected));
    }
    // Not understood: refused, or left out when the caller asked for that.
    void unknown(std::string_view name, std::string message) {
        if (limits_.lenient) query_.ignored.emplace_back(Category::invalid, std::move(message), shown(name));
        else problem(Category::invalid, name, std::move(message));
    }

    void one(std::string_view name, std::string_view value) {
        if (value.size() > limits_.value_bytes_max * limits_.values_max) {
            return problem(Category::too_large, name, "the value of this search parameter is too long");
        }
        if (control(name, value)) return;
        if (auto made = clause(query_.types, name, name, value, 0)) query_.clauses.push_back(std::move(*made));
    }

    // One criterion on resources of any of `types`; nothing when something is wrong (then there is an error, or a note
    // of what is ignored). `whole` is the parameter's name as given, `name` what is left of it.
    std::optional<Clause> clause(const std::vector<std::string>& types, std::string_view whole, std::string_view name,
                                 std::string_view value, std::size_t depth) {
        if (depth > limits_.chain_max) {
            problem(Category::too_large, whole, "more than " + std::to_string(limits_.chain_max) + " links in a chain");
            return std::nullopt;
        }
        if (name.starts_with("_has:")) return has(types, whole, name.substr(5), value, depth);
        const Name parts = taken_apart(name);
        if (parts.malformed) {
            unknown(whole, "the name of this search parameter is malformed");
            return std::nullopt;
        }
        if (parts.base == "_id" || parts.base == "_lastUpdated" || parts.base == "_list") {
            if (parts.modifier.empty() && parts.chain.empty()) return own(whole, parts.base, value);
            unknown(whole, "this parameter takes no modifier and no chain");
            return std::nullopt;
        }
        Clause out;
        out.name = shown(whole);
        for (const std::string& type : types) {
            const Parameter* parameter = known_.find(type, parts.base);
            if (parameter == nullptr) {
                unknown(whole, "this search parameter is not supported; allowed are: " + allowed_parameters(known_, type));
                return std::nullopt;
            }
            out.parameters.push_back(parameter);
        }
        if (!parts.chain.empty()) return chain(std::move(out), whole, parts, value, depth);
        return values(std::move(out), whole, parts.modifier, value);
    }

    std::optional<Clause> own(std::string_view whole, std::string_view name, std::string_view value) {
        Clause out;
        out.name = shown(whole);
        out.kind = name == "_id" ? Kind::ids : name == "_list" ? Kind::list : Kind::last_updated;
        for (const std::string_view text : separated(whole, value)) {
            if (out.kind != Kind::last_updated) {
                if (!fhir::valid_id(text)) return malformed(whole, "a resource id"), std::nullopt;
                out.ids.emplace_back(text);
                continue;
            }
            const auto date = date_criterion(text);
            if (!date) return malformed(whole, "a date, with or without a prefix"), std::nullopt;
            Criterion criterion;
            criterion.prefix = date->prefix;
            criterion.interval = date->value;
            out.criteria.push_back(std::move(criterion));
        }
        std::ranges::sort(out.ids);
        if (out.ids.empty() && out.criteria.empty()) return std::nullopt;
        return out;
    }

    // The resource types that a reference leads to: the one in its modifier, or all that it may have.
    std::vector<std::string> led_to(const Clause& clause, std::string_view modifier) const {
        std::vector<std::string> out;
        if (!modifier.empty()) {
            const bool fits = known_.definitions().is_resource(modifier) &&
                              std::ranges::all_of(clause.parameters, [&](const Parameter* p) { return p->may_point_at(modifier); });
            if (fits) out.emplace_back(modifier);
            return out;
        }
        for (const Parameter* parameter : clause.parameters) {
            if (parameter->name == "patient" && parameter->may_point_at("Patient")) {
                out.emplace_back("Patient");
                continue;
            }
            for (const std::string_view target : parameter->targets) {
                if (known_.definitions().is_resource(target)) out.emplace_back(target);
            }
        }
        std::ranges::sort(out);
        const auto rest = std::ranges::unique(out);
        out.erase(rest.begin(), rest.end());
        return out;
    }

    bool one_more_inner(std::string_view whole) {
        if (++inner_ <= limits_.inner_max) return true;
        problem(Category::too_large, whole, "the chains lead to too many resource types: say which, as name:Type.name");
        return false;
    }

    std::optional<Clause> chain(Clause out, std::string_view whole, const Name& parts, std::string_view value, std::size_t depth) {
        const bool references = std::ranges::all_of(out.parameters, [](const Parameter* p) { return p->type == SearchType::reference; });
        const auto targets = references ? led_to(out, parts.modifier) : std::vector<std::string>();
        if (targets.empty()) {
            unknown(whole, references ? "say which resource type this chain leads to, one that the reference may have: name:Type.name"
                                      : "only references can be followed by a chain");
            return std::nullopt;
        }
        out.kind = Kind::chain;
        // Of the types that it may lead to, those that have the next parameter.
        const std::string_view next = parts.chain.starts_with("_has:") ? std::string_view("_id") : taken_apart(parts.chain).base;
        for (const std::string& target : targets) {
            const bool has = next.starts_with("_") || known_.find(target, next) != nullptr;
            if (!has && targets.size() > 1) continue;
            if (!one_more_inner(whole)) return std::nullopt;
            auto inner = clause({target}, whole, parts.chain, value, depth + 1);
            if (!inner) return std::nullopt;
            auto query = std::make_shared<Query>();
            query->types = {target};
            query->clauses.push_back(std::move(*inner));
            out.inner.push_back(std::move(query));
        }
        if (out.inner.empty()) {
            unknown(whole, "no resource type that this chain leads to has the parameter at its end");
            return std::nullopt;
        }
        return out;
    }

    // Type:reference:name[:modifier][.chain]
    std::optional<Clause> has(const std::vector<std::string>& types, std::string_view whole, std::string_view rest,
                              std::string_view value, std::size_t depth) {
        const std::size_t first = rest.find(':');
        const std::size_t second = first == std::string_view::npos ? first : rest.find(':', first + 1);
        if (second == std::string_view::npos) {
            unknown(whole, "expected _has:Type:reference:parameter");
            return std::nullopt;
        }
        const std::string type(rest.substr(0, first));
        const Parameter* reference = known_.find(type, rest.substr(first + 1, second - first - 1));
        const bool points = reference != nullptr && reference->type == SearchType::reference &&
                            std::ranges::any_of(types, [&](const std::string& one) { return reference->may_point_at(one); });
        if (!points) {
            unknown(whole, "the second part of _has must be a reference parameter of the first that may point at what is searched");
            return std::nullopt;
        }
        if (!one_more_inner(whole)) return std::nullopt;
        auto inner = clause({type}, whole, rest.substr(second + 1), value, depth + 1);
        if (!inner) return std::nullopt;
        Clause out;
        out.kind = Kind::has;
        out.name = shown(whole);
        out.parameters.push_back(reference);
        auto query = std::make_shared<Query>();
        query->types = {type};
        query->clauses.push_back(std::move(*inner));
        out.inner.push_back(std::move(query));
        return out;
    }

    // The values of one parameter; empty when there are too many or an empty one.
    std::vector<std::string_view> separated(std::string_view name, std::string_view value) {
        auto out = split_escaped(value, ',');
        if (out.size() > limits_.values_max) {
            problem(Category::too_large, name, "more than " + std::to_string(limits_.values_max) + " values");
            return {};
        }
        const bool bad = std::ranges::any_of(out, [&](std::string_view v) { return v.empty() || v.size() > limits_.value_bytes_max; });
        if (bad) {
            malformed(name, "values with 1 to " + std::to_string(limits_.value_bytes_max) + " bytes each");
            return {};
        }
        return out;
    }

    std::optional<Clause> values(Clause out, std::string_view whole, std::string_view modifier, std::string_view value) {
        std::string_view type;
        if (!modifier.empty()) {
            const auto* named = std::ranges::find(kModifiers, modifier, &std::pair<std::string_view, Modifier>::first);
            if (named != std::end(kModifiers)) out.modifier = named->second;
            else type = modifier;
        }
        for (const Parameter* parameter : out.parameters) {
            const bool typed = type.empty() || (parameter->type == SearchType::reference && known_.definitions().is_resource(type) &&
                                                parameter->may_point_at(type));
            if (!typed || !allowed(out.modifier, *parameter)) {
                unknown(whole, "this parameter does not take that modifier; it takes " + modifiers_of(*parameter));
                return std::nullopt;
            }
        }
        const Parameter& first = *out.parameters.front();
        if (std::ranges::any_of(out.parameters, [&](const Parameter* p) { return p->type != first.type; })) {
            unknown(whole, "this parameter means different things in the types that are searched");
            return std::nullopt;
        }
        if (out.modifier == Modifier::missing) {
            if (value != "true" && value != "false") return malformed(whole, "true or false"), std::nullopt;
            out.missing = value == "true";
            return out;
        }
        const bool asks_terms = first.type == SearchType::token && (out.modifier == Modifier::in || out.modifier == Modifier::not_in ||
                                                                     out.modifier == Modifier::above || out.modifier == Modifier::below);
        if (asks_terms && limits_.terminology == nullptr) {
            unknown(whole, "there is no terminology here to answer this modifier");
            return std::nullopt;
        }
        for (const std::string_view text : separated(whole, value)) {
            auto made = criterion_of(first, out.modifier, type, text, limits_.base_url);
            if (!made) return malformed(whole, form_of(first, out.modifier)), std::nullopt;
            const bool value_set = out.modifier == Modifier::in || out.modifier == Modifier::not_in;
            if (value_set && !limits_.terminology->knows_value_set(made->text)) {
                problem(Category::unsupported, whole, "the value set is not known here");
                return std::nullopt;
            }
            const bool subsumption = first.type == SearchType::token && (out.modifier == Modifier::above || out.modifier == Modifier::below);
            if (subsumption && made->form != Criterion::Form::exact) return malformed(whole, "system|code"), std::nullopt;
            out.criteria.push_back(std::move(*made));
        }
        if (out.criteria.empty()) return std::nullopt;
        return out;
    }

    // Parameters that say how to answer. False when `name` is none of them.
    bool control(std::string_view name, std::string_view value) {
        if (name == "_count") return count(value);
        if (name == "_sort") return sort(value);
        if (name == "_total") return total(value);
        if (name == "_summary") return summary(value);
        if (name == "_elements") return elements(value);
        const Name parts = taken_apart(name);
        if (parts.base == "_include" || parts.base == "_revinclude") return include(name, parts, value);
        return false;
    }
    bool once(std::string_view name) {
        if (std::ranges::find(seen_, name) == seen_.end()) {
            seen_.emplace_back(name);
            return true;
        }
        problem(Category::invalid, name, "this parameter may be given once");
        return false;
    }
    bool count(std::string_view value) {
        if (!once("_count")) return true;
        const auto number = natural(value);
        if (!number || *number > 1'000'000) return malformed("_count", "a number from 0 to 1000000"), true;
        query_.count = *number;
        if (*number == 0) query_.only_count = true;
        return true;
    }
    bool total(std::string_view value) {
        if (!once("_total")) return true;
        if (value == "none") query_.total = Query::Total::none;
        else if (value == "estimate") query_.total = Query::Total::estimate;
        else if (value == "accurate") query_.total = Query::Total::accurate;
        else malformed("_total", "none, estimate or accurate");
        return true;
    }
    bool summary(std::string_view value) {
        if (!once("_summary")) return true;
        if (value == "count") query_.only_count = true;
        else if (value == "true") query_.summary = Query::Summary::yes;
        else if (value == "text") query_.summary = Query::Summary::text;
        else if (value == "data") query_.summary = Query::Summary::data;
        else if (value != "false") malformed("_summary", "true, text, data, count or false");
        return true;
    }
    bool elements(std::string_view value) {
        if (!once("_elements")) return true;
        for (const std::string_view text : separated("_elements", value)) {
            for (const std::string& type : query_.types) {
                const fhir::Shape* shape = known_.definitions().type(type)->shape;
                const std::string_view plain = text.starts_with(type + ".") ? text.substr(type.size() + 1) : text;
                const bool there = shape->find(plain) != nullptr || std::ranges::any_of(shape->elements, [&](const fhir::Element& e) { return e.name == plain; });
                if (!there) return unknown("_elements", "an element that " + type + " does not have at its top"), true;
                query_.elements.emplace_back(plain);
            }
        }
        return true;
    }

    bool sort(std::string_view value) {
        if (!once("_sort")) return true;
        const auto keys = separated("_sort", value);
        if (keys.size() > limits_.sort_keys_max) {
            return problem(Category::too_large, "_sort", "more than " + std::to_string(limits_.sort_keys_max) + " keys"), true;
        }
        for (std::string_view text : keys) {
            SortKey key;
            key.descending = text.starts_with('-');
            if (key.descending) text.remove_prefix(1);
            const bool sortable = text == "_lastUpdated" || text == "_id" || std::ranges::all_of(query_.types, [&](const std::string& type) {
                const Parameter* parameter = known_.find(type, text);
                return parameter != nullptr && parameter->type != SearchType::composite && parameter->type != SearchType::special;
            });
            if (!sortable) {
                unknown("_sort", "sorting is by _lastUpdated, _id or a parameter of what is searched, except composite ones, with - for descending");
                continue;
            }
            key.name = text;
            query_.sort.push_back(std::move(key));
        }
        return true;
    }

    bool include(std::string_view name, const Name& parts, std::string_view value) {
        Include out;
        out.reverse = parts.base == "_revinclude";
        out.iterate = parts.modifier == "iterate" || parts.modifier == "recurse";
        if (parts.malformed || !parts.chain.empty() || (!parts.modifier.empty() && !out.iterate)) {
            return unknown(name, "of modifiers an include takes :iterate only"), true;
        }
        if (query_.includes.size() >= limits_.includes_max) {
            return problem(Category::too_large, name, "more than " + std::to_string(limits_.includes_max) + " includes"), true;
        }
        if (value == "*") {
            query_.includes.push_back(std::move(out));
            return true;
        }
        const auto pieces = split_escaped(value, ':');
        if (pieces.size() < 2 || pieces.size() > 3 || !known_.definitions().is_resource(pieces[0])) {
            return malformed(name, "*, Type:*, Type:parameter or Type:parameter:Type"), true;
        }
        out.type = pieces[0];
        if (pieces.size() == 3) out.target = pieces[2];
        const auto searched = [&](std::string_view type) { return std::ranges::find(query_.types, type) != query_.types.end(); };
        if (pieces[1] != "*") {
            const Parameter* parameter = known_.find(out.type, pieces[1]);
            if (parameter == nullptr || !is_includable(*parameter)) return unknown(name, "an include names a reference parameter of the type"), true;
            out.parameter = pieces[1];
            if (!out.target.empty() && (!known_.definitions().is_resource(out.target) || !parameter->may_point_at(out.target))) {
                return unknown(name, "the reference cannot point at that type"), true;
            }
            const bool reaches = std::ranges::any_of(query_.types, [&](const std::string& type) { return parameter->may_point_at(type); });
            if (out.reverse && !out.iterate && !reaches) return unknown(name, "the reference cannot point at what is searched"), true;
        } else if (!out.target.empty() && !known_.definitions().is_resource(out.target)) {
            return malformed(name, "Type:*:Type"), true;
        }
        if (!out.reverse && !out.iterate && !searched(out.type)) {
            return unknown(name, "without :iterate an include starts at the type that is searched"), true;
        }
        query_.includes.push_back(std::move(out));
        return true;
    }

    const Registry& known_;
    const SearchLimits& limits_;
    Query query_;
    Errors errors_;
    std::vector<std::string> seen_;
    std::size_t inner_ = 0;  // searches behind links
};

}  // namespace

tl::expected<Query, std::vector<Error>> parse_search(
    const Registry& known, std::vector<std::string> types,
    const std::vector<std::pair<std::string, std::string>>& parameters, const SearchLimits& limits) {
    return Parser(known, std::move(types), limits).run(parameters);
}

bool made_of_known_words(const Registry& known, std::string_view name) {
    constexpr std::string_view kOwn[] = {"_id",    "_lastUpdated", "_list",     "_has",  "_count", "_sort",   "_total",  "_summary", "_elements",
                                         "_include", "_revinclude",  "iterate", "recurse", "_page",  "_type", "_format", "_pretty"};
    constexpr std::size_t kBytesMax = 128;
    if (name.empty() || name.size() > kBytesMax) return false;
    while (true) {
        const std::size_t end = std::min(name.find_first_of(".:"), name.size());
        const std::string_view word = name.substr(0, end);
        const bool modifier = std::ranges::find(kModifiers, word, &std::pair<std::string_view, Modifier>::first) != std::end(kModifiers);
        if (!modifier && std::ranges::find(kOwn, word) == std::end(kOwn) && !known.definitions().is_resource(word) && !known.names(word)) return false;
        if (end == name.size()) return true;
        name.remove_prefix(end + 1);
    }
}

bool is_includable(const Parameter& parameter) { return parameter.type == SearchType::reference; }

std::string allowed_parameters(const Registry& known, std::string_view type) {
    std::string out = "_id, _lastUpdated, _list, _has";
    for (const Parameter& parameter : known.of(type)) out.append(", ").append(parameter.name);
    return out + "; _count, _elements, _include, _revinclude, _sort, _summary, _total; references take chains (name.name or name:Type.name)";
}

}  // namespace idun::search
