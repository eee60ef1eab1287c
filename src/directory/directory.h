// The service directory: which organisations give care, what they offer, for whom by contract, and where their systems answer.
//
// FHIR resources after IHE mCSD, every version kept in the hub's store (docs/formats/directory.md), the newest of everything in
// memory. Small typed values, Organisation and Endpoint, are derived from them for those who only need a name or an address.
//
//     TRY_ASSIGN(auto directory, Directory::open(store, clock));
//     directory->put(Organisation{...});                       // as a node registers itself
//     directory->write({{.type = Type::location, .id = "L1", .resource = document.root()}}, {Writer::Kind::operator_, "ada"});
//     const View view = directory->view();                     // how it stands; never changes
#pragma once

#include <deque>
#include <limits>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "directory/reserved.h"
#include "directory/resource.h"
#include "directory/speaks.h"
#include "store/store.h"

namespace idun::directory {

struct Organisation {
    std::string id;                   // HSA-id, also the FHIR id
    std::string name;
    std::string part_of;              // the provider of a unit; "" for a provider
    std::string organisation_number;  // "" when unknown
    friend bool operator==(const Organisation&, const Organisation&) = default;
};

struct Endpoint {
    std::string id;        // the FHIR id; the one that its node registers has the provider's id
    std::string provider;  // Organisation::id
    std::string url;       // FHIR base of the node, without a slash at the end
    Instant lease_until;   // the node renews before; 0: nobody has to
    Speaks speaks = {};    // what its node speaks
    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// One of several writes that happen together.
struct Write {
    Type type{};
    std::string id;
    json::Value resource = {};  // absent: it is deleted
    std::optional<std::uint64_t> if_match = {};
    bool if_none_match = false;  // there must be no such resource
};
enum class Did { created, changed, unchanged, deleted };
struct Written {
    Did did = Did::unchanged;
    std::uint64_t version = 0;
    ResourcePtr resource;  // as it is now; null when deleted or when there was nothing to delete
};
struct Refused {
    std::size_t place = 0;  // in what was to be written
    Error error;
    bool precondition = false;  // If-Match or If-None-Match did not hold
};

using Rows = std::vector<ResourcePtr>;  // sorted by id

// The whole directory at one number. Copies are cheap; it never changes.
struct View {
    std::uint64_t number = 0;
    std::array<std::shared_ptr<const Rows>, kTypes.size()> rows;  // by place_of()

    const Rows& of(Type type) const { return *rows[place_of(type)]; }
    ResourcePtr find(Type type, std::string_view id) const;
    // "Organization/x"
    ResourcePtr find(std::string_view reference) const;
};

struct HistoryPage {
    std::vector<Version> versions;        // newest first
    std::optional<std::uint64_t> before;  // the next page holds what has a lower number
};

// Thread-safe. A write waits until it is durable; reads never wait for one.
class Directory {
public:
    static constexpr std::size_t kWritesMax = 100'000;

    static Result<std::unique_ptr<Directory>> open(store::Store& store, const Clock& clock = system_clock());

    // What names no provider is refused from now on (`forbidden`), whoever writes it. Set once, before use by several threads.
    void reserve(Reserved reserved) { reserved_ = std::move(reserved); }
    bool is_reserved(std::string_view id) const { return reserved_.id(id); }

    // What a node says of its own provider or unit. What the operator wrote stays as it is; `forbidden` when the operator has set the
    // organisation, or the one it is part of, inactive.
    Status put(const Organisation& organisation);
    // Renews the lease, and says what the node speaks, unless the operator has written it. `forbidden` when the operator has set another
    // address, or the provider inactive.
    Status put(const Endpoint& endpoint);

    std::optional<Organisation> organisation(std::string_view id) const;
    // The one that has the provider's id: its node's. Nothing while the Endpoint is not active, or outside its own period.
    std::optional<Endpoint> endpoint_of(std::string_view provider) const;
    // The same, for whoever calls it now: `not_found`, or `unsupported` when it speaks no interface that this program knows.
    Result<Endpoint> to_call(std::string_view provider) const;
    // Whether that Endpoint has a period, so that what endpoint_of says of it changes with time, without a new version.
    bool has_period(std::string_view provider) const;
    // In the order of their ids.
    std::vector<Organisation> organisations() const;
    std::vector<Endpoint> endpoints() const;
    // The organisation's name, or its id when it is unknown.
    std::string name_of(std::string_view id) const;

