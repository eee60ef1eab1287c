// References between the entries of a bundle: what each fullUrl (and each conditional reference) stands for.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/text_hash.h"

namespace idun::records {

class ReferenceMap {
public:
    // "urn:uuid:..." or a URL, and "Type/id". The first of two wins; false for the second.
    bool add(std::string full_url, std::string target);

    bool empty() const { return map_.empty(); }
    // What `text` stands for in an entry whose fullUrl is `full_url`; "" when it stands for itself. A relative
    // reference is looked up under the base of that fullUrl.
    std::string_view target(std::string_view text, std::string_view full_url) const;
    // The same for text that must be a whole fullUrl.
    std::string_view exact(std::string_view text) const;

private:
    std::unordered_map<std::string, std::string, HashByText, std::equal_to<>> map_;
    // One bit for each length (modulo 64) of what is mapped: nearly every text of a resource is told apart by it.
    std::uint64_t lengths_ = 0;
};

// "http://host/base" of "http://host/base/Type/id"; "" when it has another form.
std::string_view base_of(std::string_view full_url);

}  // namespace idun::records
