#include "crypto/note.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/bytes.h"
#include "crypto/encoding.h"
#include "crypto/hash.h"

namespace idun::crypto {
namespace {

constexpr std::string_view kDash = "\xE2\x80\x94 ";  // em dash, space
constexpr char kEnd = '\n';

tl::unexpected<Error> malformed(std::string_view what) { return fail(Category::invalid, "note: " + std::string(what)); }

// Takes one code point off the front; nothing when it is not shortest-form UTF-8 of a Unicode scalar value.
std::optional<char32_t> take_code_point(std::string_view& text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xC2 ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    if (length == 0 || length > text.size()) return std::nullopt;
    char32_t point = length == 1 ? lead : lead & (0x7Fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xC0) != 0x80) return std::nullopt;
        point = point << 6 | (next & 0x3Fu);
    }
    constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kLeast[length] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return std::nullopt;
    text.remove_prefix(length);
    return point;
}

// White_Space of Unicode, as far as it is no control character.
bool is_space(char32_t c) {
    return c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
           c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_text(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto point = take_code_point(bytes);
        if (!point || (*point < 0x20 && *point != U'\n')) return false;
    }
    return true;
}

std::uint32_t key_id_of(std::string_view name, SignatureType type, const PublicKey& key) {
    const char kind = static_cast<char>(type);
    const Hash hash = sha256({name, "\n", std::string_view(&kind, 1), key.raw()});
    return ByteReader(hash.view()).be<std::uint32_t>();
}

std::string cosigned(std::string_view text, std::uint64_t time_s) {
    return "cosignature/v1\ntime " + std::to_string(time_s) + "\n" + std::string(text);
}

// Without the newline: "— name base64".
Result<NoteSignature> parse_line(std::string_view line) {
    if (!line.starts_with(kDash)) return malformed("a signature begins with a dash");
    line.remove_prefix(kDash.size());
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return malformed("a signature has a name and a value");
    NoteSignature out;
    out.name = line.substr(0, space);
    if (!is_key_name(out.name)) return malformed("a key name is not one");
    const std::string_view value = line.substr(space + 1);
    const auto raw = value.find(' ') == std::string_view::npos ? from_base64(value) : std::nullopt;
    if (!raw || raw->size() < 5) return malformed("a signature is not base64 of a key id and more");
    out.key_id = ByteReader(*raw).be<std::uint32_t>();
    out.bytes = raw->substr(4);
    return out;
}

// The time of a cosignature, 0 of an ordinary one, nothing when it is wrong.
std::optional<std::uint64_t> verified_time(std::string_view text, const NoteSignature& signature,
                                           const VerifierKey& key) {
    ByteReader reader(signature.bytes);
    std::uint64_t time_s = 0;
    if (key.type() == SignatureType::cosignature) {
        time_s = reader.be<std::uint64_t>();
        if (time_s > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    }
    const auto raw = Signature::from(reader.rest());
    if (!reader.ok() || !raw) return std::nullopt;
    const bool right = key.type() == SignatureType::cosignature ? key.key().verify(cosigned(text, time_s), *raw)
                                                                : key.key().verify(text, *raw);
    return right ? std::optional(time_s) : std::nullopt;
}

}  // namespace

bool is_key_name(std::string_view name) {
    if (name.empty()) return false;
    while (!name.empty()) {
        const auto point = take_code_point(name);
        if (!point || *point < 0x20 || *point == U'+' || is_space(*point)) return false;
    }
    return true;
}

VerifierKey::VerifierKey(std::string name, PublicKey key, SignatureType type)
    : name_(std::move(name)), key_(std::move(key)), type_(type), id_(key_id_of(name_, type_, key_)) {}

Result<VerifierKey> VerifierKey::of(std::string name, PublicKey key, SignatureType type) {
    if (!is_key_name(name)) return malformed("a key name is not empty and has no space and no plus");
    return VerifierKey(std::move(name), std::move(key), type);
}

