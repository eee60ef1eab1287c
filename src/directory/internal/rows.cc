#include "directory/internal/rows.h"

#include "base/bytes.h"

namespace idun::directory {
namespace {

constexpr std::string_view kPartition = "director";
constexpr std::uint8_t kForm = 2;

std::string table(char letter) { return std::string(kPartition) + letter; }

tl::unexpected<Error> malformed(const char* what) { return fail(Category::corrupt, std::string("directory: malformed ") + what); }

std::optional<Type> type_of(char letter) {
    for (const Type type : kTypes)
        if (static_cast<char>(type) == letter) return type;
    return std::nullopt;
}

}  // namespace

std::string versions_prefix() { return table('R'); }
std::string versions_prefix(Type type) { return table('R') + static_cast<char>(type); }
std::string versions_prefix(Type type, std::string_view id) { return versions_prefix(type) + std::string(id) + '\0'; }
std::string version_key(Type type, std::string_view id, std::uint64_t version) {
    std::string out = versions_prefix(type, id);
    append_be(out, version);
    return out;
}
std::string numbers_prefix() { return table('S'); }
std::string number_key(std::uint64_t number) {
    std::string out = numbers_prefix();
    append_be(out, number);
    return out;
}
std::string leases_prefix() { return table('L'); }
std::string lease_key(std::string_view id) { return leases_prefix() + std::string(id); }

std::string encode(const Version& v) {
    std::string out;
    append_be(out, kForm);
    append_be(out, v.number);
    append_be(out, v.time.ms);
    append_be(out, static_cast<std::uint8_t>(v.deleted ? 2 : 1));
    append_be(out, static_cast<std::uint8_t>(v.writer.kind));
    append_text(out, v.writer.who);
    append_text(out, v.body);
    return out;
}

Result<Head> decode_head(std::string_view value) {
    ByteReader in(value);
    if (in.be<std::uint8_t>() != kForm) return fail(Category::corrupt, "directory: a version of an unknown form");
    Head out;
    out.number = in.be<std::uint64_t>();
    out.time = {in.be<std::int64_t>()};
    const auto kind = in.be<std::uint8_t>();
    if (!in.ok() || kind < 1 || kind > 2 || out.number == 0) return malformed("version");
    out.deleted = kind == 2;
    return out;
}

std::string_view id_in(std::string_view key) {
    const std::size_t head = kPartition.size() + 2;
    return key.substr(head, key.size() - head - 1 - sizeof(std::uint64_t));
}

Result<Version> decode_version(std::string_view key, std::string_view value) {
    constexpr std::size_t kLeast = kPartition.size() + 2 + 1 + sizeof(std::uint64_t);
    if (key.size() <= kLeast || key[key.size() - 1 - sizeof(std::uint64_t)] != '\0') return malformed("key");
    const auto type = type_of(key[kPartition.size() + 1]);
    if (!type) return malformed("key");
    TRY_ASSIGN(const Head head, decode_head(value));
    Version out;
    out.type = *type;
    out.id = id_in(key);
    out.version = ByteReader(key.substr(key.size() - sizeof(std::uint64_t))).be<std::uint64_t>();
    out.number = head.number;
    out.time = head.time;
    out.deleted = head.deleted;
    ByteReader in(value);
    in.take(1 + 8 + 8 + 1);
    const auto kind = in.be<std::uint8_t>();
    out.writer.who = in.text();
    out.body = in.text();
    if (!in.done() || kind < 1 || kind > 2) return malformed("version");
    out.writer.kind = static_cast<Writer::Kind>(kind);
    return out;
}

std::string encode(const Numbered& numbered) {
    std::string out(1, static_cast<char>(numbered.type));
    append_be(out, numbered.version);
    append_text(out, numbered.id);
    return out;
}

Result<Numbered> decode_numbered(std::string_view value) {
    ByteReader in(value);
    Numbered out;
    const auto type = type_of(static_cast<char>(in.be<std::uint8_t>()));
    out.version = in.be<std::uint64_t>();
    out.id = in.text();
    if (!in.done() || !type) return malformed("number");
    out.type = *type;
    return out;
}

std::uint64_t number_in(std::string_view key) { return ByteReader(key.substr(numbers_prefix().size())).be<std::uint64_t>(); }

std::string encode_lease(Instant until) {
    std::string out;
    append_be(out, kForm);
    append_be(out, until.ms);
    return out;
}

Result<Instant> decode_lease(std::string_view value) {
    ByteReader in(value);
    if (in.be<std::uint8_t>() != kForm) return malformed("lease");
    const Instant until{in.be<std::int64_t>()};
    if (!in.done()) return malformed("lease");
    return until;
}

std::string form_1_prefix(char letter) { return table(letter); }

Result<Organisation> decode_organisation_1(std::string_view value) {
    ByteReader in(value);
    Organisation o;
    if (in.be<std::uint8_t>() != 1) return fail(Category::corrupt, "directory: organisation of an unknown form");
    for (std::string* part : {&o.id, &o.name, &o.part_of, &o.organisation_number}) *part = in.text();
    if (!in.done()) return malformed("organisation");
    return o;
}

Result<Endpoint> decode_endpoint_1(std::string_view value) {
    ByteReader in(value);
    Endpoint e;
    if (in.be<std::uint8_t>() != 1) return fail(Category::corrupt, "directory: endpoint of an unknown form");
    for (std::string* part : {&e.id, &e.provider, &e.url}) *part = in.text();
    e.lease_until = {in.be<std::int64_t>()};
    if (!in.done()) return malformed("endpoint");
    return e;
}

}  // namespace idun::directory