    // All of it in one commit, or nothing and every reason (at most kRefusedMax). What says the same as the newest version changes
    // nothing. References are judged when all is in place, so that what is written together may refer to each other.
    static constexpr std::size_t kRefusedMax = 1'000;
    tl::expected<std::vector<Written>, std::vector<Refused>> write(std::span<const Write> writes, const Writer& writer);

    // As it stands. Endpoints with a lease show whether it holds.
    View view() const;
    // As it stood at that number (without leases); `not_found` when it has not come that far.
    Result<View> view_at(std::uint64_t number) const;
    // The number of the newest change at that time; 0 before the first.
    std::uint64_t number_at(Instant time) const;
    std::uint64_t number() const;

    // Nothing when there is none. Deleted ones are versions too.
    Result<std::optional<Version>> version(Type type, std::string_view id, std::uint64_t version) const;
    Result<std::optional<Version>> version_at(Type type, std::string_view id, std::uint64_t number) const;
    // Of one resource; with id "" of a type; without a type of everything. `since`: from then on. `before`: 0, or what the page before gave.
    // A page looks at no more than kLookedAtMax versions, so it may be short and yet go on.
    static constexpr std::size_t kLookedAtMax = 20'000;
    Result<HistoryPage> history(std::optional<Type> type, std::string_view id, std::optional<Instant> since, std::uint64_t before,
                                std::size_t count) const;

private:
    // The end of a lease that nobody has to renew.
    static constexpr Instant kNoLease{std::numeric_limits<std::int64_t>::max()};
    // Of an Endpoint that a node renews, or that has a period of its own.
    struct Lease {
        Instant until;  // kNoLease: nobody has to renew
        ResourcePtr off;  // the Endpoint as it is shown then
    };
    using Key = std::pair<Type, std::string>;
    // What a write carries beside its resources.
    struct Renewal {
        std::string endpoint;
        Instant until;
    };

    Directory(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}
    Status load();
    Status take_form_1();
    View raw() const;
    Status ready();  // to write
    Status not_reserved(Type type, std::string_view id, std::string_view address) const;
    static Result<Lease> lease_of(const Resource& endpoint, Instant until);
    Status renew(const ResourcePtr& endpoint, Instant until);
    struct Plan;
    void plan_one(const Write& write, std::size_t place, const Writer& writer, Plan& plan) const;
    static void check_together(const Writer& writer, Plan& plan);
    Status commit(const Plan& plan, const std::optional<Renewal>& renewal);
    void keep(std::uint64_t first, const std::map<Key, Version>& made, const std::map<Key, ResourcePtr>& alive);
    tl::expected<std::vector<Written>, std::vector<Refused>> write_locked(std::span<const Write> writes, const Writer& writer,
                                                                           const std::optional<Renewal>& renewal = {});
    Result<std::shared_ptr<const Rows>> rows_at(const View& now, Type type, std::uint64_t number) const;

    store::Store& store_;
    const Clock& clock_;
    Reserved reserved_;
    std::mutex writing_;      // one writer at a time; guards broken_
    bool broken_ = false;     // a commit failed and may yet have happened: read again before the next write
    mutable std::mutex mutex_;  // guards what follows
    View view_;
    std::map<Key, std::uint64_t> gone_;  // the newest version of what was deleted
    std::array<std::uint64_t, kTypes.size()> newest_{};  // number, of each type
    std::map<std::string, Lease, std::less<>> leases_;
    std::deque<std::int64_t> times_;  // of number n at n - 1
    struct Older {
        Type type{};
        std::uint64_t number = 0;
        std::shared_ptr<const Rows> rows;
    };
    mutable std::vector<Older> older_;  // a few, the newest last
};

}  // namespace idun::directory
