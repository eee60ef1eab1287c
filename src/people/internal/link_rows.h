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
    std::vector<By> stating;  // ascending
    bool separated = false;
    std::optional<Kind> kinds[2];  // the lower pseudonym first
    std::size_t count = 0;         // of statements
    bool holds() const { return !separated && !stating.empty(); }
    bool stated_by(const By& by) const;
};
Edge sum_of(const std::vector<Statement>& statements);
bool is_marked(const std::vector<Statement>& statements);

}  // namespace idun::people
