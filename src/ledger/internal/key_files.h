// The files `keys` and `heads`: one record for each slot, in order of slots (docs/formats/ledger.md).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "ledger/file_system.h"
#include "ledger/internal/keys.h"

namespace idun::ledger {

inline constexpr std::string_view kKeysFile = "keys";
inline constexpr std::string_view kHeadsFile = "heads";

// What the files hold for the slots that the journal does not hold any more. `corrupt`, with file and offset, where a record of
// them is missing or damaged, unless the journal makes up for it.
struct KeyRecords {
    std::vector<SlotKey> keys;  // at least `needed`; of what lies behind, as much as is whole
    std::vector<SlotHead> heads;
};
// Records are replaced in place, which a power cut may tear; but what they are replaced by stands in the journal then.
struct InJournal {
    std::set<Slot> met;        // have a newer head
    std::set<Slot> forgotten;  // are to be overwritten
};
Result<KeyRecords> read_key_files(FileSystem& files, const std::string& folder, Slot needed, const InJournal& journal);

// Writes both; one thread at a time.
class KeyFiles {
public:
    // The first `slots` records of `keys` are there already.
    static Result<KeyFiles> open(FileSystem& files, const std::string& folder, Slot slots);

    Slot slots() const { return slots_; }
    // Durable when they return. `add` goes on at slots(); `write` replaces.
    Status add(std::span<const SlotKey> keys);
    Status write(std::span<const std::pair<Slot, SlotKey>> keys);
    Status write(const std::map<Slot, SlotHead>& heads);

private:
    KeyFiles(std::unique_ptr<File> keys, std::unique_ptr<File> heads, Slot slots)
        : keys_(std::move(keys)), heads_(std::move(heads)), slots_(slots) {}

    std::unique_ptr<File> keys_;
    std::unique_ptr<File> heads_;
    Slot slots_;
};

}  // namespace idun::ledger
