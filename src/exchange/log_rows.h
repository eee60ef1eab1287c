// What the hub keeps of each log whose entries come to it: how far it has come, how often it met whom, and what in it nobody can open.
// Bytes: docs/formats/ledger-shipping.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/merkle.h"
#include "crypto/pseudonym.h"
#include "exchange/draft.h"
#include "ledger/shipment.h"
#include "store/store.h"

namespace idun::exchange {

inline constexpr std::size_t kLogsMax = 1'000'000;
inline constexpr std::size_t kLogPlaceBytes = 8;

// A row of that letter in the log's own partition.
std::string log_key(std::string_view log_id, char table);
std::string progress_key(std::string_view log_id);
// As a place names the log.
std::string log_in_place(std::string_view log_id);
// How far a log has come, and what its owner said last.
struct LogProgress {
    std::uint64_t next = 0;  // the first entry that is not here
    std::uint64_t size = 0;
    Instant heard{0};
    std::optional<Instant> behind_since;  // it has more entries than are here
    ledger::Served served;                // accesses that came
    std::uint64_t closed = 0;             // entries that came as ones that nobody can open any more
    std::uint64_t forgotten = 0;          // behind the newest entry that says that keys were forgotten; 0: there is none
    std::string checkpoint;
    std::string successor;     // the log that follows; this one is closed for good
    crypto::CompactRange tree; // of the entries that are here; of the hub's own log empty
};
Result<LogProgress> progress_of(const Draft& draft, std::string_view log_id);
Result<LogProgress> progress_from(std::string_view value);
// Of every log of which an entry is here, or that others say came before one, by id.
Result<std::vector<std::string>> known_logs(const store::Snapshot& snapshot);
void put_progress(Draft& draft, std::string_view log_id, const LogProgress& progress);

// How often the person was met in a log, as the newest of her entries there says.
struct PersonCount {
    std::uint64_t sequence = 0;
    std::uint64_t index = 0;
};
Result<std::optional<PersonCount>> person_count(const Draft& draft, const crypto::Pseudonym& person, std::string_view log_id);
// Of the logs in which she was met, by id.
Result<std::vector<std::string>> logs_about(const store::Snapshot& snapshot, const crypto::Pseudonym& person);
void put_person_count(Draft& draft, const crypto::Pseudonym& person, std::string_view log_id, const PersonCount& count);

// The newest entry before which some about its person came closed, while the log has not said since that keys were forgotten.
void put_gap(Draft& draft, std::string_view log_id, std::uint64_t index);
Result<std::optional<std::uint64_t>> gap_in(const Draft& draft, std::string_view log_id);
void erase_gap(Draft& draft, std::string_view log_id);

}  // namespace idun::exchange
