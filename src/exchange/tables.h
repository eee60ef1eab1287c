// The tables of what the hub knows of choices, accesses and cases, each beside the code that writes it; for whoever looks
// through a hub's store (store/table.h).
#pragma once

#include "crypto/pseudonym.h"
#include "store/row_forms.h"
#include "store/table.h"

namespace idun::exchange {

// All of them.
Result<store::Tables> tables(const store::Snapshot& snapshot);

store::Tables rights_tables();
Result<store::Tables> access_tables(const store::Snapshot& snapshot);
std::vector<store::FormChange> access_forms();
store::Tables account_tables();
store::Tables ticket_tables();
store::Tables withholding_tables();
store::Tables purge_tables();
store::Tables care_tables();
store::Tables case_tables();
store::Tables notice_tables();
store::Tables kept_tables();
store::Tables emergency_tables();
store::Tables delivery_tables();
store::Table stated_table();
store::Table clock_table();
store::Table strange_table();
store::Table stated_count_table();
store::Table audit_feed_table();
store::Table watched_table();
store::Table withdrawal_table();
store::Table figures_table();

// Of a case's glass, wherever it was broken.
std::string opened_glass_row(const crypto::Pseudonym& person, std::string_view id);
std::string reported_glass_row(const crypto::Pseudonym& person, std::string_view provider, std::string_view id);

std::string case_row(std::uint64_t number);
struct Emergency;
// Whether a case's row is the follow-up of that glass.
bool follows_up(std::uint64_t number, std::string_view row, const Emergency& glass);

// Lengths of keys by which tables that share a letter tell their rows: of a person's or a log's partition alone, with a number
// behind it, with a place (time, log, index).
inline constexpr std::size_t kBareKeyBytes = 17;
inline constexpr std::size_t kNumberKeyBytes = kBareKeyBytes + 8;
inline constexpr std::size_t kPlaceKeyBytes = kBareKeyBytes + 24;

// The pseudonym (or what stands in its place) in such a key; the number at its end.
crypto::Pseudonym whose_key(std::string_view key);
std::uint64_t number_at_end(std::string_view key);

}  // namespace idun::exchange
