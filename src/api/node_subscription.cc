// Subscription at a node: the provider's own systems subscribe; docs/formats/subscriptions.md.
#include <algorithm>
#include <charconv>

#include "api/node_answer.h"
#include "subscriptions/subscriptions.h"

namespace idun::api {
namespace {

Result<Staff> system_of(const Node& node, const http::Request& request) {
    TRY_ASSIGN(auto user, staff_of(node, request));
    if (user.role != trust::Role::system) return fail(Category::forbidden, "only systems of this provider subscribe");
    return user;
}

// The same, or an administrator, who may look after what systems have subscribed to.
Result<Staff> keeper_of(const Node& node, const http::Request& request) {
    TRY_ASSIGN(auto user, staff_of(node, request));
    if (user.role == trust::Role::system || user.role == trust::Role::administrator) return user;
    return fail(Category::forbidden, "only systems of this provider subscribe");
}

// The values of a parameter, which may be repeated or hold a list.
std::vector<std::string> list_of(const http::Parameters& parameters, std::string_view name) {
    std::vector<std::string> out;
    for (const auto& [key, value] : parameters) {
        if (key != name) continue;
        for (std::size_t at = 0; at <= value.size();) {
            const std::size_t end = std::min(value.find(',', at), value.size());
            if (end > at) out.push_back(value.substr(at, end - at));
            at = end + 1;
        }
    }
    return out;
}

Result<std::uint64_t> number_of(const http::Parameters& parameters, std::string_view name, std::uint64_t otherwise) {
    for (const auto& [key, value] : parameters) {
        if (key != name) continue;
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
        if (value.empty() || error != std::errc() || end != value.data() + value.size())
            return fail(Category::invalid, std::string(name) + " is a number", std::string(name));
        return number;
    }
    return otherwise;
}

Status only(const http::Parameters& parameters, std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : parameters)
        if (std::find(known.begin(), known.end(), name) == known.end())
            return fail(Category::invalid, "this operation does not take that parameter");
    return {};
}

http::Handler statuses(Node& node, bool one) {
    return [&node, one](http::Request request, http::Reply reply) {
        const auto user = keeper_of(node, request);
        if (!user) return reply.send(refusal(user.error()));
        const auto parameters = http::parameters(request.query);
        if (!parameters) return reply.send(refusal(parameters.error()));
        if (const Status known = only(*parameters, {"id", "status"}); !known) return reply.send(refusal(known.error()));
        const auto ids = one ? std::vector<std::string>{request.parts[0]} : list_of(*parameters, "id");
        auto outcome = node.subscriptions.status(ids, list_of(*parameters, "status"), subscriber_of(*user));
        answer(node, *user, ledger::Action::read, request, std::move(outcome), std::move(reply));
    };
}

}  // namespace

// POST /fhir/Subscription
http::Handler node_subscribe(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = system_of(node, request);
        if (!user) return reply.send(refusal(user.error()));
        if (request.headers.has("If-None-Exist"))
            return reply.send(refusal(Error(Category::unsupported, "a Subscription is not created by condition")));
        const auto document = body_of(request);
        if (!document) return reply.send(refusal(document.error()));
        auto outcome = node.subscriptions.create(document->root(), subscriber_of(*user));
        if (outcome.ok()) node.written();
        answer(node, *user, ledger::Action::create, request, std::move(outcome), std::move(reply));
    };
}

// PUT /fhir/Subscription/:id
http::Handler node_resubscribe(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = keeper_of(node, request);
        if (!user) return reply.send(refusal(user.error()));
        const auto conditions = preconditions(request);
        if (!conditions) return reply.send(refusal(conditions.error()));
        const auto document = body_of(request);
        if (!document) return reply.send(refusal(document.error()));
        auto outcome = node.subscriptions.update(request.parts[0], document->root(), subscriber_of(*user), conditions->if_match);
        if (outcome.ok()) node.written();
        answer(node, *user, ledger::Action::update, request, std::move(outcome), std::move(reply));
    };
}

// DELETE /fhir/Subscription/:id
http::Handler node_unsubscribe(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = keeper_of(node, request);
        if (!user) return reply.send(refusal(user.error()));
        const auto conditions = preconditions(request);
        if (!conditions) return reply.send(refusal(conditions.error()));
        auto outcome = node.subscriptions.remove(request.parts[0], subscriber_of(*user), conditions->if_match);
        if (outcome.ok()) node.written();
        answer(node, *user, ledger::Action::remove, request, std::move(outcome), std::move(reply));
    };
}

// PATCH /fhir/Subscription/:id, and PUT, PATCH and DELETE by condition
http::Handler node_subscription_whole(Node&) {
    return http::answering([](const http::Request&) {
        return refusal(Error(Category::unsupported, "a Subscription is written whole, at its own address"));
    });
}

// GET /fhir/Subscription/:id/$status
http::Handler node_subscription_status(Node& node) { return statuses(node, true); }
// GET /fhir/Subscription/$status?id=...&status=...
http::Handler node_subscription_statuses(Node& node) { return statuses(node, false); }

// GET /fhir/Subscription/:id/$events?eventsSinceNumber=...&eventsUntilNumber=...&content=...
http::Handler node_subscription_events(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = system_of(node, request);
        if (!user) return reply.send(refusal(user.error()));
        const auto parameters = http::parameters(request.query);
        if (!parameters) return reply.send(refusal(parameters.error()));
        if (const Status known = only(*parameters, {"eventsSinceNumber", "eventsUntilNumber", "content"}); !known)
            return reply.send(refusal(known.error()));
        const auto first = number_of(*parameters, "eventsSinceNumber", 0);
        if (!first) return reply.send(refusal(first.error()));
        const auto last = number_of(*parameters, "eventsUntilNumber", ~std::uint64_t{0} >> 1);
        if (!last) return reply.send(refusal(last.error()));
        std::optional<subscriptions::Content> content;
        for (const auto& [name, value] : *parameters) {
            if (name != "content") continue;
            content = subscriptions::content_from(value);
            if (!content) return reply.send(refusal(Error(Category::invalid, "content is empty, id-only or full-resource", "content")));
        }
        auto outcome = node.subscriptions.events(request.parts[0], *first, *last, content, subscriber_of(*user));
        answer(node, *user, ledger::Action::notify, request, std::move(outcome), std::move(reply));
    };
}

// GET /subscription-topics: what one can subscribe to, in R5's form
http::Handler node_topics(Node& node) {
    return http::answering([&node](const http::Request&) {
        http::Response response;
        response.headers.set("Content-Type", "application/json");
        for (const subscriptions::Topic& topic : node.subscriptions.topics())
            response.body += (response.body.empty() ? "" : ",") + topic.json;
        response.body = "{\"topics\":[" + response.body + "]}";
        return response;
    });
}

bool writes_subscription(json::Value bundle) {
    for (const json::Value entry : bundle["entry"].elements()) {
        const std::string_view url = entry["request"]["url"].text();
        const std::size_t at = url.find("Subscription");
        const bool named = at != std::string_view::npos && (at == 0 || url[at - 1] == '/') &&
                           (at + 12 == url.size() || url[at + 12] == '/' || url[at + 12] == '?');
        if (entry["request"]["method"].text() != "GET" && (named || entry["resource"]["resourceType"].text() == "Subscription")) return true;
    }
    return false;
}

}  // namespace idun::api
