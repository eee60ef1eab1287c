#include "directory/directory.h"

#include <algorithm>

#include "base/bytes.h"

namespace idun::directory {
namespace {

// Keys: partition "director", then 'O' or 'E', then the id. Values begin with the version of their form.
constexpr std::string_view kPartition = "director";
constexpr std::uint8_t kForm = 1;

std::string key(char table, std::string_view id) { return std::string(kPartition) + table + std::string(id); }

std::string encode(const Organisation& o) {
    std::string out;
    append_be(out, kForm);
    for (const std::string* part : {&o.id, &o.name, &o.part_of, &o.organisation_number}) append_text(out, *part);
    return out;
}

std::string encode(const Endpoint& e) {
    std::string out;
    append_be(out, kForm);
    for (const std::string* part : {&e.id, &e.provider, &e.url}) append_text(out, *part);
    append_be(out, e.lease_until.ms);
    return out;
}

Result<Organisation> decode_organisation(std::string_view bytes) {
    ByteReader in(bytes);
    Organisation o;
    if (in.be<std::uint8_t>() != kForm) return fail(Category::corrupt, "directory: organisation of an unknown form");
    for (std::string* part : {&o.id, &o.name, &o.part_of, &o.organisation_number}) *part = in.text();
    if (!in.done()) return fail(Category::corrupt, "directory: malformed organisation");
    return o;
}

Result<Endpoint> decode_endpoint(std::string_view bytes) {
    ByteReader in(bytes);
    Endpoint e;
    if (in.be<std::uint8_t>() != kForm) return fail(Category::corrupt, "directory: endpoint of an unknown form");
    for (std::string* part : {&e.id, &e.provider, &e.url}) *part = in.text();
    e.lease_until = {in.be<std::int64_t>()};
    if (!in.done()) return fail(Category::corrupt, "directory: malformed endpoint");
    return e;
}

auto place_of(auto& sorted, std::string_view id) {
    return std::lower_bound(sorted.begin(), sorted.end(), id,
                            [](const auto& a, std::string_view b) { return a.id < b; });
}

template <typename T>
void upsert(std::vector<T>& sorted, const T& value) {
    const auto place = place_of(sorted, value.id);
    if (place != sorted.end() && place->id == value.id) *place = value;
    else sorted.insert(place, value);
}

}  // namespace

Result<std::unique_ptr<Directory>> Directory::open(store::Store& store) {
    std::unique_ptr<Directory> directory(new Directory(store));
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    store::Range range = store::prefix_range(kPartition);
    for (bool more = true; more;) {
        TRY_ASSIGN(const auto chunk, snapshot->scan(range));
        for (const store::Entry& entry : chunk.entries) {
            if (entry.key[kPartition.size()] == 'O') {
                TRY_ASSIGN(auto organisation, decode_organisation(entry.value));
                upsert(directory->organisations_, organisation);
            } else {
                TRY_ASSIGN(auto endpoint, decode_endpoint(entry.value));
                upsert(directory->endpoints_, endpoint);
            }
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return directory;
}

Status Directory::put(const Organisation& organisation) {
    if (this->organisation(organisation.id) == organisation) return {};
    store::Batch batch;
    batch.put(key('O', organisation.id), encode(organisation));
    TRY(store_.commit(std::move(batch)));
    const std::lock_guard lock(mutex_);
    upsert(organisations_, organisation);
    return {};
}

Status Directory::put(const Endpoint& endpoint) {
    store::Batch batch;
    batch.put(key('E', endpoint.id), encode(endpoint));
    TRY(store_.commit(std::move(batch)));
    const std::lock_guard lock(mutex_);
    upsert(endpoints_, endpoint);
    return {};
}

std::optional<Organisation> Directory::organisation(std::string_view id) const {
    const std::lock_guard lock(mutex_);
    const auto& all = organisations_;
    const auto place = place_of(all, id);
    if (place == all.end() || place->id != id) return std::nullopt;
    return *place;
}

std::optional<Endpoint> Directory::endpoint_of(std::string_view provider) const {
    const std::lock_guard lock(mutex_);
    for (const Endpoint& endpoint : endpoints_)
        if (endpoint.provider == provider) return endpoint;
    return std::nullopt;
}

std::vector<Organisation> Directory::organisations() const {
    const std::lock_guard lock(mutex_);
    return organisations_;
}

std::vector<Endpoint> Directory::endpoints() const {
    const std::lock_guard lock(mutex_);
    return endpoints_;
}

std::string Directory::name_of(std::string_view id) const {
    const auto found = organisation(id);
    return found ? found->name : std::string(id);
}

}  // namespace idun::directory
