#include "ledger/receipt.h"

#include <algorithm>

#include "crypto/encoding.h"
#include "json/document.h"
#include "json/writer.h"
#include "ledger/internal/text.h"

namespace idun::ledger {
namespace {

constexpr json::Limits kLimits{.bytes_max = 4096, .depth_max = 2, .nodes_max = 16};

std::optional<crypto::Hash> hash_from(std::string_view text) {
    const auto raw = crypto::from_base64url(text);
    return raw ? crypto::Hash::from(*raw) : std::nullopt;
}

}  // namespace

bool is_log_id(std::string_view text) {
    return !text.empty() && text.size() <= kLogIdBytesMax && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
               c == '_';
    });
}

std::string Receipt::text() const {
    return log_id + ':' + std::to_string(index) + ':' + crypto::base64url(hash.view());
}

std::optional<Receipt> Receipt::from_text(std::string_view text) {
    const std::size_t first = text.find(':');
    const std::size_t second = first == std::string_view::npos ? first : text.find(':', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const auto index = number_from_digits(text.substr(first + 1, second - first - 1));
    const auto hash = hash_from(text.substr(second + 1));
    if (!index || !hash || !is_log_id(text.substr(0, first))) return std::nullopt;
    Receipt out{std::string(text.substr(0, first)), *index, *hash};
    return out.text() == text ? std::optional(std::move(out)) : std::nullopt;
}

std::string encode(const Checkpoint& checkpoint) {
    json::Writer w;
    w.object().member("log", checkpoint.log_id).member("size", checkpoint.size);
    w.member("hash", crypto::base64url(checkpoint.hash.view())).member("time", checkpoint.time.ms).end();
    return w.take();
}

std::optional<Checkpoint> decode_checkpoint(std::string_view payload) {
    const auto document = json::Document::parse(payload, kLimits);
    if (!document) return std::nullopt;
    const json::Value root = document->root();
    const auto size = number_from_digits(root["size"].text());
    const auto time = number_from_digits(root["time"].text());
    const auto hash = hash_from(root["hash"].text());
    if (!size || !time || !hash || !is_log_id(root["log"].text())) return std::nullopt;
    Checkpoint out{std::string(root["log"].text()), *size, *hash, {static_cast<std::int64_t>(*time)}};
    return encode(out) == payload ? std::optional(std::move(out)) : std::nullopt;
}

std::string sign_checkpoint(const crypto::SigningKey& key, const Checkpoint& checkpoint) {
    return crypto::sign_jws(key, kCheckpointType, encode(checkpoint));
}

Result<Checkpoint> verify_checkpoint(std::string_view token, const crypto::KeySet& keys) {
    TRY_ASSIGN(const crypto::Verified verified, crypto::verify_jws(token, keys, kCheckpointType));
    auto checkpoint = decode_checkpoint(verified.payload);
    if (!checkpoint) return fail(Category::unauthorized, "checkpoint: malformed");
    return std::move(*checkpoint);
}

}  // namespace idun::ledger
