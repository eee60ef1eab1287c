#include "directory/directory.h"

#include <algorithm>

#include "directory/fhir_directory.h"
#include "directory/internal/rows.h"
#include "fhir/resource_id.h"
#include "json/writer.h"

namespace idun::directory {
namespace {

constexpr std::size_t kOlderMax = 8;
constexpr std::size_t kAtOnce = 256;
constexpr std::size_t kPageBytesMax = 16u << 20;

bool before(const ResourcePtr& one, std::string_view id) { return one->id < id; }

ResourcePtr find_in(const Rows& rows, std::string_view id) {
    const auto place = std::lower_bound(rows.begin(), rows.end(), id, before);
    return place != rows.end() && (*place)->id == id ? *place : nullptr;
}

// The id in "Organization/x", "" when it is none.
std::string_view organisation_in(json::Value reference) {
    const std::string_view text = reference["reference"].text();
    constexpr std::string_view kPrefix = "Organization/";
    return text.starts_with(kPrefix) ? text.substr(kPrefix.size()) : std::string_view();
}

bool is_set_inactive(const View& view, std::string_view id) {
    for (int depth = 0; depth <= kPartOfDepthMax && !id.empty(); ++depth) {
        const ResourcePtr one = view.find(Type::organization, id);
        if (!one) return false;
        const json::Value active = one->root()["active"];
        if (active.kind() == json::Kind::boolean && !active.boolean()) return true;
        id = organisation_in(one->root()["partOf"]);  // lives in the view
    }
    return false;
}

// The endpoint with that status; with `until` as the end of its period.
std::string endpoint_body(json::Value endpoint, std::string_view status, std::optional<Instant> until) {
    json::Writer w;
    w.object();
    for (const json::Member& member : endpoint.members())
        if (member.name != "status" && member.name != "period") w.name(member.name).value(member.value);
    w.member("status", status);
    const std::string_view start = endpoint["period"]["start"].text();
    if (until) {
        w.name("period").object();
        if (!start.empty()) w.member("start", start);
        w.member("end", to_iso(*until)).end();
    }
    w.end();
    return w.take();
}

Result<ResourcePtr> endpoint_shown(const Resource& endpoint, std::string_view status, Instant until) {
    Version version = endpoint;
    version.body = endpoint_body(endpoint.root(), status, until);
    return resource_of(std::move(version));
}

bool names(json::Value value, std::string_view reference) {
    if (value["reference"].text() == reference) return true;
    for (const json::Member& member : value.members())
        if (names(member.value, reference)) return true;
    for (const json::Value element : value.elements())
        if (names(element, reference)) return true;
    return false;
}

// "Location.partOf": where the reference stands, by the member at the top.
std::string path_to(const Resource& resource, std::string_view reference) {
    std::string out(to_string(resource.type));
    for (const json::Member& member : resource.root().members())
        if (names(member.value, reference)) return out + "." + std::string(member.name);
    return out;
}

// What will be there when the write is done.
class After {
public:
    After(const View& before, const std::map<std::pair<Type, std::string>, ResourcePtr>& written) : before_(before), written_(written) {}

    ResourcePtr find(std::string_view reference) const {
        const std::size_t slash = std::min(reference.find('/'), reference.size() - 1);
        const auto type = type_from(reference.substr(0, slash));
        if (!type) return nullptr;
        const std::string id(reference.substr(slash + 1));
        if (const auto at = written_.find({*type, id}); at != written_.end()) return at->second;
        return before_.find(*type, id);
    }

    Status check(const Resource& one, const Writer& writer) const {
        for (const std::string& reference : one.references) {
            // A node may tell its address before its name.
            const bool own = writer.kind == Writer::Kind::node && one.type == Type::endpoint && reference == "Organization/" + one.id;
            if (!own && !find(reference))
                return fail(Category::invalid, "what is referred to is not in the directory", path_to(one, reference));
        }
        ResourcePtr up;
        std::string_view part_of = one.root()["partOf"]["reference"].text();
        for (int depth = 0; !part_of.empty(); ++depth) {
            if (depth == kPartOfDepthMax || part_of == one.name())
                return fail(Category::invalid, "partOf leads back to itself, or is more than 16 deep", std::string(to_string(one.type)) + ".partOf");
            up = find(part_of);
            if (!up) return {};
            part_of = up->root()["partOf"]["reference"].text();
        }
        return {};
    }

