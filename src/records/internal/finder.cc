#include "records/internal/finder.h"

#include <algorithm>
#include <limits>

#include "records/internal/bytes.h"

namespace idun::records {
namespace {

using search::Clause;
using search::SearchCode;

constexpr std::size_t kFetch = 500;

bool has_token_rows(std::uint8_t number) {
    switch (static_cast<SearchCode>(number)) {
        case SearchCode::identifier:
        case SearchCode::code: return true;
        default: return false;
    }
}

// Smaller comes first. Not dated: last, whichever way the order goes.
std::int64_t order_of(const search::Query& query, const RowView& row) {
    constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();
    if (query.sort == search::Query::Sort::date && !row.date()) return kLast;
    const std::int64_t at = query.sort == search::Query::Sort::date ? row.date()->first.ms : row.last_updated().ms;
    if (!query.descending) return std::min(at, kLast - 1);
    return at == std::numeric_limits<std::int64_t>::min() ? kLast - 1 : std::min(-at, kLast - 1);
}

}  // namespace

Finder::Finder(const Records::Impl& records, const search::Query& query, const store::Snapshot& snapshot,
               const Visible& visible)
    : records_(records), query_(query), snapshot_(snapshot), visible_(visible) {}

Result<std::vector<Match>> Finder::run() {
    TRY_ASSIGN(const auto chained, resolve_chains());
    matcher_ = std::make_unique<Matcher>(query_, chained, records_.hash, records_.clock.now());
    TRY(collect());
    std::ranges::sort(matches_, [](const Match& a, const Match& b) { return std::tie(a.order, a.id) < std::tie(b.order, b.id); });
    const auto rest = std::ranges::unique(matches_, {}, &Match::id);
    matches_.erase(rest.begin(), rest.end());
    return std::move(matches_);
}

// patient.identifier=a|b: the Patients with that identifier, whom the caller may see.
Result<std::vector<std::vector<std::string>>> Finder::resolve_chains() const {
    std::vector<std::vector<std::string>> out;
    for (const Clause& clause : query_.clauses) {
        if (clause.kind != Clause::Kind::chained_identifier) continue;
        search::Query inner;
        inner.type = "Patient";
        Clause identifier;
        identifier.kind = Clause::Kind::token;
        identifier.parameter = records_.fields.find("Patient", "identifier");
        identifier.tokens = clause.tokens;
        if (identifier.parameter == nullptr) return fail(Category::internal, "Patient has no identifier to search by");
        inner.clauses.push_back(std::move(identifier));
        TRY_ASSIGN(const auto patients, Finder(records_, inner, snapshot_, visible_).run());
        std::vector<std::string> ids;
        for (const Match& match : patients) ids.push_back(match.id);
        out.push_back(std::move(ids));
    }
    return out;
}

Status Finder::collect() {
    TRY_ASSIGN(bool narrowed, by_id());
    if (!narrowed) {
        TRY_ASSIGN(narrowed, by_subject());
    }
    if (!narrowed) {
        TRY_ASSIGN(narrowed, by_token());
    }
    return narrowed ? fetch() : by_type();
}

Result<bool> Finder::by_id() {
    for (const HashedClause& clause : matcher_->clauses()) {
        if (clause.kind != Clause::Kind::id) continue;
        TRY(look_up(clause.ids));
        return true;
    }
    return false;
}

// One range per person, and the token rows of resources that lie elsewhere: with another person, or with none.
Result<bool> Finder::by_subject() {
    for (const HashedClause& clause : matcher_->clauses()) {
        const bool names = clause.kind == Clause::Kind::reference || clause.kind == Clause::Kind::chained_identifier;
        const auto code = static_cast<SearchCode>(clause.number);
        if (!names || (code != SearchCode::patient && code != SearchCode::subject)) continue;
        for (const std::string& patient : clause.ids) TRY(scan_person(patient));
        for (const HashPair& pair : clause.pairs) TRY(scan_tokens(clause.number, pair));
        return true;
    }
    return false;
}

// identifier first, since it is the narrowest.
Result<bool> Finder::by_token() {
    const HashedClause* best = nullptr;
    for (const HashedClause& clause : matcher_->clauses()) {
        if (clause.kind == Clause::Kind::date || clause.kind == Clause::Kind::last_updated) continue;
        if (!has_token_rows(clause.number)) continue;
        if (std::ranges::any_of(clause.pairs, &HashPair::any_b)) continue;  // "system|" names no value
        if (best == nullptr || clause.number < best->number) best = &clause;
    }
    if (best == nullptr) return false;
    for (const HashPair& pair : best->pairs) TRY(scan_tokens(best->number, pair));
    return true;
}

Status Finder::by_type() {
    // What only asks when it was updated is judged by the locator.
    const bool locator_suffices = !visible_ && query_.sort == search::Query::Sort::last_updated &&
                                  std::ranges::all_of(matcher_->clauses(), [](const HashedClause& clause) {
                                      return clause.kind == Clause::Kind::last_updated;
                                  });
    for (int bucket = 0; bucket < kLocatorBuckets; ++bucket) {
        store::Range range = locator_range(query_.type, bucket);
        while (true) {
            TRY_ASSIGN(const store::Chunk chunk, snapshot_.scan(range));
            for (const store::Entry& entry : chunk.entries) {
                TRY_ASSIGN(const Locator locator, decode_locator(entry.value));
                if (locator.deleted) continue;
                const std::string_view id = id_at_end(entry.key);
                if (!locator_suffices) {
                    candidates_.push_back({std::string(id), locator.partition});
                    continue;
                }
                TRY(count_candidate());
                Header header;
                header.version = locator.version;
                header.last_updated.ms = locator.last_updated;
                TRY(consider(id, locator.partition, encode_row(header, {}, true)));
            }
            TRY(fetch());
            if (!chunk.more) break;
            range = store::rest_of(range, chunk.entries.back().key);
        }
    }
    return {};
}

Status Finder::scan_person(const std::string& patient) {
    const Partition partition = person_partition(patient);
    store::Range range = resource_range(partition, query_.type);
    while (true) {
        TRY_ASSIGN(const store::Chunk chunk, snapshot_.scan(range));
        for (const store::Entry& entry : chunk.entries) {
            TRY(count_candidate());
            TRY_ASSIGN(const TypeAndId name, type_and_id(entry.key));
            TRY(consider(name.id, partition, entry.value));
        }
        if (!chunk.more) return {};
        range = store::rest_of(range, chunk.entries.back().key);
    }
}

Status Finder::scan_tokens(std::uint8_t number, const HashPair& pair) {
    store::Range range = token_range(number, query_.type, pair.any_a ? nullptr : &pair.a, pair.b);
    while (true) {
        TRY_ASSIGN(const store::Chunk chunk, snapshot_.scan(range));
        for (const store::Entry& entry : chunk.entries) {
            if (entry.value.size() != 8) return fail(Category::corrupt, "a token row is malformed");
            candidates_.push_back({std::string(id_at_end(entry.key)), u64_at(entry.value.data())});
        }
        if (candidates_.size() >= kFetch) TRY(fetch());
        if (!chunk.more) return {};
        range = store::rest_of(range, chunk.entries.back().key);
    }
}

Status Finder::look_up(std::vector<std::string> ids) {
    std::vector<std::string> keys;
    for (const std::string& id : ids) keys.push_back(locator_key(query_.type, id));
    TRY_ASSIGN(const auto values, snapshot_.multi_get(keys));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (!values[i]) continue;
        TRY_ASSIGN(const Locator locator, decode_locator(*values[i]));
        if (!locator.deleted) candidates_.push_back({std::move(ids[i]), locator.partition});
    }
    return {};
}

