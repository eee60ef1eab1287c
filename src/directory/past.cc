// What stood in the directory at a number, and how it came to be: read from the store, where every version lies.
#include <algorithm>

#include "directory/directory.h"
#include "directory/internal/rows.h"
#include "fhir/resource_id.h"

namespace idun::directory {
namespace {

constexpr std::size_t kOlderMax = 8;
constexpr std::size_t kAtOnce = 256;
constexpr std::size_t kPageBytesMax = 16u << 20;

}  // namespace

Result<View> Directory::view_at(std::uint64_t number) const {
    View out = raw();
    if (number > out.number) return fail(Category::not_found, "the directory has not come that far");
    std::array<std::uint64_t, kTypes.size()> newest{};
    {
        const std::lock_guard lock(mutex_);
        newest = newest_;
    }
    const View now = out;
    out.number = number;
    for (const Type type : kTypes) {
        if (newest[place_of(type)] <= number) continue;
        TRY_ASSIGN(out.rows[place_of(type)], rows_at(now, type, number));
    }
    return out;
}

Result<std::shared_ptr<const Rows>> Directory::rows_at(const View& now, Type type, std::uint64_t number) const {
    {
        const std::lock_guard lock(mutex_);
        for (const Older& one : older_)
            if (one.type == type && one.number == number) return one.rows;
    }
    auto rows = std::make_shared<Rows>();
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    // Of each resource the newest version that is not too new.
    std::string key, value;
    Status good;
    const auto settle = [&]() -> Status {
        if (key.empty()) return {};
        TRY_ASSIGN(const Head head, decode_head(value));
        if (!head.deleted) {
            const ResourcePtr known = now.find(type, id_in(key));
            if (known && known->number == head.number) {
                rows->push_back(known);
            } else {
                TRY_ASSIGN(Version version, decode_version(key, value));
                TRY_ASSIGN(rows->emplace_back(), resource_of(std::move(version)));
            }
        }
        key.clear();
        return {};
    };
    TRY(snapshot->walk(store::prefix_range(versions_prefix(type)), [&](std::string_view k, std::string_view v) -> store::Onward {
        const auto head = decode_head(v);
        if (!head) good = fail(head.error());
        else if (!key.empty() && id_in(key) != id_in(k)) good = settle();
        if (!good) return {.stop = true};
        if (head->number <= number) {
            key = k;
            value = v;
        }
        return {};
    }));
    TRY(good);
    TRY(settle());
    const std::lock_guard lock(mutex_);
    if (older_.size() >= kOlderMax) older_.erase(older_.begin());
    older_.push_back({type, number, rows});
    return std::shared_ptr<const Rows>(std::move(rows));
}

Result<std::optional<Version>> Directory::version(Type type, std::string_view id, std::uint64_t version) const {
    if (!fhir::valid_id(id)) return std::optional<Version>();
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    const std::string key = version_key(type, id, version);
    TRY_ASSIGN(const auto value, snapshot->get(key));
    if (!value) return std::optional<Version>();
    TRY_ASSIGN(Version out, decode_version(key, *value));
    return std::optional(std::move(out));
}

Result<std::optional<Version>> Directory::version_at(Type type, std::string_view id, std::uint64_t number) const {
    if (!fhir::valid_id(id)) return std::optional<Version>();
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    store::Range range = store::prefix_range(versions_prefix(type, id));
    range.reverse = true;
    for (bool more = true; more;) {
        TRY_ASSIGN(const auto chunk, snapshot->scan(range, {.entries_max = 16}));
        for (const store::Entry& entry : chunk.entries) {
            TRY_ASSIGN(const Head head, decode_head(entry.value));
            if (head.number > number) continue;
            TRY_ASSIGN(Version out, decode_version(entry.key, entry.value));
            return std::optional(std::move(out));
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return std::optional<Version>();
}

Result<HistoryPage> Directory::history(std::optional<Type> type, std::string_view id, std::optional<Instant> since, std::uint64_t before,
                                       std::size_t count) const {
    HistoryPage out;
    std::uint64_t first = 1, end = 0;  // the numbers [first, end)
    {
        const std::lock_guard lock(mutex_);
        if (since) first = static_cast<std::uint64_t>(std::lower_bound(times_.begin(), times_.end(), since->ms) - times_.begin()) + 1;
        end = before == 0 ? view_.number + 1 : std::min(before, view_.number + 1);
    }
    if (first >= end) return out;
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    const bool one = type && !id.empty();
    if (one && !fhir::valid_id(id)) return out;
    store::Range range = one ? store::prefix_range(versions_prefix(*type, id)) : store::Range{number_key(first), number_key(end)};
    range.reverse = true;
    std::size_t bytes = 0, looked_at = 0;
    std::uint64_t last = end;  // everything from this number on is shown, or is not wanted
    const auto full = [&] { return out.versions.size() >= count || bytes > kPageBytesMax || looked_at >= kLookedAtMax; };
    const auto take = [&](Version version) {
        bytes += version.body.size();
        out.versions.push_back(std::move(version));
    };
    for (bool more = true; more;) {
        TRY_ASSIGN(const auto chunk, snapshot->scan(range, {.entries_max = one ? 32 : kAtOnce}));
        std::vector<std::string> keys;
        std::vector<std::uint64_t> numbers;
        for (const store::Entry& entry : chunk.entries) {
            if (one) {
                TRY_ASSIGN(Version version, decode_version(entry.key, entry.value));
                if (version.number >= end) continue;
                if (version.number < first) return out;
                if (full()) {
                    out.before = last;
                    return out;
                }
                ++looked_at;
                last = version.number;
                take(std::move(version));
                continue;
            }
            TRY_ASSIGN(const Numbered numbered, decode_numbered(entry.value));
            keys.push_back(type && numbered.type != *type ? std::string() : version_key(numbered.type, numbered.id, numbered.version));
            numbers.push_back(number_in(entry.key));
        }
        // Of those that are wanted the versions, in one read.
        std::vector<std::string> wanted;
        for (const std::string& key : keys)
            if (!key.empty() && wanted.size() + out.versions.size() < count) wanted.push_back(key);
        std::vector<std::optional<std::string>> values;
        if (!wanted.empty()) {
            TRY_ASSIGN(values, snapshot->multi_get(wanted));
        }
        std::size_t at = 0;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (full()) {
                out.before = last;
                return out;
            }
            ++looked_at;
            last = numbers[i];
            if (keys[i].empty()) continue;
            if (!values[at]) return fail(Category::corrupt, "directory: a version is missing");
            TRY_ASSIGN(Version version, decode_version(keys[i], *values[at]));
            ++at;
            take(std::move(version));
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return out;
}

}  // namespace idun::directory
