#include <fmt/format.h>

#include <charconv>

#include "api/fhir_answer.h"
#include "api/hub.h"
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
        out.push_back(std::move(*pointer));
        ++place;
    }
    return out;
}

std::string batch_response(std::size_t count) {
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", "batch-response");
    if (count > 0) {
        w.name("entry").array();
        for (std::size_t i = 0; i < count; ++i)
            w.object().name("response").object().member("status", "200").end().end();
        w.end();
    }
    w.end();
    return w.take();
}

Result<std::size_t> publish(Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const auto provider, hub.nodes.provider(request));
    TRY_ASSIGN(const auto document, body_of(request));
    TRY_ASSIGN(const auto version, source_version(document.root()));
    TRY_ASSIGN(const auto pointers, pointers_in(document.root(), provider, version));
    TRY(hub.index.put(provider, pointers, {hub.clock.now(), version}));
    return pointers.size();
}

}  // namespace

// POST /fhir: a batch of index pointers from their owner. See docs/formats/index.md.
http::Handler hub_publish(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto count = publish(hub, request);
        if (!count) return reply.send(refusal(count.error()));
        reply.send(fhir(200, batch_response(*count)));
    };
}

}  // namespace idun::api
