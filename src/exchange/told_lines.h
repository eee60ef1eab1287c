// What a person was told of by a line of her list itself: looks that the hub has logged, of which no message is written
// beside the line (LoggedEntry::told). Each is a message as long as messages are kept, unless it is withheld. Why:
// docs/decisions/0072-rows-of-an-entry.md.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "directory/directory.h"
#include "exchange/notices.h"

namespace idun::exchange {

// Thread-safe as its parts are; they live longer.
class ToldLines {
public:
    // `hub_log`: the id of the hub's log. `keep`: as for other messages (retention.h).
    ToldLines(const directory::Directory& directory, const Clock& clock, std::string hub_log,
              std::chrono::milliseconds keep)
        : directory_(directory), clock_(clock), hub_log_(std::move(hub_log)), keep_(keep) {}

    // Of one number, newest first, from before that place (bytes of a Notice's id; "": from the newest). At most
    // `count_max`, and so many lines looked at: a page may be empty and have a next.
    Result<NoticePage> of_number(const store::Snapshot& snapshot, const crypto::Pseudonym& number,
                                 std::string_view before, std::size_t count_max) const;

private:
    const directory::Directory& directory_;
    const Clock& clock_;
    const std::string hub_log_;
    const std::chrono::milliseconds keep_;
};

}  // namespace idun::exchange
