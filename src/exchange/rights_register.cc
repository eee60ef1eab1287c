#include "exchange/rights_register.h"

#include "base/bytes.h"
#include "store/person_key.h"

namespace idun::exchange {
namespace {

// Rows: a person's facts in the person's partition; the changes by number; the number of the newest.
const std::string kChanges = "rightsfd";
const std::string kHeadKey = "rightshdN";

std::string facts_key(const crypto::Pseudonym& person) { return store::person_key(person, 'F'); }

std::string number_bytes(std::uint64_t number) {
    std::string out;
    append_be(out, number);
    return out;
}

// An end names no provider: it goes to all.
bool may_concern(const rights::FactChange& change, std::string_view provider_id) {
    return change.kind == rights::ChangeKind::end_block || rights::concerns(change, {}, provider_id);
}

}  // namespace

Result<std::unique_ptr<RightsRegister>> RightsRegister::open(store::Store& store, RegisterOptions options,
                                                             const crypto::SigningKey& key, const Clock& clock,
                                                             Random& random) {
    std::unique_ptr<RightsRegister> made(new RightsRegister(store, std::move(options), key, clock, random));
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY_ASSIGN(const auto head, snapshot->get(kHeadKey));
    if (head) made->head_ = ByteReader(*head).be<std::uint64_t>();
    return made;
}

Result<rights::PersonFacts> RightsRegister::facts_of(const crypto::Pseudonym& person) const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto row, snapshot->get(facts_key(person)));
    if (!row) return rights::PersonFacts{};
    return rights::decode_person_facts(*row);
}

// Numbers the change and writes it with its sum; the head as it was is a precondition. Called with writing_ held.
Status RightsRegister::commit(rights::FactChange change, rights::PersonFacts facts) {
    const std::uint64_t before = head();
    change.number = before + 1;
    change.time = clock_.now();
    TRY(rights::check(change));
    TRY(rights::apply(facts, change));
    store::Batch batch;
    batch.expect(kHeadKey, before == 0 ? std::nullopt : std::optional(number_bytes(before)));
    batch.put(kHeadKey, number_bytes(change.number));
    batch.put(kChanges + number_bytes(change.number), rights::encode(change));
    // Kept also when nothing is left in it: its number says how far it goes.
    batch.put(facts_key(change.person), rights::encode(facts));
    TRY(store_.commit(std::move(batch)));
    const std::lock_guard lock(mutex_);
    head_ = change.number;
    return {};
}

Status RightsRegister::opt_out(const crypto::Pseudonym& person) {
    {
        const std::lock_guard writing(writing_);
        TRY_ASSIGN(auto facts, facts_of(person));
        if (facts.opted_out) return {};
        rights::FactChange change;
        change.person = person;
        change.kind = rights::ChangeKind::opt_out;
        TRY(commit(std::move(change), std::move(facts)));
    }
    if (changed_) changed_();
    return {};
}

Status RightsRegister::opt_in(const crypto::Pseudonym& person) {
    {
        const std::lock_guard writing(writing_);
        TRY_ASSIGN(auto facts, facts_of(person));
        if (!facts.opted_out) return {};
        rights::FactChange change;
        change.person = person;
        change.kind = rights::ChangeKind::opt_in;
        TRY(commit(std::move(change), std::move(facts)));
    }
    if (changed_) changed_();
    return {};
}

Result<std::string> RightsRegister::block(const crypto::Pseudonym& person, std::string_view provider_id) {
    std::string fact_id;
    {
        const std::lock_guard writing(writing_);
        TRY_ASSIGN(auto facts, facts_of(person));
        const rights::Scope scope{.provider_id = std::string(provider_id)};
        for (const rights::Block& block : facts.blocks)
            if (block.layer == rights::Layer::outer && block.scope == scope) return block.fact_id;
        fact_id = uuid(random_);
        rights::FactChange change;
        change.person = person;
        change.kind = rights::ChangeKind::block;
        change.fact = rights::Block{.fact_id = fact_id, .scope = scope, .from = clock_.now()};
        TRY(commit(std::move(change), std::move(facts)));
    }
    if (changed_) changed_();
    return fact_id;
}

Status RightsRegister::unblock(const crypto::Pseudonym& person, std::string_view fact_id) {
    {
        const std::lock_guard writing(writing_);
        TRY_ASSIGN(auto facts, facts_of(person));
        const auto found = std::find_if(facts.blocks.begin(), facts.blocks.end(),
                                        [&](const rights::Block& block) { return block.fact_id == fact_id; });
        if (found == facts.blocks.end()) return fail(Category::not_found, "no such block");
        rights::FactChange change;
        change.person = person;
        change.kind = rights::ChangeKind::end_block;
        change.fact = std::string(fact_id);
        TRY(commit(std::move(change), std::move(facts)));
    }
    if (changed_) changed_();
    return {};
}

std::uint64_t RightsRegister::head() const {
    const std::lock_guard lock(mutex_);
    return head_;
}

Result<std::string> RightsRegister::page(std::uint64_t after, std::string_view provider_id) const {
    rights::FeedPage page;
    page.hub = options_.hub;
    page.provider_id = provider_id;
    page.after = after;
    page.head = head();
    if (after > page.head) return fail(Category::invalid, "the feed does not reach that number");
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    const store::Range range{kChanges + number_bytes(after + 1), kChanges + number_bytes(page.head + 1)};
    TRY_ASSIGN(const auto chunk, snapshot->scan(range, {.entries_max = rights::kFeedChangesMax}));
    page.upto = after;
    std::size_t bytes = 0;
    for (const store::Entry& entry : chunk.entries) {
        bytes += entry.value.size();
        if (bytes > rights::kFeedPayloadBytesMax) break;
        TRY_ASSIGN(auto change, rights::decode_fact_change(entry.value));
        page.upto = change.number;
        if (may_concern(change, provider_id)) page.changes.push_back(rights::for_provider(std::move(change), provider_id));
    }
    page.issued = clock_.now();
    page.lease_until = page.issued + options_.lease;
    return rights::sign_page(key_, page);
}

}  // namespace idun::exchange
