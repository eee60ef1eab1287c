// The rows of links in the hub's store, and what a pair's statements add up to. Bytes: docs/formats/person-links.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "people/links.h"

namespace idun::people {

inline constexpr std::string_view kPairRows = "personlkP";
inline constexpr std::string_view kMarkRows = "personlkM";

// Of the two in any order.
std::string pair_row(const crypto::Pseudonym& one, const crypto::Pseudonym& other);
std::string mark_row(const crypto::Pseudonym& number);

std::string encode_statements(const std::vector<Statement>& statements);
Result<std::vector<Statement>> decode_statements(std::string_view bytes);

// What the statements of a pair add up to.
struct Edge {
    // What one of them has said of the pair.
    struct Stater {
        By by;
        std::size_t count = 0;         // of statements
        bool in_force = false;         // states it now; what follows is of that statement
        bool proved = false;           // by a code
        std::optional<Kind> kinds[2];  // the lower pseudonym first
    };
    std::vector<Stater> staters;  // ascending
    bool separated = false;
    bool holds() const;
    bool proved() const;
    bool stated_by(const By& by) const;
    std::size_t count_of(const By& by) const;
    // What those say who state it now, or the operator alone.
    std::optional<Kind> kind(std::size_t place, bool of_operator) const;
};
Edge sum_of(const std::vector<Statement>& statements);
bool is_marked(const std::vector<Statement>& statements);

}  // namespace idun::people
