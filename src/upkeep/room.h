// Room on a disk. A store whose disk is full takes no more writes until it is opened again, so what copies whole stores leaves some free:
// a backup or a drill must never be what stops a role.
#pragma once

#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "base/result.h"

namespace idun::upkeep {

inline constexpr std::uint64_t kRoomKept = std::uint64_t{256} << 20;  // bytes
// A restored store before its files are merged, while they are, and its logs, beside what the backup holds of them.
inline constexpr std::uint64_t kRestoredPerByte = 3;

// Free bytes on the disk of a folder; as much as there can be where the file system does not say.
using FreeBytes = std::function<std::uint64_t(const std::string& folder)>;
std::uint64_t free_bytes(const std::string& folder);

// `unavailable`, with what is needed and what is there, unless `bytes` and kRoomKept beside them are free on the disk of `folder`, or of the
// next folder above it that is there. `what` as in "a restore".
Status has_room(const std::string& folder, std::uint64_t bytes, std::string_view what, const FreeBytes& free = free_bytes);

// Looks, while it lives, several times a second whether kRoomKept are free, and stops what it watches over when they are not.
class RoomWatch {
public:
    // `outer` stops it too.
    RoomWatch(std::string folder, std::string what, const FreeBytes& free, const std::stop_token& outer);
    std::stop_token token() const { return stopping_.get_token(); }
    // Looks once more. Why it stops what it watches over; well when it need not.
    Status found();

private:
    bool look();
    void watch(const std::stop_token& over);

    const std::string folder_, what_;
    const FreeBytes free_;
    std::stop_source stopping_;
    std::stop_callback<std::function<void()>> outer_;
    std::mutex mutex_;
    Status found_;
    std::jthread thread_;  // last: uses all of the above
};

}  // namespace idun::upkeep
