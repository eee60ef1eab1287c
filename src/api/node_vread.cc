#include <charconv>

#include "api/node_answer.h"

namespace idun::api {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

// GET /fhir/:type/:id/_history/:version
http::Handler node_vread(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = staff_of(node, request);
        if (!user) return reply.send(refusal(user.error()));
        const auto version = number(request.parts[2]);
        if (!version) return reply.send(refusal(Error(Category::not_found, "versions are numbers from 1")));
        auto outcome = node.records.vread(request.parts[0], request.parts[1], *version, context_of(node, *user, request));
        spare_unchanged(request, outcome);
        answer(node, *user, ledger::Action::vread, request, std::move(outcome), std::move(reply));
    };
}

}  // namespace idun::api
