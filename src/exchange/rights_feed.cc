// What each provider is sent of the register: a numbered feed, and a snapshot for one that begins.
#include "base/bytes.h"
#include "exchange/rights_register.h"
#include "exchange/rights_rows.h"

namespace idun::exchange {

using namespace rights_rows;
using rights::ChangeKind;
using rights::FactChange;
using rights::PersonFacts;

namespace {

template <typename KeyOf>
std::vector<std::string> keys_of(std::span<const crypto::Pseudonym> persons, KeyOf key_of) {
    std::vector<std::string> keys;
    keys.reserve(persons.size());
    for (const crypto::Pseudonym& person : persons) keys.push_back(key_of(person));
    return keys;
}

}  // namespace

void RightsRegister::address(store::Batch& batch, std::string_view provider, const FactChange& change) const {
    batch.put(addressed_prefix(provider) + change_number(change.number), rights::encode(change));
    batch.put(person_row(provider, change.person), change_number(change.number));
}

// The provider is told whole what holds for persons whom it begins to follow; it is sent nothing more of those that it
// ceases to follow. Whom it followed before it is told of even when nothing holds any more, since its copy may still
// say otherwise; of others nothing, which would tell it that something was chosen once. The lock is held until done(),
// so that no change slips in between.
Status RightsRegister::join(std::string_view provider, std::span<const crypto::Pseudonym> begins,
                            std::span<const crypto::Pseudonym> ceases, store::Batch& batch) {
    std::unique_lock writing(writing_);
    const auto former = [&](const crypto::Pseudonym& person) { return former_row(provider, person); };
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto rows, snapshot->multi_get(keys_of(begins, facts_key)));
    TRY_ASSIGN(const auto known_before, snapshot->multi_get(keys_of(begins, former)));
    TRY_ASSIGN(const auto sent, snapshot->multi_get(keys_of(
                                    ceases, [&](const crypto::Pseudonym& one) { return person_row(provider, one); })));
    const std::uint64_t before = head();
    joined_head_ = before;
    for (std::size_t i = 0; i < begins.size(); ++i) {
        TRY_ASSIGN(const auto facts, facts_read(*snapshot, begins[i], rows[i]));
        if (!facts) continue;
        FactChange change;
        PersonFacts whole = rights::for_provider(*facts, provider);
        if (whole.plain() && !known_before[i]) continue;
        if (known_before[i]) batch.erase(former(begins[i]));
        change.number = ++joined_head_;
        change.person = begins[i];
        change.kind = ChangeKind::introduce;
        change.fact = std::move(whole);
        change.time = clock_.now();
        address(batch, provider, change);
    }
    for (std::size_t i = 0; i < ceases.size(); ++i) {
        batch.erase(person_row(provider, ceases[i]));
        if (sent[i]) batch.put(former(ceases[i]), "");
    }
    introduced_ = joined_head_ != before;
    joined_provider_ = provider;
    if (introduced_) number(batch, before, joined_head_);
    joining_ = std::move(writing);
    return {};
}

void RightsRegister::done(bool committed) {
    const std::unique_lock writing = std::move(joining_);
    if (!committed || !introduced_) return;
    moved(joined_head_);
    if (changed_) changed_({&joined_provider_, 1});
}

Result<std::uint64_t> RightsRegister::number_for(const crypto::Pseudonym& person, std::string_view provider_id) const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto row, snapshot->get(person_row(provider_id, person)));
    return row ? ByteReader(*row).be<std::uint64_t>() : std::uint64_t{0};
}

Result<std::string> RightsRegister::page(std::uint64_t after, std::string_view provider_id) const {
    rights::FeedPage page;
    page.hub = options_.hub;
    page.provider_id = provider_id;
    page.after = after;
    page.head = page.upto = head();  // before the snapshot: that has all until then
    if (after > page.head) return fail(Category::invalid, "the feed does not reach that number");
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    const std::string prefix = addressed_prefix(provider_id);
    const store::Range range{prefix + change_number(after + 1), prefix + change_number(page.head + 1)};
    TRY_ASSIGN(const auto chunk, snapshot->scan(range, {.entries_max = rights::kFeedChangesMax}));
    std::size_t bytes = 0;
    bool whole = !chunk.more;
    for (const store::Entry& entry : chunk.entries) {
        bytes += entry.value.size();
        if (bytes > rights::kFeedPayloadBytesMax && !page.changes.empty()) {
            whole = false;
            break;
        }
        TRY_ASSIGN(page.changes.emplace_back(), rights::decode_fact_change(entry.value));
    }
    if (!whole) page.upto = page.changes.back().number;
    page.issued = clock_.now();
    page.lease_until = page.issued + options_.lease;
    return rights::sign_page(key_, page);
}

Result<std::string> RightsRegister::snapshot(const std::optional<crypto::Pseudonym>& after,
                                             std::string_view provider_id) const {
    rights::SnapshotPage page;
    page.hub = options_.hub;
    page.provider_id = provider_id;
    page.after = after;
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto newest, snapshot->get(kRegisterHeadKey));
    page.number = newest ? ByteReader(*newest).be<std::uint64_t>() : 0;
    const std::string prefix = persons_prefix(provider_id);
    store::Range range = store::prefix_range(prefix);
    if (after) range = store::rest_of(range, prefix + std::string(after->view()));
    TRY_ASSIGN(const auto chunk, snapshot->scan(range, {.entries_max = rights::kFeedChangesMax}));
    std::vector<std::string> keys;
    for (const store::Entry& entry : chunk.entries) {
        const auto person = crypto::Pseudonym::from(std::string_view(entry.key).substr(prefix.size()));
        if (!person) return fail(Category::corrupt, "rights: malformed row");
        page.persons.push_back({*person, {}});
        keys.push_back(facts_key(*person));
    }
    TRY_ASSIGN(const auto rows, snapshot->multi_get(keys));
    std::size_t bytes = 0, count = 0;
    for (; count < rows.size(); ++count) {
        bytes += rows[count] ? rows[count]->size() : 0;
        if (bytes > rights::kFeedPayloadBytesMax && count > 0) break;
        TRY_ASSIGN(const auto facts, facts_read(*snapshot, page.persons[count].person, rows[count]));
        if (facts) page.persons[count].facts = rights::for_provider(*facts, provider_id);
    }
    page.last = !chunk.more && count == rows.size();
    page.persons.resize(count);
    page.issued = clock_.now();
    return rights::sign_snapshot(key_, page);
}

}  // namespace idun::exchange
