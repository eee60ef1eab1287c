// The resources that the directory holds, one version of one of them, and what is asked of it before it is taken.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "json/document.h"

namespace idun::directory {

// The letters are on disk.
enum class Type : char { organization = 'O', healthcare_service = 'H', location = 'L', affiliation = 'A', endpoint = 'E' };
inline constexpr std::array<Type, 5> kTypes = {Type::endpoint, Type::healthcare_service, Type::location, Type::organization,
                                               Type::affiliation};  // in the order of their names

std::string_view to_string(Type type);  // "OrganizationAffiliation"
std::optional<Type> type_from(std::string_view name);
std::size_t place_of(Type type);  // in kTypes
// What "Organization/x" names; nothing when it is no type of the directory's. The id lives in the text.
struct Name {
    Type type{};
    std::string_view id;
};
std::optional<Name> name_from(std::string_view reference);

inline constexpr std::size_t kResourceBytesMax = 64u << 10;
inline constexpr int kPartOfDepthMax = 16;

// Who wrote a version. The numbers are on disk.
struct Writer {
    enum class Kind : std::uint8_t { node = 1, operator_ = 2 };
    Kind kind = Kind::node;
    std::string who;  // the provider, or the subject of the operator's token
};

struct Version {
    Type type{};
    std::string id;
    std::uint64_t version = 0;  // of the resource, from 1
    std::uint64_t number = 0;   // of the directory, from 1
    Instant time;
    bool deleted = false;
    Writer writer;
    std::string body;  // as it is served; "" when deleted

    std::string name() const { return std::string(to_string(type)) + "/" + id; }
};

// A version that is read. Immutable; shared by all who read.
struct Resource : Version {
    explicit Resource(Version v, json::Document d) : Version(std::move(v)), document(std::move(d)) {}
    json::Document document;
    std::vector<std::string> references;  // "Organization/x", each once, sorted

    json::Value root() const { return document.root(); }
};
using ResourcePtr = std::shared_ptr<const Resource>;

// `corrupt` when the body cannot be read. Not for deletions.
Result<ResourcePtr> resource_of(Version version);

// Is the time within the resource's own period? An end belongs to it, at the precision it is written in (R4 Period); one that is absent is open.
bool is_in_force(const Resource& resource, Instant time);

// The body of a version: `resource` with that id, version and time in it.
std::string body_of(json::Value resource, std::string_view id, std::uint64_t version, Instant time);

// What a resource must be by itself, whatever else the directory holds: R4's structure, and docs/formats/directory.md.
// `invalid` with the element's path, `too_large`.
Status check_resource(json::Value resource, Type type, std::string_view id);

}  // namespace idun::directory
