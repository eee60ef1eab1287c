#include "records/internal/include.h"

#include <algorithm>
#include <set>

#include "search/evaluate.h"

namespace idun::records {
namespace {

using search::Include;
using search::Parameter;

constexpr std::size_t kIncludedMax = 1'000;
constexpr int kRoundsMax = 16;  // of :iterate

class Includer {
public:
    Includer(const Records::Impl& records, const search::Query& query, const store::Snapshot& snapshot, const Context& context)
        : records_(records), query_(query), snapshot_(snapshot), context_(context), effort_(*context.effort),
          left_(std::min(records.options.page_bytes_max, effort_.bytes_left())) {}

    Result<Included> run(const std::vector<Loaded>& page) {
        for (const Loaded& one : page) known_.insert(name(one.touched.type, one.touched.id));
        TRY(round(page, false));
        for (int i = 0; i < kRoundsMax && !out_.cut && !fresh_.empty(); ++i) {
            std::vector<Loaded> last = std::exchange(fresh_, {});
            TRY(round(last, true));
            std::ranges::move(last, std::back_inserter(out_.entries));
        }
        std::ranges::move(fresh_, std::back_inserter(out_.entries));
        return std::move(out_);
    }

private:
    static std::string name(std::string_view type, std::string_view id) { return std::string(type).append("/").append(id); }

    // Adds to fresh_ what the includes lead to from `from`; behind the page only those with :iterate.
    Status round(const std::vector<Loaded>& from, bool iterating) {
        std::vector<Place> wanted;
        for (const Include& include : query_.includes) {
            if (iterating && !include.iterate) continue;
            if (include.reverse) TRY(backwards(include, from));
            else TRY(forwards(include, from, wanted));
        }
        return take(std::move(wanted));
    }

    Status forwards(const Include& include, const std::vector<Loaded>& from, std::vector<Place>& wanted) {
        for (const Loaded& one : from) {
            if (one.body == nullptr || (!include.type.empty() && include.type != one.touched.type)) continue;
            TRY(effort_.look());
            TRY_ASSIGN(const auto document, json::Document::parse(*one.body));
            for (const Parameter& parameter : records_.known.of(one.touched.type)) {
                if (parameter.type != fhir::SearchType::reference) continue;
                if (!include.parameter.empty() && include.parameter != parameter.name) continue;
                search::each_target(parameter, document.root(), records_.options.base_url, [&](std::string_view type, std::string_view id) {
                    if (!include.target.empty() && include.target != type) return;
                    if (known_.size() > kKnownMax || !known_.insert(name(type, id)).second) return;
                    wanted.push_back({0, std::string(type), std::string(id)});
                });
            }
        }
        return {};
    }

    Status backwards(const Include& include, const std::vector<Loaded>& from) {
        std::vector<std::string> types;
        if (!include.type.empty()) types.push_back(include.type);
        else for (const fhir::Type* type : records_.definitions.resources()) types.emplace_back(type->name);
        std::vector<std::string> targets;
        for (const Loaded& one : from) {
            if (include.target.empty() || include.target == one.touched.type) targets.push_back(name(one.touched.type, one.touched.id));
        }
        std::ranges::sort(targets);
        for (const std::string& type : types) {
            std::vector<const Parameter*> parameters;
            for (const Parameter& parameter : records_.known.of(type)) {
                if (parameter.type != fhir::SearchType::reference) continue;
                if (include.parameter.empty() || include.parameter == parameter.name) parameters.push_back(&parameter);
            }
            TRY(pointing(type, std::move(parameters), targets));
            if (out_.cut) return {};
        }
        return {};
    }

    // By any of the parameters: one search a type.
    Status pointing(const std::string& type, std::vector<const Parameter*> parameters, const std::vector<std::string>& targets) {
        search::Query query;
        query.types = {type};
        search::Clause clause;
        clause.kind = search::Clause::Kind::targets;
        for (const std::string& target : targets) {
            const std::string_view target_type = std::string_view(target).substr(0, target.find('/'));
            if (std::ranges::any_of(parameters, [&](const Parameter* p) { return p->may_point_at(target_type); })) clause.ids.push_back(target);
        }
        clause.parameters = std::move(parameters);
        if (clause.ids.empty()) return {};
        query.clauses.push_back(std::move(clause));
        TRY_ASSIGN(const auto found, Finder(records_, query, snapshot_, context_).run());
        std::vector<Place> places;
        for (const Match& match : found) {
            if (known_.insert(name(type, match.id)).second) places.push_back({match.partition, type, match.id});
            if (full(places.size())) break;
        }
        return load(places);
    }

    // Looks up where they lie first.
    Status take(std::vector<Place> wanted) {
        if (wanted.size() > kIncludedMax) {
            wanted.resize(kIncludedMax);
            out_.cut = true;
        }
        std::vector<std::string> keys;
        for (const Place& place : wanted) keys.push_back(locator_key(place.type, place.id));
        if (keys.empty()) return {};
        TRY_ASSIGN(const auto values, snapshot_.multi_get(keys));
        std::vector<Place> places;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if (!values[i]) continue;
            TRY_ASSIGN(const Locator locator, decode_locator(*values[i]));
            if (locator.deleted) continue;
            wanted[i].partition = locator.partition;
            places.push_back(std::move(wanted[i]));
        }
        return load(places);
    }

    Status load(const std::vector<Place>& places) {
        TRY(effort_.look(places.size()));
        TRY_ASSIGN(auto loaded, records_.load(snapshot_, places, true, left_, context_.visible));
        for (auto& one : loaded) {
            if (!one || one->body == nullptr) continue;
            if (full(0)) return {};
            if (one->body->size() > left_) {
                out_.cut = true;
                return {};
            }
            left_ -= one->body->size();
            effort_.show(one->body->size());
            fresh_.push_back(std::move(*one));
        }
        if (loaded.size() < places.size()) out_.cut = true;
        return {};
    }

    bool full(std::size_t more) {
        if (out_.entries.size() + fresh_.size() + more >= kIncludedMax) out_.cut = true;
        return out_.cut;
    }

    static constexpr std::size_t kKnownMax = 100'000;

    const Records::Impl& records_;
    const search::Query& query_;
    const store::Snapshot& snapshot_;
    const Context& context_;
    Effort& effort_;
    std::size_t left_;             // bytes that may still be added
    std::set<std::string> known_;  // of the page, included, or looked for
    std::vector<Loaded> fresh_;    // of this round
    Included out_;
};

}  // namespace

Result<Included> included(const Records::Impl& records, const search::Query& query, const std::vector<Loaded>& page,
                          const store::Snapshot& snapshot, const Context& context) {
    if (query.includes.empty()) return Included{};
    return Includer(records, query, snapshot, context).run(page);
}

}  // namespace idun::records
