#include "people/internal/aliases.h"
#include "people/internal/link_rows.h"
#include "people/tables.h"
#include "store/person_key.h"

namespace idun::people {
namespace {

Status malformed_link() { return fail(Category::corrupt, "links: malformed row"); }

Status check_pair(std::string_view key, std::string_view value, store::Owed&) {
    const std::string_view pair = key.substr(kPairRows.size());
    if (pair.size() != 2 * crypto::kPseudonymBytes || pair.substr(0, crypto::kPseudonymBytes) >= pair.substr(crypto::kPseudonymBytes)) return malformed_link();
    TRY_ASSIGN(const auto statements, decode_statements(value));
    const bool of_pair = !statements.empty() && statements.front().said != Said::mark && statements.front().said != Said::clear;
    return of_pair ? Status() : malformed_link();
}

Status check_mark(std::string_view key, std::string_view value, store::Owed&) {
    if (key.size() != kMarkRows.size() + crypto::kPseudonymBytes) return malformed_link();
    TRY_ASSIGN(const auto statements, decode_statements(value));
    return !statements.empty() && statements.front().said == Said::mark ? Status() : malformed_link();
}

Status check_alias(std::string_view key, std::string_view value, store::Owed&) {
    TRY_ASSIGN(const auto said, decode_alias(key, value));
    return store::encodes_to_itself(encode_alias(said.pair, said.time, said.by), value);
}

void whose_pair(std::string_view key, FunctionRef<void(const crypto::Pseudonym&)> found) {
    store::whose_end(key, found);
    if (key.size() > crypto::kPseudonymBytes) store::whose_end(key.substr(0, key.size() - crypto::kPseudonymBytes), found);
}

}  // namespace

store::Tables link_tables() {
    store::Tables out;
    out.push_back({.name = "people.pairs", .prefix = std::string(kPairRows), .whose = whose_pair, .check = check_pair});
    out.push_back({.name = "people.marks", .prefix = std::string(kMarkRows), .whose = store::whose_end, .check = check_mark});
    out.push_back({.name = "people.aliases", .prefix = std::string(kAliasRows), .check = check_alias});
    return out;
}

}  // namespace idun::people
