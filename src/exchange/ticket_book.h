// Gives tickets their numbers: for each node one after another from 1, none twice, also when the hub was killed in between.
//
// A number is taken when the hub's log says so, which it does before the ticket leaves: `asked` in the beginning of a
// gathering. One whose entry could not be written was never seen by anybody.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "base/random.h"
#include "exchange/access_view.h"

namespace idun::exchange {

// Thread-safe.
class TicketBook {
public:
    TicketBook(AccessView& accesses, Random& random) : accesses_(accesses), random_(random) {}

    // The id of the node's next ticket, for a gathering.
    Result<std::string> next(const std::string& node);
    // The same for what the hub asks by itself: durable when it returns.
    Result<std::string> next_of_hub(const std::string& node, const crypto::Pseudonym& person);

private:
    AccessView& accesses_;
    Random& random_;
    std::mutex mutex_;
    std::map<std::string, std::uint64_t> last_;
};

}  // namespace idun::exchange
