// POST /directory/connection-check: what the hub knows of the calling node, and whether it reaches it, signed. docs/formats/directory.md.
#include <algorithm>

#include "api/fhir_answer.h"
#include "api/hub.h"
#include "api/strict.h"
#include "crypto/encoding.h"
#include "crypto/jws.h"
#include "json/writer.h"
#include "people/test_person.h"
#include "trust/connection_check.h"

namespace idun::api {
namespace {

struct Wanted {
    std::string word;    // the asker's fresh one
    bool reach = false;
    bool read = false;
};

Result<bool> flag_in(json::Value root, std::string_view name) {
    const json::Value value = root[name];
    if (!value) return false;
    if (value.kind() != json::Kind::boolean) return fail(Category::invalid, "true or false", std::string(name));
    return value.boolean();
}

Result<Wanted> wanted_in(const http::Request& request) {
    TRY_ASSIGN(const auto document, body_of(request));
    const json::Value root = document.root();
    TRY(only(root, {"word", "reach", "readTestPerson"}, "check"));
    Wanted out;
    out.word = root["word"].text();
    if (!root["word"].is_string() || !trust::is_check_word(out.word))
        return fail(Category::invalid, "a fresh word of 22 to 64 letters of base64url", "word");
    TRY_ASSIGN(out.reach, flag_in(root, "reach"));
    TRY_ASSIGN(out.read, flag_in(root, "readTestPerson"));
    if (out.reach && out.read) return fail(Category::invalid, "reach or readTestPerson, one at a time");
    return out;
}

void write_tried(json::Writer& w, std::string_view name, const exchange::Tried& tried) {
    w.name(name).object().member("state", exchange::to_string(tried.state)).member("ms", tried.elapsed_ms);
    if (!tried.reason.empty()) w.member("reason", tried.reason);
    if (!tried.receipt.empty()) w.member("records", tried.records).member("receipt", tried.receipt);
    w.end();
}

void write_registered(json::Writer& w, const Hub& hub, const std::string& provider) {
    const directory::View view = hub.directory.view();
    w.name("organization").object();
    if (const auto one = view.find(directory::Type::organization, provider)) {
        const json::Value active = one->root()["active"];
        w.member("name", one->root()["name"].text()).member("active", active.kind() != json::Kind::boolean || active.boolean());
    }
    w.end().name("endpoint").object();
    if (const auto one = view.find(directory::Type::endpoint, provider)) {
        w.member("address", one->root()["address"].text()).member("status", one->root()["status"].text());
        const auto asked = hub.directory.endpoint_of(provider);
        const json::Value end = one->root()["period"]["end"];
        if (asked && asked->lease_until.ms > 0) w.member("until", to_iso(asked->lease_until));
        else if (end) w.member("until", end.text());
        if (asked && !asked->speaks.interfaces.empty()) w.member("interfaces", asked->speaks.interfaces_text());
        if (asked && !asked->speaks.software.empty()) w.member("software", asked->speaks.software);
    }
    w.end();
    const bool gone = std::ranges::any_of(hub.withdrawals.all(), [&](const exchange::Withdrawal& w) { return w.provider == provider && !w.end; });
    w.member("withdrawn", gone);
}

Status write_log(json::Writer& w, Hub& hub, const std::string& provider) {
    TRY_ASSIGN(const auto newest, hub.accesses.newest_log(provider));
    TRY_ASSIGN(const auto accounts, hub.accesses.accounts());
    for (const exchange::LogAccount& one : accounts) {
        if (one.log_id != newest) continue;
        w.name("log").object().member("id", newest).member("size", one.progress.size).member("shipped", one.progress.next);
        w.member("missing", one.missing).member("unanswered", one.unanswered).member("behind", one.behind).member("silent", one.silent);
        if (one.progress.heard.ms > 0) w.member("heard", to_iso(one.progress.heard));
        w.name("faults").array();
        for (const exchange::FaultSeen& seen : one.faults) w.value(exchange::to_string(seen.fault));
        w.end().end();
    }
    return {};
}

Status write_pointers(json::Writer& w, const Hub& hub, const std::string& provider) {
    const index::Freshness fresh = hub.index.freshness(provider);
    w.name("index").object().member("version", std::to_string(fresh.source_version));
    if (fresh.heard.ms > 0) w.member("heard", to_iso(fresh.heard));
    TRY_ASSIGN(const auto holdings, hub.index.holdings(hub.pseudonyms.of(people::kTestPerson)));
    std::size_t pointers = 0;
    for (const index::Holding& holding : holdings)
        if (holding.provider == provider) pointers = holding.parts.size();
    w.member("testPerson", pointers).end();
    return {};
}

Result<std::string> signed_check(Hub& hub, const std::string& provider, const Wanted& wanted, const Result<exchange::Tried>* tried) {
    json::Writer w;
    w.object().member("iss", hub.id).member("aud", provider).member("word", wanted.word).member("time", hub.clock.now().ms);
    w.member("pseudonyms", trust::pseudonym_check(hub.pseudonyms.keys().front(), hub.id, provider, wanted.word));
    write_registered(w, hub, provider);
    TRY(write_pointers(w, hub, provider));
    TRY(write_log(w, hub, provider));
    w.name("rights").object().member("head", hub.rights.head()).end();
    if (tried) {
        exchange::Tried failed;
        if (!*tried) failed.reason = tried->error().message;
        write_tried(w, wanted.read ? "read" : "reached", *tried ? **tried : failed);
    }
    w.end();
    return crypto::sign_jws(hub.key, trust::kConnectionCheckType, w.take());
}

http::Response jwt_answer(std::string token) {
    http::Response response;
    response.headers.set("Content-Type", "application/jwt");
    response.body = std::move(token);
    return response;
}

// That the hub has read the test person's record is an access like any other.
ledger::Access reading_of(const Hub& hub, const std::string& provider, const exchange::Tried& tried) {
    ledger::Access access;
    access.time = hub.clock.now();
    access.action = ledger::Action::search;
    access.person = hub.pseudonyms.of(people::kTestPerson);
    access.requester = {hub.id, "", "system", "", ""};
    access.purpose = rights::to_string(rights::Purpose::HOPERAT);
    access.rules = hub.rules.version;
    access.query = "connection check of " + provider + ": " + std::string(exchange::to_string(tried.state));
    return access;
}

}  // namespace

http::Handler hub_connection_check(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto provider = hub.nodes.provider(request);
        if (!provider) return reply.send(refusal(provider.error()));
        auto wanted = wanted_in(request);
        if (!wanted) return reply.send(refusal(wanted.error()));
        if (!wanted->reach && !wanted->read) {
            auto token = signed_check(hub, *provider, *wanted, nullptr);
            return reply.send(token ? jwt_answer(std::move(*token)) : refusal(token.error()));
        }
        const auto person = wanted->read ? std::optional(hub.pseudonyms.of(people::kTestPerson)) : std::nullopt;
        const auto shared = std::make_shared<http::Reply>(std::move(reply));
        hub.connections.call(*provider, person, [&hub, provider = *provider, wanted = *wanted, shared](Result<exchange::Tried> tried) {
            if (!tried && tried.error().category == Category::busy) return shared->send(refusal(tried.error()));
            auto token = signed_check(hub, provider, wanted, &tried);
            if (!token) return shared->send(refusal(token.error()));
            if (!wanted.read || !tried) return shared->send(jwt_answer(std::move(*token)));
            release(hub, reading_of(hub, provider, *tried), jwt_answer(std::move(*token)), std::move(*shared));
        });
    };
}

}  // namespace idun::api
