// Rows of the hub that are kept for a time only: messages to people, and declared care relations that nothing shows.
// Bytes: docs/formats/rights-register.md.
//
// Whoever writes such a row lays a second one beside it, by time, in the same commit. So the sweep reads only what is
// over, however many people there are.
#pragma once

#include <memory>
#include <string>

#include "base/random.h"
#include "base/time.h"
#include "store/store.h"

namespace idun::exchange {

// Letters on disk.
enum class Kept : char { message = 'N', unshown_care = 'C' };

// Into the batch that writes `key`.
void keep_for_a_time(store::Batch& batch, Kept kind, Instant written, std::string key, Random& random);

struct RetentionOptions {
    std::chrono::hours keep;  // at least so long
    std::chrono::milliseconds first{60'000};  // after the start
    std::chrono::milliseconds pause{3'600'000};
};

// Sweeps on a thread of its own from start to destruction: at most kSweptAtOnce rows in one commit, and after a pause
// again.
class Retention {
public:
    static constexpr std::size_t kSweptAtOnce = 1'000;
    Retention(RetentionOptions options, store::Store& store, const Clock& clock);
    ~Retention();

    // Takes away what is over, at most kSweptAtOnce rows of each kind; how many it were. Thread-safe.
    Result<std::size_t> sweep();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::exchange
