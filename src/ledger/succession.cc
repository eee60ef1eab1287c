#include "ledger/succession.h"

#include "crypto/encoding.h"
#include "ledger/internal/text.h"

namespace idun::ledger {
namespace {

constexpr std::string_view kStart = "log-follows ";

std::string words_of(const Checkpoint& checkpoint) {
    return std::to_string(checkpoint.size) + " " + crypto::base64url(checkpoint.root.view());
}

std::string_view next_word(std::string_view& text) {
    const std::size_t end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return word;
}

std::optional<Checkpoint> checkpoint_from(const std::string& log_id, std::string_view& text) {
    const auto size = number_from_digits(next_word(text));
    const auto raw = crypto::from_base64url(next_word(text));
    const auto root = raw ? crypto::Hash::from(*raw) : std::nullopt;
    if (!size || !root) return std::nullopt;
    return Checkpoint{log_id, *size, *root};
}

}  // namespace

Access access_of(const Succession& succession, Instant now) {
    Access out;
    out.time = now;
    out.action = Action::create;
    out.query = std::string(kStart) + succession.shipped.log_id + " " + words_of(succession.shipped) + " " + words_of(succession.kept);
    return out;
}

std::optional<Succession> succession_in(const Access& access) {
    std::string_view text = access.query;
    if (access.person || access.action != Action::create || !text.starts_with(kStart)) return std::nullopt;
    text.remove_prefix(kStart.size());
    const std::string log_id(next_word(text));
    const auto shipped = checkpoint_from(log_id, text);
    const auto kept = checkpoint_from(log_id, text);
    if (!shipped || !kept || !is_log_id(log_id)) return std::nullopt;
    const Succession out{*shipped, *kept};
    if (access_of(out, access.time).query != access.query) return std::nullopt;
    return out;
}

}  // namespace idun::ledger
