// Accesses that a supervisor keeps from the person's list for a while, where the law provides it (EHDS article 9(3)):
// each with a reason and the id of the decision, until its time is over or it is lifted. Bytes:
// docs/formats/ledger-shipping.md.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "exchange/access_rows.h"
#include "store/store.h"

namespace idun::exchange {

inline constexpr std::size_t kWithholdReasonBytesMax = 1024;

struct Withholding {
    std::string log_id;  // of the entry that was named
    std::uint64_t index = 0;
    std::string reason;
    std::string decision;  // its id
    std::string by;        // user id
    Instant since;
    std::optional<Instant> lifted;
    std::string lifted_by;  // the id of the decision
    std::optional<Instant> until =
        {};  // its time: then the access is there again by itself; nothing: until it is lifted
    bool holds(Instant now) const { return !lifted && (!until || now < *until); }
    friend bool operator==(const Withholding&, const Withholding&) = default;
};

// What is withheld together: a gathering with all its parts, or one entry. A key of the person's.
Result<std::string> withholding_key(const Draft& draft, const LoggedEntry& entry, std::string_view hub_log);

// The same of a gathering, by its request.
std::string gathering_withholding_key(const crypto::Pseudonym& person, std::string_view request_id);
// The same of an entry that stands as a line of the list.
std::string line_withholding_key(const LoggedEntry& line, std::string_view hub_log);

// `conflict` when it is withheld already, or is not.
Status withhold(Draft& draft, const crypto::Pseudonym& person, const std::string& key, const Withholding& withholding);
Status lift(Draft& draft, const std::string& key, Instant now, std::string decision);

// Keys of what is withheld of a person's now.
Result<std::set<std::string>> withheld_of(const store::Snapshot& snapshot, const crypto::Pseudonym& person,
                                          Instant now);
// All that ever were, newest first, at most `count_max`.
Result<std::vector<Withholding>> withholdings(const store::Snapshot& snapshot, std::size_t count_max);

}  // namespace idun::exchange
