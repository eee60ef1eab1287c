#include "search/query.h"

#include <algorithm>
#include <charconv>

#include "fhir/resource_id.h"
#include "search/values.h"

namespace idun::search {
namespace {

using Errors = std::vector<Error>;

// Splits at `separator` where no backslash stands before it; escapes stay in the pieces.
std::vector<std::string_view> split_escaped(std::string_view text, char separator) {
    std::vector<std::string_view> out;
    std::size_t start = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == separator) {
            out.push_back(text.substr(start, i - start));
            start = i + 1;
        }
    }
    out.push_back(text.substr(start));
    return out;
}

// "a\,b" as "a,b"; nothing when another character follows the backslash.
std::optional<std::string> unescaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\') {
            if (++i == text.size() || std::string_view(",|$\\").find(text[i]) == std::string_view::npos) return std::nullopt;
        }
        out += text[i];
    }
    return out;
}

std::optional<TokenCriterion> token(std::string_view text) {
    const auto parts = split_escaped(text, '|');
    if (parts.size() > 2) return std::nullopt;
    auto first = unescaped(parts[0]);
    if (!first) return std::nullopt;
    TokenCriterion out;
    if (parts.size() == 1) {
        if (first->empty()) return std::nullopt;
        out.code = std::move(*first);
        return out;
    }
    auto second = unescaped(parts[1]);
    if (!second || (first->empty() && second->empty())) return std::nullopt;
    using Form = TokenCriterion::Form;
    out.form = first->empty() ? Form::no_system : second->empty() ? Form::any_code : Form::exact;
    out.system = std::move(*first);
    out.code = std::move(*second);
    return out;
}

std::optional<ReferenceCriterion> reference(const SearchField& parameter, std::string_view wanted_type,
                                            std::string_view text, std::string_view base_url) {
    const auto plain = unescaped(text);
    if (!plain) return std::nullopt;
    using Form = ReferenceCriterion::Form;
    if (fhir::valid_id(*plain)) {
        if (!wanted_type.empty()) return ReferenceCriterion{Form::typed, std::string(wanted_type), *plain};
        // R4 lets some `patient` parameters point at groups too; a bare id is still a Patient's.
        if (parameter.code == SearchCode::patient) return ReferenceCriterion{Form::typed, "Patient", *plain};
        if (parameter.targets.size() == 1) return ReferenceCriterion{Form::typed, std::string(parameter.targets[0]), *plain};
        return ReferenceCriterion{Form::any_type, {}, *plain};
    }
    const auto value = reference_value(*plain, base_url);
    if (!value) return std::nullopt;
    if (value->type.empty()) {
        if (value->id.find(':') == std::string_view::npos) return std::nullopt;
        return ReferenceCriterion{Form::foreign, {}, std::string(value->id)};
    }
    if (!parameter.may_point_at(value->type)) return std::nullopt;
    if (!wanted_type.empty() && wanted_type != value->type) return std::nullopt;
    return ReferenceCriterion{Form::typed, std::string(value->type), std::string(value->id)};
}

// A name that is fit for a message: names come from outside too.
std::string shown(std::string_view name) {
    const bool fit = !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '.' || c == ':';
    });
    return fit ? std::string(name) : std::string("?");
}

// Name, modifier and chain of "subject:Patient.identifier".
struct Name {
    std::string_view base;
    std::string_view modifier;
    std::string_view chain;
};
Name taken_apart(std::string_view text) {
    Name out;
    if (const std::size_t dot = text.find('.'); dot != std::string_view::npos) {
        out.chain = text.substr(dot + 1);
        text = text.substr(0, dot);
        if (out.chain.empty()) out.chain = ".";
    }
    if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
        out.modifier = text.substr(colon + 1);
        text = text.substr(0, colon);
        if (out.modifier.empty()) out.modifier = ":";
    }
    out.base = text;
    return out;
}

class Parser {
public:
    Parser(const SearchFields& known, std::string_view type, const SearchLimits& limits)
        : known_(known), limits_(limits) {
        query_.type = type;
    }

