// Who follows the index asks of whom something is new, from where she was, and may wait for it. A node asks in the same way for
// the systems of its provider. What is decided, and how: exchange/index_following.h.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "api/fhir_answer.h"
#include "api/hub.h"
#include "api/strict.h"
#include "json/writer.h"

namespace idun::api {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kToldMax = 1'000;  // persons in an answer
constexpr milliseconds kWaitMax{20'000};
constexpr std::size_t kPlaceBytesMax = 128;

struct FollowAsk {
    exchange::IndexFollower follower;
    std::optional<exchange::IndexPlace> after;  // nothing: from now on
    std::size_t count = 200;
    milliseconds wait{0};
};

Result<std::uint64_t> number_from(std::string_view text, std::uint64_t least, std::uint64_t most, const char* what) {
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    const bool whole = !text.empty() && error == std::errc() && end == text.data() + text.size();
    if (!whole || out < least || out > most) return fail(Category::invalid, what);
    return out;
}

// What both ways of asking say alike. False when the name is another.
Result<bool> take(FollowAsk& ask, std::string_view name, std::string_view value) {
    if (name == "careRelation") {
        if (value != "true" && value != "false") return fail(Category::invalid, "careRelation is true or false", "careRelation");
        ask.follower.care_relation = value == "true";
    } else if (name == "after") {
        if (value.size() <= kPlaceBytesMax) ask.after = exchange::IndexPlace::from_text(value);
        if (!ask.after) return fail(Category::invalid, "after is what the answer before said", "after");
    } else if (name == "_count") {
        TRY_ASSIGN(ask.count, number_from(value, 1, kToldMax, "_count is from 1 to 1000"));
    } else if (name == "wait") {
        TRY_ASSIGN(const std::uint64_t ms, number_from(value, 0, ~std::uint64_t{0}, "wait is a number of milliseconds"));
        ask.wait = milliseconds(std::min<std::uint64_t>(ms, kWaitMax.count()));
    } else {
        return false;
    }
    return true;
}

// GET: a system or a person by her own token. Nobody waits longer than the token lasts.
Result<FollowAsk> ask_by_token(const Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const trust::UserToken user, hub.users.caller(request));
    FollowAsk out;
    exchange::IndexFollower& who = out.follower;
    who.requester = {user.subject, user.name, user.role, user.provider_id, user.unit_id, user.assurance, user.task, user.use};
    if (user.role == trust::Role::patient) who.herself = user.person;
    who.request_id = std::string(request.headers.get("X-Request-Id"));
    TRY(hub.following.may_follow(who));
    TRY_ASSIGN(const auto parameters, http::parameters(request.query));
    std::set<std::string_view> seen;
    for (const auto& [name, value] : parameters) {
        if (!seen.insert(name).second) return fail(Category::invalid, "a parameter is given twice");
        TRY_ASSIGN(const bool known, take(out, name, value));
        if (!known) return fail(Category::invalid, "allowed are after (of the answer before), careRelation, _count and wait");
    }
    out.wait = std::clamp(user.expires - hub.clock.now(), milliseconds(0), out.wait);
    return out;
}

Status take_requester(json::Value requester, trust::Requester& out) {
    TRY(only(requester, {"id", "name", "unit", "assurance", "task"}, "requester"));
    const std::pair<const char*, std::string*> texts[] = {
        {"id", &out.user_id}, {"name", &out.display_name}, {"unit", &out.unit_id}, {"assurance", &out.assurance}, {"task", &out.task}};
    for (const auto& [name, text] : texts) {
        *text = requester[name].text();
        if (text->size() > trust::kClaimBytesMax) return fail(Category::invalid, "a text of the requester is too long", "requester");
    }
    if (out.user_id.empty()) return fail(Category::invalid, "requester.id is missing", "requester.id");
    return {};
}

std::string_view as_parameter(json::Value value) {
    if (value.kind() != json::Kind::boolean) return value.text();
    return value.boolean() ? "true" : "false";
}

// POST: a node, for a system of its provider. Whose systems they are is the node's word, as its pointers are.
Result<FollowAsk> ask_by_node(const Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const std::string provider, hub.nodes.provider(request));
    TRY_ASSIGN(const auto document, body_of(request));
    const json::Value root = document.root();
    if (!root.is_object()) return fail(Category::invalid, "the body is an object");
    FollowAsk out;
    out.follower.requester.role = trust::Role::system;
    out.follower.requester.provider_id = provider;
    out.follower.request_id = std::string(request.headers.get("X-Request-Id"));
    TRY(take_requester(root["requester"], out.follower.requester));
    for (const json::Member& member : root.members()) {
        if (member.name == "requester") continue;
        TRY_ASSIGN(const bool known, take(out, member.name, as_parameter(member.value)));
        if (!known) return fail(Category::invalid, "allowed are requester, after, careRelation, _count and wait");
    }
    TRY(hub.following.may_follow(out.follower));
    return out;
}

std::string told_body(const exchange::IndexNews& news) {
    json::Writer w;
    w.object().name("persons").array();
    for (const crypto::Pseudonym& person : news.persons) w.value(person.text());
    w.end().member("after", news.after.text()).end();
    return w.take();
}

// Whoever is named has her entry first.
void tell(Hub& hub, const exchange::IndexFollower& follower, const Result<exchange::IndexNews>& news, http::Reply& reply) {
    if (!news) return reply.send(refusal(news.error()));
    http::Response response;
    response.headers.set("Content-Type", "application/json");
    response.headers.set("Cache-Control", "no-store");
    response.body = told_body(*news);
    if (news->persons.empty()) return reply.send(std::move(response));
    std::vector<ledger::Access> entries;
    entries.reserve(news->persons.size());
    for (const crypto::Pseudonym& person : news->persons) entries.push_back(hub.following.entry(follower, person, news->after.version));
    release_all(hub, std::move(entries), std::move(response), std::move(reply));
}

void follow(Hub& hub, const Result<FollowAsk>& ask, http::Reply reply) {
    if (!ask) return reply.send(refusal(ask.error()));
    if (!ask->after) return tell(hub, ask->follower, exchange::IndexNews{{}, hub.following.here()}, reply);
    const auto news = hub.following.news(ask->follower, *ask->after, ask->count);
    const bool waits = news && news->persons.empty() && !news->after.catch_up && ask->wait.count() > 0;
    if (!waits) return tell(hub, ask->follower, news, reply);
    const auto held = std::make_shared<http::Reply>(std::move(reply));
    hub.waiting.wait(ask->follower, news->after, ask->count, ask->wait,
                     [&hub, held, follower = ask->follower](const Result<exchange::IndexNews>& found) { tell(hub, follower, found, *held); });
}

}  // namespace

// GET /index/changes?after=...&careRelation=...&_count=...&wait=MS
http::Handler hub_index_changes(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) { follow(hub, ask_by_token(hub, request), std::move(reply)); };
}

// POST /index/changes: the same of a node for a system of its provider.
http::Handler hub_index_changes_for_system(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) { follow(hub, ask_by_node(hub, request), std::move(reply)); };
}

}  // namespace idun::api
