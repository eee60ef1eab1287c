#include "ledger/receipt.h"

#include <algorithm>

#include "base/bytes.h"
#include "crypto/encoding.h"
#include "crypto/tree_head.h"
#include "ledger/internal/text.h"

namespace idun::ledger {
namespace {

constexpr std::string_view kOriginStart = "idun/";
constexpr std::string_view kFollowing = ".log";
constexpr std::uint64_t kPlaceMax = 9'999;

std::optional<Checkpoint> checkpoint_of(std::string_view text) {
    const auto head = crypto::TreeHead::from_text(text);
    if (!head || !head->origin.starts_with(kOriginStart)) return std::nullopt;
    std::string log_id = head->origin.substr(kOriginStart.size());
    if (!is_log_id(log_id)) return std::nullopt;
    return Checkpoint{std::move(log_id), head->size, head->root};
}

std::string text_of(const Checkpoint& checkpoint) {
    return crypto::TreeHead{origin_of(checkpoint.log_id), checkpoint.size, checkpoint.root}.text();
}

}  // namespace

bool is_log_id(std::string_view text) {
    return !text.empty() && text.size() <= kLogIdBytesMax && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
               c == '_';
    });
}

std::string log_id_of(std::string_view owner, std::uint32_t place) {
    return place < 2 ? std::string(owner) : std::string(owner) + std::string(kFollowing) + std::to_string(place);
}

std::uint32_t place_of(std::string_view log_id) {
    const std::size_t at = log_id.rfind(kFollowing);
    if (at == std::string_view::npos || at == 0) return 1;
    const auto place = number_from_digits(log_id.substr(at + kFollowing.size()));
    return place && *place >= 2 && *place <= kPlaceMax ? static_cast<std::uint32_t>(*place) : 1;
}

std::string_view owner_of(std::string_view log_id) {
    return place_of(log_id) < 2 ? log_id : log_id.substr(0, log_id.rfind(kFollowing));
}

std::string origin_of(std::string_view log_id) { return std::string(kOriginStart) + std::string(log_id); }

crypto::VerifierKey verifier_key(std::string_view log_id, const crypto::PublicKey& key) {
    auto out = crypto::VerifierKey::of(origin_of(log_id), key);
    IDUN_CHECK(out.has_value());
    return std::move(*out);
}

std::string sign_checkpoint(const crypto::SigningKey& key, const Checkpoint& checkpoint) {
    return crypto::sign_note(text_of(checkpoint), origin_of(checkpoint.log_id), key);
}

Result<Checkpoint> open_checkpoint(std::string_view note, const crypto::KeySet& keys) {
    const auto said = peek_checkpoint(note);
    if (!said) return fail(Category::unauthorized, "checkpoint: malformed");
    std::vector<crypto::VerifierKey> known;
    for (const crypto::PublicKey& key : keys.keys()) known.push_back(verifier_key(said->log_id, key));
    const auto opened = crypto::open_note(note, known);
    if (!opened) return fail(Category::unauthorized, "checkpoint: not signed by a known key of the log");
    return *said;
}

std::optional<Checkpoint> peek_checkpoint(std::string_view note) {
    const auto parsed = crypto::Note::parse(note);
    return parsed ? checkpoint_of(parsed->text) : std::nullopt;
}

std::string Receipt::text() const {
    return log_id + ':' + std::to_string(index) + ':' + std::to_string(size) + ':' + crypto::base64url(root.view()) +
           ':' + crypto::base64url(signature);
}

std::optional<Receipt> Receipt::from_text(std::string_view text) {
    std::string_view parts[5];
    for (std::string_view& part : parts) {
        const std::size_t end = &part == &parts[4] ? text.size() : text.find(':');
        if (end == std::string_view::npos) return std::nullopt;
        part = text.substr(0, end);
        text.remove_prefix(std::min(text.size(), end + 1));
    }
    const auto index = number_from_digits(parts[1]);
    const auto size = number_from_digits(parts[2]);
    const auto raw = crypto::from_base64url(parts[3]);
    const auto root = raw ? crypto::Hash::from(*raw) : std::nullopt;
    auto signature = crypto::from_base64url(parts[4]);
    if (!is_log_id(parts[0]) || !index || !size || !root || !signature) return std::nullopt;
    if (*index >= *size || signature->size() != kNoteSignatureBytes) return std::nullopt;
    if (std::to_string(*index) != parts[1] || std::to_string(*size) != parts[2]) return std::nullopt;
    return Receipt{std::string(parts[0]), *index, *size, *root, std::move(*signature)};
}

std::string Receipt::note() const {
    ByteReader bytes(signature);
    const auto key_id = bytes.be<std::uint32_t>();
    const crypto::Note note{text_of({log_id, size, root}), {{origin_of(log_id), key_id, std::string(bytes.rest())}}};
    return note.print();
}

std::optional<Receipt> receipt_under(std::string_view note, std::uint64_t index) {
    const auto parsed = crypto::Note::parse(note);
    const auto said = parsed ? checkpoint_of(parsed->text) : std::nullopt;
    if (!said || index >= said->size || parsed->signatures.empty()) return std::nullopt;
    const crypto::NoteSignature& first = parsed->signatures.front();
    if (first.bytes.size() != crypto::kSignatureBytes) return std::nullopt;
    Receipt out{said->log_id, index, said->size, said->root, {}};
    append_be(out.signature, first.key_id);
    out.signature += first.bytes;
    return out;
}

}  // namespace idun::ledger
