#include "ledger/internal/sealed.h"

#include <limits>

#include "base/bytes.h"
#include "crypto/seal.h"
#include "ledger/internal/varint.h"

namespace idun::ledger {
namespace {

constexpr std::size_t kPlainBytes = 7;  // kind and time
constexpr std::size_t kHeadBytes = kPlainBytes + 8;

std::string index_bytes(std::uint64_t index) {
    std::string out;
    append_be(out, index);
    return out;
}

void append_plain_head(std::string& out, Kind kind, Instant now) {
    out += static_cast<char>(kind);
    for (int shift = 40; shift >= 0; shift -= 8)
        out += static_cast<char>(static_cast<std::uint64_t>(now.ms) >> shift & 255);
}

std::string nonce_of(std::uint64_t index, std::uint32_t opening) {
    std::string out = index_bytes(index);
    append_be(out, opening);
    return out;
}

// What the sealed part is bound to besides its index.
std::string associated_of(std::string_view plain_head, std::string_view log_id, const SlotKey& key) {
    std::string out(plain_head);
    out += log_id;
    if (plain_head[0] == static_cast<char>(Kind::person)) out += key.person.view();
    return out;
}

}  // namespace

SlotMask::SlotMask(const SlotKey& own) : key_(crypto::HmacKey(own.view()).mac("idun slot mask").view()) {}

Slot SlotMask::apply(Slot slot, std::uint64_t index) const {
    const crypto::Hash mac = key_.mac(index_bytes(index));
    return slot ^ ByteReader(mac.view()).be<Slot>();
}

std::optional<EntryHead> read_head(std::string_view entry) {
    ByteReader in(entry);
    EntryHead out;
    const auto kind = in.be<std::uint8_t>();
    if (kind < 1 || kind > 4 || entry.size() > kEntryBytesMax) return std::nullopt;
    out.kind = static_cast<Kind>(kind);
    for (const char c : in.take(kPlainBytes - 1)) out.sealed.ms = out.sealed.ms << 8 | static_cast<unsigned char>(c);
    if (out.kind == Kind::person || out.kind == Kind::nobody) {
        out.masked = in.be<Slot>();
        out.opening = in.be<std::uint32_t>();
        if (in.rest().size() < crypto::kSealTagBytes) return std::nullopt;
    }
    return in.ok() ? std::optional(out) : std::nullopt;
}

std::string seal_entry(const ToSeal& what) {
    std::string out;
    append_plain_head(out, what.turn.slot == 0 ? Kind::nobody : Kind::person, what.now);
    const std::string associated = associated_of(out, what.log_id, what.turn.key);
    append_be(out, what.masked);
    append_be(out, what.opening);
    std::string body;
    append_varint(body, what.turn.sequence);
    append_varint(body, what.turn.distance);
    append_varint(body, zigzag(what.now.ms - what.time.ms));
    body += what.access;
    crypto::seal(out, entry_key(what.turn.key, what.index), nonce_of(what.index, what.opening), associated, body);
    IDUN_CHECK(out.size() <= kEntryBytesMax);
    return out;
}

std::string entry_key(const SlotKey& key, std::uint64_t index) {
    return std::string(crypto::sha256({"idun entry key", key.view(), index_bytes(index)}).view());
}

Result<Opened> open_entry(std::string_view entry, std::uint64_t index, std::string_view log_id, const SlotKey& key) {
    const auto damaged = [&](const char* what) {
        return fail(Category::corrupt, "log: entry " + std::to_string(index) + ": " + what);
    };
    const auto head = read_head(entry);
    if (!head || (head->kind != Kind::person && head->kind != Kind::nobody)) return damaged("malformed");
    auto body = crypto::open_sealed(entry_key(key, index), nonce_of(index, head->opening),
                                          associated_of(entry.substr(0, kPlainBytes), log_id, key),
                                          entry.substr(kHeadBytes));
    if (!body) return damaged("its key does not open it");
    ByteReader in(*body);
    bool good = true;
    Opened out;
    out.sequence = read_varint(in, good);
    out.distance = read_varint(in, good);
    const std::int64_t late = from_zigzag(read_varint(in, good));
    if (!good) return damaged("malformed");
    TRY_ASSIGN(out.access, decode(in.rest(), log_id));
    out.access.time.ms = static_cast<std::int64_t>(static_cast<std::uint64_t>(head->sealed.ms) -
                                                   static_cast<std::uint64_t>(late));
    if (head->kind == Kind::person) out.access.person = key.person;
    const std::size_t before = body->size() - in.rest().size();
    out.encoded = std::move(*body);
    out.encoded.erase(0, before);
    return out;
}

std::string map_root_entry(Instant now, const MapRoot& root) {
    std::string out;
    append_plain_head(out, Kind::map_root, now);
    for (const std::uint64_t number : {root.covered, root.keys, root.root.sum}) append_be(out, number);
    out += root.root.hash.view();
    return out;
}

std::optional<MapRoot> read_map_root(std::string_view entry) {
    const auto head = read_head(entry);
    if (!head || head->kind != Kind::map_root) return std::nullopt;
    ByteReader in(entry.substr(kPlainBytes));
    MapRoot out;
    out.covered = in.be<std::uint64_t>();
    out.keys = in.be<std::uint64_t>();
    out.root.sum = in.be<std::uint64_t>();
    const auto hash = in.ok() ? crypto::Hash::from(in.rest()) : std::nullopt;
    if (!hash) return std::nullopt;
    out.root.hash = *hash;
    return out;
}

std::string forgotten_entry(Instant now, const Forgotten& what) {
    IDUN_CHECK(what.slots.size() <= kForgottenMax && what.decision.size() <= kTextBytesMax);
    std::string out;
    append_plain_head(out, Kind::forgotten, now);
    append_varint(out, what.slots.size());
    for (const Slot slot : what.slots) append_varint(out, slot);
    append_varint(out, what.decision.size());
    out += what.decision;
    if (what.uncounted) append_varint(out, *what.uncounted);
    return out;
}

std::optional<Forgotten> read_forgotten(std::string_view entry) {
    const auto head = read_head(entry);
    if (!head || head->kind != Kind::forgotten) return std::nullopt;
    ByteReader in(entry.substr(kPlainBytes));
    bool good = true;
    Forgotten out;
    const std::uint64_t count = read_varint(in, good);
    if (count > kForgottenMax) return std::nullopt;
    for (std::uint64_t i = 0; good && i < count; ++i) {
        const std::uint64_t slot = read_varint(in, good);
        if (slot > std::numeric_limits<Slot>::max() || (!out.slots.empty() && slot <= out.slots.back()))
            return std::nullopt;
        out.slots.push_back(static_cast<Slot>(slot));
    }
    const std::uint64_t length = read_varint(in, good);
    if (!good || length > kTextBytesMax || length > in.rest().size()) return std::nullopt;
    out.decision = in.take(static_cast<std::size_t>(length));
    if (!in.rest().empty()) out.uncounted = read_varint(in, good);
    return good && in.rest().empty() ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace idun::ledger
