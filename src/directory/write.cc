// Writes: what versions they make, whether all of it holds together, one commit.
#include <algorithm>
#include <tuple>

#include "directory/directory.h"
#include "directory/fhir_directory.h"
#include "directory/internal/rows.h"
#include "directory/internal/shown.h"
#include "directory/internal/together.h"

namespace idun::directory {
namespace {

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

bool speaks_the_same(const Resource& endpoint, const Speaks& speaks) {
    const auto known = speaks_of_endpoint(endpoint.root());
    return known && *known == speaks;
}

}  // namespace

Status Directory::ready() {
    if (!broken_) return {};
    TRY(load());
    broken_ = false;
    return {};
}

Status Directory::not_reserved(Type type, std::string_view id, std::string_view address) const {
    if ((type == Type::organization || type == Type::endpoint) && reserved_.id(id))
        return fail(Category::forbidden, "this id is reserved and names no care provider");
    if (type == Type::endpoint && reserved_.address(address))
        return fail(Category::forbidden, "this address is reserved: who asked it would ask a hub, perhaps itself");
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
    TRY(not_reserved(Type::endpoint, endpoint.id, endpoint.url));  // also where only the lease is renewed
    const View view = raw();
    if (is_set_inactive(view, endpoint.provider)) return fail(Category::forbidden, "the operator has set this organisation inactive");
    const ResourcePtr known = view.find(Type::endpoint, endpoint.id);
    const bool same_address = known && known->root()["address"].text() == endpoint.url;
    const bool of_operator = known && known->writer.kind == Writer::Kind::operator_;
    if (same_address && (of_operator || speaks_the_same(*known, endpoint.speaks))) return renew(known, endpoint.lease_until);
    if (of_operator)
        return fail(Category::forbidden, "the operator has set another address for this endpoint");
    TRY_ASSIGN(const auto document, json::Document::parse(to_fhir(endpoint)));
    const Write write{.type = Type::endpoint, .id = endpoint.id, .resource = document.root()};
    const auto written = write_locked({&write, 1}, {Writer::Kind::node, endpoint.provider}, Renewal{endpoint.id, endpoint.lease_until});
    if (!written) return fail(written.error().front().error);
    return {};
}

Status Directory::renew(const ResourcePtr& endpoint, Instant until) {
    TRY_ASSIGN(Lease lease, lease_of(*endpoint, until));
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

// The versions that a write makes, and why it may not.
struct Directory::Plan {
    View now;
    std::uint64_t number = 0;  // of the newest version made
    Instant time;
    std::vector<Written> out;
    std::map<Key, Version> made;
    std::map<Key, ResourcePtr> after;  // null: deleted
    std::map<Key, std::size_t> places;
    std::vector<Refused> refused;

    void refuse(std::size_t place, Category category, std::string why, bool precondition = false) {
        refused.push_back({place, Error(category, std::move(why)), precondition});
    }
};

tl::expected<std::vector<Written>, std::vector<Refused>> Directory::write_locked(std::span<const Write> writes, const Writer& writer,
                                                                                   const std::optional<Renewal>& renewal) {
    Plan plan;
    plan.now = raw();
    plan.number = plan.now.number;
    plan.time = clock_.now();
    if (!times_.empty()) plan.time.ms = std::max(plan.time.ms, times_.back());  // only writers change it
    plan.out.resize(std::min(writes.size(), kWritesMax));
    if (writes.size() > kWritesMax) plan.refuse(0, Category::too_large, "more than 100000 resources in one write");
    else
        for (std::size_t i = 0; i < writes.size(); ++i) plan_one(writes[i], i, writer, plan);
    if (plan.refused.empty()) check_together(writer, plan);
    if (!plan.refused.empty()) {
        std::ranges::sort(plan.refused, {}, [](const Refused& one) { return std::tie(one.place, one.error.message); });
        if (plan.refused.size() > kRefusedMax) plan.refused.erase(plan.refused.begin() + kRefusedMax, plan.refused.end());
        return tl::unexpected(std::move(plan.refused));
    }
    if (plan.made.empty()) return std::move(plan.out);
    if (const Status committed = commit(plan, renewal); !committed) return tl::unexpected(std::vector<Refused>{{0, committed.error()}});
    return std::move(plan.out);
}

void Directory::plan_one(const Write& write, std::size_t place, const Writer& writer, Plan& plan) const {
    const Key key{write.type, write.id};
    if (!plan.places.emplace(key, place).second) return plan.refuse(place, Category::invalid, "a resource is written once in one write");
    const ResourcePtr known = plan.now.find(write.type, write.id);
    const auto gone = gone_.find(key);  // only writers change it
    const std::uint64_t last = known ? known->version : gone != gone_.end() ? gone->second : 0;
    if ((write.if_none_match && known) || (write.if_match && (!known || *write.if_match != known->version)))
        return plan.refuse(place, Category::conflict, known ? "the resource has another version" : "there is no such resource", true);
    plan.out[place] = {Did::unchanged, last, known};
    if (write.resource) {
        if (const Status good = check_resource(write.resource, write.type, write.id); !good) {
            plan.refused.push_back({place, good.error()});
            return;
        }
        if (const Status free = not_reserved(write.type, write.id, write.resource["address"].text()); !free) {
            plan.refused.push_back({place, free.error()});
            return;
        }
        // To write the same is nothing new, unless the operator takes over what a node wrote.
        const bool same_hand = writer.kind == Writer::Kind::node || (known && known->writer.kind == Writer::Kind::operator_);
        if (known && same_hand && body_of(write.resource, write.id, known->version, known->time) == known->body) return;
    } else if (!known) {
        return;
    }
    Version version{.type = write.type, .id = write.id, .version = last + 1, .number = ++plan.number, .time = plan.time,
                    .deleted = !write.resource, .writer = writer, .body = {}};
    ResourcePtr resource;
    if (write.resource) {
        version.body = body_of(write.resource, write.id, version.version, plan.time);
        auto read = resource_of(version);
        if (!read) {
            plan.refused.push_back({place, read.error()});
            return;
        }
        resource = std::move(*read);
    }
    plan.out[place] = {!write.resource ? Did::deleted : known ? Did::changed : Did::created, version.version, resource};
    plan.after.emplace(key, std::move(resource));
    plan.made.emplace(key, std::move(version));
}

// References are judged when everything is in its place.
void Directory::check_together(const Writer& writer, Plan& plan) {
    const Together then(plan.now, plan.after);
    std::vector<std::string> deleted;
    for (const auto& [key, one] : plan.after) {
        if (!one) {
            deleted.push_back(std::string(to_string(key.first)) + "/" + key.second);
        } else if (const Status good = then.check(*one, writer); !good) {
            plan.refused.push_back({plan.places.at(key), good.error()});
        }
    }
    if (deleted.empty()) return;
    std::ranges::sort(deleted);
    for (const auto& [reference, by] : then.referring_to(deleted)) {
        const auto name = name_from(reference);
        plan.refuse(plan.places.at({name->type, std::string(name->id)}), Category::conflict, by + " refers to it");
    }
}

Status Directory::commit(const Plan& plan, const std::optional<Renewal>& renewal) {
    store::Batch batch;
    for (const auto& [key, version] : plan.made) {
        const std::string row = version_key(key.first, key.second, version.version);
        batch.expect(row, std::nullopt);
        batch.put(row, encode(version));
        batch.put(number_key(version.number), encode(Numbered{version.type, version.version, version.id}));
        if (version.deleted && leases_.contains(version.id) && version.type == Type::endpoint) batch.erase(lease_key(version.id));
    }
    // A lease goes on with the endpoint as it is now; what has a period is shown by that.
    std::map<std::string, Lease> leases;
    for (const auto& [key, one] : plan.after) {
        if (key.first != Type::endpoint || !one) continue;
        const bool renewed = renewal && renewal->endpoint == key.second;
        const auto known = leases_.find(key.second);
        if (!renewed && known == leases_.end() && !one->root()["period"]) continue;
        TRY_ASSIGN(leases[key.second], lease_of(*one, renewed ? renewal->until : known != leases_.end() ? known->second.until : kNoLease));
    }
    if (renewal) batch.put(lease_key(renewal->endpoint), encode_lease(renewal->until));
    if (const auto committed = store_.commit(std::move(batch)); !committed) {
        broken_ = true;
        return fail(committed.error());
    }
    keep(plan.now.number, plan.made, plan.after);
    const std::lock_guard lock(mutex_);
    for (auto& [id, lease] : leases) leases_.insert_or_assign(id, std::move(lease));
    return {};
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

}  // namespace idun::directory
