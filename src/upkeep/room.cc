#include "upkeep/room.h"

#include <fmt/format.h>

#include <condition_variable>
#include <filesystem>
#include <limits>

namespace idun::upkeep {
namespace {

constexpr std::chrono::milliseconds kLookEvery{100};  // at 1 GB/s a disk takes less than kRoomKept in between

}  // namespace

std::uint64_t free_bytes(const std::string& folder) {
    namespace fs = std::filesystem;
    std::error_code error;
    fs::path place = fs::absolute(folder, error);
    while (!fs::exists(place, error) && place.has_parent_path() && place != place.parent_path()) place = place.parent_path();
    const fs::space_info space = fs::space(place, error);
    return error ? std::numeric_limits<std::uint64_t>::max() : space.available;
}

Status has_room(const std::string& folder, std::uint64_t bytes, std::string_view what, const FreeBytes& free) {
    const std::uint64_t there = free(folder), needed = bytes + kRoomKept;
    if (there >= needed) return {};
    return fail(Category::unavailable, fmt::format("{} needs {} MiB free on the disk of {}, and there are {}: make room first", what, needed >> 20, folder, there >> 20));
}

RoomWatch::RoomWatch(std::string folder, std::string what, const FreeBytes& free, const std::stop_token& outer)
    : folder_(std::move(folder)),
      what_(std::move(what)),
      free_(free),
      outer_(outer, [this] { stopping_.request_stop(); }),
      thread_([this](const std::stop_token& over) { watch(over); }) {}

// False when there is too little.
bool RoomWatch::look() {
    Status room = has_room(folder_, 0, what_, free_);
    if (room) return true;
    const std::lock_guard lock(mutex_);
    found_ = std::move(room);
    stopping_.request_stop();
    return false;
}

void RoomWatch::watch(const std::stop_token& over) {
    std::mutex resting;
    std::condition_variable_any woken;
    while (!over.stop_requested() && look()) {
        std::unique_lock lock(resting);
        woken.wait_for(lock, over, kLookEvery, [] { return false; });
    }
}

Status RoomWatch::found() {
    look();
    const std::lock_guard lock(mutex_);
    return found_;
}

}  // namespace idun::upkeep
