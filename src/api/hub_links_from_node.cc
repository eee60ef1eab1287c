#include <algorithm>
#include <memory>
#include <mutex>

#include "api/fhir_answer.h"
#include "api/person_links.h"
#include "http/problem.h"
#include "json/writer.h"

namespace idun::api {
namespace {

constexpr std::size_t kLinksAtOnce = 10;     // each is a commit
constexpr std::size_t kAliasesAtOnce = 200;  // one commit

struct StatedByNode {
    people::Link link;
    bool withdrawn = false;
};

tl::unexpected<Error> malformed(std::size_t place) {
    return fail(Category::invalid, "a link has two persons, their kinds, a ground and a since, or withdrawn", "links[" + std::to_string(place) + "]");
}

Result<StatedByNode> stated_in(json::Value value, std::size_t place) {
    StatedByNode out;
    if (!value.is_object() || value["persons"].size() != 2 || value["kinds"].size() > 2) return malformed(place);
    for (std::size_t i = 0; i < 2; ++i) {
        const auto person = crypto::Pseudonym::from_text(value["persons"][i].text());
        if (!person) return malformed(place);
        out.link.numbers[i] = *person;
        out.link.kinds[i] = people::kind_from(value["kinds"][i].text());
        if (value["kinds"] && !out.link.kinds[i]) return malformed(place);
    }
    out.withdrawn = value["withdrawn"].boolean();
    if (out.withdrawn) return out;
    const auto ground = people::ground_from(value["ground"].text());
    // A node says what its records carry, and nothing else.
    if (!value["kinds"] || !ground || *ground == people::Ground::code || *ground == people::Ground::merged) return malformed(place);
    out.link.ground = *ground;
    if (value["since"]) {
        out.link.since = from_iso(value["since"].text());
        if (!out.link.since) return malformed(place);
    }
    return out;
}

struct TakenLinks {
    std::vector<std::string> results;
    std::vector<ledger::Access> entries;
    std::optional<Error> failed;  // after those
};

// What becomes of one; an error only when it cannot be known.
Result<std::string> take_link(Hub& hub, const std::string& provider, const StatedByNode& one, std::vector<crypto::Pseudonym>& concerned) {
    const auto& [here, there] = one.link.numbers;
    const people::By by{people::By::Who::provider, provider};
    if (!one.withdrawn) {
        TRY_ASSIGN(const bool holds_here, holds(hub, provider, here));
        TRY_ASSIGN(const bool holds_there, holds(hub, provider, there));
        if (!holds_here || !holds_there) return std::string("not held");
    }
    const auto done = one.withdrawn ? withdraw_link(hub, here, there, by) : state_link(hub, one.link, by, hub.directory.name_of(provider));
    if (!done) {
        const Category category = done.error().category;
        if (category != Category::conflict && category != Category::too_large && category != Category::invalid) return fail(done.error());
        return "refused: " + done.error().message;
    }
    if (!done->changed) return std::string("unchanged");
    concerned = done->numbers;
    return std::string(one.withdrawn ? "withdrawn" : "linked");
}

Result<people::AliasPair> alias_in(json::Value value, std::size_t place) {
    people::AliasPair out;
    crypto::Alias* ends[] = {&out.one, &out.other};
    const bool two = value["persons"].size() == 2 && value["keys"].size() == 2;
    for (std::size_t i = 0; i < 2 && two; ++i) {
        const auto person = crypto::Pseudonym::from_text(value["persons"][i].text());
        if (!person) break;
        *ends[i] = {*person, std::string(value["keys"][i].text())};
    }
    if (out.one.key.size() != crypto::kKeyNameBytes || out.other.key.size() != crypto::kKeyNameBytes)
        return fail(Category::invalid, "an alias has two persons and the names of two keys", "aliases[" + std::to_string(place) + "]");
    return out;
}

// Nothing of hers is shown or changed, so no entry tells of it; the row says who has said it.
Result<TakenLinks> take_aliases(Hub& hub, const std::string& provider, json::Value aliases) {
    if (!aliases.is_array() || aliases.size() > kAliasesAtOnce)
        return fail(Category::too_large, "aliases are a list of at most " + std::to_string(kAliasesAtOnce), "aliases");
    const auto is_ours = [&](const std::string& key) { return std::ranges::find(hub.pseudonyms.names(), key) != hub.pseudonyms.names().end(); };
    TakenLinks out;
    std::vector<people::AliasPair> pairs;
    std::vector<std::size_t> places;
    for (const json::Value value : aliases.elements()) {
        TRY_ASSIGN(const people::AliasPair pair, alias_in(value, out.results.size()));
        // Its node would go on without the hub: the key is to be known everywhere first.
        if (!is_ours(pair.one.key) || !is_ours(pair.other.key)) return fail(Category::conflict, "the hub does not know a key of these pseudonyms", "aliases");
        TRY_ASSIGN(const bool holds_one, holds(hub, provider, pair.one.pseudonym));
        TRY_ASSIGN(const bool holds_other, holds(hub, provider, pair.other.pseudonym));
        out.results.emplace_back("not held");
        if (!holds_one || !holds_other) continue;
        places.push_back(out.results.size() - 1);
        pairs.push_back(pair);
    }
    TRY_ASSIGN(const auto said, hub.links.alias(pairs, {people::By::Who::provider, provider}));
    for (std::size_t i = 0; i < said.size(); ++i) {
        using enum people::Aliased;
        out.results[places[i]] = said[i] == joined ? "joined" : said[i] == known ? "unchanged" : "refused: it does not fit what is known of these pseudonyms";
    }
    return out;
}

Result<TakenLinks> take_links(Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const std::string provider, hub.nodes.provider(request));
    TRY_ASSIGN(const auto speaking, hub.withdrawals.let_speak(provider));
    TRY_ASSIGN(const auto document, body_of(request));
    if (document.root()["aliases"]) return take_aliases(hub, provider, document.root()["aliases"]);
    const json::Value links = document.root()["links"];
    if (!links.is_array()) return fail(Category::invalid, "send links, a list", "links");
    if (links.size() > kLinksAtOnce) return fail(Category::too_large, "at most " + std::to_string(kLinksAtOnce) + " links at once", "links");
    std::vector<StatedByNode> stated;
    for (const json::Value value : links.elements()) {
        TRY_ASSIGN(stated.emplace_back(), stated_in(value, stated.size()));
    }
    ledger::Access access;
    access.time = hub.clock.now();
    access.action = ledger::Action::update;
    access.requester = {provider, hub.directory.name_of(provider), "system", provider, ""};
    access.purpose = rights::to_string(rights::Purpose::HSYSADMIN);
    TakenLinks out;
    for (const StatedByNode& one : stated) {
        std::vector<crypto::Pseudonym> concerned;
        auto result = take_link(hub, provider, one, concerned);
        if (!result) {  // those before it are said, and stand in the log
            out.failed = std::move(result.error());
            return out;
        }
        out.results.push_back(std::move(*result));
        access.query = one.withdrawn ? "Patient/$unlink" : "Patient/$link";
        std::ranges::move(entries_about(access, concerned), std::back_inserter(out.entries));
    }
    return out;
}

http::Response results(const std::vector<std::string>& results) {
    json::Writer w;
    w.object().name("results").array();
    for (const std::string& one : results) w.value(one);
    w.end().end();
    http::Response response;
    response.headers.set("Content-Type", "application/json");
    response.body = w.take();
    return response;
}

}  // namespace

// POST /people/links: which numbers are one person, by what a provider's own Patients carry. See docs/formats/person-links.md.
http::Handler hub_links_from_node(Hub& hub) {
    // One request at a time: commits one after another hold a worker each time.
    return [&hub, one_at_a_time = std::make_shared<std::mutex>()](http::Request request, http::Reply reply) {
        std::unique_lock turn(*one_at_a_time, std::try_to_lock);
        if (!turn) return reply.send(http::problem(Error(Category::busy, "links of another node are being taken: try again")));
        auto taken = take_links(hub, request);
        turn.unlock();
        if (!taken) return reply.send(http::problem(taken.error()));
        http::Response response = taken->failed ? http::problem(*taken->failed) : results(taken->results);
        if (taken->entries.empty()) return reply.send(std::move(response));  // nothing has changed
        release_all(hub, std::move(taken->entries), std::move(response), std::move(reply));
    };
}

}  // namespace idun::api
