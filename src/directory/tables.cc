#include "directory/tables.h"

#include "base/bytes.h"
#include "directory/internal/rows.h"

namespace idun::directory {
namespace {

constexpr std::size_t kVersionBytesMax = 128u << 10;  // a resource, and who wrote it

Status check_version(std::string_view key, std::string_view value, store::Owed& owed) {
    TRY_ASSIGN(const Version one, decode_version(key, value));
    if (one.version == 0 || one.deleted != one.body.empty()) return fail(Category::corrupt, "directory: a version without its body");
    owed.row(number_key(one.number), encode(Numbered{one.type, one.version, one.id}), "its number names another version, or none");
    if (one.version > 1) owed.row(version_key(one.type, one.id, one.version - 1), "the version before it is missing");
    if (one.deleted) return store::encodes_to_itself(encode(one), value);
    const auto body = json::Document::parse(one.body);
    if (!body || body->root()["resourceType"].text() != to_string(one.type) || body->root()["id"].text() != one.id ||
        body->root()["meta"]["versionId"].text() != std::to_string(one.version))
        return fail(Category::corrupt, "directory: the body is of another resource or version than the key");
    return store::encodes_to_itself(encode(one), value);
}

Status check_number(std::string_view key, std::string_view value, store::Owed& owed) {
    if (key.size() != numbers_prefix().size() + sizeof(std::uint64_t)) return fail(Category::corrupt, "directory: malformed number");
    const std::uint64_t number = number_in(key);
    TRY_ASSIGN(const Numbered one, decode_numbered(value));
    if (number > 1) owed.row(number_key(number - 1), "the number before it is missing");
    owed.row(version_key(one.type, one.id, one.version), [number](const store::Snapshot&, const auto& row) -> std::string_view {
        const auto head = row ? decode_head(*row) : Result<Head>(fail(Category::not_found, ""));
        return head && head->number == number ? "" : "the version that it names has another number, or is missing";
    });
    return store::encodes_to_itself(encode(one), value);
}

Status check_lease(std::string_view key, std::string_view value, store::Owed& owed) {
    TRY_ASSIGN(const Instant until, decode_lease(value));
    owed.row(version_key(Type::endpoint, key.substr(leases_prefix().size()), 1), "it is the lease of no endpoint");
    return store::encodes_to_itself(encode_lease(until), value);
}

}  // namespace

store::Tables tables() {
    store::Tables out;
    out.push_back({.name = "directory.versions", .prefix = versions_prefix(), .form = 2, .value_bytes_max = kVersionBytesMax, .check = check_version});
    out.push_back({.name = "directory.numbers", .prefix = numbers_prefix(), .form = 2, .check = check_number});
    out.push_back({.name = "directory.leases", .prefix = leases_prefix(), .form = 2, .check = check_lease});
    out.push_back(health_table());
    return out;
}

}  // namespace idun::directory
