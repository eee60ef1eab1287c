#include "records/internal/access.h"

#include <algorithm>
#include <array>

#include "search/fold.h"

namespace idun::records {
namespace {

using fhir::SearchType;
using search::Clause;
using search::Criterion;
using search::DatePrefix;
using search::Modifier;
using search::Parameter;
using Form = Criterion::Form;

constexpr std::size_t kRowsMax = 2'000;     // ranges that one clause may be split into
constexpr std::size_t kMarksMax = 64;
constexpr std::int64_t kDay = 86'400'000;
constexpr std::int64_t kDaysMax = 40;

const Parameter* parameter_for(const Clause& clause, std::string_view type) {
    const auto at = std::ranges::find(clause.parameters, type, &Parameter::of);
    return at == clause.parameters.end() ? nullptr : *at;
}

// A row is about the person that `patient` or `subject` points at: does the parameter say just that?
bool says_whose(const Parameter& parameter, const search::Registry& known) {
    if (parameter.name != "patient" && parameter.name != "subject") return false;
    const Parameter* other = known.find(parameter.of, parameter.name == "patient" ? "subject" : "patient");
    return other == nullptr || other->path.same_elements(parameter.path);
}

// Resources that point at this one.
void add_target(Access& out, std::string_view type, std::string_view id, const Extractor& extractor) {
    if (type == "Patient") out.persons.emplace_back(id);
    out.rows.push_back({extractor.reference_value(type, id), false});
}

std::optional<Access> reference_access(const Clause& clause, const Parameter& parameter, const search::Registry& known,
                                       const Extractor& extractor) {
    if (clause.modifier != Modifier::none) return std::nullopt;
    Access out;
    for (const Criterion& c : clause.criteria) {
        if (c.form == Form::any_type) {
            if (parameter.targets.empty()) return std::nullopt;
            for (const std::string_view target : parameter.targets) add_target(out, target, c.text, extractor);
        } else {
            add_target(out, c.form == Form::foreign ? std::string_view() : std::string_view(c.system), c.text, extractor);
        }
    }
    const bool persons_only = std::ranges::all_of(clause.criteria, [](const Criterion& c) { return c.form == Form::exact && c.system == "Patient"; });
    out.header_says = persons_only && says_whose(parameter, known);
    out.rank = out.persons.empty() ? 3 : 5;
    return out;
}

std::optional<Access> target_access(const Clause& clause, const Parameter& parameter, const search::Registry& known,
                                    const Extractor& extractor) {
    Access out;
    for (const std::string& target : clause.ids) {
        const std::size_t slash = target.find('/');
        add_target(out, std::string_view(target).substr(0, slash), std::string_view(target).substr(slash + 1), extractor);
    }
    out.header_says = out.persons.size() == clause.ids.size() && clause.parameters.size() == 1 && says_whose(parameter, known);
    out.rank = clause.ids.size() <= 50 ? 4 : 9;
    return out;
}

std::optional<Access> token_access(const Clause& clause, const Parameter& parameter, std::string_view type, const Extractor& extractor) {
    if (clause.modifier != Modifier::none) return std::nullopt;
    const bool code = extractor.plan(type).code == &parameter;
    const bool identifier = parameter.path.may_end_at("Identifier");
    const bool contact = parameter.path.may_end_at("ContactPoint");
    if (!code && !identifier && !contact) return std::nullopt;
    // A bare code's system is not in its row.
    const bool bare = parameter.path.may_end_at("code");
    Access out;
    for (const Criterion& c : clause.criteria) {
        if (c.form == Form::any_code) return std::nullopt;
        const bool any_system = c.form == Form::any_system || bare;
        if (code) out.rows.push_back({extractor.code_value(c.system, c.text), any_system});
        else if (identifier) out.rows.push_back({extractor.identifier_value(c.system, c.text), any_system});
        if (contact) out.rows.push_back({extractor.identifier_value(c.system, search::folded(c.text)), any_system});
    }
    out.exact = code && !bare;
    out.rank = code ? 7 : 1;
    return out;
}

std::optional<Access> text_access(const Clause& clause, const Parameter& parameter, std::string_view type, const Extractor& extractor) {
    if (clause.modifier != Modifier::none && clause.modifier != Modifier::exact) return std::nullopt;
    const auto& items = extractor.plan(type).items;
    const bool indexed = std::ranges::any_of(items, [&](const ExtractPlan::Item& item) {
        return item.parameter == &parameter && std::ranges::find(item.kinds, IndexKind::text) != item.kinds.end();
    });
    if (!indexed) return std::nullopt;
    Access out;
    for (const Criterion& c : clause.criteria) {
        const auto start = Extractor::text_start(c.folded);
        if (!start) return std::nullopt;
        out.rows.push_back({extractor.text_value(*start), false});
    }
    out.rank = 4;
    return out;
}

std::optional<Access> date_access(const Clause& clause, const Parameter& parameter, const Extractor& extractor) {
    if (parameter.name != "birthdate") return std::nullopt;
    Access out;
    for (const Criterion& c : clause.criteria) {
        const bool open = c.interval.from == search::Interval::kOpenFrom || c.interval.to == search::Interval::kOpenTo;
        if (c.prefix != DatePrefix::eq || open || c.interval.to - c.interval.from > kDaysMax * kDay) return std::nullopt;
        for (std::int64_t day = c.interval.from; day < c.interval.to; day += kDay) out.rows.push_back({extractor.date_value(day), false});
    }
    out.rank = 6;
    return out;
}

}  // namespace

std::optional<Access> access_of(const Clause& clause, std::string_view type, const search::Registry& known, const Extractor& extractor) {
    if (clause.kind == Clause::Kind::compartment) {
        const Criterion& owner = clause.criteria.front();
        Access out;
        add_target(out, owner.system, owner.text, extractor);
        if (owner.system == type) out.own.push_back(owner.text);
        out.header_says = owner.system == "Patient" && std::ranges::any_of(clause.parameters, [&](const Parameter* p) {
                              return p->of == type && says_whose(*p, known);
                          });
        out.rank = 5;
        return out;
    }
    const Parameter* parameter = parameter_for(clause, type);
    if (parameter == nullptr) return std::nullopt;
    std::optional<Access> out;
    if (clause.kind == Clause::Kind::targets) {
        out = target_access(clause, *parameter, known, extractor);
    } else if (clause.kind == Clause::Kind::values) {
        switch (parameter->type) {
            case SearchType::reference: out = reference_access(clause, *parameter, known, extractor); break;
            case SearchType::token: out = token_access(clause, *parameter, type, extractor); break;
            case SearchType::string: out = text_access(clause, *parameter, type, extractor); break;
            case SearchType::date:
                if (clause.modifier == Modifier::none) out = date_access(clause, *parameter, extractor);
                break;
            case SearchType::uri:
                if (clause.modifier != Modifier::none || parameter->name.starts_with('_')) break;
                out.emplace();
                for (const Criterion& c : clause.criteria) out->rows.push_back({extractor.uri_value(c.text), false});
                out->rank = 2;
                break;
            default: break;
        }
    }
    if (out && out->rows.size() > kRowsMax) return std::nullopt;
    return out;
}

std::optional<std::vector<std::uint16_t>> marks_of(const Clause& clause, std::string_view type, const Extractor& extractor) {
    const Parameter* parameter = parameter_for(clause, type);
    if (parameter == nullptr || clause.modifier != Modifier::none) return std::nullopt;
    std::vector<std::uint16_t> out;
    if (clause.kind == Clause::Kind::targets) {
        if (clause.ids.size() > kMarksMax) return std::nullopt;
        for (const std::string& target : clause.ids) out.push_back(extractor.mark(std::string_view(target).substr(target.find('/') + 1)));
        return out;
    }
    if (clause.kind != Clause::Kind::values || clause.criteria.size() > kMarksMax) return std::nullopt;
    const auto token = [&](const Criterion& c) {
        if (c.form == Form::any_code) return false;
        out.push_back(extractor.mark(c.text));
        out.push_back(extractor.mark(search::folded(c.text)));
        return true;
    };
    for (const Criterion& c : clause.criteria) {
        switch (parameter->type) {
            case SearchType::token:
                if (!token(c)) return std::nullopt;
                break;
            case SearchType::reference:
            case SearchType::uri: out.push_back(extractor.mark(c.text)); break;
            case SearchType::composite: {
                const auto component = std::ranges::find(parameter->components, SearchType::token, &Parameter::type);
                if (component == parameter->components.end()) return std::nullopt;
                if (!token(c.parts[static_cast<std::size_t>(component - parameter->components.begin())])) return std::nullopt;
                break;
            }
            default: return std::nullopt;
        }
    }
    return out;
}

}  // namespace idun::records