Result<VerifierKey> VerifierKey::from_text(std::string_view text) {
    const std::size_t first = text.find('+');
    const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
    if (second == std::string_view::npos) return malformed("a verifier key is name+id+key");
    const auto id = from_hex(text.substr(first + 1, second - first - 1));
    const std::string_view value = text.substr(second + 1);
    const auto raw = value.find_first_of(" \t\r\n") == std::string_view::npos ? from_base64(value) : std::nullopt;
    if (!id || id->size() != 4 || !raw || raw->empty()) return malformed("a verifier key is name+id+key");
    const auto type = static_cast<SignatureType>(raw->front());
    if (type != SignatureType::ed25519 && type != SignatureType::cosignature)
        return fail(Category::unsupported, "note: a verifier key of another kind than Ed25519");
    TRY_ASSIGN(PublicKey key, PublicKey::from(std::string_view(*raw).substr(1)));
    TRY_ASSIGN(VerifierKey out, of(std::string(text.substr(0, first)), std::move(key), type));
    if (out.id_ != ByteReader(*id).be<std::uint32_t>()) return malformed("a verifier key's id is not that of its key");
    return out;
}

std::string VerifierKey::text() const {
    std::string id;
    append_be(id, id_);
    return name_ + "+" + hex(id) + "+" + base64(static_cast<char>(type_) + std::string(key_.raw()));
}

Result<Note> Note::parse(std::string_view bytes) {
    if (bytes.size() > kNoteBytesMax) return malformed("too long");
    if (!is_text(bytes)) return malformed("not lines of UTF-8");
    // The last empty line separates: signature lines are not empty.
    const std::size_t split = bytes.rfind("\n\n");
    if (split == std::string_view::npos || !bytes.ends_with(kEnd)) return malformed("no text and signatures");
    Note out;
    out.text = bytes.substr(0, split + 1);
    for (std::string_view rest = bytes.substr(split + 2); !rest.empty();) {
        if (out.signatures.size() == kNoteSignaturesMax) return malformed("too many signatures");
        const std::size_t end = rest.find(kEnd);
        TRY_ASSIGN(NoteSignature signature, parse_line(rest.substr(0, end)));
        out.signatures.push_back(std::move(signature));
        rest.remove_prefix(end + 1);
    }
    if (out.signatures.empty()) return malformed("no signature");
    return out;
}

std::string Note::print() const {
    std::string out = text + kEnd;
    for (const NoteSignature& signature : signatures) out += print_signature(signature);
    return out;
}

NoteSignature sign_note_text(std::string_view text, std::string name, const SigningKey& key) {
    IDUN_CHECK(is_key_name(name) && text.ends_with(kEnd));
    const std::uint32_t id = key_id_of(name, SignatureType::ed25519, key.public_key());
    return {std::move(name), id, std::string(key.sign(text).view())};
}

NoteSignature cosign_note_text(std::string_view text, std::string name, const SigningKey& key, std::uint64_t time_s) {
    IDUN_CHECK(is_key_name(name) && text.ends_with(kEnd));
    const std::uint32_t id = key_id_of(name, SignatureType::cosignature, key.public_key());
    std::string bytes;
    append_be(bytes, time_s);
    bytes += key.sign(cosigned(text, time_s)).view();
    return {std::move(name), id, std::move(bytes)};
}

std::string print_signature(const NoteSignature& signature) {
    std::string raw;
    append_be(raw, signature.key_id);
    raw += signature.bytes;
    return std::string(kDash) + signature.name + " " + base64(raw) + kEnd;
}

std::string sign_note(std::string_view text, std::string name, const SigningKey& key) {
    return Note{std::string(text), {sign_note_text(text, std::move(name), key)}}.print();
}

Result<OpenedNote> open_note(std::string_view bytes, std::span<const VerifierKey> keys) {
    TRY_ASSIGN(Note note, Note::parse(bytes));
    OpenedNote out;
    for (const NoteSignature& signature : note.signatures) {
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (keys[i].id() != signature.key_id || keys[i].name() != signature.name) continue;
            const auto time_s = verified_time(note.text, signature, keys[i]);
            if (!time_s) return malformed("a signature by a known key is wrong");
            const bool again = std::any_of(out.signatures.begin(), out.signatures.end(),
                                           [&](const VerifiedSignature& seen) { return seen.key == i; });
            if (!again) out.signatures.push_back({i, *time_s});
        }
    }
    if (out.signatures.empty()) return malformed("not signed by a known key");
    out.text = std::move(note.text);
    return out;
}

}  // namespace idun::crypto
