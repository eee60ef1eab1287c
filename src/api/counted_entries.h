// Entries of all logs that supervisors count: in a time, narrowed as a list is, and without what the rules leave out of their lists.
#pragma once

#include <functional>
#include <initializer_list>
#include <mutex>
#include <string_view>

#include "api/supervision.h"

namespace idun::api {

struct CountedEntries {
    Instant from;
    Instant to;
    exchange::AccessFilter filter;
};

// since=, until= and the parameters of a list but who, page and count; `besides` are the caller's.
Result<CountedEntries> counted_entries(const Hub& hub, const http::Request& request, std::initializer_list<std::string_view> besides = {});

// Entries about people, of each log the newest first, until `visit` has enough: whether these were all.
Result<bool> each_counted(Hub& hub, const CountedEntries& asked, const std::function<Result<bool>(const exchange::LoggedEntry&)>& visit);

// One scan at a time: each holds a thread of the hub for seconds.
class OneScan {
public:
    explicit OneScan(std::mutex& mutex) : lock_(mutex, std::try_to_lock) {}
    Status granted() const {
        if (lock_.owns_lock()) return {};
        return fail(Category::busy, "accesses are being counted already; try again");
    }

private:
    std::unique_lock<std::mutex> lock_;
};

}  // namespace idun::api
