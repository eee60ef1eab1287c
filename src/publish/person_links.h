// Which numbers are one person, by what this provider's own Patients carry: for the hub (docs/formats/person-links.md).
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/pseudonym.h"
#include "people/links.h"
#include "records/records.h"
#include "store/store.h"

namespace idun::publish {

// Two numbers of one person; the first is the one that counts now.
struct OwnLink {
    crypto::Pseudonym numbers[2];
    people::Kind kinds[2] = {};
    people::Ground ground = people::Ground::record;
    std::optional<Instant> since;
    friend bool operator==(const OwnLink&, const OwnLink&) = default;
};

// The pseudonym of an identifier, and what it is; nothing where it names nobody nationally.
struct KnownNumber {
    crypto::Pseudonym number;
    people::Kind kind = people::Kind::foreign;
    std::vector<crypto::Alias> aliases = {};  // under all keys, itself first; empty while there is one key
};
using Knows = std::function<std::optional<KnownNumber>(std::string_view system, std::string_view value)>;

// What the Patient carries (`identifier`, also with use `old`; `link` of type `replaced-by` or `replaces` to another Patient
// of these records); empty when she has one number, or is deleted.
Result<std::vector<OwnLink>> links_of(std::string_view patient, const records::Records& records, const store::Snapshot& snapshot,
                                      const Knows& knows);

// The pseudonyms that each number of hers has under several keys: pairs of the one that counts now and another. Empty while there is one key.
Result<std::vector<people::AliasPair>> aliases_of(std::string_view patient, const records::Records& records, const store::Snapshot& snapshot,
                                                  const Knows& knows);

// Patients whose links the hub may have to learn of: written themselves, or known by several numbers.
Result<std::set<std::string>> perhaps_linked(std::span<const store::Change> changes);

// What the hub has taken of a Patient's links: rows of the node's store, so that what a Patient carries no more is taken back.
std::string stated_row(std::string_view patient);
std::string encode_stated(std::span<const OwnLink> links);
using Pair = std::pair<crypto::Pseudonym, crypto::Pseudonym>;  // the lower one first
Pair pair_of(const OwnLink& link);
Result<std::set<Pair>> decode_stated(std::string_view bytes);

}  // namespace idun::publish
