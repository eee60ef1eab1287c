#include "records/internal/matcher.h"

#include <algorithm>

namespace idun::records {
namespace {

using search::Clause;
using search::ReferenceCriterion;
using search::TokenCriterion;

HashPair hashed(const TokenCriterion& token, const TextHash& hash) {
    using Form = TokenCriterion::Form;
    HashPair out;
    out.any_a = token.form == Form::any_system;
    out.any_b = token.form == Form::any_code;
    out.a = hash(token.system);
    out.b = hash(token.code);
    return out;
}

HashPair hashed(const ReferenceCriterion& reference, const TextHash& hash) {
    HashPair out;
    out.any_a = reference.form == ReferenceCriterion::Form::any_type;
    out.a = hash(reference.type);
    out.b = hash(reference.id);
    return out;
}

void add_references(HashedClause& out, const Clause& clause, const TextHash& hash) {
    for (const ReferenceCriterion& reference : clause.references) {
        out.pairs.push_back(hashed(reference, hash));
        const bool patient = reference.form == ReferenceCriterion::Form::typed && reference.type == "Patient";
        if (patient || reference.form == ReferenceCriterion::Form::any_type) out.ids.push_back(reference.id);
    }
}

void add_patients(HashedClause& out, const std::vector<std::string>& patients, const TextHash& hash) {
    out.ids = patients;
    for (const std::string& id : patients) out.pairs.push_back({false, false, hash("Patient"), hash(id)});
}

}  // namespace

Matcher::Matcher(const search::Query& query, const std::vector<std::vector<std::string>>& chained, const TextHash& hash,
                 Instant now)
    : now_(now) {
    std::size_t chain = 0;
    for (const Clause& clause : query.clauses) {
        HashedClause out;
        out.kind = clause.kind;
        out.dates = clause.dates;
        if (clause.parameter != nullptr) out.number = static_cast<std::uint8_t>(clause.parameter->code);
        if (clause.kind == Clause::Kind::id) {
            out.ids = clause.ids;
            std::ranges::sort(out.ids);
        } else if (clause.kind == Clause::Kind::token) {
            for (const TokenCriterion& token : clause.tokens) out.pairs.push_back(hashed(token, hash));
        } else if (clause.kind == Clause::Kind::reference) {
            add_references(out, clause, hash);
        } else if (clause.kind == Clause::Kind::chained_identifier) {
            add_patients(out, chained[chain++], hash);
        }
        clauses_.push_back(std::move(out));
    }
}

bool Matcher::matches(const RowView& row, std::string_view id) const {
    return std::ranges::all_of(clauses_, [&](const HashedClause& clause) { return matches(clause, row, id); });
}

bool Matcher::matches(const HashedClause& clause, const RowView& row, std::string_view id) const {
    if (clause.kind == Clause::Kind::id) return std::ranges::binary_search(clause.ids, id);
    if (clause.kind == Clause::Kind::last_updated) {
        const search::Interval at{row.last_updated().ms, row.last_updated().ms + 1};
        return std::ranges::any_of(clause.dates, [&](const auto& date) { return search::matches(date, at, now_); });
    }
    for (std::size_t i = 0; i < row.item_count(); ++i) {
        const SearchItem item = row.item(i);
        if (item.number != clause.number) continue;
        const search::Interval interval{static_cast<std::int64_t>(item.a), static_cast<std::int64_t>(item.b)};
        const bool hit = clause.kind == Clause::Kind::date
                             ? std::ranges::any_of(clause.dates, [&](const auto& date) { return search::matches(date, interval, now_); })
                             : std::ranges::any_of(clause.pairs, [&](const auto& pair) { return pair.matches(item); });
        if (hit) return true;
    }
    return false;
}

}  // namespace idun::records
