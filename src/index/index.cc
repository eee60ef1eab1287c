#include "index/index.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/bytes.h"
#include "store/person_key.h"

namespace idun::index {
namespace {

constexpr std::uint8_t kForm = 1;
constexpr std::string_view kFreshness = "freshnes";  // the partition of the freshness rows

// One row a person and provider: the first 8 bytes of the pseudonym, 'X', its last 8, the provider.
struct Part {
    Instant newest;
    std::uint64_t source_version = 0;
    bool withdrawn = false;
};
using Row = std::map<std::string, Part, std::less<>>;  // by category

std::string person_prefix(const crypto::Pseudonym& person) { return store::person_key(person, 'X'); }

std::string encode(const Row& row) {
    std::string out;
    append_be(out, kForm);
    for (const auto& [category, part] : row) {
        append_text(out, category);
        append_be(out, part.newest.ms);
        append_be(out, part.source_version);
        append_be(out, static_cast<std::uint8_t>(part.withdrawn));
    }
    return out;
}

Result<Row> decode(std::string_view bytes) {
    ByteReader in(bytes);
    if (in.be<std::uint8_t>() != kForm) return fail(Category::corrupt, "index: row of an unknown form");
    Row row;
    while (in.ok() && !in.rest().empty()) {
        const std::string category(in.text());
        Part part;
        part.newest = {in.be<std::int64_t>()};
        part.source_version = in.be<std::uint64_t>();
        part.withdrawn = in.be<std::uint8_t>() != 0;
        row[category] = part;
    }
    if (!in.done()) return fail(Category::corrupt, "index: malformed row");
    return row;
}

std::string encode(const Freshness& f) {
    std::string out;
    append_be(out, kForm);
    append_be(out, f.heard.ms);
    append_be(out, f.source_version);
    return out;
}

Status check(std::string_view provider, std::span<const Pointer> pointers) {
    if (provider.empty() || provider.size() > 64) return fail(Category::invalid, "index: malformed provider id");
    if (pointers.size() > kBatchMax)
        return fail(Category::too_large, fmt::format("index: at most {} pointers at a time", kBatchMax));
    for (const Pointer& p : pointers)
        if (p.category.empty() || p.category.size() > 64) return fail(Category::invalid, "index: malformed category");
    return {};
}

bool holds_anything(const Row& row) {
    return std::any_of(row.begin(), row.end(), [](const auto& part) { return !part.second.withdrawn; });
}

// A tombstone stays in the row, so that a late, older update cannot bring a withdrawn pointer back.
void apply(Row& row, const Pointer& p) {
    const auto found = row.find(p.category);
    if (found != row.end() && found->second.source_version > p.source_version) return;
    row[p.category] = {p.newest, p.source_version, p.withdrawn};
}

}  // namespace

Result<std::unique_ptr<Index>> Index::open(store::Store& store) {
    std::unique_ptr<Index> index(new Index(store));
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    store::Range range = store::prefix_range(kFreshness);
    for (bool more = true; more;) {
        TRY_ASSIGN(const auto chunk, snapshot->scan(range));
        for (const store::Entry& entry : chunk.entries) {
            ByteReader in(entry.value);
            if (in.be<std::uint8_t>() != kForm) return fail(Category::corrupt, "index: freshness of an unknown form");
            Freshness f{{in.be<std::int64_t>()}, in.be<std::uint64_t>()};
            if (!in.done()) return fail(Category::corrupt, "index: malformed freshness");
            index->freshness_.emplace_back(entry.key.substr(kFreshness.size()), f);
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return index;
}

Status Index::put(std::string_view provider, std::span<const Pointer> pointers, const Freshness& freshness) {
    TRY(check(provider, pointers));
    const std::lock_guard writing(writing_);

    std::map<std::string, std::vector<const Pointer*>> by_key;
    for (const Pointer& p : pointers) by_key[person_prefix(p.person) + std::string(provider)].push_back(&p);
    std::vector<std::string> keys;
    keys.reserve(by_key.size());
    for (const auto& [key, unused] : by_key) keys.push_back(key);

    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto rows, snapshot->multi_get(keys));
    store::Batch batch;
    std::vector<crypto::Pseudonym> begins, ceases;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        Row row;
        if (rows[i]) {
            TRY_ASSIGN(row, decode(*rows[i]));
        }
        const bool before = holds_anything(row);
        const auto& news = by_key[keys[i]];
        for (const Pointer* p : news) apply(row, *p);
        if (const bool after = holds_anything(row); after != before)
            (after ? begins : ceases).push_back(news.front()->person);
        batch.put(keys[i], encode(row));
    }
    Freshness newer = this->freshness(provider);
    newer.heard = std::max(newer.heard, freshness.heard);
    newer.source_version = std::max(newer.source_version, freshness.source_version);
    batch.put(std::string(kFreshness) + std::string(provider), encode(newer));
    const bool joined = joiner_ && (!begins.empty() || !ceases.empty());
    if (joined) TRY(joiner_->join(provider, begins, ceases, batch));
    const auto committed = store_.commit(std::move(batch));
    if (joined) joiner_->done(committed.has_value());
    if (!committed) return fail(committed.error());

    const std::lock_guard lock(mutex_);
    const auto place = std::lower_bound(freshness_.begin(), freshness_.end(), provider,
                                        [](const auto& a, std::string_view b) { return a.first < b; });
    if (place != freshness_.end() && place->first == provider)
        place->second = newer;
    else
        freshness_.emplace(place, std::string(provider), newer);
    return {};
}

Result<std::vector<Holding>> Index::holdings(const crypto::Pseudonym& person) const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    const std::string prefix = person_prefix(person);
    store::Range range = store::prefix_range(prefix);
    std::vector<Holding> out;
    for (bool more = true; more;) {
        TRY_ASSIGN(const auto chunk, snapshot->scan(range));
        for (const store::Entry& entry : chunk.entries) {
            TRY_ASSIGN(const Row row, decode(entry.value));
            Holding holding{entry.key.substr(prefix.size()), {}};
            for (const auto& [category, part] : row)
                if (!part.withdrawn) holding.parts.push_back({category, part.newest});
            if (!holding.parts.empty()) out.push_back(std::move(holding));
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return out;
}

Freshness Index::freshness(std::string_view provider) const {
    const std::lock_guard lock(mutex_);
    const auto place = std::lower_bound(freshness_.begin(), freshness_.end(), provider,
                                        [](const auto& a, std::string_view b) { return a.first < b; });
    if (place == freshness_.end() || place->first != provider) return {};
    return place->second;
}

}  // namespace idun::index
