// Which key follows which: a role's own word, signed by both (docs/formats/key-change.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/jws.h"
#include "crypto/signing.h"

namespace idun::trust {

inline constexpr std::size_t kKeyChangeBytesMax = 2048;
inline constexpr std::uint32_t kKeyChangesMax = 64;  // of one owner
// How long after its end a former key is still good for what is signed now: so long a role may wait for its next start.
inline constexpr std::chrono::hours kFormerKeyGrace(24);

struct KeyChange {
    std::string owner;         // a hub's or provider's id
    std::uint32_t number = 0;  // from 1
    Instant from;              // when the next key begins to sign
    crypto::PublicKey former;
    crypto::PublicKey next;
    friend bool operator==(const KeyChange&, const KeyChange&) = default;
};

// The note. The keys are those of `what`; its owner and number are within their bounds (IDUN_CHECKed).
std::string sign_key_change(const KeyChange& what, const crypto::SigningKey& former, const crypto::SigningKey& next);
// Whose it says it is and which, once both of the keys in it have signed it; else `invalid`. Whether the former key is the owner's is
// for KeyChain to say.
Result<KeyChange> open_key_change(std::string_view note);

// The keys of one owner: those that were told, and what follows from them. A value.
class KeyChain {
public:
    KeyChain(std::string owner, const crypto::KeySet& told);

    enum class Taken { added, known, passed_over };  // passed over: it follows from no key that is known here
    // `conflict` when another note of that number is known, `forbidden` when it is another owner's.
    Result<Taken> take(const KeyChange& change);

    std::uint32_t number() const { return changes_.empty() ? 0 : changes_.rbegin()->first; }  // of the newest taken; 0: none
    // Good for what is signed now.
    crypto::KeySet live(Instant now) const;
    // Good for what was signed at some time.
    const crypto::KeySet& all() const { return all_; }

private:
    std::string owner_;
    crypto::KeySet all_;
    std::map<std::uint32_t, KeyChange> changes_;
};

}  // namespace idun::trust
