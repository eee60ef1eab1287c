#include "http/internal/reply_sink.h"

#include "http/internal/encoding.h"
#include "http/internal/server_context.h"

namespace idun::http {
namespace {

class StreamToConnection final : public BodyStream {
public:
    StreamToConnection(std::weak_ptr<Connection> connection, std::shared_ptr<Mailbox> mailbox, ExchangeId id,
                       std::shared_ptr<StreamGate> gate)
        : connection_(std::move(connection)), mailbox_(std::move(mailbox)), id_(id), gate_(std::move(gate)) {}
    ~StreamToConnection() override { finish(false); }

    bool write(std::string bytes) override {
        if (ended_) return false;
        if (bytes.empty()) return !gate_->closed();
        if (!gate_->admit(bytes.size())) return false;
        return put([id = id_, bytes = std::move(bytes)](Session& session) mutable { session.stream_bytes(id, std::move(bytes)); });
    }

    void end() override { finish(true); }

private:
    void finish(bool whole) {
        if (ended_.exchange(true)) return;
        put([id = id_, whole](Session& session) { session.stream_end(id, whole); });
    }

    template <typename Step>
    bool put(Step step) {
        const bool taken = mailbox_->put([connection = connection_, step = std::move(step)]() mutable {
            if (const auto held = connection.lock()) held->with_session(std::move(step));
        });
        if (!taken) gate_->close();
        return taken;
    }

    const std::weak_ptr<Connection> connection_;
    const std::shared_ptr<Mailbox> mailbox_;
    const ExchangeId id_;
    const std::shared_ptr<StreamGate> gate_;
    std::atomic<bool> ended_{false};
};

class SinkToConnection final : public Reply::Sink {
public:
    SinkToConnection(const std::shared_ptr<Connection>& connection, std::shared_ptr<Mailbox> mailbox, ExchangeId id, AnswerTraits traits,
                     std::weak_ptr<ServerContext> context)
        : connection_(connection), mailbox_(std::move(mailbox)), id_(id), traits_(traits), context_(std::move(context)) {}

    // The thread that answers may be the log's, which must not wait: large bodies are compressed by a worker.
    void send(Response response) override {
        const std::size_t size = response.shared_body ? response.shared_body->size() : response.body.size();
        if (traits_.coding == Coding::identity || size <= kCompressedHere) {
            encode_answer(response, traits_.coding);
            return carry(connection_, *mailbox_, id_, std::move(response));
        }
        const auto shared = std::make_shared<Response>(std::move(response));
        const auto context = context_.lock();
        const bool taken = context && context->workers.submit([connection = connection_, mailbox = mailbox_, id = id_, coding = traits_.coding, shared] {
            encode_answer(*shared, coding);
            carry(connection, *mailbox, id, std::move(*shared));
        });
        if (taken) return;
        encode_answer(*shared, Coding::identity);
        carry(connection_, *mailbox_, id_, std::move(*shared));
    }

    static void carry(const std::weak_ptr<Connection>& connection, Mailbox& mailbox, ExchangeId id, Response response) {
        auto answer = [id, response = std::move(response)](Session& session) mutable { session.answer(id, std::move(response)); };
        if (mailbox.here()) {
            if (const auto held = connection.lock()) held->with_session(std::move(answer));
            return;
        }
        mailbox.put([connection, answer = std::move(answer)]() mutable {
            if (const auto held = connection.lock()) held->with_session(std::move(answer));
        });
    }

    std::unique_ptr<BodyStream> stream(Response head) override {
        auto gate = std::make_shared<StreamGate>();
        const bool taken = mailbox_->put([connection = connection_, id = id_, head = std::move(head), gate]() mutable {
            const auto held = connection.lock();
            if (!held) return gate->close();
            held->with_session([&](Session& session) { session.open_stream(id, std::move(head), gate); });
        });
        if (!taken) gate->close();
        return std::make_unique<StreamToConnection>(connection_, mailbox_, id_, std::move(gate));
    }

private:
    static constexpr std::size_t kCompressedHere = 256u << 10;

    const std::weak_ptr<Connection> connection_;
    const std::shared_ptr<Mailbox> mailbox_;
    const ExchangeId id_;
    const AnswerTraits traits_;
    const std::weak_ptr<ServerContext> context_;  // the server holds it until its workers have ended
};

}  // namespace

std::unique_ptr<Reply::Sink> make_sink(const std::shared_ptr<Connection>& connection, std::shared_ptr<Mailbox> mailbox,
                                       ExchangeId id, AnswerTraits traits, std::weak_ptr<ServerContext> context) {
    return std::make_unique<SinkToConnection>(connection, std::move(mailbox), id, traits, std::move(context));
}

}  // namespace idun::http
