#include "exchange/person_proofs.h"

#include <mutex>
#include <set>

#include "base/workers.h"
#include "http/interruptible.h"
#include "ledger/receipt.h"
#include "trust/ticket.h"

namespace idun::exchange {
namespace {

constexpr std::size_t kProofThreads = 4;
constexpr std::size_t kProofsWaitingMax = 64;
constexpr std::chrono::milliseconds kProofTimeout{10'000};
constexpr std::chrono::milliseconds kProofTicket{60'000};

// One call that can be broken off, and is known while it lasts.
class Call {
public:
    Call(std::mutex& mutex, std::set<http::Interruptible*>& running, const bool& stopping) : mutex_(mutex), running_(running) {
        const std::lock_guard lock(mutex_);
        running_.insert(&call_);
        if (stopping) call_.interrupt();
    }
    ~Call() {
        const std::lock_guard lock(mutex_);
        running_.erase(&call_);
    }
    Result<http::Response> fetch(http::Client& client, http::Call call) { return call_.fetch(client, std::move(call)); }

private:
    std::mutex& mutex_;
    std::set<http::Interruptible*>& running_;
    http::Interruptible call_;
};

}  // namespace

struct PersonProofs::Impl {
    explicit Impl(PersonProofParts p) : parts(std::move(p)) {}

    const PersonProofParts parts;
    std::mutex mutex;  // of the next two
    std::set<http::Interruptible*> running;
    bool stopping = false;
    Workers workers{kProofThreads, kProofsWaitingMax};  // goes first, and waits for its jobs

    Result<std::string> ticket_for(const ProofQuestion& question, const std::string& provider) const {
        trust::Ticket ticket;
        ticket.issued = parts.clock.now();
        ticket.expires = ticket.issued + kProofTicket;
        TRY_ASSIGN(ticket.id, parts.tickets.next_of_hub(provider, question.person));
        ticket.issuer = parts.hub;
        ticket.audience = provider;
        ticket.person = question.person;
        ticket.purpose = "PATRQT";
        ticket.requester.user_id = parts.hub;
        ticket.requester.role = trust::Role::supervisor;
        ticket.on_behalf_of = question.user_id;
        return trust::sign_ticket(parts.key, ticket);
    }

    Result<ledger::PersonProof> ask(const ProofQuestion& question) {
        if (!ledger::is_log_id(question.log_id)) return fail(Category::not_found, "there is no log of that name");
        const std::string provider(ledger::owner_of(question.log_id));
        const auto endpoint = parts.directory.to_call(provider);
        if (!endpoint && endpoint.error().category == Category::not_found) return fail(Category::not_found, "there is no log of that name");
        if (!endpoint) return fail(Category::unavailable, endpoint.error().message);
        TRY_ASSIGN(const auto ticket, ticket_for(question, provider));
        http::Call call;
        call.url = endpoint->url + "/Patient/$log-proof?log=" + question.log_id;
        if (question.before) call.url += "&before=" + std::to_string(*question.before);
        call.headers.set("Authorization", "Bearer " + ticket);
        call.headers.set("X-Request-Id", question.request_id);
        call.timeout = kProofTimeout;
        call.answer_bytes_max = ledger::kPersonProofBytesMax;
        Call under_way(mutex, running, stopping);
        const auto answer = under_way.fetch(parts.client, std::move(call));
        if (!answer) return fail(Category::unavailable, "the provider's node does not answer");
        if (answer->status == 404) return fail(Category::not_found, "there is no such log, or it has no such entry about the person, or it was closed and can prove nothing any more");
        if (answer->status == 503) return fail(Category::busy, "the log cannot prove it yet: ask again in a moment");
        if (answer->status != 200) return fail(Category::unavailable, "the provider's node gives no proof");
        const auto receipt = parts.receipts.open(answer->headers.get("X-Idun-Receipt"), provider);
        if (!receipt) return fail(Category::unavailable, receipt.error().message);
        auto proof = ledger::PersonProof::from_text(answer->shared_body ? *answer->shared_body : answer->body);
        const bool asked_for = proof && proof->log_id == question.log_id && proof->person == question.person;
        if (!asked_for) return fail(Category::unavailable, "the provider's node gives no proof");
        return std::move(*proof);
    }
};

PersonProofs::PersonProofs(PersonProofParts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {}

PersonProofs::~PersonProofs() {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    for (http::Interruptible* call : impl_->running) call->interrupt();
}

void PersonProofs::ask(ProofQuestion question, std::function<void(Result<ledger::PersonProof>)> done) {
    const auto shared = std::make_shared<std::function<void(Result<ledger::PersonProof>)>>(std::move(done));
    const bool taken = impl_->workers.post([impl = impl_.get(), question = std::move(question), shared] {
        (*shared)(impl->ask(question));
    });
    if (!taken) (*shared)(fail(Category::busy, "too many proofs are asked for: ask again in a moment"));
}

}  // namespace idun::exchange
