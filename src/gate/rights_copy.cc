#include "gate/rights_copy.h"

#include <map>

#include "base/bytes.h"
#include "store/person_key.h"

namespace idun::gate {
namespace {

// Rows: a person's facts lie in the person's partition; kHeadKey holds number and lease.
const std::string kHeadKey = std::string("rightscpH");

std::string facts_key(const crypto::Pseudonym& person) { return store::person_key(person, 'F'); }

std::string encode_head(std::uint64_t number, Instant lease_until) {
    std::string out;
    append_be(out, number);
    append_be(out, lease_until.ms);
    return out;
}

}  // namespace

Result<std::unique_ptr<RightsCopy>> RightsCopy::open(store::Store& store, const Clock& clock) {
    std::unique_ptr<RightsCopy> copy(new RightsCopy(store, clock));
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY_ASSIGN(const auto head, snapshot->get(kHeadKey));
    if (!head) return copy;
    ByteReader in(*head);
    copy->number_ = in.be<std::uint64_t>();
    copy->lease_until_ = {in.be<std::int64_t>()};
    if (!in.done()) return fail(Category::corrupt, "rights copy: malformed head");
    return copy;
}

Result<rights::PersonFacts> RightsCopy::facts_of(const crypto::Pseudonym& person) const {
    if (clock_.now() >= lease_until()) return fail(Category::unavailable, "the copy of the rights is older than its lease");
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto row, snapshot->get(facts_key(person)));
    if (!row) return rights::PersonFacts{};
    return rights::decode_person_facts(*row);
}

Status RightsCopy::apply(const rights::FeedPage& page) {
    const std::lock_guard applying(applying_);
    const std::uint64_t at = number();
    if (page.after != at) return fail(Category::conflict, "the page does not continue this copy");

    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    std::map<std::string, rights::PersonFacts> touched;
    for (const rights::FactChange& change : page.changes) {
        const std::string key = facts_key(change.person);
        if (!touched.contains(key)) {
            TRY_ASSIGN(const auto row, snapshot->get(key));
            if (row) {
                TRY_ASSIGN(touched[key], rights::decode_person_facts(*row));
            }
        }
        TRY(rights::apply(touched[key], change));
    }
    store::Batch batch;
    for (const auto& [key, facts] : touched) {
        if (facts.plain()) batch.erase(key);
        else batch.put(key, rights::encode(facts));
    }
    const std::uint64_t number = page.upto;
    const Instant lease = page.complete() ? page.lease_until : lease_until();
    batch.put(kHeadKey, encode_head(number, lease));
    TRY(store_.commit(std::move(batch)));

    const std::lock_guard lock(mutex_);
    number_ = number;
    lease_until_ = lease;
    return {};
}

std::uint64_t RightsCopy::number() const {
    const std::lock_guard lock(mutex_);
    return number_;
}

Instant RightsCopy::lease_until() const {
    const std::lock_guard lock(mutex_);
    return lease_until_;
}

}  // namespace idun::gate
