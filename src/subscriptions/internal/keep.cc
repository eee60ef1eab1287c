// What of subscriptions survives a restart, and how their resources show it.
#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "json/writer.h"
#include "subscriptions/internal/impl.h"

namespace idun::subscriptions {
namespace {

constexpr std::size_t kEraseAtOnce = 5'000;

// What a client can say: all but what the server writes.
std::string essence(json::Value resource) {
    json::Writer w;
    w.object();
    for (const json::Member& member : resource.members())
        if (member.name != "meta" && member.name != "status" && member.name != "error") w.name(member.name).value(member.value);
    w.end();
    return w.take();
}

}  // namespace

Status Subscriptions::Impl::load() {
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY_ASSIGN(const auto value, snapshot->get(progress_key()));
    if (value) {
        TRY_ASSIGN(progress, decode_progress(*value));
    }
    subs.clear();
    for (store::Range range = state_range();;) {
        TRY_ASSIGN(const auto chunk, snapshot->scan(range));
        for (const store::Entry& entry : chunk.entries) {
            Sub sub;
            TRY_ASSIGN(sub.state, decode_state(entry.value));
            subs.emplace(std::string(id_of_state_key(entry.key)), std::move(sub));
        }
        if (!chunk.more) break;
        range = store::rest_of(range, chunk.entries.back().key);
    }
    for (store::Range range = news_range();;) {
        TRY_ASSIGN(const auto chunk, snapshot->scan(range));
        for (const store::Entry& entry : chunk.entries) {
            TRY_ASSIGN(const NewsState news, decode_news(entry.value));
            if (const auto sub = subs.find(id_of_news_key(entry.key)); sub != subs.end()) sub->second.news = news;
        }
        if (!chunk.more) break;
        range = store::rest_of(range, chunk.entries.back().key);
    }
    for (auto& [id, sub] : subs) TRY(understand(id, sub));
    std::erase_if(subs, [](const auto& one) { return one.second.state.resource_version == 0; });
    reading = std::ranges::any_of(subs, [](const auto& one) { return one.second.collecting(); });
    if (reading) TRY(keeper.has(kFeedReader, {progress.version}));
    else TRY(keeper.needs_nothing(kFeedReader));
    loaded = true;
    return {};
}

Result<std::optional<json::Document>> Subscriptions::Impl::resource(std::string_view id, std::uint64_t version) const {
    const records::Outcome outcome = records.vread("Subscription", id, version, {});
    if (outcome.status >= 500) return fail(Category::unavailable, "a Subscription cannot be read");
    if (!outcome.ok() || outcome.body == nullptr) return std::nullopt;
    TRY_ASSIGN(auto document, json::Document::parse(*outcome.body));
    return document;
}

Status Subscriptions::Impl::understand(std::string_view id, Sub& sub) {
    const records::Outcome newest = records.read("Subscription", id, {});
    if (newest.status >= 500) return fail(Category::unavailable, "a Subscription cannot be read");
    if (!newest.ok()) {  // deleted while nobody looked
        TRY(forget(id, sub.state.events));
        sub.state.resource_version = 0;
        return {};
    }
    TRY_ASSIGN(const auto known, resource(id, sub.state.resource_version));
    TRY_ASSIGN(const auto document, json::Document::parse(*newest.body));
    if (!known || essence(known->root()) != essence(document.root())) {
        turn_off(sub, "the Subscription was changed by another way than its own address");
        return {};
    }
    sub.state.resource_version = *newest.version;
    sub.shown = document.root()["status"].text() == to_string(sub.state.status);
    auto spec = read_subscription(document.root(), options.topics, options.endpoints, records);
    if (!spec) {
        turn_off(sub, spec.error().front().text);
        return {};
    }
    if (spec->elsewhere && (!sub.news || !options.ask_hub)) {
        turn_off(sub, sub.news ? options.no_news : "its place at the hub is lost: subscribe again");
        return {};
    }
    spec->headers = sub.state.headers;
    sub.spec = std::make_shared<const Subscription>(std::move(*spec));
    return {};
}

void Subscriptions::Impl::set_stage(Sub& sub, Stage stage) {
    if (sub.state.status != stage) sub.shown = false;
    sub.state.status = stage;
    sub.dirty = true;
}

void Subscriptions::Impl::turn_off(Sub& sub, std::string why) {
    if (sub.state.status != Stage::off) log::warn("a subscription is off", {{"reason", why}});
    sub.state.error = std::move(why);
    set_stage(sub, Stage::off);
    sub.turn = 0;
}

Status Subscriptions::Impl::begin(store::Batch& batch) {
    if (reading) return {};
    TRY_ASSIGN(const auto version, keeper.begin(kFeedReader));
    progress = {version.number, 0};
    reading = true;
    batch.put(progress_key(), encode(progress));
    return {};
}

Status Subscriptions::Impl::persist(store::Batch batch) {
    for (const auto& [id, sub] : subs)
        if (sub.dirty) {
            batch.put(state_key(id), encode(sub.state));
            if (sub.news) batch.put(news_key(id), encode(*sub.news));
        }
    if (batch.empty()) return {};
    TRY(store.commit(std::move(batch)));
    for (auto& [id, sub] : subs) sub.dirty = false;
    if (reading) TRY(keeper.has(kFeedReader, {progress.version}));
    return {};
}

void Subscriptions::Impl::show() {
    for (auto& [id, sub] : subs) {
        if (sub.shown) continue;
        const auto document = resource(id, sub.state.resource_version);
        if (!document) return;  // the store is not well: later
        sub.shown = true;
        if (!*document) continue;
        const std::string text = stored_form((*document)->root(), to_string(sub.state.status),
                                             sub.state.status == Stage::active ? "" : sub.state.error);
        const auto changed = json::Document::parse(text);
        if (!changed) continue;
        const records::Outcome outcome = records.update("Subscription", id, changed->root(), {}, {.if_match = sub.state.resource_version});
        if (outcome.ok() && outcome.version) {
            sub.state.resource_version = *outcome.version;
            sub.dirty = true;
        } else if (outcome.status >= 500) {
            sub.shown = false;
        }
    }
}

Status Subscriptions::Impl::forget(std::string_view id, std::uint64_t events) {
    store::Batch state;
    state.erase(state_key(id));
    state.erase(news_key(id));
    TRY(store.commit(std::move(state)));
    while (true) {
        TRY_ASSIGN(const auto snapshot, store.snapshot());
        TRY_ASSIGN(const auto chunk, snapshot->scan(event_range(id, 0, events), {.entries_max = kEraseAtOnce}));
        if (chunk.entries.empty()) return {};
        store::Batch batch;
        for (const store::Entry& entry : chunk.entries) batch.erase(entry.key);
        TRY(store.commit(std::move(batch)));
    }
}

}  // namespace idun::subscriptions
