// The rows in which the hub keeps the entries of all logs: by person, newest last, by user, and by log.
// Bytes: docs/formats/ledger-shipping.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/draft.h"
#include "ledger/shipment.h"

namespace idun::exchange {

// An entry of some log.
struct LoggedEntry {
    std::string log_id;
    ledger::ShippedEntry entry;  // found again its hash is not told
    bool told = false;           // its line is a message to the person too (told_lines.h)
    std::string encoded = {};    // its access as ledger::encode() makes it for that log, where whoever made this had it at hand
};

// What the hub's log says was asked when somebody looked at pointers.
inline constexpr std::string_view kPointersQuery = "DocumentReference";
inline constexpr std::string_view kPatientsQuery = "Patient";      // who an identifier stands for
inline constexpr std::string_view kMatchQuery = "Patient/$match";  // the same by several
// The query of a gathering's entry under another number of the person than the one that was asked for: in the list of all her
// numbers the gathering stands once.
inline constexpr std::string_view kOtherNumberQuery = "under another number of hers";

inline constexpr std::size_t kLinePlaceBytes = 24;  // of a line in a person's list: time, log, index
inline constexpr std::size_t kPartPlaceBytes = 16;  // of a part of a gathering: log, index
// A gathering has no more parts than that; what a node ships beyond them stands by itself in the list.
inline constexpr std::uint32_t kPartsMax = 1'000;

std::string list_prefix(const crypto::Pseudonym& person);
// What a user did, in places as in a person's list.
std::string user_prefix(std::string_view user_id);
// Of the parts of one gathering.
std::string part_prefix(const crypto::Pseudonym& person, std::string_view request_id);
std::string entry_key(std::string_view log_id, std::uint64_t index);

// Rows of this form only: makes an empty store one of it. `unsupported` for rows of another form.
Status open_access_rows(store::Store& store);

// Adds the rows of one entry; says whether it is part of a gathering. `own`: of the hub's log, whose gatherings gather
// the entries of nodes, and which has the hashes of its entries itself.
Result<bool> add_entry(Draft& draft, const LoggedEntry& entry, bool own);
// As add_entry() has written it; nothing when there is none.
Result<std::optional<LoggedEntry>> find_entry(const Draft& draft, std::string_view log_id, std::uint64_t index);
// The hash in an entry's row; nothing for one of the hub's own log.
Result<std::optional<crypto::Hash>> hash_in(std::string_view row);
// Whether what is here about an entry of a node was made of one with that hash.
Result<bool> has_hash(const Draft& draft, std::string_view log_id, std::uint64_t index, const crypto::Hash& hash);
// Whether the entry's rows make it part of a gathering.
Result<bool> is_part(const Draft& draft, std::string_view log_id, std::uint64_t index);
// Of the records of every part that the gathering of that person and request has, as in LineHead; nothing where there is no gathering, or its
// time was up.
Result<std::optional<std::uint8_t>> gathered_categories(const Draft& draft, const ledger::Access& access);
// A row of a person's list, or of a part.
Result<LoggedEntry> logged_entry_from(std::string_view key, std::string_view value);
// A gathering that the hub has begun; its end is another entry.
bool is_begun(const ledger::Access& access);

// Takes away the rows of an entry, `row` of entry_key() among them: what add_entry() has made for it.
Status forget_rows(Draft& draft, const store::Entry& row, const LoggedEntry& entry);

}  // namespace idun::exchange
