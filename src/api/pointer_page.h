// The word in a next link of a search about a person: sealed, so that no address names her.
#pragma once

#include <optional>
#include <string>

#include "base/random.h"
#include "crypto/pseudonym.h"

namespace idun::api {

struct PointerPage {
    crypto::Pseudonym person;
    std::uint32_t place = 0;          // in the list, of the page's first
    std::uint64_t fingerprint = 0;    // of the whole list
    friend bool operator==(const PointerPage&, const PointerPage&) = default;
};

// Thread-safe. Its key lives as long as it does: what an earlier one sealed nobody opens.
class PointerPages {
public:
    explicit PointerPages(Random& random = system_random());

    // Opens for the same `caller` only.
    std::string seal(const PointerPage& page, std::string_view caller) const;
    std::optional<PointerPage> open(std::string_view text, std::string_view caller) const;

private:
    Random& random_;
    const std::string key_;
};

}  // namespace idun::api
