#include <algorithm>
#include <charconv>
#include <list>
#include <span>

#include "api/fhir_answer.h"
#include "api/hub.h"
#include "http/problem.h"

namespace idun::api {
namespace {

constexpr std::uint64_t kWaitMaxMs = 20'000;
constexpr std::size_t kWaitingMax = 10'000;

struct Ask {
    std::uint64_t after = 0;
    std::uint64_t wait_ms = 0;
};

Result<Ask> ask_of(const http::Request& request) {
    TRY_ASSIGN(const auto parameters, http::parameters(request.query));
    Ask ask;
    for (const auto& [name, value] : parameters) {
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
        if (error != std::errc() || end != value.data() + value.size())
            return fail(Category::invalid, "after and wait are whole numbers");
        if (name == "after")
            ask.after = number;
        else if (name == "wait")
            ask.wait_ms = std::min(number, kWaitMaxMs);
        else
            return fail(Category::invalid, "unknown parameter; allowed are after and wait");
    }
    return ask;
}

// Whose facts the caller has already; nothing: from the first.
Result<std::optional<crypto::Pseudonym>> behind_whom(const http::Request& request) {
    TRY_ASSIGN(const auto parameters, http::parameters(request.query));
    if (parameters.empty()) return std::optional<crypto::Pseudonym>();
    const auto person = crypto::Pseudonym::from_text(parameters.front().second);
    if (parameters.size() > 1 || parameters.front().first != "after" || !person)
        return fail(Category::invalid, "allowed is after, a pseudonym");
    return person;
}

http::Response jose(std::string token) {
    http::Response response;
    response.headers.set("Content-Type", "application/jose");
    response.body = std::move(token);
    return response;
}

// Questions that wait for the next change. Thread-safe.
class Waiting : public std::enable_shared_from_this<Waiting> {
public:
    explicit Waiting(Hub& hub) : hub_(hub) {}

    void answer(std::uint64_t after, const std::string& provider, http::Reply& reply) {
        auto page = hub_.rights.page(after, provider);
        if (!page) return reply.send(http::problem(page.error()));
        reply.send(jose(std::move(*page)));
    }

    void hold(const Ask& ask, std::string provider, http::Reply reply) {
        const auto one = std::make_shared<One>(One{ask.after, std::move(provider), std::move(reply)});
        {
            const std::lock_guard lock(mutex_);
            // A change or a stop between the caller's look and now must not be waited for.
            if (hub_.stopping || hub_.rights.head() != ask.after || waiting_.size() >= kWaitingMax)
                return answer(ask.after, one->provider, one->reply);
            waiting_.push_back(one);
        }
        hub_.loop.after(std::chrono::milliseconds(ask.wait_ms),
                        [self = shared_from_this(), one] { self->expire(one); });
    }

    // Whom a change is addressed to hears of it at once; the others when their time is up.
    void changed(std::span<const std::string> providers) {
        answer_those([&](const One& one) { return std::ranges::find(providers, one.provider) != providers.end(); });
    }
    void woken() {
        answer_those([](const One&) { return true; });
    }

private:
    struct One {
        std::uint64_t after;
        std::string provider;
        http::Reply reply;
    };

    template <typename Which>
    void answer_those(Which which) {
        std::list<std::shared_ptr<One>> now;
        {
            const std::lock_guard lock(mutex_);
            for (auto place = waiting_.begin(); place != waiting_.end();) {
                const auto next = std::next(place);
                if (which(**place)) now.splice(now.end(), waiting_, place);
                place = next;
            }
        }
        for (const auto& one : now) answer(one->after, one->provider, one->reply);
    }

    void expire(const std::shared_ptr<One>& one) {
        {
            const std::lock_guard lock(mutex_);
            const auto place = std::find(waiting_.begin(), waiting_.end(), one);
            if (place == waiting_.end()) return;
            waiting_.erase(place);
        }
        answer(one->after, one->provider, one->reply);
    }

    Hub& hub_;
    std::mutex mutex_;
    std::list<std::shared_ptr<One>> waiting_;
};

}  // namespace

// GET /rights/feed?after=N&wait=MS: the signed page, at once when there is news, else when there is or time is up.
http::Handler hub_rights_feed(Hub& hub) {
    const auto waiting = std::make_shared<Waiting>(hub);
    hub.rights.on_change([waiting](std::span<const std::string> providers) { waiting->changed(providers); });
    hub.rights.on_wake([waiting] { waiting->woken(); });
    return [&hub, waiting](http::Request request, http::Reply reply) {
        const auto provider = hub.nodes.provider(request);
        if (!provider) return reply.send(http::problem(provider.error()));
        const auto ask = ask_of(request);
        if (!ask) return reply.send(http::problem(ask.error()));
        if (ask->wait_ms == 0 || hub.stopping || ask->after != hub.rights.head())
            return waiting->answer(ask->after, *provider, reply);
        waiting->hold(*ask, *provider, std::move(reply));
    };
}

// GET /rights/snapshot?after=PSEUDONYM: a signed part of what a new node, or one far behind, begins with.
http::Handler hub_rights_snapshot(Hub& hub) {
    return http::answering([&hub](const http::Request& request) {
        const auto provider = hub.nodes.provider(request);
        if (!provider) return http::problem(provider.error());
        const auto after = behind_whom(request);
        if (!after) return http::problem(after.error());
        auto page = hub.rights.snapshot(*after, *provider);
        if (!page) return http::problem(page.error());
        return jose(std::move(*page));
    });
}

}  // namespace idun::api
