#include "exchange/connection_checks.h"

#include <fmt/format.h>

#include <mutex>
#include <set>

#include "base/workers.h"
#include "http/interruptible.h"
#include "json/document.h"
#include "trust/ticket.h"

namespace idun::exchange {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kCheckThreads = 2;
constexpr std::size_t kChecksWaitingMax = 16;
constexpr milliseconds kCallTimeout{5'000};
constexpr milliseconds kReadTicket{60'000};
constexpr std::size_t kAnswerBytesMax = 4u << 20;
constexpr std::size_t kReasonBytesMax = 200;

milliseconds steady_now() {
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace

struct ConnectionChecks::Impl {
    explicit Impl(ConnectionCheckParts p) : parts(std::move(p)) {}

    const ConnectionCheckParts parts;
    std::mutex mutex;  // of the next three
    std::map<std::string, milliseconds> last;  // of providers that the hub knows by key, so it is bounded
    std::set<http::Interruptible*> running;
    bool stopping = false;
    Workers workers{kCheckThreads, kChecksWaitingMax};  // goes first, and waits for its jobs

    Status take_turn(const std::string& provider) {
        const std::lock_guard lock(mutex);
        const milliseconds now = steady_now();
        const auto known = last.find(provider);
        if (known != last.end() && now - known->second < kBetween) return fail(Category::busy, "checked a moment ago; ask again in two seconds");
        last[provider] = now;
        return {};
    }

    Result<http::Response> fetch(http::Call call) {
        http::Interruptible under_way;
        {
            const std::lock_guard lock(mutex);
            if (stopping) return fail(Category::unavailable, "the hub is stopping");
            running.insert(&under_way);
        }
        auto answer = under_way.fetch(parts.client, std::move(call));
        const std::lock_guard lock(mutex);
        running.erase(&under_way);
        return answer;
    }

    // As the person: of a test number there is nobody whose choice it could be.
    Result<std::string> ticket_for(const std::string& provider, const crypto::Pseudonym& person) const {
        trust::Ticket ticket;
        TRY_ASSIGN(ticket.rights, parts.rights.number_for(person, provider));
        TRY_ASSIGN(ticket.id, parts.tickets.next_of_hub(provider, person));
        ticket.issued = parts.clock.now();
        ticket.expires = ticket.issued + kReadTicket;
        ticket.issuer = parts.hub;
        ticket.audience = provider;
        ticket.person = person;
        ticket.purpose = "PATRQT";
        ticket.requester.user_id = parts.hub;
        ticket.requester.role = trust::Role::patient;
        return trust::sign_ticket(parts.key, ticket);
    }

    Result<Tried> call(const std::string& provider, const std::optional<crypto::Pseudonym>& person) {
        const auto endpoint = parts.directory.to_call(provider);
        if (!endpoint && endpoint.error().category == Category::not_found) return fail(Category::not_found, "the directory has no active address for this provider");
        if (!endpoint) return fail(endpoint.error());
        http::Call call;
        call.url = endpoint->url + (person ? "/Patient/$everything" : "/metadata");
        call.headers.set("Accept", "application/fhir+json");
        if (person) {
            TRY_ASSIGN(const std::string ticket, ticket_for(provider, *person));
            call.headers.set("Authorization", "Bearer " + ticket);
        }
        call.timeout = kCallTimeout;
        call.answer_bytes_max = kAnswerBytesMax;
        const milliseconds begun = steady_now();
        const auto answer = fetch(std::move(call));
        Tried out;
        out.elapsed_ms = (steady_now() - begun).count();
        if (!answer) {
            out.state = answer.error().category == Category::busy ? SourceState::late : SourceState::down;
            out.reason = answer.error().message.substr(0, kReasonBytesMax);
            return out;
        }
        if (answer->status != 200) {
            out.state = answer->status == 401 || answer->status == 403 ? SourceState::refused : SourceState::down;
            out.reason = fmt::format("status {}", answer->status);
            return out;
        }
        const std::string& body = answer->shared_body ? *answer->shared_body : answer->body;
        const auto document = json::Document::parse(body);
        if (person) judge_reading(*answer, document, provider, out);
        else judge_metadata(document, endpoint->url, out);
        return out;
    }

    void judge_metadata(const Result<json::Document>& document, const std::string& url, Tried& out) const {
        const bool it = document && document->root()["resourceType"].text() == "CapabilityStatement" && document->root()["implementation"]["url"].text() == url;
        out.state = it ? SourceState::answered : SourceState::refused;
        if (!it) {
            out.reason = "what answers at that address does not say that it is the node";
        } else if (const Status known = directory::understood(directory::speaks_of_capability(document->root()), "its node"); !known) {
            out.state = SourceState::refused;
            out.reason = known.error().message.substr(0, kReasonBytesMax);
        }
    }

    void judge_reading(const http::Response& answer, const Result<json::Document>& document, const std::string& provider, Tried& out) const {
        const auto receipt = parts.receipts.open(answer.headers.get("X-Idun-Receipt"), provider);
        out.state = SourceState::refused;
        if (!receipt) {
            out.reason = receipt.error().message;
            return;
        }
        if (!document) {
            out.reason = "the answer could not be read";
            return;
        }
        out.receipt = receipt->text();
        for (const json::Value entry : document->root()["entry"].elements()) out.records += entry["search"]["mode"].text() == "match";
        out.state = out.records > 0 ? SourceState::answered : SourceState::empty;
    }
};

ConnectionChecks::ConnectionChecks(ConnectionCheckParts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {}

ConnectionChecks::~ConnectionChecks() {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    for (http::Interruptible* call : impl_->running) call->interrupt();
}

void ConnectionChecks::call(const std::string& provider, std::optional<crypto::Pseudonym> person, std::function<void(Result<Tried>)> done) {
    if (const Status turn = impl_->take_turn(provider); !turn) return done(fail(turn.error()));
    const auto shared = std::make_shared<std::function<void(Result<Tried>)>>(std::move(done));
    const bool taken = impl_->workers.post([impl = impl_.get(), provider, person, shared] { (*shared)(impl->call(provider, person)); });
    if (!taken) (*shared)(fail(Category::busy, "too many connections are checked; ask again in a moment"));
}

}  // namespace idun::exchange
