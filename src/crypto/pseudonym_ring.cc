#include "crypto/pseudonym_ring.h"

#include <algorithm>

#include "crypto/internal/secret_file.h"

namespace idun::crypto {
namespace {

constexpr std::string_view kFileLabel = "idun-pseudonym-key";
// No person's canonical identifier begins like this.
constexpr std::string_view kNamed = "name of the key";

}  // namespace

std::string name_of(const PseudonymKey& key) { return key.of(kNamed).text().substr(0, kKeyNameBytes); }

PseudonymRing::PseudonymRing(std::vector<PseudonymKey> keys) : keys_(std::move(keys)) {
    for (const PseudonymKey& key : keys_) names_.push_back(name_of(key));
}

Result<PseudonymRing> PseudonymRing::from(std::vector<PseudonymKey> keys) {
    if (keys.empty() || keys.size() > kRingKeysMax) return fail(Category::invalid, "a key ring has one to three keys");
    PseudonymRing out(std::move(keys));
    for (auto one = out.names_.begin(); one != out.names_.end(); ++one)
        if (std::find(out.names_.begin(), one, *one) != one)
            return fail(Category::invalid, "a key ring has the same key twice");
    return out;
}

Result<PseudonymRing> PseudonymRing::load_or_create(const std::string& path, Random& random) {
    TRY_ASSIGN(auto secrets, load_or_create_secrets(path, kFileLabel, kRingKeysMax, random));
    std::vector<PseudonymKey> keys;
    for (std::string& secret : secrets) {
        if (auto key = PseudonymKey::from(secret)) keys.push_back(std::move(*key));  // 32 bytes, as the file has them
        wipe(secret);
    }
    return from(std::move(keys));
}

std::vector<Alias> PseudonymRing::all(std::string_view canonical) const {
    std::vector<Alias> out;
    for (std::size_t i = 0; i < keys_.size(); ++i) out.push_back({keys_[i].of(canonical), names_[i]});
    return out;
}

std::vector<Alias> PseudonymRing::others(std::string_view canonical) const {
    std::vector<Alias> out;
    for (std::size_t i = 1; i < keys_.size(); ++i) out.push_back({keys_[i].of(canonical), names_[i]});
    return out;
}

}  // namespace idun::crypto
