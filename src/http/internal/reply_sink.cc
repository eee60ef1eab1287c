#include "http/internal/reply_sink.h"

#include "http/internal/encoding.h"

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
    SinkToConnection(const std::shared_ptr<Connection>& connection, std::shared_ptr<Mailbox> mailbox, ExchangeId id, AnswerTraits traits)
        : connection_(connection), mailbox_(std::move(mailbox)), id_(id), traits_(traits) {}

    void send(Response response) override {
        encode_answer(response, traits_.coding);
        auto answer = [id = id_, response = std::move(response)](Session& session) mutable { session.answer(id, std::move(response)); };
        if (mailbox_->here()) {
            if (const auto held = connection_.lock()) held->with_session(std::move(answer));
            return;
        }
        mailbox_->put([connection = connection_, answer = std::move(answer)]() mutable {
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
    const std::weak_ptr<Connection> connection_;
    const std::shared_ptr<Mailbox> mailbox_;
    const ExchangeId id_;
    const AnswerTraits traits_;
};

}  // namespace

std::unique_ptr<Reply::Sink> make_sink(const std::shared_ptr<Connection>& connection, std::shared_ptr<Mailbox> mailbox,
                                       ExchangeId id, AnswerTraits traits) {
    return std::make_unique<SinkToConnection>(connection, std::move(mailbox), id, traits);
}

}  // namespace idun::http
