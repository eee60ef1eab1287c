#include "people/named_by.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "crypto/pseudonym_ring.h"
#include "people/tables.h"

namespace idun::people {
namespace {

const std::string kRow = "personnbN";
constexpr char kForm = 1;

bool is_name(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_'; });
}

Result<std::vector<std::string>> decode(std::string_view row) {
    const auto malformed = [] {
        return fail(Category::corrupt, "the row of keys by which people are named is malformed");
    };
    if (row.empty() || row.front() != kForm || row.size() % (crypto::kKeyNameBytes + 1) != 0) return malformed();
    std::vector<std::string> out;
    for (std::size_t at = 1; at < row.size(); at += crypto::kKeyNameBytes + 1) {
        const bool apart = at == 1 || row[at - 1] == ' ';
        out.emplace_back(row.substr(at, crypto::kKeyNameBytes));
        if (!apart || !is_name(out.back()) || std::ranges::count(out, out.back()) > 1) return malformed();
    }
    return out;
}

}  // namespace

Status name_people_by(store::Store& store, std::span<const std::string> keys) {
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY_ASSIGN(const auto row, snapshot->get(kRow));
    if (row) {
        TRY_ASSIGN(const auto before, decode(*row));
        const bool known = std::ranges::any_of(
            before, [&](const std::string& name) { return std::ranges::find(keys, name) != keys.end(); });
        if (!known)
            return fail(
                Category::conflict,
                fmt::format(
                    "pseudonym_key_file has none of the keys by which people are named here ({}): put back the one "
                    "that was there; a new key comes as a further line",
                    fmt::join(before, " ")));
    }
    const std::string now = fmt::format("{}{}", kForm, fmt::join(keys, " "));
    if (row == now) return {};
    store::Batch batch;
    batch.expect(kRow, row);
    batch.put(kRow, now);
    TRY(store.commit(std::move(batch)));
    return {};
}

store::Tables named_by_tables() {
    store::Tables out;
    out.push_back({.name = "people.named-by",
                   .prefix = kRow,
                   .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                       if (key != kRow)
                           return fail(Category::corrupt, "the row of keys by which people are named lies elsewhere");
                       TRY(decode(value));
                       return {};
                   }});
    return out;
}

}  // namespace idun::people
