#include <fmt/format.h>

#include <charconv>

#include "api/fhir_answer.h"
#include "api/hub.h"
#include "api/pointer_search.h"
#include "index/fhir_pointer.h"

namespace idun::api {
namespace {

Result<std::uint64_t> source_version(json::Value bundle) {
    const std::string_view text = bundle["identifier"]["value"].text();
    std::uint64_t version = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (bundle["identifier"]["system"].text() != "urn:idun:store-version" || text.empty() || error != std::errc() ||
        end != text.data() + text.size())
        return fail(Category::invalid, "the identifier must hold the source's store version", "Bundle.identifier");
    return version;
}

// ifMatch W/"12": a correction of what the source said in its version 12. ifNoneMatch *: of a pointer that should not be missing.
Result<std::optional<index::Belief>> belief_in(json::Value request) {
    using Found = std::optional<index::Belief>;
    const json::Value match = request["ifMatch"];
    const json::Value none = request["ifNoneMatch"];
    if (!match && !none) return Found();
    if (match && none) return fail(Category::invalid, "ifMatch or ifNoneMatch, not both");
    if (none) {
        if (none.text() != "*") return fail(Category::invalid, "ifNoneMatch must be *");
        return Found(index::Belief{});
    }
    std::string_view text = match.text();
    std::uint64_t version = 0;
    if (!text.starts_with("W/\"") || !text.ends_with('"') || text.size() < 5)
        return fail(Category::invalid, "ifMatch must be W/\"VERSION\"");
    text = text.substr(3, text.size() - 4);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (error != std::errc() || end != text.data() + text.size())
        return fail(Category::invalid, "ifMatch must be W/\"VERSION\"");
    return Found(index::Belief{version});
}

Result<std::vector<index::Pointer>> pointers_in(json::Value bundle, std::string_view provider, std::uint64_t version) {
    if (bundle["resourceType"].text() != "Bundle" || bundle["type"].text() != "batch")
        return fail(Category::invalid, "send a batch Bundle of index pointers", "Bundle.type");
    const json::Value entries = bundle["entry"];
    if (entries.size() > index::kBatchMax)
        return fail(Category::too_large, fmt::format("at most {} pointers in a batch", index::kBatchMax), "Bundle.entry");
    std::vector<index::Pointer> out;
    out.reserve(entries.size());
    std::size_t place = 0;
    for (const json::Value entry : entries.elements()) {
        const auto at = [&](const Error& error) {
            return fail(error.category, error.message, fmt::format("Bundle.entry[{}].resource", place));
        };
        if (entry["request"]["method"].text() != "PUT") return at(Error(Category::invalid, "pointers are sent with PUT"));
        auto pointer = index::pointer_from_fhir(entry["resource"], provider, version);
        if (!pointer) return at(pointer.error());
        const auto belief = belief_in(entry["request"]);
        if (!belief) return at(belief.error());
        pointer->if_believed = *belief;
        out.push_back(std::move(*pointer));
        ++place;
    }
    return out;
}

std::string batch_response(std::size_t count, const index::Taken& taken) {
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", "batch-response");
    w.name("identifier").object().member("system", "urn:idun:store-version");
    w.member("value", std::to_string(taken.before.source_version)).end();
    auto passed_over = taken.passed_over.begin();
    if (count > 0) {
        w.name("entry").array();
        for (std::size_t i = 0; i < count; ++i) {
            const bool passed = passed_over != taken.passed_over.end() && *passed_over == i;
            if (passed) ++passed_over;
            w.object().name("response").object().member("status", passed ? "412" : "200").end().end();
        }
        w.end();
    }
    w.end();
    return w.take();
}

Result<std::string> publish(Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const auto provider, hub.nodes.provider(request));
    if (hub.directory.is_reserved(provider)) return fail(Category::forbidden, "this id is reserved and names no care provider");
    TRY_ASSIGN(const auto document, body_of(request));
    TRY_ASSIGN(const auto speaking, hub.withdrawals.let_speak(provider));
    TRY_ASSIGN(const auto version, source_version(document.root()));
    TRY_ASSIGN(const auto pointers, pointers_in(document.root(), provider, version));
    TRY_ASSIGN(const auto taken, hub.index.put(provider, pointers, {hub.clock.now(), version}));
    return batch_response(pointers.size(), taken);
}

}  // namespace

// POST /fhir: a batch of index pointers from their owner, or of searches by a user. See docs/formats/index.md.
http::Handler hub_publish(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        if (const auto user = hub.users.caller(request)) return search_pointers_in_batch(hub, *user, request, std::move(reply));
        auto answer = publish(hub, request);
        if (!answer) return reply.send(refusal(answer.error()));
        reply.send(fhir(200, std::move(*answer)));
    };
}

// DELETE /fhir/DocumentReference?custodian.identifier=ID: the calling node's provider leaves the index.
http::Handler hub_pointers_withdraw(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto provider = hub.nodes.provider(request);
        if (!provider) return reply.send(refusal(provider.error()));
        const auto parameters = http::parameters(request.query);
        if (!parameters || parameters->size() != 1 || parameters->front().first != "custodian.identifier")
            return reply.send(refusal(Error(Category::invalid, "say whose: custodian.identifier, and nothing else")));
        if (parameters->front().second != *provider)
            return reply.send(refusal(Error(Category::forbidden, "a provider withdraws its own pointers only")));
        const Status done = hub.index.withdraw(*provider, hub.clock.now());
        if (!done && done.error().category != Category::not_found) return reply.send(refusal(done.error()));
        reply.send(fhir(204, {}));
    };
}

}  // namespace idun::api
