// What every pointer of a source ends with in an answer (who has it, and at what address): written once, and shared by all answers until
// the directory changes.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "directory/directory.h"

namespace idun::api {

// Thread-safe.
class PointerSources {
public:
    std::shared_ptr<const std::string> end_of(const directory::Directory& directory, std::string_view provider) const;

private:
    mutable std::mutex mutex_;
    mutable std::uint64_t number_ = 0;  // of the directory; what is kept was read at it, or later
    mutable std::map<std::string, std::shared_ptr<const std::string>, std::less<>> ends_;  // no more than the index has providers
};

}  // namespace idun::api