Status Finder::fetch() {
    for (std::size_t from = 0; from < candidates_.size(); from += kFetch) {
        const std::size_t to = std::min(from + kFetch, candidates_.size());
        std::vector<std::string> keys;
        for (std::size_t i = from; i < to; ++i) {
            TRY(count_candidate());
            keys.push_back(resource_key(candidates_[i].partition, query_.type, candidates_[i].id));
        }
        TRY_ASSIGN(const auto values, snapshot_.multi_get(keys));
        for (std::size_t i = from; i < to; ++i) {
            if (values[i - from]) TRY(consider(candidates_[i].id, candidates_[i].partition, *values[i - from]));
        }
    }
    candidates_.clear();
    return {};
}

Status Finder::count_candidate() {
    if (++considered_ <= records_.options.matches_max) return {};
    return fail(Category::too_large, "the search looks at too many resources; name a patient, an identifier or a code");
}

Status Finder::consider(std::string_view id, Partition partition, std::string_view value) {
    TRY_ASSIGN(const RowView row, RowView::parse(value));
    if (row.deleted() || !matcher_->matches(row, id)) return {};
    if (visible_ && !visible_(row.touched(query_.type, id))) return {};
    matches_.push_back({order_of(query_, row), partition, std::string(id)});
    return {};
}

}  // namespace idun::records
