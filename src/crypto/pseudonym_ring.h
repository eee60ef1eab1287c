// The keys under which a person's pseudonym is made: one that writes, and others that are only known while one key
// takes the place of another (docs/formats/blind-key.md, docs/decisions/0070-key-rotation.md).
//
//     ring.of(canonical)       // under it new rows stand
//     ring.others(canonical)   // under these there may be rows of hers too: her aliases
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/pseudonym.h"

namespace idun::crypto {

inline constexpr std::size_t kRingKeysMax = 3;
inline constexpr std::size_t kKeyNameBytes = 8;

// One of several pseudonyms of one number, and under which key it is hers.
struct Alias {
    Pseudonym pseudonym;
    std::string key;  // its name
    friend auto operator<=>(const Alias&, const Alias&) = default;
};

// 8 letters of base64url that say which key it is, and nothing of the key.
std::string name_of(const PseudonymKey& key);

// Moves, does not copy. Thread-safe.
class PseudonymRing {
public:
    // One to kRingKeysMax, the one that writes first.
    static Result<PseudonymRing> from(std::vector<PseudonymKey> keys);
    // A line for each key, the one that writes first; a file of one key is made where there is none.
    static Result<PseudonymRing> load_or_create(const std::string& path, Random& random);

    // Of the canonical bytes of a person's identifier (people/person_id.h), under the key that writes.
    Pseudonym of(std::string_view canonical) const { return keys_.front().of(canonical); }
    // Under each of the other keys; empty when there is one key.
    std::vector<Alias> others(std::string_view canonical) const;
    // Under all of them, the one that writes first.
    std::vector<Alias> all(std::string_view canonical) const;

    bool several() const { return keys_.size() > 1; }
    std::span<const PseudonymKey> keys() const { return keys_; }
    std::span<const std::string> names() const { return names_; }

private:
    explicit PseudonymRing(std::vector<PseudonymKey> keys);
    std::vector<PseudonymKey> keys_;
    std::vector<std::string> names_;
};

}  // namespace idun::crypto
