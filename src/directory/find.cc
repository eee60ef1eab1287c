#include "directory/find.h"

#include <algorithm>
#include <set>

#include "fhir/definitions.h"
#include "search/evaluate.h"
#include "search/values.h"

namespace idun::directory {
namespace {

using search::Clause;
using Kind = Clause::Kind;

constexpr int kLinksMax = 8;

bool same_name(const Resource& one, std::string_view type) { return to_string(one.type) == type; }

bool fits_clause(const Clause& clause, const Resource& one, const search::Judgement& by) {
    switch (clause.kind) {
        case Kind::ids: return std::ranges::binary_search(clause.ids, one.id);
        case Kind::last_updated: {
            const search::Interval at{one.time.ms, one.time.ms + 1};
            return std::ranges::any_of(clause.criteria, [&](const auto& c) { return search::matches({c.prefix, c.interval}, at, by.now); });
        }
        default: return search::fits(clause, one.root(), by);
    }
}

void sort_unique(std::vector<std::string>& texts) {
    std::ranges::sort(texts);
    const auto rest = std::ranges::unique(texts);
    texts.erase(rest.begin(), rest.end());
}

}  // namespace

Finder::Finder(std::string base_url) : base_url_(std::move(base_url)), known_(search::Registry::r4()) {}

tl::expected<search::Query, std::vector<Error>> Finder::parse(Type type, const Parameters& parameters, bool lenient) const {
    search::SearchLimits limits;
    limits.base_url = base_url_;
    limits.lenient = lenient;
    auto query = search::parse_search(known_, {std::string(to_string(type))}, parameters, limits);
    if (!query) return query;
    std::vector<Error> refused;
    if (std::erase_if(query->clauses, [](const Clause& clause) { return clause.kind == Kind::list; }) > 0)
        refused.emplace_back(Category::invalid, "the directory has no lists", "_list");
    if (std::erase_if(query->includes, [](const search::Include& one) { return one.iterate; }) > 0)
        refused.emplace_back(Category::invalid, "includes are not followed further here: leave :iterate out", "_include");
    if (refused.empty()) return query;
    if (!lenient) return tl::unexpected(std::move(refused));
    query->ignored.insert(query->ignored.end(), refused.begin(), refused.end());
    return query;
}

// Chains and _has become what their ends find.
Result<search::Query> Finder::resolved(const search::Query& query, const View& view, Instant now, int depth) const {
    search::Query out = query;
    for (Clause& clause : out.clauses) {
        if (clause.kind != Kind::chain && clause.kind != Kind::has) continue;
        if (depth >= kLinksMax) return fail(Category::too_large, "too many links in a chain");
        std::vector<std::string> ids;
        for (const auto& inner : clause.inner) {
            TRY_ASSIGN(const Rows found, all(*inner, view, now, depth + 1));
            for (const ResourcePtr& one : found) {
                if (clause.kind == Kind::chain) ids.push_back(one->name());
                else search::each_target(*clause.parameters.front(), one->root(), base_url_, [&](std::string_view type, std::string_view id) {
                    if (type == query.types.front()) ids.emplace_back(id);
                });
            }
            if (ids.size() > kLinkedMax) return fail(Category::too_large, "a link of the search leads to too much", clause.name);
        }
        sort_unique(ids);
        clause.ids = std::move(ids);
        clause.kind = clause.kind == Kind::chain ? Kind::targets : Kind::ids;
    }
    return out;
}

Result<Rows> Finder::all(const search::Query& query, const View& view, Instant now, int depth) const {
    const auto type = type_from(query.types.front());
    if (!type) return Rows();  // a chain may lead to what the directory has none of
    TRY_ASSIGN(const search::Query plain, resolved(query, view, now, depth));
    const search::Judgement by{.now = now, .base_url = base_url_};
    Rows out;
    for (const ResourcePtr& one : view.of(*type))
        if (std::ranges::all_of(plain.clauses, [&](const Clause& clause) { return fits_clause(clause, *one, by); })) out.push_back(one);
    return out;
}

void Finder::sort(Rows& rows, const search::Query& query) const {
    if (query.sort.empty()) return;
    struct Keyed {
        std::vector<std::string> keys;
        ResourcePtr one;
    };
    std::vector<Keyed> keyed;
    keyed.reserve(rows.size());
    for (ResourcePtr& one : rows) {
        Keyed made;
        for (const search::SortKey& key : query.sort) {
            if (key.name == "_id") made.keys.push_back(one->id);
            else if (key.name == "_lastUpdated") made.keys.push_back(search::sort_text(one->time.ms));
            else if (const search::Parameter* parameter = known_.find(query.types.front(), key.name))
                made.keys.push_back(search::sort_text(*parameter, one->root(), key.descending, base_url_));
            else made.keys.emplace_back();
        }
        made.one = std::move(one);
        keyed.push_back(std::move(made));
    }
    std::ranges::sort(keyed, [&](const Keyed& a, const Keyed& b) {
        for (std::size_t i = 0; i < query.sort.size(); ++i) {
            if (a.keys[i] == b.keys[i]) continue;
            // What has no value comes last, whichever way the order goes.
            if (a.keys[i].empty() || b.keys[i].empty()) return b.keys[i].empty();
            return query.sort[i].descending ? a.keys[i] > b.keys[i] : a.keys[i] < b.keys[i];
        }
        return a.one->id < b.one->id;
    });
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = std::move(keyed[i].one);
}

void Finder::include(const search::Query& query, const View& view, Found& found) const {
    std::set<std::string> there;
    for (const ResourcePtr& one : found.matches) there.insert(one->name());
    const std::set<std::string> matched = there;
    std::size_t bytes = 0;
    const auto add = [&](const ResourcePtr& one) {
        if (!one || !there.insert(one->name()).second) return;
        found.cut = found.cut || found.included.size() >= kIncludedMax || bytes + one->body.size() > kPageBytesMax;
        if (found.cut) return;
        bytes += one->body.size();
        found.included.push_back(one);
    };
    const auto each_parameter = [&](std::string_view type, const search::Include& wanted, const auto& use) {
        for (const search::Parameter& parameter : known_.of(type))
            if (search::is_includable(parameter) && (wanted.parameter.empty() || parameter.name == wanted.parameter)) use(parameter);
    };
    for (const search::Include& wanted : query.includes) {
        const auto target_fits = [&](std::string_view type) { return wanted.target.empty() || wanted.target == type; };
        if (!wanted.reverse) {
            for (const ResourcePtr& one : found.matches) {
                if (!wanted.type.empty() && !same_name(*one, wanted.type)) continue;
                each_parameter(to_string(one->type), wanted, [&](const search::Parameter& parameter) {
                    search::each_target(parameter, one->root(), base_url_, [&](std::string_view type, std::string_view id) {
                        if (const auto own = type_from(type); own && target_fits(type)) add(view.find(*own, id));
                    });
                });
            }
            continue;
        }
        for (const Type type : kTypes) {
            if (!wanted.type.empty() && wanted.type != to_string(type)) continue;
            for (const ResourcePtr& one : view.of(type)) {
                if (std::ranges::none_of(one->references, [&](const std::string& reference) { return matched.contains(reference); })) continue;
                each_parameter(to_string(type), wanted, [&](const search::Parameter& parameter) {
                    search::each_target(parameter, one->root(), base_url_, [&](std::string_view target, std::string_view id) {
                        if (target_fits(target) && matched.contains(std::string(target) + "/" + std::string(id))) add(one);
                    });
                });
            }
        }
    }
}

Result<Found> Finder::find(const search::Query& query, const View& view, std::size_t offset, Instant now) const {
    TRY_ASSIGN(Rows matches, all(query, view, now, 0));
    Found out;
    out.total = matches.size();
    if (query.only_count) return out;
    sort(matches, query);
    const std::size_t count = std::clamp<std::size_t>(query.count.value_or(kCountDefault), 1, kCountMax);
    const std::size_t from = std::min(offset, matches.size());
    std::size_t to = from, bytes = 0;
    while (to < matches.size() && to - from < count && (to == from || bytes + matches[to]->body.size() <= kPageBytesMax)) bytes += matches[to++]->body.size();
    out.matches.assign(matches.begin() + static_cast<std::ptrdiff_t>(from), matches.begin() + static_cast<std::ptrdiff_t>(to));
    if (to < matches.size()) out.next = to;
    include(query, view, out);
    return out;
}

}  // namespace idun::directory
