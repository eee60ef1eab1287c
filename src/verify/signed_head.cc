#include "verify/signed_head.h"

#include <algorithm>
#include <optional>

#include "base/time.h"
#include "crypto/encoding.h"
#include "verify/words.h"

namespace idun::verify {
namespace {

constexpr std::string_view kDash = "\xE2\x80\x94 ";
constexpr std::size_t kNoteBytesMax = 256u << 10;
constexpr std::size_t kIdBytes = 4;

tl::unexpected<Error> bad(std::string message) { return fail(Category::invalid, std::move(message)); }

struct Line {
    std::string_view name;
    std::string id;
    std::string signature;
};

std::optional<Line> line_of(std::string_view text) {
    if (!text.starts_with(kDash)) return std::nullopt;
    const auto parts = cut(text.substr(kDash.size()), ' ');
    if (parts.size() != 2 || parts[0].empty()) return std::nullopt;
    const auto raw = exact_base64(parts[1]);
    if (!raw || raw->size() <= kIdBytes) return std::nullopt;
    return Line{parts[0], raw->substr(0, kIdBytes), raw->substr(kIdBytes)};
}

Result<Head> head_of(std::string_view text) {
    const auto lines = cut(text, '\n');
    // The text ends with a newline, so the last one is empty.
    if (lines.size() < 4 || lines[0].empty() || !lines.back().empty())
        return bad("the checkpoint is not lines of origin, size and root");
    const auto size = number_of(lines[1]);
    const auto raw = exact_base64(lines[2]);
    const auto root = raw ? crypto::Hash::from(*raw) : std::nullopt;
    if (!size || !root) return bad("the checkpoint is not lines of origin, size and root");
    return Head{std::string(lines[0]), *size, *root, "the checkpoint", {}};
}

// Whether the line is the key's; then whether its signature of the text is right.
bool is_of(const Line& line, const Key& key, std::string_view origin) {
    const std::string_view name = key.name.empty() ? origin : std::string_view(key.name);
    return line.name == name && line.id == Key::of(std::string(name), key.type, key.key).id;
}

bool verifies(std::string_view text, std::string_view signature, const Key& key) {
    std::string signed_text(text);
    if (key.type == 4) {
        if (signature.size() != 8 + crypto::kSignatureBytes) return false;
        const std::uint64_t time = big_endian(signature.substr(0, 8));
        if (time >> 63 != 0) return false;
        signed_text = "cosignature/v1\ntime " + std::to_string(time) + "\n" + signed_text;
        signature.remove_prefix(8);
    }
    const auto raw = crypto::Signature::from(signature);
    return raw && key.key.verify(signed_text, *raw);
}

// Of a witness's signature, which begins with it: "2026-11-26T08:50:45Z".
std::string time_in(std::string_view signature) {
    std::int64_t seconds = 0;
    for (const char c : signature.substr(0, 8)) seconds = seconds << 8 | static_cast<unsigned char>(c);
    constexpr std::int64_t kLastYear = 253'402'300'799;  // 9999
    std::string out = to_iso({std::min(seconds, kLastYear) * 1000});
    return out.replace(out.find('.'), std::string::npos, "Z");
}

}  // namespace

Key Key::of(std::string name, char type, crypto::PublicKey key) {
    const crypto::Hash hash = crypto::sha256({name, "\n", std::string_view(&type, 1), key.raw()});
    return {std::move(name), std::string(hash.view().substr(0, kIdBytes)), type, std::move(key)};
}

Result<Key> Key::from_text(std::string_view text) {
    const std::size_t first = text.find('+');
    const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
    if (second == std::string_view::npos || first == 0) return bad("a key is name+id+base64");
    const auto raw = exact_base64(text.substr(second + 1));
    if (!raw || raw->empty() || (raw->front() != 1 && raw->front() != 4))
        return bad("only Ed25519 keys of logs and witnesses are known");
    TRY_ASSIGN(crypto::PublicKey key, crypto::PublicKey::from(std::string_view(*raw).substr(1)));
    Key out = of(std::string(text.substr(0, first)), raw->front(), std::move(key));
    if (crypto::hex(out.id) != text.substr(first + 1, second - first - 1)) return bad("the key's id is not its own");
    return out;
}

Result<Head> open_checkpoint(std::string_view note, const std::vector<Key>& log_keys,
                             const std::vector<Key>& witnesses, std::size_t needed) {
    const std::size_t split = note.rfind("\n\n");
    if (note.size() > kNoteBytesMax || split == std::string_view::npos || !note.ends_with('\n'))
        return bad("the checkpoint is not a signed note");
    const std::string_view text = note.substr(0, split + 1);
    TRY_ASSIGN(Head head, head_of(text));
    std::vector<Line> lines;
    for (const std::string_view one : cut(note.substr(split + 2, note.size() - split - 3), '\n')) {
        auto line = line_of(one);
        if (!line) return bad("the checkpoint has a line that is no signature");
        lines.push_back(std::move(*line));
    }
    // Right by the key, and never wrong.
    const auto signed_by = [&](const Key& key) -> Result<bool> {
        bool found = false;
        for (const Line& line : lines) {
            if (!is_of(line, key, head.origin)) continue;
            if (!verifies(text, line.signature, key))
                return bad("the checkpoint has a wrong signature by " + std::string(line.name));
            found = true;
        }
        return found;
    };
    bool by_log = false;
    for (const Key& key : log_keys) {
        TRY_ASSIGN(const bool found, signed_by(key));
        by_log = by_log || found;
    }
    if (!by_log) return bad("the checkpoint is not signed with the log's key");
    std::string missing;
    for (const Key& witness : witnesses) {
        TRY_ASSIGN(const bool found, signed_by(witness));
        if (!found) missing += (missing.empty() ? "" : ", ") + witness.name;
        for (const Line& line : lines)
            if (found && is_of(line, witness, head.origin)) {
                head.cosigned_by.push_back(witness.name + " at " + time_in(line.signature));
                break;
            }
    }
    const std::size_t signers = head.cosigned_by.size();
    if (signers < (needed == 0 ? witnesses.size() : needed))
        return bad(needed == 0 ? "the checkpoint is not cosigned by the witness " + missing
                               : "the checkpoint is cosigned by " + std::to_string(signers) + " of the " + std::to_string(needed) +
                                     " witnesses that are asked for; missing are " + missing);
    return head;
}

bool is_signed_by(std::string_view note, const Key& key) {
    const std::size_t split = note.rfind("\n\n");
    if (split == std::string_view::npos || !note.ends_with('\n')) return false;
    const auto lines = cut(note.substr(split + 2, note.size() - split - 3), '\n');
    return std::ranges::any_of(lines, [&](std::string_view one) {
        const auto line = line_of(one);
        return line && is_of(*line, key, key.name) && verifies(note.substr(0, split + 1), line->signature, key);
    });
}

Result<Head> open_receipt(std::string_view text, const std::vector<Key>& log_keys) {
    const auto parts = cut(text, ':');
    if (parts.size() != 5 || parts[0].empty()) return bad("a receipt is LOG:INDEX:SIZE:ROOT:SIGNATURE");
    const auto index = number_of(parts[1]);
    const auto size = number_of(parts[2]);
    const auto raw = crypto::from_base64url(parts[3]);
    const auto root = raw ? crypto::Hash::from(*raw) : std::nullopt;
    const auto signature = crypto::from_base64url(parts[4]);
    if (!index || !size || !root || !signature || signature->size() <= kIdBytes || *index >= *size)
        return bad("a receipt is LOG:INDEX:SIZE:ROOT:SIGNATURE");
    Head head{"idun/" + std::string(parts[0]), *size, *root, "the receipt of entry " + std::string(parts[1]), *index};
    const std::string signed_text = head.origin + "\n" + std::to_string(*size) + "\n" + crypto::base64(*raw) + "\n";
    const Line line{head.origin, signature->substr(0, kIdBytes), signature->substr(kIdBytes)};
    for (const Key& key : log_keys)
        if (is_of(line, key, head.origin) && verifies(signed_text, line.signature, key)) return head;
    return bad(head.said_by + " is not signed with the log's key");
}

}  // namespace idun::verify
