// The hub's register of what people have chosen, and the numbered feed that nodes follow.
// Bytes: docs/formats/rights-feed.md.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "crypto/signing.h"
#include "rights/facts.h"
#include "rights/feed.h"
#include "store/store.h"

namespace idun::exchange {

struct RegisterOptions {
    std::string hub;                                       // issuer of the feed
    std::chrono::milliseconds lease{24 * 3'600'000};       // a national choice
};

// Thread-safe. A change is durable and in the feed when the call returns.
class RightsRegister {
public:
    static Result<std::unique_ptr<RightsRegister>> open(store::Store& store, RegisterOptions options,
                                                        const crypto::SigningKey& key, const Clock& clock,
                                                        Random& random);

    Result<rights::PersonFacts> facts_of(const crypto::Pseudonym& person) const;

    // Opting out when already out (and the like) changes nothing and gives the number of the newest change.
    Status opt_out(const crypto::Pseudonym& person);
    Status opt_in(const crypto::Pseudonym& person);
    // The id of the new block, or of the one that is there already for this provider.
    Result<std::string> block(const crypto::Pseudonym& person, std::string_view provider_id);
    // `not_found` when the person has no such block.
    Status unblock(const crypto::Pseudonym& person, std::string_view fact_id);

    std::uint64_t head() const;
    // The signed page of changes after `after` as that provider may see them, with a fresh lease. `invalid` beyond
    // the head.
    Result<std::string> page(std::uint64_t after, std::string_view provider_id) const;

    // Called after every change, on the changing thread; set once, before use by several threads.
    void on_change(std::function<void()> changed) { changed_ = std::move(changed); }
    // Calls it without a change, so that nobody waits for one any longer.
    void wake() const {
        if (changed_) changed_();
    }

private:
    RightsRegister(store::Store& store, RegisterOptions options, const crypto::SigningKey& key, const Clock& clock,
                   Random& random)
        : store_(store), options_(std::move(options)), key_(key), clock_(clock), random_(random) {}
    Status commit(rights::FactChange change, rights::PersonFacts facts);

    store::Store& store_;
    const RegisterOptions options_;
    const crypto::SigningKey& key_;
    const Clock& clock_;
    Random& random_;
    std::function<void()> changed_;
    std::mutex writing_;
    mutable std::mutex mutex_;
    std::uint64_t head_ = 0;
};

}  // namespace idun::exchange