    // Who refers to one of these, sorted, that are to be deleted; each with what it refers to.
    std::vector<std::pair<std::string, std::string>> referring_to(const std::vector<std::string>& deleted) const {
        std::vector<std::pair<std::string, std::string>> out;
        const auto look = [&](const Resource& one) {
            for (const std::string& reference : one.references)
                if (std::ranges::binary_search(deleted, reference)) out.emplace_back(reference, one.name());
        };
        for (const Type type : kTypes)
            for (const ResourcePtr& one : before_.of(type))
                if (!written_.contains({type, one->id})) look(*one);
        for (const auto& [key, one] : written_)
            if (one) look(*one);
        return out;
    }

private:
    const View& before_;
    const std::map<std::pair<Type, std::string>, ResourcePtr>& written_;
};

}  // namespace

ResourcePtr View::find(Type type, std::string_view id) const { return find_in(of(type), id); }

ResourcePtr View::find(std::string_view reference) const {
    const std::size_t slash = reference.find('/');
    if (slash == std::string_view::npos) return nullptr;
    const auto type = type_from(reference.substr(0, slash));
    return type ? find(*type, reference.substr(slash + 1)) : nullptr;
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
            Lease lease{until, {}, {}};
            TRY_ASSIGN(lease.active, endpoint_shown(*endpoint, "active", until));
            TRY_ASSIGN(lease.off, endpoint_shown(*endpoint, "off", until));
            leases.insert_or_assign(endpoint->id, std::move(lease));
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
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
        if (lease != leases_.end() && one->root()["status"].text() == "active") one = now < lease->second.until ? lease->second.active : lease->second.off;
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

Status Directory::ready() {
    if (!broken_) return {};
    TRY(load());
    broken_ = false;
    return {};
}

Status Directory::put(const Organisation& organisation) {
    const std::lock_guard lock(writing_);
    TRY(ready());
    const View view = raw();
    if (is_set_inactive(view, organisation.id) || is_set_inactive(view, organisation.part_of))
        return fail(Category::forbidden, "the operator has set this organisation inactive");
    const ResourcePtr known = view.find(Type::organization, organisation.id);
    if (known && known->writer.kind == Writer::Kind::operator_) return {};
    TRY_ASSIGN(const auto document, json::Document::parse(to_fhir(organisation)));
    const Write write{.type = Type::organization, .id = organisation.id, .resource = document.root()};
    const Writer writer{Writer::Kind::node, organisation.part_of.empty() ? organisation.id : organisation.part_of};
    if (const auto written = write_locked({&write, 1}, writer); !written) return fail(written.error().front().error);
    return {};
}

Status Directory::put(const Endpoint& endpoint) {
    const std::lock_guard lock(writing_);
    TRY(ready());
    const View view = raw();
    if (is_set_inactive(view, endpoint.provider)) return fail(Category::forbidden, "the operator has set this organisation inactive");
    const ResourcePtr known = view.find(Type::endpoint, endpoint.id);
    if (known && known->root()["address"].text() == endpoint.url) return lease(known, endpoint.lease_until);
    if (known && known->writer.kind == Writer::Kind::operator_)
        return fail(Category::forbidden, "the operator has set another address for this endpoint");
    TRY_ASSIGN(const auto made, json::Document::parse(to_fhir(endpoint, {})));
    TRY_ASSIGN(const auto document, json::Document::parse(endpoint_body(made.root(), "active", {})));
    const Write write{.type = Type::endpoint, .id = endpoint.id, .resource = document.root()};
    const auto written = write_locked({&write, 1}, {Writer::Kind::node, endpoint.provider}, Renewal{endpoint.id, endpoint.lease_until});
    if (!written) return fail(written.error().front().error);
    return {};
}

Status Directory::lease(const ResourcePtr& endpoint, Instant until) {
    Lease lease{until, {}, {}};
    TRY_ASSIGN(lease.active, endpoint_shown(*endpoint, "active", until));
    TRY_ASSIGN(lease.off, endpoint_shown(*endpoint, "off", until));
    store::Batch batch;
    batch.put(lease_key(endpoint->id), encode_lease(until));
    if (const auto committed = store_.commit(std::move(batch)); !committed) {
        broken_ = true;
        return fail(committed.error());
    }
    const std::lock_guard lock(mutex_);
    leases_.insert_or_assign(endpoint->id, std::move(lease));
    return {};
}

tl::expected<std::vector<Written>, std::vector<Refused>> Directory::write(std::span<const Write> writes, const Writer& writer) {
    const std::lock_guard lock(writing_);
    if (const Status able = ready(); !able) return tl::unexpected(std::vector<Refused>{{0, able.error()}});
    return write_locked(writes, writer);
}

tl::expected<std::vector<Written>, std::vector<Refused>> Directory::write_locked(std::span<const Write> writes, const Writer& writer,
                                                                                   const std::optional<Renewal>& renewal) {
    std::vector<Refused> refused;
    const auto refuse = [&](std::size_t place, Category category, std::string why, bool precondition = false) {
        refused.push_back({place, Error(category, std::move(why)), precondition});
    };
    if (writes.size() > kWritesMax) {
        refuse(0, Category::too_large, "more than 100000 resources in one write");
        return tl::unexpected(std::move(refused));
    }
    const View now = raw();
    Instant time = clock_.now();
    if (!times_.empty()) time.ms = std::max(time.ms, times_.back());  // only writers change it

    std::vector<Written> out(writes.size());
    std::map<Key, Version> made;
    std::map<Key, ResourcePtr> after;  // null: deleted
    std::map<Key, std::size_t> places;
    std::uint64_t number = now.number;
    for (std::size_t i = 0; i < writes.size(); ++i) {
        const Write& write = writes[i];
        const Key key{write.type, write.id};
        if (!places.emplace(key, i).second) {
            refuse(i, Category::invalid, "a resource is written once in one write");
            continue;
        }
        const ResourcePtr known = now.find(write.type, write.id);
        const auto gone = gone_.find(key);
        const std::uint64_t last = known ? known->version : gone != gone_.end() ? gone->second : 0;
        if ((write.if_none_match && known) || (write.if_match && (!known || *write.if_match != known->version))) {
            refuse(i, Category::conflict, known ? "the resource has another version" : "there is no such resource", true);
            continue;
        }
        out[i] = {Did::unchanged, last, known};
        if (!write.resource) {
            if (!known) continue;
        } else {
            if (const Status good = check_resource(write.resource, write.type, write.id); !good) {
                refused.push_back({i, good.error()});
                continue;
            }
            // To write the same is nothing new, unless the operator takes over what a node wrote.
            const bool same_hand = writer.kind == Writer::Kind::node || (known && known->writer.kind == Writer::Kind::operator_);
            if (known && same_hand && body_of(write.resource, write.id, known->version, known->time) == known->body) continue;
        }
        Version version{.type = write.type, .id = write.id, .version = last + 1, .number = ++number, .time = time,
                        .deleted = !write.resource, .writer = writer, .body = {}};
        ResourcePtr resource;
        if (write.resource) {
            version.body = body_of(write.resource, write.id, version.version, time);
            auto read = resource_of(version);
            if (!read) {
                refused.push_back({i, read.error()});
                continue;
            }
            resource = std::move(*read);
        }
        out[i] = {!write.resource ? Did::deleted : known ? Did::changed : Did::created, version.version, resource};
        after.emplace(key, std::move(resource));
        made.emplace(key, std::move(version));
    }

    if (refused.empty()) {
        const After then(now, after);
        std::vector<std::string> deleted;
        for (const auto& [key, one] : after) {
            if (!one) {
                deleted.push_back(std::string(to_string(key.first)) + "/" + key.second);
            } else if (const Status good = then.check(*one, writer); !good) {
                refused.push_back({places.at(key), good.error()});
            }
        }
        std::ranges::sort(deleted);
        if (!deleted.empty())
            for (const auto& [reference, by] : then.referring_to(deleted)) {
                const std::size_t slash = reference.find('/');
                refuse(places.at({*type_from(reference.substr(0, slash)), reference.substr(slash + 1)}), Category::conflict, by + " refers to it");
            }
    }
    if (!refused.empty()) {
        std::ranges::sort(refused, {}, [](const Refused& one) { return std::tie(one.place, one.error.message); });
        if (refused.size() > kRefusedMax) refused.erase(refused.begin() + kRefusedMax, refused.end());
        return tl::unexpected(std::move(refused));
    }
    if (made.empty()) return out;

    store::Batch batch;
    for (const auto& [key, version] : made) {
        const std::string row = version_key(key.first, key.second, version.version);
        batch.expect(row, std::nullopt);
        batch.put(row, encode(version));
        batch.put(number_key(version.number), encode(Numbered{version.type, version.version, version.id}));
        if (version.deleted && leases_.contains(version.id) && version.type == Type::endpoint) batch.erase(lease_key(version.id));
    }
    std::optional<Lease> leased;
    if (renewal) {
        const ResourcePtr& endpoint = after.at({Type::endpoint, renewal->endpoint});
        auto active = endpoint_shown(*endpoint, "active", renewal->until);
        auto off = endpoint_shown(*endpoint, "off", renewal->until);
        if (!active || !off) return tl::unexpected(std::vector<Refused>{{0, (active ? off : active).error()}});
        leased = Lease{renewal->until, *active, *off};
        batch.put(lease_key(renewal->endpoint), encode_lease(renewal->until));
    }
    if (const auto committed = store_.commit(std::move(batch)); !committed) {
        broken_ = true;
        return tl::unexpected(std::vector<Refused>{{0, committed.error()}});
    }
    keep(now.number, made, after);
    if (leased) {
        const std::lock_guard lock(mutex_);
        leases_.insert_or_assign(renewal->endpoint, std::move(*leased));
    }
    // A lease goes on with the endpoint as it is now.
    if (!renewal)
        for (const auto& [key, one] : after) {
            if (key.first != Type::endpoint || !one || !leases_.contains(key.second)) continue;
            Lease next = leases_.at(key.second);
            auto active = endpoint_shown(*one, "active", next.until);
            auto off = endpoint_shown(*one, "off", next.until);
            if (!active || !off) continue;
            const std::lock_guard lock(mutex_);
            leases_.insert_or_assign(key.second, Lease{next.until, *active, *off});
        }
    return out;
}

// Into memory what was committed.
void Directory::keep(std::uint64_t first, const std::map<Key, Version>& made, const std::map<Key, ResourcePtr>& alive) {
    const std::lock_guard lock(mutex_);
    for (const Type type : kTypes) {
        const auto from = alive.lower_bound({type, std::string()});
        if (from == alive.end() || from->first.first != type) continue;
        auto rows = std::make_shared<Rows>();
        const Rows& old = view_.of(type);
        rows->reserve(old.size() + 16);
        auto place = old.begin();
        for (auto at = from; at != alive.end() && at->first.first == type; ++at) {
            while (place != old.end() && (*place)->id < at->first.second) rows->push_back(*place++);
            if (place != old.end() && (*place)->id == at->first.second) ++place;
            if (at->second) rows->push_back(at->second);
        }
        rows->insert(rows->end(), place, old.end());
        view_.rows[place_of(type)] = std::move(rows);
    }
    times_.resize(first + made.size());
    for (const auto& [key, version] : made) {
        times_[version.number - 1] = version.time.ms;
        newest_[place_of(key.first)] = std::max(newest_[place_of(key.first)], version.number);
        if (version.deleted) gone_[key] = version.version;
        else gone_.erase(key);
        if (version.deleted && key.first == Type::endpoint) leases_.erase(key.second);
    }
    view_.number = first + made.size();
}

std::optional<Organisation> Directory::organisation(std::string_view id) const {
    const ResourcePtr found = raw().find(Type::organization, id);
    if (!found) return std::nullopt;
    auto read = organisation_from_fhir(found->root(), id);
    return read ? std::optional(std::move(*read)) : std::nullopt;
}

std::optional<Endpoint> Directory::endpoint_of(std::string_view provider) const {
    const ResourcePtr found = raw().find(Type::endpoint, provider);
    if (!found || found->root()["status"].text() != "active") return std::nullopt;
    auto read = endpoint_from_fhir(found->root(), provider);
    if (!read || read->provider != provider) return std::nullopt;
    const std::lock_guard lock(mutex_);
    if (const auto lease = leases_.find(provider); lease != leases_.end()) read->lease_until = lease->second.until;
    return std::move(*read);
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
