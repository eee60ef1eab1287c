// People whom supervisors look after, because many are curious about them: by decision, until it ends.
// Bytes: docs/formats/supervision.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "crypto/pseudonym.h"
#include "store/store.h"

namespace idun::exchange {

inline constexpr std::size_t kWatchedMax = 10'000;

struct Watched {
    crypto::Pseudonym person;
    Instant since;
    std::string by;         // user id
    std::string reference;  // of the matter
    friend bool operator==(const Watched&, const Watched&) = default;
};

// `too_large` beyond kWatchedMax; again is no error and changes nothing.
Status watch(store::Store& store, const Watched& watched);
// Ending what is not there is no error.
Status watch_no_more(store::Store& store, const crypto::Pseudonym& person);
Result<std::vector<Watched>> watched_people(const store::Snapshot& snapshot);

}  // namespace idun::exchange