    tl::expected<Query, Errors> run(const std::vector<std::pair<std::string, std::string>>& parameters) {
        if (parameters.size() > limits_.parameters_max) {
            problem(Category::too_large, "", "more than " + std::to_string(limits_.parameters_max) + " search parameters");
            return tl::unexpected(std::move(errors_));
        }
        for (const auto& [name, value] : parameters) one(name, value);
        if (query_.sort == Query::Sort::date && known_.find(query_.type, "date") == nullptr) {
            problem(Category::unsupported, "_sort", "this resource type has no date to sort by");
        }
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

    void one(std::string_view name, std::string_view value) {
        if (value.size() > limits_.value_bytes_max * limits_.values_max) {
            return problem(Category::too_large, name, "the value of this search parameter is too long");
        }
        if (control(name, value)) return;
        const Name parts = taken_apart(name);
        if (parts.base == "_id" || parts.base == "_lastUpdated") {
            if (!parts.modifier.empty() || !parts.chain.empty()) return refuse_modifier(name);
            return special(parts.base, value);
        }
        const SearchField* parameter = known_.find(query_.type, parts.base);
        if (parameter == nullptr) {
            return problem(Category::invalid, name,
                           "this search parameter is not supported; allowed are: " +
                               allowed_parameters(known_, query_.type));
        }
        criterion(name, parts, *parameter, value);
    }

    // Parameters that say how to answer. False when `name` is none of them.
    bool control(std::string_view name, std::string_view value) {
        if (name == "_count") {
            std::size_t count = 0;
            const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), count);
            if (query_.count) return once(name);
            if (error != std::errc{} || end != value.data() + value.size() || count > 1'000'000) {
                malformed(name, "a number from 0 to 1000000");
            } else {
                query_.count = count;
                if (count == 0) query_.only_count = true;
            }
            return true;
        }
        if (name == "_sort") return sort(value);
        if (name == "_total") {
            if (std::exchange(seen_total_, true)) return once(name);
            if (value == "none") query_.total = Query::Total::none;
            else if (value == "accurate" || value == "estimate") query_.total = Query::Total::accurate;
            else malformed(name, "none, estimate or accurate");
            return true;
        }
        if (name == "_summary") {
            if (value == "count") query_.only_count = true;
            else if (value != "false") problem(Category::unsupported, name, "of _summary only count and false are supported");
            return true;
        }
        return false;
    }
    bool once(std::string_view name) {
        problem(Category::invalid, name, "this parameter may be given once");
        return true;
    }
    bool sort(std::string_view value) {
        if (std::exchange(seen_sort_, true)) return once("_sort");
        query_.descending = value.starts_with('-');
        if (query_.descending) value.remove_prefix(1);
        if (value == "_lastUpdated") query_.sort = Query::Sort::last_updated;
        else if (value == "date") query_.sort = Query::Sort::date;
        else problem(Category::unsupported, "_sort", "sorting is supported by one of: _lastUpdated, -_lastUpdated, date, -date");
        return true;
    }

    void refuse_modifier(std::string_view name) {
        problem(Category::unsupported, name,
                "this modifier or chain is not supported; references take :Type and .identifier (of a Patient), "
                "others take none");
    }

    // The values of one parameter; empty when there are too many or an empty one.
    std::vector<std::string_view> values(std::string_view name, std::string_view value) {
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

    void special(std::string_view name, std::string_view value) {
        Clause clause;
        clause.kind = name == "_id" ? Clause::Kind::id : Clause::Kind::last_updated;
        for (const std::string_view text : values(name, value)) {
            if (clause.kind == Clause::Kind::id) {
                if (!fhir::valid_id(text)) return malformed(name, "a resource id");
                clause.ids.emplace_back(text);
            } else {
                const auto date = date_criterion(text);
                if (!date) return malformed(name, "a date, with or without a prefix");
                clause.dates.push_back(*date);
            }
        }
        keep(std::move(clause));
    }

    void criterion(std::string_view name, const Name& parts, const SearchField& parameter, std::string_view value) {
        Clause clause;
        clause.parameter = &parameter;
        const bool is_reference = parameter.type == fhir::SearchType::reference;
        const bool typed = is_reference && !parts.modifier.empty() && is_type_name(parts.modifier) &&
                           parameter.may_point_at(parts.modifier);
        if (!parts.modifier.empty() && !typed) return refuse_modifier(name);
        if (!parts.chain.empty()) {
            const bool patient = is_reference && parameter.may_point_at("Patient") &&
                                 (parts.modifier.empty() || parts.modifier == "Patient");
            if (!patient || parts.chain != "identifier") return refuse_modifier(name);
            clause.kind = Clause::Kind::chained_identifier;
        } else {
            clause.kind = is_reference                            ? Clause::Kind::reference
                          : parameter.type == fhir::SearchType::token ? Clause::Kind::token
                                                                  : Clause::Kind::date;
        }
        for (const std::string_view text : values(name, value)) {
            if (!add(clause, name, parts.modifier, text)) return;
        }
        keep(std::move(clause));
    }

    bool add(Clause& clause, std::string_view name, std::string_view modifier, std::string_view text) {
        if (clause.kind == Clause::Kind::date) {
            const auto date = date_criterion(text);
            if (!date) return malformed(name, "a date, with or without a prefix"), false;
            clause.dates.push_back(*date);
        } else if (clause.kind == Clause::Kind::reference) {
            auto made = reference(*clause.parameter, modifier, text, limits_.base_url);
            if (!made) return malformed(name, "an id, Type/id with a type this parameter points at, or a URL"), false;
            clause.references.push_back(std::move(*made));
        } else {
            auto made = token(text);
            if (!made) return malformed(name, "code, system|code, |code or system|"), false;
            clause.tokens.push_back(std::move(*made));
        }
        return true;
    }

    void keep(Clause clause) {
        const bool empty = clause.ids.empty() && clause.tokens.empty() && clause.dates.empty() && clause.references.empty();
        if (!empty) query_.clauses.push_back(std::move(clause));
    }

    const SearchFields& known_;
    const SearchLimits& limits_;
    Query query_;
    Errors errors_;
    bool seen_sort_ = false;
    bool seen_total_ = false;
};

}  // namespace

tl::expected<Query, std::vector<Error>> parse_search(
    const SearchFields& known, std::string_view type,
    const std::vector<std::pair<std::string, std::string>>& parameters, const SearchLimits& limits) {
    return Parser(known, type, limits).run(parameters);
}

std::string allowed_parameters(const SearchFields& known, std::string_view type) {
    std::string out = "_id, _lastUpdated";
    for (const SearchField& parameter : known.of(type)) {
        out.append(", ").append(parameter.name);
        if (parameter.type == fhir::SearchType::reference && parameter.may_point_at("Patient")) {
            out.append(", ").append(parameter.name).append(".identifier");
        }
    }
    return out + ", _count, _sort, _summary, _total";
}

}  // namespace idun::search
