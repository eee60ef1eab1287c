#include "trust/peer_keys.h"

#include "base/bytes.h"
#include "base/log.h"
#include "trust/tables.h"

namespace idun::trust {
namespace {

const std::string kChanges = "trustkeyC";
// After this long it is looked again which keys have ended.
constexpr std::chrono::milliseconds kLiveFor{10'000};

std::string change_key(std::string_view owner, std::uint32_t number) {
    std::string key = kChanges + std::string(owner) + '\0';
    append_be(key, number);
    return key;
}

}  // namespace

Result<std::unique_ptr<PeerKeys>> PeerKeys::open(store::Store& store, const ProviderKeys& told, const Clock& clock) {
    std::unique_ptr<PeerKeys> out(new PeerKeys(store, clock));
    for (const std::string& owner : told.providers()) out->chains_.emplace(owner, KeyChain(owner, told.keys_of(owner)));
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY(snapshot->walk(store::prefix_range(kChanges), [&](std::string_view, std::string_view note) {
        const auto change = open_key_change(note);
        const auto chain = change ? out->chains_.find(change->owner) : out->chains_.end();
        if (!change) log::warn("a kept key change does not hold", {{"reason", change.error().message}});
        if (chain != out->chains_.end())
            if (const auto taken = chain->second.take(*change); !taken)
                log::warn("a kept key change does not fit", {{"owner", change->owner}, {"reason", taken.error().message}});
        return store::Onward{};
    }));
    return out;
}

Result<std::uint32_t> PeerKeys::take(std::string_view note) {
    TRY_ASSIGN(const KeyChange change, open_key_change(note));
    const std::lock_guard taking(taking_);  // so that the store is written without the readers' lock
    std::optional<KeyChain> chain;
    {
        const std::lock_guard lock(mutex_);
        const auto found = chains_.find(change.owner);
        if (found == chains_.end()) return fail(Category::forbidden, "key change: its owner is not known here");
        chain = found->second;
    }
    const auto taken = chain->take(change);
    if (!taken) {
        log::error("a key change contradicts what is known", {{"owner", change.owner}, {"number", change.number}, {"reason", taken.error().message}});
        return fail(taken.error());
    }
    if (*taken != KeyChain::Taken::added) return chain->number();
    store::Batch batch;
    batch.put(change_key(change.owner, change.number), std::string(note));
    TRY(store_.commit(std::move(batch)));
    {
        const std::lock_guard lock(mutex_);
        chains_.find(change.owner)->second = *chain;
        live_.reset();
    }
    log::info("a key will change", {{"owner", change.owner}, {"number", change.number}, {"from", to_iso(change.from)}});
    if (told_) told_(change.owner, change.next);
    return chain->number();
}

std::uint32_t PeerKeys::number(std::string_view owner) const {
    const std::lock_guard lock(mutex_);
    const auto found = chains_.find(owner);
    return found == chains_.end() ? 0 : found->second.number();
}

std::shared_ptr<const ProviderKeys> PeerKeys::live() const {
    const Instant now = clock_.now();
    const std::lock_guard lock(mutex_);
    if (live_ && now < live_until_ && live_until_ - now <= kLiveFor) return live_;
    auto fresh = std::make_shared<ProviderKeys>();
    for (const auto& [owner, chain] : chains_) {
        const crypto::KeySet keys = chain.live(now);
        for (const crypto::PublicKey& key : keys.keys())
            if (const Status added = fresh->add(owner, key); !added)
                log::error("a key of one role is another's too", {{"owner", owner}});
    }
    live_ = std::move(fresh);
    live_until_ = now + kLiveFor;
    return live_;
}

crypto::KeySet PeerKeys::live(std::string_view owner) const { return live()->keys_of(owner); }

crypto::KeySet PeerKeys::all(std::string_view owner) const {
    const std::lock_guard lock(mutex_);
    const auto found = chains_.find(owner);
    return found == chains_.end() ? crypto::KeySet() : found->second.all();
}

store::Table key_change_table() {
    return {.name = "keys.changes", .prefix = kChanges, .check = [](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
                TRY_ASSIGN(const KeyChange change, open_key_change(value));
                if (change_key(change.owner, change.number) != key) return fail(Category::corrupt, "a kept key change of another owner or number");
                if (change.number > 1) owed.row(change_key(change.owner, change.number - 1), "the key change before it is missing");
                return {};
            }};
}

}  // namespace idun::trust
