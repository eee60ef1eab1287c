// How many accesses a log holds up to some entry, of the provider's own people and by ticket: what its owner states to the hub.
// A file keeps the count over restarts; without it, or when the hub has another part of the log, what the hub has counted goes on: a log
// that is read again from its beginning says no more of what cannot be opened since.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "ledger/ledger.h"
#include "ledger/shipment.h"

namespace idun::publish {

// One thread at a time.
class ServedCount {
public:
    // `file` "": none. What is passed by reference lives as long.
    ServedCount(const ledger::Ledger& ledger, ledger::FileSystem& files, std::string file);

    // The hub's count of the first `size` entries: taken unless they are counted already or can be from where this count
    // stands. `signed_here`: the owner's own signed text says so.
    void heard(std::uint64_t size, const ledger::Served& served, bool signed_here);
    // Not the hub's word: the owner may sign it.
    bool ours() const { return ours_; }
    // Among the first `size` entries, which are durable.
    Result<ledger::Served> until(std::uint64_t size);
    // The same is known of the first `size` entries.
    void reached(std::uint64_t size, const ledger::Served& served);

private:
    void load();
    // Nothing where one of them cannot be opened any more.
    std::optional<ledger::Served> counted_whole(std::uint64_t size) const;

    const ledger::Ledger& ledger_;
    ledger::FileSystem& files_;
    const std::string file_;
    std::uint64_t size_ = 0;
    ledger::Served served_;
    bool ours_ = true;
};

}  // namespace idun::publish
