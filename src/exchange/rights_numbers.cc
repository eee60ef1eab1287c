// What follows for the register from a person's having several numbers: read together, and sent to each provider under
// the number that it has.
#include "exchange/internal/lately.h"
#include "exchange/internal/rights_whole.h"
#include "exchange/rights_rows.h"

namespace idun::exchange {

using namespace rights_rows;
using rights::ChangeKind;
using rights::FactChange;
using rights::PersonFacts;

class RightsRegister::Following final : public people::Follower {
public:
    explicit Following(RightsRegister& to) : to_(to) {}
    Status join(std::span<const people::Regrouped> changed, store::Batch& batch) override { return to_.regroup(changed, batch); }
    void done(bool committed) override { to_.regrouped(committed); }

private:
    RightsRegister& to_;
};

RightsRegister::RightsRegister(store::Store& store, index::Index& index, RegisterOptions options, const crypto::SigningKey& key,
                               const Clock& clock, Random& random)
    : store_(store), index_(index), options_(std::move(options)), key_(key), clock_(clock), random_(random),
      following_(std::make_unique<Following>(*this)), lately_(std::make_unique<Lately<std::shared_ptr<const PersonFacts>>>()) {}
RightsRegister::~RightsRegister() = default;

people::Numbers RightsRegister::numbers_of(const crypto::Pseudonym& person) const {
    return options_.links ? options_.links->of(person) : people::Numbers(person);
}

std::vector<crypto::Pseudonym> RightsRegister::sure_aliases_of(const crypto::Pseudonym& number, const Whole& whole) const {
    if (!options_.links) return {number};
    auto out = options_.links->sure_aliases_of(number);
    std::erase_if(out, [&](const crypto::Pseudonym& one) { return !whole.numbers.has(one); });  // joined since
    return out;
}

Result<RightsRegister::Whole> RightsRegister::whole_of(const store::Snapshot& snapshot, const people::Numbers& numbers) const {
    std::vector<std::string> keys;
    for (const crypto::Pseudonym& number : numbers.all()) keys.push_back(facts_key(number));
    TRY_ASSIGN(const auto rows, snapshot.multi_get(keys));
    Whole out{numbers, {}, {}};
    for (const auto& row : rows) {
        TRY_ASSIGN(auto facts, facts_in(row));
        out.own.push_back(facts ? std::move(*facts) : PersonFacts{});
    }
    if (numbers.several()) {
        TRY_ASSIGN(out.united, rights::united(out.own));
    } else {
        out.united = out.own.front();
    }
    return out;
}

Result<PersonFacts> RightsRegister::facts_of(const crypto::Pseudonym& person) const { return facts_of(numbers_of(person)); }

Result<PersonFacts> RightsRegister::facts_of(const people::Numbers& numbers) const {
    if (!numbers.several()) return facts_alone(numbers.one());
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(Whole whole, whole_of(*snapshot, numbers));
    return std::move(whole.united);
}

Result<PersonFacts> RightsRegister::facts_alone(const crypto::Pseudonym& number) const {
    if (const auto known = lately_->find(number)) return *known ? **known : PersonFacts{};
    const auto moment = lately_->moment();
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto row, snapshot->get(facts_key(number)));
    TRY_ASSIGN(auto facts, facts_in(row));
    auto kept = facts ? std::make_shared<const PersonFacts>(std::move(*facts)) : nullptr;
    lately_->keep(number, kept, moment);
    return kept ? *kept : PersonFacts{};
}

Result<PersonFacts> RightsRegister::facts_under(const crypto::Pseudonym& number) const { return facts_of(people::Numbers(number)); }

// `row` is what stands under the number itself; nothing where nothing was ever chosen.
Result<std::optional<PersonFacts>> RightsRegister::facts_read(const store::Snapshot& snapshot, const crypto::Pseudonym& number,
                                                              const std::optional<std::string>& row) const {
    const people::Numbers numbers = numbers_of(number);
    if (!numbers.several()) return facts_in(row);
    TRY_ASSIGN(Whole whole, whole_of(snapshot, numbers));
    if (whole.united.number == 0) return std::optional<PersonFacts>();
    return std::optional(std::move(whole.united));
}

// Each provider that has something under the number is sent the union whole, where it is another one for it than before.
Status RightsRegister::address_union(store::Batch& batch, const crypto::Pseudonym& number, const PersonFacts& before,
                                     const PersonFacts& after, std::uint64_t& at, std::vector<std::string>& concerned) const {
    TRY_ASSIGN(const auto holdings, index_.holdings(number));
    for (const index::Holding& holding : holdings) {
        PersonFacts old = rights::for_provider(before, holding.provider);
        PersonFacts now = rights::for_provider(after, holding.provider);
        old.number = now.number;
        if (old == now) continue;
        FactChange change;
        change.number = ++at;
        change.person = number;
        change.kind = ChangeKind::introduce;
        change.fact = std::move(now);
        change.time = clock_.now();
        address(batch, holding.provider, change);
        concerned.emplace_back(holding.provider);
    }
    return {};
}

// Numbers were linked, or links undone: nodes learn in the same commit what holds from now on. The lock is held until
// regrouped().
Status RightsRegister::regroup(std::span<const people::Regrouped> changed, store::Batch& batch) {
    std::unique_lock writing(writing_);
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    const std::uint64_t before = head();
    joined_head_ = before;
    regrouped_.clear();
    for (const people::Regrouped& one : changed) {
        TRY_ASSIGN(const Whole old, whole_of(*snapshot, one.before));
        TRY_ASSIGN(const Whole now, whole_of(*snapshot, one.after));
        TRY(address_union(batch, one.after.one(), old.united, now.united, joined_head_, regrouped_));
    }
    introduced_ = joined_head_ != before;
    if (introduced_) number(batch, before, joined_head_);
    joining_ = std::move(writing);
    return {};
}

void RightsRegister::regrouped(bool committed) {
    const std::unique_lock writing = std::move(joining_);
    if (!committed || !introduced_) return;
    moved(joined_head_);
    if (changed_) changed_(regrouped_);
}

}  // namespace idun::exchange
