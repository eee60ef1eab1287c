// The directory's rows in the store: docs/formats/directory.md.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "directory/directory.h"

namespace idun::directory {

std::string version_key(Type type, std::string_view id, std::uint64_t version);
std::string versions_prefix(Type type, std::string_view id);  // of one resource
std::string versions_prefix(Type type);
std::string versions_prefix();
std::string number_key(std::uint64_t number);
std::string numbers_prefix();
std::string lease_key(std::string_view id);
std::string leases_prefix();

std::string encode(const Version& version);
Result<Version> decode_version(std::string_view key, std::string_view value);
// Of a row, without reading the rest.
struct Head {
    std::uint64_t number = 0;
    Instant time;
    bool deleted = false;
};
Result<Head> decode_head(std::string_view value);
// The id within a version's key.
std::string_view id_in(std::string_view key);

struct Numbered {
    Type type{};
    std::uint64_t version = 0;
    std::string id;
};
std::string encode(const Numbered& numbered);
Result<Numbered> decode_numbered(std::string_view value);
std::uint64_t number_in(std::string_view key);

std::string encode_lease(Instant until);
Result<Instant> decode_lease(std::string_view value);

// Form 1, which had no versions.
std::string form_1_prefix(char table);
Result<Organisation> decode_organisation_1(std::string_view value);
Result<Endpoint> decode_endpoint_1(std::string_view value);

}  // namespace idun::directory
