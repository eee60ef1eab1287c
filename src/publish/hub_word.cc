#include "publish/hub_word.h"

#include <fmt/format.h>

#include <charconv>

#include "crypto/encoding.h"
#include "ledger/receipt.h"

namespace idun::publish {
namespace {

// What a problem says, if it does: for the operator's log.
std::string reason_in(const http::Response& answer) {
    const auto document = json::Document::parse(answer.body);
    const std::string_view text = document ? document->root()["detail"].text() : std::string_view();
    return text.empty() ? std::string() : ": " + std::string(text.substr(0, 200));
}

std::optional<crypto::Hash> hash_in(json::Value value) {
    const auto raw = crypto::from_base64url(value.text());
    return raw ? crypto::Hash::from(*raw) : std::nullopt;
}

}  // namespace

Result<json::Document> shipping_answer(const http::Response& answer) {
    if (answer.status / 100 != 2)
        return fail(answer.status == 409 ? Category::conflict : Category::unavailable,
                    fmt::format("the hub answered {}{}", answer.status, reason_in(answer)));
    auto document = json::Document::parse(answer.body);
    if (!document) return fail(Category::unavailable, "the hub's answer is not JSON");
    return std::move(*document);
}

Result<std::uint64_t> next_in(json::Value root) {
    const std::string_view digits = root["next"].text();
    std::uint64_t next = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), next);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
        return fail(Category::unavailable, "the hub's answer does not say how far it is");
    return next;
}

Result<HubWord> word_in(const http::Response& answer) {
    TRY_ASSIGN(const json::Document document, shipping_answer(answer));
    const json::Value root = document.root();
    HubWord out;
    TRY_ASSIGN(out.next, next_in(root));
    const auto hash = hash_in(root["root"]);
    if (!hash) return fail(Category::unavailable, "the hub's answer does not say what it has");
    out.root = *hash;
    out.newest = root["newest"].text();
    out.hash = hash_in(root["hash"]);
    return out;
}

Result<std::optional<std::string>> set_back(const ledger::Ledger& ledger, const HubWord& word) {
    using Words = std::optional<std::string>;
    if (ledger::place_of(word.newest) > ledger::place_of(ledger.log_id()))
        return Words(fmt::format("the hub knows {}, which came after it", word.newest));
    if (word.next > ledger.size())
        return Words(fmt::format("it has {} entries, and the hub has {} of it", ledger.size(), word.next));
    TRY_ASSIGN(const crypto::Hash root, ledger.root(word.next));
    if (root != word.root) return Words(fmt::format("of its first {} entries the hub has other ones", word.next));
    return Words();
}

}  // namespace idun::publish
