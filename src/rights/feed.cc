#include "rights/feed.h"

#include "rights/internal/check.h"
#include "rights/internal/facts_json.h"

namespace idun::rights {
namespace {

constexpr json::Limits kLimits{.bytes_max = kFeedBytesMax, .depth_max = 10, .nodes_max = 300'000};
constexpr std::size_t kHubBytesMax = 256;

tl::unexpected<Error> refuse(std::string what) { return fail(Category::invalid, "rights feed: " + std::move(what)); }

Status check_parties(std::string_view hub, std::string_view provider_id) {
    if (hub.empty() || hub.size() > kHubBytesMax) return refuse("has no hub");
    if (provider_id.empty() || provider_id.size() > kProviderIdBytesMax) return refuse("is for nobody");
    return {};
}

Status check_page(const FeedPage& page) {
    TRY(check_parties(page.hub, page.provider_id));
    if (page.changes.size() > kFeedChangesMax) return fail(Category::too_large, "rights feed: over 1000 changes");
    if (page.issued.ms < 0 || page.lease_until < page.issued) return refuse("lease ends before it was given");
    if (page.after > page.upto || page.upto > page.head) return refuse("goes back, or beyond its head");
    if (page.after == page.upto && page.upto != page.head) return refuse("goes nowhere although there is more");
    std::uint64_t before = page.after;
    for (const FactChange& change : page.changes) {
        TRY(check(change));
        if (change.by) return refuse("tells who made a change");
        if (change.number <= before || change.number > page.upto) return refuse("changes are not in order");
        before = change.number;
    }
    return {};
}

std::string encode(const FeedPage& page) {
    json::Writer w;
    w.object().member("iss", page.hub).member("for", page.provider_id);
    w.member("after", page.after).member("upto", page.upto).member("head", page.head);
    w.member("issued", to_iso(page.issued)).member("lease_until", to_iso(page.lease_until));
    w.name("changes").array();
    for (const FactChange& change : page.changes) write(w, change);
    w.end().end();
    return w.take();
}

std::optional<FeedPage> decode_page(std::string_view payload) {
    const auto document = json::Document::parse(payload, kLimits);
    if (!document) return std::nullopt;
    const json::Value root = document->root();
    const auto after = read_number(root["after"]), upto = read_number(root["upto"]), head = read_number(root["head"]);
    const auto issued = from_iso(root["issued"].text()), lease_until = from_iso(root["lease_until"].text());
    if (!after || !upto || !head || !issued || !lease_until || root["changes"].size() > kFeedChangesMax)
        return std::nullopt;
    FeedPage out{std::string(root["iss"].text()),
                 std::string(root["for"].text()),
                 *after,
                 *upto,
                 *head,
                 *issued,
                 *lease_until,
                 {}};
    for (const json::Value value : root["changes"].elements()) {
        auto change = read_change(value);
        if (!change) return std::nullopt;
        out.changes.push_back(std::move(*change));
    }
    return encode(out) == payload ? std::optional(std::move(out)) : std::nullopt;
}

Status check_snapshot(const SnapshotPage& page) {
    TRY(check_parties(page.hub, page.provider_id));
    if (page.persons.size() > kFeedChangesMax) return fail(Category::too_large, "rights feed: over 1000 persons");
    if (page.issued.ms < 0) return refuse("a snapshot must have a time after 1970");
    if (page.persons.empty() && !page.last) return refuse("a part of a snapshot holds nothing although there is more");
    auto before = page.after;
    for (const PersonRow& row : page.persons) {
        TRY(check(row.facts));
        if (row.facts.number > page.number) return refuse("a snapshot holds facts that are newer than itself");
        if (before && row.person <= *before) return refuse("persons are not in order");
        before = row.person;
    }
    return {};
}

std::string encode(const SnapshotPage& page) {
    json::Writer w;
    w.object().member("iss", page.hub).member("for", page.provider_id).member("number", page.number);
    if (page.after) w.member("after", page.after->text());
    w.member("last", page.last).member("issued", to_iso(page.issued));
    w.name("persons").array();
    for (const PersonRow& row : page.persons) {
        w.object().member("person", row.person.text());
        write(w.name("facts"), row.facts);
        w.end();
    }
    w.end().end();
    return w.take();
}

std::optional<SnapshotPage> decode_snapshot(std::string_view payload) {
    const auto document = json::Document::parse(payload, kLimits);
    if (!document) return std::nullopt;
    const json::Value root = document->root();
    const auto number = read_number(root["number"]);
    const auto issued = from_iso(root["issued"].text());
    if (!number || !issued || root["persons"].size() > kFeedChangesMax) return std::nullopt;
    SnapshotPage out{std::string(root["iss"].text()),
                     std::string(root["for"].text()),
                     *number,
                     crypto::Pseudonym::from_text(root["after"].text()),
                     root["last"].boolean(),
                     *issued,
                     {}};
    for (const json::Value value : root["persons"].elements()) {
        const auto person = crypto::Pseudonym::from_text(value["person"].text());
        auto facts = read_person_facts(value["facts"]);
        if (!person || !facts) return std::nullopt;
        out.persons.push_back({*person, std::move(*facts)});
    }
    return encode(out) == payload ? std::optional(std::move(out)) : std::nullopt;
}

Result<std::string> sign(const crypto::SigningKey& key, std::string_view type, std::string_view payload) {
    std::string token = crypto::sign_jws(key, type, payload);
    if (token.size() > kFeedBytesMax) return fail(Category::too_large, "rights feed: a page is over 1 MiB");
    return token;
}

template <typename Page, typename Check>
Status check_sender(const Page& page, const Check& check) {
    if (page.hub != check.hub) return fail(Category::unauthorized, "rights feed: is from another hub");
    if (page.provider_id != check.provider_id)
        return fail(Category::unauthorized, "rights feed: is for another provider");
    if (page.issued > check.now + check.skew)
        return fail(Category::unauthorized, "rights feed: was issued in the future");
    if (page.after != check.after) return fail(Category::conflict, "rights feed: continues at another place");
    return {};
}

}  // namespace

Result<std::string> sign_page(const crypto::SigningKey& key, const FeedPage& page) {
    TRY(check_page(page));
    return sign(key, kFeedType, encode(page));
}

Result<FeedPage> verify_page(std::string_view token, const crypto::KeySet& keys, const PageCheck& check) {
    TRY_ASSIGN(const crypto::Verified verified, crypto::verify_jws(token, keys, kFeedType, kFeedBytesMax));
    auto page = decode_page(verified.payload);
    if (!page) return fail(Category::invalid, "rights feed: malformed page");
    TRY(check_page(*page));
    TRY(check_sender(*page, check));
    return std::move(*page);
}

Result<std::string> sign_snapshot(const crypto::SigningKey& key, const SnapshotPage& page) {
    TRY(check_snapshot(page));
    return sign(key, kSnapshotType, encode(page));
}

Result<SnapshotPage> verify_snapshot(std::string_view token, const crypto::KeySet& keys, const SnapshotCheck& check) {
    TRY_ASSIGN(const crypto::Verified verified, crypto::verify_jws(token, keys, kSnapshotType, kFeedBytesMax));
    auto page = decode_snapshot(verified.payload);
    if (!page) return fail(Category::invalid, "rights feed: malformed snapshot");
    TRY(check_snapshot(*page));
    TRY(check_sender(*page, check));
    if (check.number && page->number < *check.number)
        return fail(Category::conflict, "rights feed: the snapshot is older than its first part");
    return std::move(*page);
}

}  // namespace idun::rights
