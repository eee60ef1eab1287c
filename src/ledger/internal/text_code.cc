#include "ledger/internal/text_code.h"

#include <algorithm>

#include "crypto/encoding.h"
#include "ledger/entry.h"
#include "ledger/internal/text.h"
#include "ledger/internal/varint.h"
#include "ledger/internal/words.h"
#include "ledger/receipt.h"

namespace idun::ledger {
namespace {

// On disk: the low two bits of a text's first number, and of the number above them.
constexpr std::uint64_t kPlain = 0, kWord = 1, kSpecial = 2, kReceipt = 3;
constexpr std::uint64_t kUuid = 0, kHome = 1, kTicket = 2;

constexpr std::size_t kNameBytes = 16;   // of a ticket, and of a UUID
constexpr std::size_t kNameTextBytes = 22;

// "0c6b1f3d-edb2-422b-a0af-a262fb90ed07"
std::optional<std::string> uuid_bytes(std::string_view text) {
    if (text.size() != 36) return std::nullopt;
    std::string digits;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash != (text[i] == '-')) return std::nullopt;
        if (!dash) digits += text[i];
    }
    return crypto::from_hex(digits);
}

std::string uuid_text(std::string_view bytes) {
    std::string out = crypto::hex(bytes);
    for (const std::size_t at : {8, 13, 18, 23}) out.insert(at, 1, '-');
    return out;
}

struct TicketName {
    std::uint64_t number;
    std::string name;
};

// "17-AAAAAAAAAAAAAAAAAAAAAA"
std::optional<TicketName> ticket_name(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos || text.size() - dash - 1 != kNameTextBytes) return std::nullopt;
    const auto number = number_from_digits(text.substr(0, dash));
    auto name = crypto::from_base64url(text.substr(dash + 1));
    if (!number || std::to_string(*number) != text.substr(0, dash) || !name) return std::nullopt;
    return TicketName{*number, std::move(*name)};
}

}  // namespace

void TextCode::append_plain(std::string& out, std::string_view text) const {
    append_varint(out, text.size() << 2 | kPlain);
    out += text;
}

bool TextCode::append_receipt(std::string& out, std::string_view text) const {
    const auto receipt = Receipt::from_text(text);
    if (!receipt) return false;
    append_varint(out, kReceipt);
    append_plain(out, receipt->log_id);
    append_varint(out, receipt->index);
    append_varint(out, receipt->size - receipt->index);
    out += receipt->root.view();
    out += receipt->signature;
    return true;
}

void TextCode::append(std::string& out, std::string_view text) const {
    if (text.empty()) return append_plain(out, text);
    if (text == home_) return append_varint(out, kHome << 2 | kSpecial);
    if (const auto number = word_number(text)) return append_varint(out, std::uint64_t{*number} << 2 | kWord);
    if (const auto uuid = uuid_bytes(text)) {
        append_varint(out, kUuid << 2 | kSpecial);
        out += *uuid;
        return;
    }
    if (const auto ticket = ticket_name(text)) {
        append_varint(out, kTicket << 2 | kSpecial);
        append_varint(out, ticket->number);
        out += ticket->name;
        return;
    }
    if (text.size() > kSignatureTextBytes && append_receipt(out, text)) return;
    append_plain(out, text);
}

std::optional<std::string> TextCode::read(ByteReader& in) const {
    bool good = true;
    const std::uint64_t lead = read_varint(in, good);
    if (!good) return std::nullopt;
    const std::uint64_t value = lead >> 2;
    switch (lead & 3) {
        case kPlain: {
            if (value > kTextBytesMax) return std::nullopt;
            const std::string_view raw = in.take(static_cast<std::size_t>(value));
            return in.ok() ? std::optional<std::string>(raw) : std::nullopt;
        }
        case kWord: {
            const auto word = word_of(value);
            return word ? std::optional<std::string>(*word) : std::nullopt;
        }
        case kSpecial: return read_special(in, value);
        default: return value == 0 ? read_receipt(in) : std::nullopt;
    }
}

std::optional<std::string> TextCode::read_special(ByteReader& in, std::uint64_t what) const {
    if (what == kHome) return std::string(home_);
    bool good = true;
    const std::uint64_t number = what == kTicket ? read_varint(in, good) : 0;
    const std::string_view raw = what <= kTicket ? in.take(kNameBytes) : std::string_view();
    if (raw.empty() || !in.ok() || !good) return std::nullopt;
    return what == kUuid ? uuid_text(raw) : std::to_string(number) + '-' + crypto::base64url(raw);
}

std::optional<std::string> TextCode::read_receipt(ByteReader& in) const {
    bool good = true;
    const std::uint64_t length = read_varint(in, good);
    if (!good || (length & 3) != kPlain || length >> 2 > kLogIdBytesMax) return std::nullopt;
    Receipt out;
    out.log_id = in.take(static_cast<std::size_t>(length >> 2));
    out.index = read_varint(in, good);
    out.size = out.index + read_varint(in, good);
    const auto root = crypto::Hash::from(in.take(crypto::kHashBytes));
    out.signature = in.take(kNoteSignatureBytes);
    if (!good || !root || !in.ok()) return std::nullopt;
    out.root = *root;
    return out.text();
}

}  // namespace idun::ledger
