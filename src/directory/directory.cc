#include "directory/directory.h"

#include <algorithm>

#include "directory/fhir_directory.h"
#include "directory/internal/rows.h"
#include "directory/internal/shown.h"

namespace idun::directory {
namespace {

bool before(const ResourcePtr& one, std::string_view id) { return one->id < id; }

ResourcePtr find_in(const Rows& rows, std::string_view id) {
    const auto place = std::lower_bound(rows.begin(), rows.end(), id, before);
    return place != rows.end() && (*place)->id == id ? *place : nullptr;
}

}  // namespace

ResourcePtr View::find(Type type, std::string_view id) const { return find_in(of(type), id); }

ResourcePtr View::find(std::string_view reference) const {
    const auto name = name_from(reference);
    return name ? find(name->type, name->id) : nullptr;
}

Result<std::unique_ptr<Directory>> Directory::open(store::Store& store, const Clock& clock) {
    std::unique_ptr<Directory> directory(new Directory(store, clock));
    TRY(directory->load());
    TRY(directory->take_form_1());
    return directory;
}

Status Directory::load() {
    View view;
    std::map<Key, std::uint64_t> gone;
    std::array<std::uint64_t, kTypes.size()> newest{};
    std::deque<std::int64_t> times;
    std::array<Rows, kTypes.size()> rows;
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    // A resource's versions lie together, the newest last.
    std::optional<Version> last;
    const auto settle = [&]() -> Status {
        if (!last) return {};
        const std::size_t place = place_of(last->type);
        if (last->deleted) {
            gone[{last->type, last->id}] = last->version;
        } else {
            TRY_ASSIGN(rows[place].emplace_back(), resource_of(std::move(*last)));
        }
        last.reset();
        return {};
    };
    store::Range range = store::prefix_range(versions_prefix());
    for (bool more = true; more;) {
        TRY_ASSIGN(const auto chunk, snapshot->scan(range));
        for (const store::Entry& entry : chunk.entries) {
            TRY_ASSIGN(Version one, decode_version(entry.key, entry.value));
            if (last && (last->type != one.type || last->id != one.id)) TRY(settle());
            if (times.size() < one.number) times.resize(one.number, -1);
            times[one.number - 1] = one.time.ms;
            newest[place_of(one.type)] = std::max(newest[place_of(one.type)], one.number);
            last = std::move(one);
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    TRY(settle());
    if (std::ranges::find(times, -1) != times.end()) return fail(Category::corrupt, "directory: a version is missing");
    view.number = times.size();
    for (std::size_t i = 0; i < rows.size(); ++i) view.rows[i] = std::make_shared<const Rows>(std::move(rows[i]));

    std::map<std::string, Lease, std::less<>> leases;
    range = store::prefix_range(leases_prefix());
    for (bool more = true; more;) {
        TRY_ASSIGN(const auto chunk, snapshot->scan(range));
        for (const store::Entry& entry : chunk.entries) {
            TRY_ASSIGN(const Instant until, decode_lease(entry.value));
            const ResourcePtr endpoint = view.find(Type::endpoint, entry.key.substr(leases_prefix().size()));
            if (!endpoint) return fail(Category::corrupt, "directory: a lease of no endpoint");
            TRY_ASSIGN(Lease lease, lease_of(*endpoint, until));
            leases.insert_or_assign(endpoint->id, std::move(lease));
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    for (const ResourcePtr& endpoint : view.of(Type::endpoint)) {
        if (!endpoint->root()["period"] || leases.contains(endpoint->id)) continue;
        TRY_ASSIGN(Lease lease, lease_of(*endpoint, kNoLease));
        leases.insert_or_assign(endpoint->id, std::move(lease));
    }
    const std::lock_guard lock(mutex_);
    view_ = std::move(view);
    gone_ = std::move(gone);
    newest_ = newest;
    times_ = std::move(times);
    leases_ = std::move(leases);
    older_.clear();
    return {};
}

// Rows of the form that had no versions become first versions, and go.
Status Directory::take_form_1() {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    std::vector<std::string> keys;
    std::vector<Organisation> organisations;
    std::vector<Endpoint> endpoints;
    for (const char table : {'O', 'E'}) {
        store::Range range = store::prefix_range(form_1_prefix(table));
        for (bool more = true; more;) {
            TRY_ASSIGN(const auto chunk, snapshot->scan(range));
            for (const store::Entry& entry : chunk.entries) {
                keys.push_back(entry.key);
                if (table == 'O') {
                    TRY_ASSIGN(organisations.emplace_back(), decode_organisation_1(entry.value));
                } else {
                    TRY_ASSIGN(endpoints.emplace_back(), decode_endpoint_1(entry.value));
                }
            }
            more = chunk.more;
            if (more) range = store::rest_of(range, chunk.entries.back().key);
        }
    }
    if (keys.empty()) return {};
    // Providers first, since units refer to them. What is refused now its node tells again.
    std::ranges::sort(organisations, {}, [](const Organisation& one) { return std::pair(!one.part_of.empty(), one.id); });
    for (const Organisation& one : organisations)
        if (const Status taken = put(one); !taken && taken.error().category != Category::invalid) return taken;
    for (const Endpoint& one : endpoints)
        if (const Status taken = put(one); !taken && taken.error().category != Category::invalid) return taken;
    store::Batch batch;
    for (std::string& key : keys) batch.erase(std::move(key));
    TRY(store_.commit(std::move(batch)));
    return {};
}

Result<Directory::Lease> Directory::lease_of(const Resource& endpoint, Instant until) {
    TRY_ASSIGN(ResourcePtr off, shown_off(endpoint));
    return Lease{until, std::move(off)};
}

View Directory::raw() const {
    const std::lock_guard lock(mutex_);
    return view_;
}

View Directory::view() const {
    const Instant now = clock_.now();
    const std::lock_guard lock(mutex_);
    View out = view_;
    if (leases_.empty()) return out;
    auto endpoints = std::make_shared<Rows>(out.of(Type::endpoint));
    for (ResourcePtr& one : *endpoints) {
        const auto lease = leases_.find(one->id);
        const bool ended = lease != leases_.end() && (now >= lease->second.until || !is_in_force(*one, now));
        if (ended && one->root()["status"].text() == "active") one = lease->second.off;
    }
    out.rows[place_of(Type::endpoint)] = std::move(endpoints);
    return out;
}

std::uint64_t Directory::number() const {
    const std::lock_guard lock(mutex_);
    return view_.number;
}

std::uint64_t Directory::number_at(Instant time) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::uint64_t>(std::upper_bound(times_.begin(), times_.end(), time.ms) - times_.begin());
}

std::optional<Organisation> Directory::organisation(std::string_view id) const {
    const ResourcePtr found = raw().find(Type::organization, id);
    if (!found) return std::nullopt;
    auto read = organisation_from_fhir(found->root(), id);
    return read ? std::optional(std::move(*read)) : std::nullopt;
}

std::optional<Endpoint> Directory::endpoint_of(std::string_view provider) const {
    const ResourcePtr found = raw().find(Type::endpoint, provider);
    if (!found || found->root()["status"].text() != "active" || !is_in_force(*found, clock_.now())) return std::nullopt;
    auto read = endpoint_from_fhir(found->root(), provider);
    if (!read || read->provider != provider) return std::nullopt;
    const std::lock_guard lock(mutex_);
    if (const auto lease = leases_.find(provider); lease != leases_.end() && lease->second.until != kNoLease) read->lease_until = lease->second.until;
    return std::move(*read);
}

Result<Endpoint> Directory::to_call(std::string_view provider) const {
    auto endpoint = endpoint_of(provider);
    if (!endpoint) return fail(Category::not_found, "not in the directory");
    TRY(understood(endpoint->speaks, "its node"));
    return std::move(*endpoint);
}

bool Directory::has_period(std::string_view provider) const {
    const ResourcePtr found = raw().find(Type::endpoint, provider);
    return found && found->root()["period"];
}

std::vector<Organisation> Directory::organisations() const {
    const View now = raw();
    std::vector<Organisation> out;
    for (const ResourcePtr& one : now.of(Type::organization))
        if (auto read = organisation_from_fhir(one->root(), one->id)) out.push_back(std::move(*read));
    return out;
}

std::vector<Endpoint> Directory::endpoints() const {
    const View now = raw();
    std::vector<Endpoint> out;
    for (const ResourcePtr& one : now.of(Type::endpoint))
        if (auto read = endpoint_of(one->id)) out.push_back(std::move(*read));
    return out;
}

std::string Directory::name_of(std::string_view id) const {
    const ResourcePtr found = raw().find(Type::organization, id);
    return std::string(found ? found->root()["name"].text() : id);
}

}  // namespace idun::directory
