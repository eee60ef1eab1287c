// The rows of the rights register in the hub's store, which its three files share: choices (rights_register.cc), their
// history (rights_history.cc), and the feeds of providers (rights_feed.cc). Bytes: docs/formats/rights-register.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/pseudonym.h"
#include "rights/facts.h"
#include "rights/feed.h"

namespace idun::exchange::rights_rows {

// The number of the newest change, and the form of the rows.
extern const std::string kRegisterHeadKey;
extern const std::string kRegisterFormatKey;
inline constexpr std::string_view kRegisterFormat = "2";

std::string facts_key(const crypto::Pseudonym& person);
std::string history_prefix(const crypto::Pseudonym& person);
std::string names_key(const crypto::Pseudonym& person, std::string_view fact_id);
// The versions of one choice by number, and the newest of each; under the empty id how many there are.
std::string version_prefix(const crypto::Pseudonym& person, std::string_view choice_id);
std::string newest_key(const crypto::Pseudonym& person, std::string_view choice_id);
std::string represented_prefix(const crypto::Pseudonym& person);

// By provider the changes that were addressed to it, the persons they are about with the newest number of each, and
// persons whom it follows no more, but of whom it was sent something.
std::string addressed_prefix(std::string_view provider);
std::string persons_prefix(std::string_view provider);
std::string person_row(std::string_view provider, const crypto::Pseudonym& person);
std::string former_row(std::string_view provider, const crypto::Pseudonym& person);

std::string change_number(std::uint64_t number);
Result<std::optional<rights::PersonFacts>> facts_in(const std::optional<std::string>& row);

// Which choice a change is a version of; "" for protection.
std::string choice_of(const rights::FactChange& change);

// A version's place in the history: its count, and the number of the first one.
struct Place {
    std::uint64_t version = 0;
    std::uint64_t first = 0;
};
std::string place_bytes(const Place& place);
Result<Place> place_in(const std::optional<std::string>& row);
// The newest version of a choice: its number, and its place.
struct NewestVersion {
    std::uint64_t number = 0;
    Place place;
};
Result<std::optional<NewestVersion>> newest_in(const std::optional<std::string>& row);

}  // namespace idun::exchange::rights_rows
