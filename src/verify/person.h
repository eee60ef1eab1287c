// A person's proof file (docs/formats/person-proof.md): that a log holds so many entries about her up to some entry, and that
// all of them are here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "verify/finding.h"
#include "verify/signed_head.h"

namespace idun::verify {

enum class Opened : std::uint8_t { yes, closed, forgotten };

struct HerEntry {
    std::uint64_t sequence = 0;  // how-manieth about her
    std::uint64_t index = 0;     // in the log
    Opened opened = Opened::yes;
};

// One file, as far as it is right by itself.
struct PersonPage {
    std::string person;        // pseudonym, base64url
    Head head;                 // of its checkpoint
    std::uint64_t root_at = 0; // the map root that it uses
    std::uint64_t covered = 0; // entries, by that
    std::int64_t time_ms = 0;  // of that
    std::uint64_t count = 0;   // entries about her, as the map says
    std::uint64_t last = 0;    // the newest of them
    std::vector<HerEntry> entries;      // newest first; each has the next one's place, but for closed ones
    std::optional<std::uint64_t> more;  // older ones follow from this entry on
    std::string decision;               // by which older ones were forgotten
};

struct PersonQuestion {
    std::vector<Key> log_keys;
    std::vector<Key> witnesses;        // of the file's checkpoint
    std::size_t witnesses_needed = 0;  // so many of them; 0: all
    std::string pseudonym;  // empty: whoever it is about
};

// Errors: it is no such file. `page` is whole when nothing is found.
Result<Finding> read_person_file(std::string_view text, const PersonQuestion& question, PersonPage& page);

struct History {
    PersonPage newest;               // its map root counts
    std::vector<HerEntry> entries;   // of all files, newest first
    std::string decision;
    bool holds(std::uint64_t index) const;
    // Entries before it may be hers and not be named, since their keys were forgotten; 0: all are named.
    std::uint64_t named_from() const;
    // "holds 41 entries about this person up to entry 1042 (…): all of them are here, …"
    std::string sentence() const;
};

// The files of one log and person together. Errors: a further file is needed.
Result<Finding> join_pages(std::vector<PersonPage> pages, History& history);

}  // namespace idun::verify
