#include "records/internal/finder.h"

#include <algorithm>
#include <set>

#include "records/internal/bytes.h"
#include "search/evaluate.h"

namespace idun::records {
namespace {

using search::Clause;
using search::Parameter;
using Kind = Clause::Kind;

constexpr std::size_t kFetch = 500;
constexpr std::size_t kBytesAtOnce = 16u << 20;  // of bodies
constexpr std::size_t kChainedMax = 50'000;  // resources that a link of a chain may find
constexpr std::size_t kNamedMax = 50;        // persons that a link or an identifier leads to: more are no question about each
constexpr std::size_t kCountedMax = 1'000;   // matches of a count whose persons are named: as many as a page may show
constexpr std::size_t kRowsKeptMax = 200;    // matches whose rows stay in memory for the page
constexpr int kDepthMax = 8;

tl::unexpected<Error> too_many_links() {
    return fail(Category::too_large, "a link of the search leads to too much: name a patient, an identifier or more criteria");
}

std::string newest_first(Instant updated) {
    std::string out;
    put_u64(out, ~(static_cast<std::uint64_t>(updated.ms) ^ std::uint64_t{1} << 63));
    return out;
}

// A part of a sort key: what is missing comes last, whichever way the order goes.
void append_key(std::string& out, std::string_view text, bool descending) {
    if (text.empty()) {
        out += '\1';
        return;
    }
    out += '\0';
    const std::size_t start = out.size();
    for (const char c : text) {
        out += c;
        if (c == '\0') out += '\xFF';
    }
    out.append(2, '\0');
    if (!descending) return;
    for (std::size_t i = start; i < out.size(); ++i) out[i] = static_cast<char>(~out[i]);
}

}  // namespace

Judge::Judge(const Records::Impl& records, const search::Query& query, std::string_view type, Instant now)
    : records_(records), query_(query), type_(type), by_{now, records.options.base_url, records.options.terminology} {
    for (const Clause& clause : query.clauses) {
        Prepared one;
        one.clause = &clause;
        one.marks = marks_of(clause, type, records.extractor);
        const auto access = access_of(clause, type, records.known, records.extractor);
        if (access && access->header_says) {
            for (const std::string& person : access->persons) append_packed(one.persons.emplace_back(), person);
            one.person_ids = access->persons;
        }
        clauses_.push_back(std::move(one));
    }
    for (const search::SortKey& key : query.sort) {
        const bool own = key.name == "_lastUpdated" || key.name == "_id";
        keys_.push_back({&key, own ? nullptr : records.known.find(type, key.name)});
    }
}

// For certain not.
bool Judge::header_refuses(const Prepared& one, const RowView& row, std::string_view id) const {
    const Clause& clause = *one.clause;
    if (clause.kind == Kind::ids) return !std::ranges::binary_search(clause.ids, id, {}, [](const auto& x) { return std::string_view(x); });
    if (clause.kind == Kind::last_updated) {
        const search::Interval at{row.last_updated().ms, row.last_updated().ms + 1};
        return std::ranges::none_of(clause.criteria, [&](const auto& c) { return search::matches({c.prefix, c.interval}, at, by_.now); });
    }
    return one.marks && std::ranges::none_of(*one.marks, [&](std::uint16_t mark) { return row.may_have(mark); });
}

// For certain.
bool Judge::header_settles(const Prepared& one, const RowView& row) const {
    if (one.clause->kind == Kind::ids || one.clause->kind == Kind::last_updated) return true;
    return std::ranges::any_of(one.persons, [&](const std::string& person) { return row.is_about(person); });
}

bool Judge::settled(const Touched& touched, std::uint64_t told) const {
    for (std::size_t i = 0; i < clauses_.size(); ++i) {
        if (i < 64 && (told >> i & 1) != 0) continue;
        if (std::ranges::find(clauses_[i].person_ids, touched.patient) == clauses_[i].person_ids.end()) return false;
    }
    return true;
}

Result<bool> Judge::fits(const store::Snapshot& snapshot, const RowView& row, const Place& place, std::uint64_t told) const {
    std::vector<const Clause*> open;
    for (std::size_t i = 0; i < clauses_.size(); ++i) {
        if (i < 64 && (told >> i & 1) != 0) continue;
        const bool settled = header_settles(clauses_[i], row);
        const bool by_header_only = clauses_[i].clause->kind == Kind::ids || clauses_[i].clause->kind == Kind::last_updated;
        if ((!settled || by_header_only) && header_refuses(clauses_[i], row, place.id)) return false;
        if (!settled) open.push_back(clauses_[i].clause);
    }
    if (open.empty()) return true;
    TRY_ASSIGN(const std::string text, records_.body_of(snapshot, row, place));
    TRY_ASSIGN(const auto document, json::Document::parse(text));
    return std::ranges::all_of(open, [&](const Clause* clause) { return search::fits(*clause, document.root(), by_); });
}

bool Judge::fits(json::Value resource, std::string_view id, Instant last_updated) const {
    return std::ranges::all_of(query_.clauses, [&](const Clause& clause) {
        if (clause.kind == Kind::ids) return std::ranges::find(clause.ids, id) != clause.ids.end();
        if (clause.kind != Kind::last_updated) return search::fits(clause, resource, by_);
        const search::Interval at{last_updated.ms, last_updated.ms + 1};
        return std::ranges::any_of(clause.criteria, [&](const auto& c) { return search::matches({c.prefix, c.interval}, at, by_.now); });
    });
}

Result<std::string> Judge::order(const store::Snapshot& snapshot, const RowView& row, const Place& place) const {
    std::string out;
    if (keys_.empty()) {
        return newest_first(row.last_updated());
    }
    std::optional<json::Document> document;
    for (const Key& key : keys_) {
        std::string text;
        if (key.parameter == nullptr) {
            text = key.key->name == "_id" ? place.id : search::sort_text(row.last_updated().ms);
        } else if (key.parameter->name == "date" && key.parameter->type == fhir::SearchType::date) {
            if (row.date()) text = search::sort_text(key.key->descending ? row.date()->second.ms : row.date()->first.ms);
        } else {
            if (!document) {
                TRY_ASSIGN(const std::string body, records_.body_of(snapshot, row, place));
                TRY_ASSIGN(document, json::Document::parse(body));
            }
            text = search::sort_text(*key.parameter, document->root(), key.key->descending, by_.base_url);
        }
        append_key(out, text, key.key->descending);
    }
    return out;
}

Finder::Finder(const Records::Impl& records, const search::Query& query, const store::Snapshot& snapshot, const Context& context, int depth)
    : records_(records), query_(query), snapshot_(snapshot), context_(context), effort_(*context.effort),
      depth_(depth), now_(records.clock.now()) {}

Result<std::vector<Match>> Finder::run() {
    if (depth_ > kDepthMax) return too_many_links();
    TRY(effort_.look());
    TRY(name_owners(query_));
    TRY_ASSIGN(const auto query, resolved());
    if (!query) return std::vector<Match>();
    for (const std::string& type : query->types) TRY(collect(*query, type));
    std::ranges::sort(matches_, [](const Match& a, const Match& b) { return std::tie(a.order, a.type, a.id) < std::tie(b.order, b.type, b.id); });
    const auto rest = std::ranges::unique(matches_, [](const Match& a, const Match& b) { return a.type == b.type && a.id == b.id; });
    matches_.erase(rest.begin(), rest.end());
    return std::move(matches_);
}

Result<std::vector<Match>> Finder::run_counted() {
    TRY_ASSIGN(auto found, run());
    TRY(name_few(found, kCountedMax));
    return found;
}

// Whose they are.
Status Finder::name_few(const std::vector<Match>& found, std::size_t few) const {
    if (found.size() > few) return {};
    std::vector<Place> places;
    for (const Match& match : found) {
        if (match.known != nullptr) TRY(name_patients(match.known->touched));
        else places.push_back({match.partition, std::string(type_name(match.type)), match.id});
    }
    if (places.empty()) return {};
    TRY(effort_.look(places.size()));
    TRY_ASSIGN(const auto loaded, records_.load(snapshot_, places, false));
    for (const auto& one : loaded) {
        if (one) TRY(name_patients(one->touched));
    }
    return {};
}

Status Finder::name_patients(const Touched& touched) const {
    TRY(effort_.ask_about(touched.patient));
    for (const std::string& other : touched.other_patients) TRY(effort_.ask_about(other));
    return {};
}

// A reference by identifier names a person whom no reference leads to.
Status Finder::name_owners(const search::Query& query) const {
    for (const Clause& clause : query.clauses) {
        if (clause.kind != Kind::values || clause.modifier != search::Modifier::identifier || clause.parameters.empty()) continue;
        if (!clause.parameters.front()->may_point_at("Patient")) continue;
        for (const search::Criterion& c : clause.criteria) {
            const bool any_system = c.form == search::Criterion::Form::any_system;
            const IndexValue value = records_.extractor.identifier_value(c.system, c.text);
            TRY(effort_.look());
            TRY_ASSIGN(const auto chunk, snapshot_.scan(index_range(value, "Patient", std::nullopt, any_system), {.entries_max = kNamedMax}));
            for (const store::Entry& entry : chunk.entries) {
                TRY_ASSIGN(IndexEntry found, index_entry(entry.key, entry.value));
                if (any_system || found.system == value.system) TRY(effort_.ask_about(std::move(found.id)));
            }
        }
    }
    return {};
}

Result<std::optional<search::Query>> Finder::resolved() const {
    search::Query out = query_;
    for (Clause& clause : out.clauses) {
        if (clause.kind == Kind::chain) TRY(resolve_chain(clause));
        else if (clause.kind == Kind::has) TRY(resolve_has(clause));
        else if (clause.kind == Kind::list) TRY(resolve_list(clause));
        else continue;
        if (clause.ids.empty()) return std::nullopt;
    }
    return out;
}

// What the inner queries find, whom the caller may see, is what the references must point at.
Status Finder::resolve_chain(Clause& clause) const {
    for (const auto& inner : clause.inner) {
        TRY_ASSIGN(const auto found, Finder(records_, *inner, snapshot_, context_, depth_ + 1).run());
        TRY(name_few(found, kNamedMax));
        for (const Match& match : found) clause.ids.push_back(std::string(type_name(match.type)) + "/" + match.id);
    }
    if (clause.ids.size() > kChainedMax) return too_many_links();
    std::ranges::sort(clause.ids);
    clause.kind = Kind::targets;
    return {};
}

// What those that the inner query finds point at.
Status Finder::resolve_has(Clause& clause) const {
    const Parameter& reference = *clause.parameters.front();
    TRY_ASSIGN(const auto found, Finder(records_, *clause.inner.front(), snapshot_, context_, depth_ + 1).run());
    if (found.size() > kChainedMax) return too_many_links();
    TRY(name_few(found, kNamedMax));
    std::set<std::string> ids;
    TRY(each_target(found, reference, [&](std::string_view id) { ids.emplace(id); }));
    clause.ids.assign(ids.begin(), ids.end());
    clause.kind = Kind::ids;
    return {};
}

// The members of the lists that the caller may see.
Status Finder::resolve_list(Clause& clause) const {
    search::Query lists;
    lists.types = {"List"};
    Clause by_id;
    by_id.kind = Kind::ids;
    by_id.ids = std::exchange(clause.ids, {});
    lists.clauses.push_back(std::move(by_id));
    clause.kind = Kind::ids;
    TRY_ASSIGN(const auto found, Finder(records_, lists, snapshot_, context_, depth_ + 1).run());
    const Parameter* item = records_.known.find("List", "item");
    if (item != nullptr) TRY(each_target(found, *item, [&](std::string_view id) { clause.ids.emplace_back(id); }));
    if (clause.ids.size() > kChainedMax) return too_many_links();
    std::ranges::sort(clause.ids);
    return {};
}

// What these point at, of the types that are searched; so many bodies at a time as fit into bounded memory.
Status Finder::each_target(const std::vector<Match>& found, const Parameter& reference, const std::function<void(std::string_view)>& take) const {
    for (std::size_t from = 0; from < found.size();) {
        std::vector<Place> places;
        for (std::size_t i = from; i < std::min(from + kFetch, found.size()); ++i) places.push_back({found[i].partition, std::string(type_name(found[i].type)), found[i].id});
        TRY_ASSIGN(const auto loaded, records_.load(snapshot_, places, true, kBytesAtOnce));
        TRY(effort_.look(loaded.size()));
        from += loaded.size();
        for (const auto& one : loaded) {
            if (!one || one->body == nullptr) continue;
            TRY_ASSIGN(const auto document, json::Document::parse(*one->body));
            search::each_target(reference, document.root(), records_.options.base_url, [&](std::string_view type, std::string_view id) {
                if (std::ranges::find(query_.types, type) != query_.types.end()) take(id);
            });
        }
    }
    return {};
}

Status Finder::collect(const search::Query& query, std::string_view type) {
    type_ = type;
    hides_ = context_.may_hide(type);
    judge_ = std::make_unique<Judge>(records_, query, type, now_);
    candidates_.clear();
    to_name_ = 0;
    std::optional<Access> person;  // whose records
    std::optional<Access> value;   // which index rows
    std::uint64_t value_told = 0;
    for (std::size_t i = 0; i < query.clauses.size(); ++i) {
        const Clause& clause = query.clauses[i];
        if (clause.kind == Kind::ids) {
            TRY(look_up(clause.ids));
            name_if_few();
            return fetch();
        }
        auto access = access_of(clause, type, records_.known, records_.extractor);
        if (!access) continue;
        if (!access->persons.empty()) {
            if (!person || access->rank < person->rank) person = std::move(access);
        } else if (!value || access->rank < value->rank) {
            value_told = access->exact && i < 64 ? std::uint64_t{1} << i : 0;
            value = std::move(access);
        }
    }
    // An identifier is narrower than a person; a person than most.
    if (value && (!person || value->rank <= 1)) {
        for (const IndexRows& rows : value->rows) TRY(scan_rows(rows, std::nullopt, value_told));
        TRY(look_up(value->own));
        if (value->rank <= 1) name_if_few();
        return fetch();
    }
    if (!person) return by_type();
    for (const std::string& id : person->persons) {
        if (!value) {
            TRY(scan_person(id));
            continue;
        }
        for (const IndexRows& rows : value->rows) TRY(scan_rows(rows, person_partition(id), value_told));
    }
    TRY(look_up(person->own));
    // Those that lie elsewhere: with another person, or with none.
    for (const IndexRows& rows : person->rows) TRY(scan_rows(rows, std::nullopt, 0));
    return fetch();
}

void Finder::name_if_few() {
    if (candidates_.size() <= kNamedMax) to_name_ = candidates_.size();
}

Status Finder::look_up(const std::vector<std::string>& ids) {
    std::vector<std::string> keys;
    for (std::size_t from = 0; from < ids.size(); from += kFetch) {
        keys.clear();
        const std::size_t to = std::min(from + kFetch, ids.size());
        for (std::size_t i = from; i < to; ++i) keys.push_back(locator_key(type_, ids[i]));
        TRY_ASSIGN(const auto found, snapshot_.multi_get(keys));
        for (std::size_t i = from; i < to; ++i) {
            TRY(effort_.look());
            if (!found[i - from]) continue;
            TRY_ASSIGN(const Locator locator, decode_locator(*found[i - from]));
            if (!locator.deleted) candidates_.push_back({ids[i], locator.partition, 0, 0});
        }
    }
    return {};
}

Status Finder::scan_person(const std::string& patient) {
    const Partition partition = person_partition(patient);
    store::Range range = resource_range(partition, type_);
    while (true) {
        TRY_ASSIGN(store::Chunk chunk, snapshot_.scan(range, {.entries_max = 1000}));
        const std::string last = chunk.entries.empty() ? std::string() : chunk.entries.back().key;
        for (store::Entry& entry : chunk.entries) {
            TRY(effort_.look());
            TRY_ASSIGN(TypeAndId name, type_and_id(entry.key));
            TRY(consider(std::move(name.id), partition, std::move(entry.value), 0));
        }
        if (!chunk.more) return {};
        range = store::rest_of(range, last);
    }
}

Status Finder::scan_rows(const IndexRows& rows, std::optional<Partition> partition, std::uint64_t told) {
    store::Range range = index_range(rows.value, type_, partition, rows.any_system);
    TRY(effort_.look());  // a range without rows costs too
    while (true) {
        TRY_ASSIGN(const store::Chunk chunk, snapshot_.scan(range, {.entries_max = 1000}));
        for (const store::Entry& entry : chunk.entries) {
            TRY(effort_.look());
            TRY_ASSIGN(IndexEntry found, index_entry(entry.key, entry.value));
            if (has_system(rows.value.kind) && !rows.any_system && found.system != rows.value.system) continue;
            candidates_.push_back({std::move(found.id), found.partition, told, found.version});
        }
        if (candidates_.size() >= 4 * kFetch) TRY(fetch());
        if (!chunk.more) return {};
        range = store::rest_of(range, chunk.entries.back().key);
    }
}

// Everything of the type. Without criteria a locator says all there is to know.
Status Finder::by_type() {
    const bool plain = query_.clauses.empty() && query_.sort.empty() && !hides_;
    for (int bucket = 0; bucket < kLocatorBuckets; ++bucket) {
        store::Range range = locator_range(type_, bucket);
        TRY(effort_.look());
        while (true) {
            TRY_ASSIGN(const store::Chunk chunk, snapshot_.scan(range));
            for (const store::Entry& entry : chunk.entries) {
                TRY(effort_.look());
                TRY_ASSIGN(const Locator locator, decode_locator(entry.value));
                TRY_ASSIGN(std::string id, id_of_locator(entry.key));
                if (locator.deleted) continue;
                if (plain) keep({newest_first({locator.last_updated}), type_number(type_), locator.partition, std::move(id), {}, nullptr});
                else candidates_.push_back({std::move(id), locator.partition, 0, 0});
            }
            TRY(fetch());
            if (!chunk.more) break;
            range = store::rest_of(range, chunk.entries.back().key);
        }
    }
    return {};
}

bool Finder::take_known(Candidate& candidate) {
    if (candidate.version == 0 || !query_.sort.empty() || !rows_kept_) return false;
    auto known = records_.cache.find(type_number(type_), candidate.id, candidate.version);
    if (known == nullptr || !judge_->settled(known->touched, candidate.told)) return false;
    if (hides_ && !context_.visible(known->touched)) return true;
    Match match;
    match.order = newest_first(known->touched.last_updated);
    match.type = type_number(type_);
    match.partition = candidate.partition;
    match.id = std::move(candidate.id);
    match.known = std::move(known);
    keep(std::move(match));
    return true;
}

Status Finder::fetch() {
    std::erase_if(candidates_, [&](Candidate& candidate) { return take_known(candidate); });
    std::vector<std::string> keys;
    for (std::size_t from = 0; from < candidates_.size(); from += kFetch) {
        keys.clear();
        const std::size_t to = std::min(from + kFetch, candidates_.size());
        for (std::size_t i = from; i < to; ++i) keys.push_back(resource_key(candidates_[i].partition, type_, candidates_[i].id));
        TRY_ASSIGN(auto values, snapshot_.multi_get(keys));
        for (std::size_t i = from; i < to; ++i) {
            if (!values[i - from]) return fail(Category::corrupt, "a located resource is missing");
            TRY(consider(std::move(candidates_[i].id), candidates_[i].partition, std::move(*values[i - from]), candidates_[i].told));
        }
    }
    candidates_.clear();
    return {};
}

Status Finder::consider(std::string id, Partition partition, std::string value, std::uint64_t told) {
    TRY_ASSIGN(const RowView row, RowView::parse(value));
    if (row.deleted()) return {};
    const Place place{partition, type_, std::move(id)};
    if (to_name_ > 0) {
        --to_name_;
        TRY(name_patients(row.touched(type_, place.id)));
    }
    TRY_ASSIGN(const bool fits, judge_->fits(snapshot_, row, place, told));
    if (!fits || (hides_ && !context_.visible(row.touched(type_, place.id)))) return {};
    Match match;
    TRY_ASSIGN(match.order, judge_->order(snapshot_, row, place));
    match.type = type_number(type_);
    match.partition = partition;
    match.id = place.id;
    match.row = std::move(value);
    keep(std::move(match));
    return {};
}

void Finder::keep(Match match) {
    if (rows_kept_ && matches_.size() >= kRowsKeptMax) {
        for (Match& one : matches_) {
            one.row = std::string();
            one.known = nullptr;
        }
        rows_kept_ = false;
    }
    if (!rows_kept_) {
        match.row = std::string();
        match.known = nullptr;
    }
    matches_.push_back(std::move(match));
}

}  // namespace idun::records
