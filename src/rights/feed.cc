#include "rights/feed.h"

#include "rights/internal/change_json.h"

namespace idun::rights {
namespace {

constexpr json::Limits kLimits{.bytes_max = kFeedBytesMax, .depth_max = 5, .nodes_max = 8 * kFeedChangesMax + 32};
constexpr std::size_t kHubBytesMax = 256;

Status check_page(const FeedPage& page) {
    const auto refuse = [](std::string what) { return fail(Category::invalid, "rights feed: " + std::move(what)); };
    if (page.hub.empty() || page.hub.size() > kHubBytesMax) return refuse("has no hub");
    if (page.changes.size() > kFeedChangesMax) return fail(Category::too_large, "rights feed: over 1000 changes");
    if (page.issued.ms < 0 || page.lease_until < page.issued) return refuse("lease ends before it was given");
    if (page.after > page.head || page.changes.size() > page.head - page.after)
        return refuse("holds more than its head");
    if (page.changes.empty() && page.after != page.head) return refuse("holds nothing although there is more");
    std::uint64_t next = page.after + 1;
    for (const FactChange& change : page.changes) {
        TRY(check(change));
        if (change.number != next++) return refuse("changes are not numbered one after the other");
    }
    return {};
}

std::string encode(const FeedPage& page) {
    json::Writer w;
    w.object().member("iss", page.hub).member("after", page.after).member("head", page.head);
    w.member("issued", to_iso(page.issued)).member("lease_until", to_iso(page.lease_until));
    w.name("changes").array();
    for (const FactChange& change : page.changes) write(w, change);
    w.end().end();
    return w.take();
}

std::optional<FeedPage> decode(std::string_view payload) {
    const auto document = json::Document::parse(payload, kLimits);
    if (!document) return std::nullopt;
    const json::Value root = document->root();
    const auto after = read_number(root["after"]);
    const auto head = read_number(root["head"]);
    const auto issued = from_iso(root["issued"].text());
    const auto lease_until = from_iso(root["lease_until"].text());
    if (!after || !head || !issued || !lease_until || root["changes"].size() > kFeedChangesMax) return std::nullopt;
    FeedPage out{std::string(root["iss"].text()), *after, {}, *head, *issued, *lease_until};
    for (const json::Value value : root["changes"].elements()) {
        auto change = read_change(value);
        if (!change) return std::nullopt;
        out.changes.push_back(std::move(*change));
    }
    return encode(out) == payload ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace

Result<std::string> sign_page(const crypto::SigningKey& key, const FeedPage& page) {
    TRY(check_page(page));
    std::string token = crypto::sign_jws(key, kFeedType, encode(page));
    if (token.size() > kFeedBytesMax) return fail(Category::too_large, "rights feed: a page is over 1 MiB");
    return token;
}

Result<FeedPage> verify_page(std::string_view token, const crypto::KeySet& keys, const PageCheck& check) {
    TRY_ASSIGN(const crypto::Verified verified, crypto::verify_jws(token, keys, kFeedType, kFeedBytesMax));
    auto page = decode(verified.payload);
    if (!page) return fail(Category::invalid, "rights feed: malformed page");
    TRY(check_page(*page));
    if (page->hub != check.hub) return fail(Category::unauthorized, "rights feed: is from another hub");
    if (page->issued > check.now + check.skew)
        return fail(Category::unauthorized, "rights feed: was issued in the future");
    if (page->after != check.after) return fail(Category::conflict, "rights feed: continues at another number");
    return std::move(*page);
}

}  // namespace idun::rights
