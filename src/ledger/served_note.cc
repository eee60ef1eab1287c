#include "ledger/served_note.h"

#include <vector>

#include "crypto/note.h"
#include "ledger/internal/text.h"
#include "ledger/receipt.h"

namespace idun::ledger {
namespace {

constexpr std::string_view kWhat = " served";  // no origin of a log has a space, so no checkpoint reads like this

std::string text_of(const ServedNote& said) {
    return origin_of(said.log_id) + std::string(kWhat) + "\n" + std::to_string(said.size) + "\n" +
           std::to_string(said.served.own) + " " + std::to_string(said.served.tickets) + "\n";
}

// Up to `end`, which goes.
std::optional<std::string_view> cut(std::string_view& text, std::string_view end) {
    const std::size_t at = text.find(end);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view out = text.substr(0, at);
    text.remove_prefix(at + end.size());
    return out;
}

std::optional<ServedNote> said_in(std::string_view text) {
    const std::string whole(text);
    constexpr std::string_view kOrigins = "idun/";
    const auto origin = cut(text, " served\n"), size = cut(text, "\n"), own = cut(text, " "), tickets = cut(text, "\n");
    if (!origin || !size || !own || !tickets || !origin->starts_with(kOrigins)) return std::nullopt;
    const auto size_read = number_from_digits(*size), own_read = number_from_digits(*own),
               tickets_read = number_from_digits(*tickets);
    ServedNote out{.log_id = std::string(origin->substr(kOrigins.size())), .size = 0, .served = {}};
    if (!is_log_id(out.log_id) || !size_read || !own_read || !tickets_read) return std::nullopt;
    out.size = *size_read;
    out.served = {*own_read, *tickets_read};
    if (text_of(out) != whole) return std::nullopt;
    return out;
}

}  // namespace

std::string sign_served(const crypto::SigningKey& key, const ServedNote& said) {
    return crypto::sign_note(text_of(said), origin_of(said.log_id), key);
}

Result<ServedNote> open_served(std::string_view note, const crypto::KeySet& keys) {
    auto said = peek_served(note);
    if (!said) return fail(Category::unauthorized, "a count of accesses: malformed");
    std::vector<crypto::VerifierKey> known;
    for (const crypto::PublicKey& key : keys.keys()) known.push_back(verifier_key(said->log_id, key));
    if (!crypto::open_note(note, known))
        return fail(Category::unauthorized, "a count of accesses: not signed by a known key of the log");
    return std::move(*said);
}

std::optional<ServedNote> peek_served(std::string_view note) {
    if (note.size() > kServedNoteBytesMax) return std::nullopt;
    const auto parsed = crypto::Note::parse(note);
    return parsed ? said_in(parsed->text) : std::nullopt;
}

}  // namespace idun::ledger
