// Entries of a log on their way from a node to the hub, independent of how a log stores them.
// Bytes: docs/formats/ledger-shipping.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/hash.h"
#include "ledger/ledger.h"

namespace idun::ledger {

inline constexpr std::size_t kShippedEntriesMax = 2'000;
inline constexpr std::size_t kShippedBytesMax = 4u << 20;  // of lines, but one entry may be larger
inline constexpr std::size_t kShippedRefusedMax = 100;

// What a node has seen when it compared names; bits of ShippedEntry::marks, on the wire and on disk.
enum NameMark : std::uint8_t {
    kSameFamilyName = 1,  // who asked has the person's family name
    kSameName = 2,        // and her first given name
};

struct ShippedEntry {
    std::uint64_t index = 0;
    crypto::Hash hash;           // its leaf hash in the log's tree
    std::uint64_t sequence = 0;  // how-manieth about its person in that log, from 1; 0: about nobody, or of an older row
    bool open = true;            // false: it is no access, or nobody can open it any more; the access is empty
    Kind kind = Kind::nobody;    // of one that is not open
    std::string decision = {};   // by which keys were forgotten; of that kind only
    Access access;
    std::uint8_t marks = 0;  // beside the entry: nothing of its log
    friend bool operator==(const ShippedEntry&, const ShippedEntry&) = default;
};
ShippedEntry to_ship(Entry entry);
// One line, without its end. `too_large` or `invalid` as encode().
Result<std::string> to_line(const ShippedEntry& entry);
// Strict: `invalid` for whatever to_line() does not write.
Result<ShippedEntry> entry_from_line(std::string_view line);

// How many accesses a log says that there were: by the provider's own people and systems, and with a ticket.
struct Served {
    std::uint64_t own = 0;
    std::uint64_t tickets = 0;
    void add(const Access& access) { ++(access.ticket_id.empty() ? own : tickets); }
    friend bool operator==(const Served&, const Served&) = default;
};

struct Shipment {
    std::string log_id;
    std::uint64_t first = 0;
    std::uint64_t size = 0;  // durable entries of the log
    std::string checkpoint;  // of that size, signed
    std::vector<crypto::Hash> proof =
        {};                   // that the tree of these entries and those before is the beginning of that one
    Served served = {};       // among the entries up to the last of these
    std::string stated = {};  // the same, signed (served_note.h); "": it is not
    std::vector<std::string> refused = {};  // ids of tickets that the node was shown and refused without an entry
    std::vector<ShippedEntry> entries = {};
};
// The head; lines of entries follow it.
std::string head_line(const Shipment& shipment);
// `invalid`, or `too_large` beyond kShippedEntriesMax; entries about a person say how-manieth, and all have consecutive indexes from `first` and none is
// beyond `size`.
Result<Shipment> shipment_from(std::string_view body);

}  // namespace idun::ledger
