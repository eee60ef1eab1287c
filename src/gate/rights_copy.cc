#include "gate/rights_copy.h"

#include <algorithm>
#include <map>

#include "base/bytes.h"
#include "gate/tables.h"
#include "store/person_key.h"

namespace idun::gate {
namespace {

// Rows: a person's facts lie in the person's partition, kHeadKey holds the head. Rows of a generation before the head's
// do not count: a snapshot has taken their place, and they are not looked for.
const std::string kHeadKey = std::string("rightscpH");
constexpr char kHeadFormat = 2;

std::string row_key(const crypto::Pseudonym& person) { return store::person_key(person, 'F'); }

bool has_inner(const rights::PersonFacts& facts) {
    return std::ranges::any_of(facts.blocks,
                               [](const rights::Block& block) { return block.layer == rights::Layer::inner; });
}

// The generation, then the facts.
std::string row_of(const rights::PersonFacts& facts, std::uint64_t generation) {
    std::string out;
    append_be(out, generation);
    return out + rights::encode(facts);
}

}  // namespace

std::string RightsCopy::encode(const Head& head) {
    std::string out(1, kHeadFormat);
    append_be(out, head.number);
    append_be(out, head.lease_until.ms);
    append_be(out, head.inner);
    append_be(out, head.generation);
    return out;
}

Result<std::unique_ptr<RightsCopy>> RightsCopy::open(store::Store& store, const Clock& clock) {
    std::unique_ptr<RightsCopy> copy(new RightsCopy(store, clock));
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY_ASSIGN(const auto value, snapshot->get(kHeadKey));
    // The copy of an earlier program is read anew from the hub.
    if (!value || value->empty() || value->front() != kHeadFormat) return copy;
    ByteReader in(std::string_view(*value).substr(1));
    copy->head_.number = in.be<std::uint64_t>();
    copy->head_.lease_until = {in.be<std::int64_t>()};
    copy->head_.inner = in.be<std::uint64_t>();
    copy->head_.generation = in.be<std::uint64_t>();
    if (!in.done()) return fail(Category::corrupt, "rights copy: malformed head");
    copy->inner_ = copy->head_.inner;
    return copy;
}

Result<std::optional<rights::PersonFacts>> RightsCopy::read(const store::Snapshot& snapshot,
                                                            const crypto::Pseudonym& person,
                                                            std::uint64_t generation) const {
    TRY_ASSIGN(const auto row, snapshot.get(row_key(person)));
    if (!row) return std::nullopt;
    if (row->size() < 8) return fail(Category::corrupt, "rights copy: malformed row");
    ByteReader in(std::string_view(*row).substr(0, 8));
    if (in.be<std::uint64_t>() < generation) return std::nullopt;
    TRY_ASSIGN(auto facts, rights::decode_person_facts(std::string_view(*row).substr(8)));
    return std::optional(std::move(facts));
}

Result<rights::PersonFacts> RightsCopy::known_of(const crypto::Pseudonym& person) const {
    // The head before the store: what is read then is at least as new as the head says.
    const std::uint64_t generation = head().generation;
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(auto facts, read(*snapshot, person, generation));
    return std::move(facts).value_or(rights::PersonFacts{});
}

Result<rights::PersonFacts> RightsCopy::facts_of(const crypto::Pseudonym& person) const {
    if (clock_.now() >= lease_until()) return fail(Category::unavailable, "the copy of the rights is older than its lease");
    return known_of(person);
}

Status RightsCopy::commit(store::Batch batch, const Head& head) {
    batch.put(kHeadKey, encode(head));
    TRY(store_.commit(std::move(batch)));
    {
        const std::lock_guard lock(mutex_);
        head_ = head;
    }
    inner_ = head.inner;
    moved_.notify_all();
    return {};
}

Status RightsCopy::apply(const rights::FeedPage& page) {
    const std::lock_guard applying(applying_);
    Head next = head();
    if (page.after != next.number) return fail(Category::conflict, "the page does not continue this copy");

    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    std::map<crypto::Pseudonym, rights::PersonFacts> touched;
    for (const rights::FactChange& change : page.changes) {
        auto at = touched.find(change.person);
        if (at == touched.end()) {
            TRY_ASSIGN(auto known, read(*snapshot, change.person, next.generation));
            at = touched.emplace(change.person, std::move(known).value_or(rights::PersonFacts{})).first;
            if (has_inner(at->second)) --next.inner;
        }
        TRY(rights::apply(at->second, change));
    }
    store::Batch batch;
    for (const auto& [person, facts] : touched) {
        if (has_inner(facts)) ++next.inner;
        if (facts.plain())
            batch.erase(row_key(person));
        else
            batch.put(row_key(person), row_of(facts, next.generation));
    }
    next.number = page.upto;
    if (page.complete()) next.lease_until = page.lease_until;
    return commit(std::move(batch), next);
}

Status RightsCopy::replace(std::span<const rights::SnapshotPage> parts) {
    if (parts.empty() || !parts.back().last) return fail(Category::invalid, "the snapshot is not whole");
    const std::lock_guard applying(applying_);
    Head next = head();
    if (parts.front().number < next.number) return fail(Category::conflict, "the snapshot is older than this copy");
    ++next.generation;
    next.number = parts.front().number;
    next.inner = 0;
    store::Batch batch;
    for (const rights::SnapshotPage& part : parts) {
        for (const rights::PersonRow& row : part.persons) {
            if (has_inner(row.facts)) ++next.inner;
            batch.put(row_key(row.person), row_of(row.facts, next.generation));
        }
    }
    return commit(std::move(batch), next);
}

RightsCopy::Head RightsCopy::head() const {
    const std::lock_guard lock(mutex_);
    return head_;
}

std::uint64_t RightsCopy::number() const { return head().number; }

Instant RightsCopy::lease_until() const { return head().lease_until; }

bool RightsCopy::wait_for(std::uint64_t number, std::chrono::milliseconds time) const {
    std::unique_lock lock(mutex_);
    return moved_.wait_for(lock, time, [&] { return head_.number >= number; });
}

store::Tables rights_copy_tables() {
    const auto malformed = [] { return fail(Category::corrupt, "rights copy: malformed row"); };
    store::Tables out;
    out.push_back({.name = "rights-copy.head", .prefix = kHeadKey, .form = 2, .check = [=](std::string_view key, std::string_view value, store::Owed&) -> Status {
                       const bool well = key == kHeadKey && value.size() == 1 + 4 * sizeof(std::uint64_t) && value.front() == kHeadFormat;
                       return well ? Status() : malformed();
                   }});
    // Rows of a generation before the head's say nothing any more, and stay.
    out.push_back({.name = "rights-copy.persons", .letter = 'F', .form = 2, .value_bytes_max = rights::kFactsBytesMax + 8,
                   .check = [=](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
                       if (key.size() != store::kPartitionBytes + 9 || value.size() < 8) return malformed();
                       TRY_ASSIGN(const auto facts, rights::decode_person_facts(value.substr(8)));
                       const auto generation = ByteReader(value).be<std::uint64_t>();
                       owed.row(kHeadKey, [generation](const store::Snapshot&, const auto& head) -> std::string_view {
                           if (!head || head->size() != 1 + 4 * sizeof(std::uint64_t)) return "the head of the copy is missing or malformed";
                           return generation <= ByteReader(std::string_view(*head).substr(1 + 3 * sizeof(std::uint64_t))).be<std::uint64_t>() ? "" : "it is of a generation that was not taken yet";
                       });
                       return store::encodes_to_itself(row_of(facts, generation), value);
                   }});
    return out;
}

}  // namespace idun::gate
