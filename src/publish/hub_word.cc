#include "publish/hub_word.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "crypto/encoding.h"
#include "crypto/merkle.h"
#include "ledger/receipt.h"
#include "ledger/set_back.h"

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

std::optional<std::uint64_t> number_in(json::Value value) {
    const std::string_view digits = value.text();
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return out;
}

bool comes_after(std::string_view log_id, std::string_view other) {
    return ledger::owner_of(log_id) == ledger::owner_of(other) && ledger::place_of(log_id) > ledger::place_of(other);
}

// What the owner itself has signed, and is not so any more.
Result<std::optional<std::string>> proven_set_back(const ledger::Ledger& ledger, const HubWord& word,
                                                   const crypto::KeySet& own) {
    const auto is_of = [](const std::string& note, std::string_view log_id) {
        const auto head = ledger::peek_checkpoint(note);
        return head && head->log_id == log_id;
    };
    if (comes_after(word.newest, ledger.log_id()) && is_of(word.newest_checkpoint, word.newest)) {
        TRY_ASSIGN(auto after, ledger::set_back(ledger, word.newest_checkpoint, own, "the hub"));
        if (after) return after;
    }
    if (!is_of(word.checkpoint, ledger.log_id())) return std::optional<std::string>();
    return ledger::set_back(ledger, word.checkpoint, own, "the hub");
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
    const auto next = number_in(root["next"]);
    if (!next) return fail(Category::unavailable, "the hub's answer does not say how far it is");
    return *next;
}

Result<HubWord> word_in(const http::Response& answer) {
    TRY_ASSIGN(const json::Document document, shipping_answer(answer));
    const json::Value root = document.root();
    HubWord out;
    TRY_ASSIGN(out.next, next_in(root));
    const auto hash = hash_in(root["root"]);
    if (!hash) return fail(Category::unavailable, "the hub's answer does not say what it has");
    out.root = *hash;
    const auto own = number_in(root["served"][0]), tickets = number_in(root["served"][1]);
    if (own && tickets) out.served = ledger::Served{*own, *tickets};
    out.takes_stated = number_in(root["stated"]).has_value();
    out.stated_note = root["statedNote"].text();
    out.newest = root["newest"].text();
    out.checkpoint = root["checkpoint"].text();
    out.newest_checkpoint = root["newestCheckpoint"].text();
    const auto index = number_in(root["index"]);
    const auto kept = hash_in(root["hash"]);
    if (index && kept) out.kept = HubWord::Kept{*index, *kept};
    return out;
}

Result<History> compare(const ledger::Ledger& ledger, const HubWord& word, const crypto::KeySet& own) {
    History out;
    TRY_ASSIGN(out.set_back, proven_set_back(ledger, word, own));
    if (out.set_back) return out;
    if (comes_after(word.newest, ledger.log_id())) {
        out.unproven = fmt::format("it knows {}, which came after", word.newest);
        return out;
    }
    if (word.next > ledger.size()) {
        out.unproven = fmt::format("it has {} entries of it, which has {}", word.next, ledger.size());
        return out;
    }
    TRY_ASSIGN(const crypto::Hash root, ledger.root(word.next));
    if (root != word.root) out.unproven = fmt::format("it has other ones of its first {} entries", word.next);
    return out;
}

Result<std::uint64_t> first_of_its_own(const ledger::Ledger& ledger, std::uint64_t hub_next,
                                       const std::function<Result<HubWord>(std::uint64_t index)>& about) {
    std::uint64_t same = 0, end = std::min(hub_next, ledger.size());  // all before `same` are; none from `end` on is known to be
    while (same < end) {
        const std::uint64_t middle = same + (end - same) / 2;
        TRY_ASSIGN(const HubWord word, about(middle));
        const bool known = word.kept && word.kept->index >= middle && word.kept->index < end;
        if (known) {
            TRY_ASSIGN(const auto entry, ledger.read(word.kept->index, 1));
            if (word.kept->hash == crypto::leaf_hash(entry.at(0).bytes)) {
                same = word.kept->index + 1;
                continue;
            }
        }
        end = middle;
    }
    return same;
}

}  // namespace idun::publish
