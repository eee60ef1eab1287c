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

struct Numbers {  // [first, end)
    std::uint64_t first = 1;
    std::uint64_t end = 0;
};

// A page of a history while it is filled.
class Page {
public:
    Page(std::size_t count, std::uint64_t end, std::size_t looked_at_max) : count_(count), last_(end), looked_at_max_(looked_at_max) {}

    // Is there room for the version of that number, be it wanted or not? If not the page ends here, and the next one begins with it.
    bool look_at(std::uint64_t number) {
        if (out_.versions.size() >= count_ || bytes_ > kPageBytesMax || looked_at_ >= looked_at_max_) {
            out_.before = last_;
            return false;
        }
        ++looked_at_;
        last_ = number;
        return true;
    }
    void add(Version version) {
        bytes_ += version.body.size();
        out_.versions.push_back(std::move(version));
    }
    std::size_t room() const { return count_ - std::min(count_, out_.versions.size()); }
    HistoryPage take() { return std::move(out_); }

private:
    HistoryPage out_;
    std::size_t count_;
    std::uint64_t last_;  // everything from this number on is on the page, or is not wanted
    std::size_t looked_at_max_;
    std::size_t bytes_ = 0, looked_at_ = 0;
};

// Of one resource, whose versions lie together.
Status history_of(const store::Snapshot& snapshot, Type type, std::string_view id, Numbers wanted, Page& page) {
    store::Range range = store::prefix_range(versions_prefix(type, id));
    range.reverse = true;
    for (bool more = true; more;) {
        TRY_ASSIGN(const auto chunk, snapshot.scan(range, {.entries_max = 32}));
        for (const store::Entry& entry : chunk.entries) {
            TRY_ASSIGN(Version version, decode_version(entry.key, entry.value));
            if (version.number >= wanted.end) continue;
            if (version.number < wanted.first || !page.look_at(version.number)) return {};
            page.add(std::move(version));
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return {};
}

// Of a type or of everything, by the directory's numbers.
Status history_by_number(const store::Snapshot& snapshot, std::optional<Type> type, Numbers wanted, Page& page) {
    store::Range range{number_key(wanted.first), number_key(wanted.end)};
    range.reverse = true;
    for (bool more = true; more;) {
        TRY_ASSIGN(const auto chunk, snapshot.scan(range, {.entries_max = kAtOnce}));
        // Of those that are of the type the versions, in one read.
        std::vector<std::string> keys;
        std::vector<bool> of_type;
        for (const store::Entry& entry : chunk.entries) {
            TRY_ASSIGN(const Numbered numbered, decode_numbered(entry.value));
            of_type.push_back(!type || numbered.type == *type);
            if (of_type.back() && keys.size() < page.room()) keys.push_back(version_key(numbered.type, numbered.id, numbered.version));
        }
        std::vector<std::optional<std::string>> values;
        if (!keys.empty()) {
            TRY_ASSIGN(values, snapshot.multi_get(keys));
        }
        std::size_t at = 0;
        for (std::size_t i = 0; i < chunk.entries.size(); ++i) {
            if (!page.look_at(number_in(chunk.entries[i].key))) return {};
            if (!of_type[i]) continue;
            if (!values[at]) return fail(Category::corrupt, "directory: a version is missing");
            TRY_ASSIGN(Version version, decode_version(keys[at], *values[at]));
            ++at;
            page.add(std::move(version));
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return {};
}

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
    Numbers wanted;
    {
        const std::lock_guard lock(mutex_);
        if (since) wanted.first = static_cast<std::uint64_t>(std::lower_bound(times_.begin(), times_.end(), since->ms) - times_.begin()) + 1;
        wanted.end = before == 0 ? view_.number + 1 : std::min(before, view_.number + 1);
    }
    const bool one = type && !id.empty();
    if (wanted.first >= wanted.end || (one && !fhir::valid_id(id))) return HistoryPage{};
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    Page page(count, wanted.end, kLookedAtMax);
    if (one) {
        TRY(history_of(*snapshot, *type, id, wanted, page));
    } else {
        TRY(history_by_number(*snapshot, type, wanted, page));
    }
    return page.take();
}

}  // namespace idun::directory
