// The keys of other roles: what the configuration names, and what has followed from there by their own word (key_change.h).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/time.h"
#include "crypto/jws.h"
#include "store/store.h"
#include "trust/assertion.h"
#include "trust/key_change.h"

namespace idun::trust {

// Good for what is signed now; asked each time, from many threads.
using KeysNow = std::function<crypto::KeySet()>;

// Thread-safe.
class PeerKeys {
public:
    // `told`: of each owner. What was taken before lies in the store; what does not follow from `told` any more is passed over.
    static Result<std::unique_ptr<PeerKeys>> open(store::Store& store, const ProviderKeys& told, const Clock& clock);

    // The number of the owner's newest change that is known here, when this one holds; durable when it returns. The same again is well, and
    // so is one that follows from no key that is known here: it is passed over. `forbidden` when the owner is not known here,
    // `conflict` when it contradicts what is known, `invalid` when it is not one. Whoever brings it needs no right to.
    Result<std::uint32_t> take(std::string_view note);
    // 0: none, or the owner is not known.
    std::uint32_t number(std::string_view owner) const;

    // Good for what is signed now, of everybody.
    std::shared_ptr<const ProviderKeys> live() const;
    crypto::KeySet live(std::string_view owner) const;
    // Good for what was signed at some time.
    crypto::KeySet all(std::string_view owner) const;

    // Called with each key that comes in, from whatever thread brought it; must be quick. Set before use by several threads.
    void told_by(std::function<void(const std::string& owner, const crypto::PublicKey& next)> told) { told_ = std::move(told); }

private:
    PeerKeys(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

    store::Store& store_;
    const Clock& clock_;
    std::function<void(const std::string&, const crypto::PublicKey&)> told_;
    std::mutex taking_;
    mutable std::mutex mutex_;  // of what follows
    std::map<std::string, KeyChain, std::less<>> chains_;
    mutable std::shared_ptr<const ProviderKeys> live_;  // null: to be made anew
    mutable Instant live_until_;
};

}  // namespace idun::trust
