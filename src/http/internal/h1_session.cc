// HTTP/1.1 and 1.0 on one connection: one request at a time, pipelined ones wait in order.
#include <algorithm>

#include <fmt/format.h>

#include "http/internal/answer_head.h"
#include "http/internal/problem_status.h"
#include "http/internal/request_parser.h"
#include "http/internal/session.h"
#include "http/internal/text.h"

namespace idun::http {
namespace {

constexpr std::size_t kCopiedBody = 4u << 10;  // smaller bodies are sent in one buffer with their head

class H1Session final : public Session {
public:
    H1Session(Host& host, ServerContext& context, std::string peer)
        : host_(host),
          context_(context),
          peer_(std::move(peer)),
          parser_({context.options.header_bytes_max, context.options.body_bytes_max}),
          since_(host.now()) {}

    void input(std::string_view bytes) override {
        if (state_ == State::ended) return;
        if (rest_.empty()) {
            const std::size_t taken = consume(bytes);
            if (state_ != State::ended) rest_.assign(bytes.substr(taken));
        } else {
            rest_ += bytes;
            resume();
        }
    }

    void input_ended() override {
        input_ended_ = true;
        resume();
    }

    bool wants_input() const override {
        return !input_ended_ && state_ != State::ended && rest_.size() <= context_.options.header_bytes_max;
    }

    void resume() override {
        if (consuming_) return;
        if (!rest_.empty()) {
            const std::size_t taken = consume(rest_);
            rest_.erase(0, taken);
        }
        // A client that only stopped sending still gets the answers to what it pipelined.
        if (input_ended_ && state_ == State::reading && host_.unsent() < kUnsentMax) finish();
    }

    void answer(ExchangeId id, Response response) override {
        if (state_ != State::answering || id != id_) return;
        send(std::move(response));
        resume();
    }

    void open_stream(ExchangeId id, Response head, std::shared_ptr<StreamGate> gate) override {
        if (state_ != State::answering || id != id_) {
            gate->close();
            return;
        }
        chunked_ = !http10_;
        keep_alive_ = keep_alive_ && chunked_ && !context_.stopping;
        HeadTraits traits;
        traits.request_id = request_id_;
        const bool bodiless = head_only_ || has_no_body(head.status);
        traits.chunked = chunked_ && !has_no_body(head.status);
        traits.close = !keep_alive_;
        note_answer(head.status);
        host_.write(Piece{h1_head(head, traits), nullptr, nullptr, 0});
        if (bodiless) {
            gate->close();
            after_answer();
            resume();
            return;
        }
        state_ = State::streaming;
        gate_ = std::move(gate);
        since_ = host_.now();
    }

    void stream_bytes(ExchangeId id, std::string bytes) override {
        if (state_ != State::streaming || id != id_) return;
        since_ = host_.now();
        const std::size_t size = bytes.size();
        if (chunked_) {
            bytes.insert(0, fmt::format("{:x}\r\n", size));
            bytes += "\r\n";
        }
        host_.write(Piece{std::move(bytes), nullptr, gate_, size});
    }

    void stream_end(ExchangeId id, bool whole) override {
        if (state_ != State::streaming || id != id_) return;
        gate_.reset();
        if (!whole) {
            state_ = State::ended;
            host_.break_off();
            return;
        }
        if (chunked_) host_.write(Piece{"0\r\n\r\n", nullptr, nullptr, 0});
        after_answer();
        resume();
    }

    void check(SessionTime now) override {
        switch (state_) {
            case State::reading:
                if (context_.stopping && !parser_.started() && now - since_ > kFirstRequestMax) finish();
                else if (now - since_ > context_.options.idle_max) time_out();
                break;
            case State::answering:
                if (now - since_ > context_.options.answer_max) {
                    answer(id_, problem_of_status(504, "the request was not answered in time"));
                }
                break;
            case State::streaming:
                if (now - since_ > context_.options.answer_max && host_.unsent() == 0) {
                    state_ = State::ended;
                    host_.break_off();
                }
                break;
            case State::ended: break;
        }
    }

    void stop() override {
        // Whose first request may be on its way is let ask it: nobody has told the client that the server ends.
        if (state_ == State::reading && !parser_.started() && asked_) finish();
    }

    void abandon() override {
        state_ = State::ended;
        if (gate_) gate_->close();
        gate_.reset();
    }

private:
    enum class State { reading, answering, streaming, ended };

    // Parses and dispatches requests until one has to wait for its answer.
    std::size_t consume(std::string_view bytes) {
        consuming_ = true;
        std::size_t taken = 0;
        while (state_ == State::reading && taken < bytes.size() && host_.unsent() < kUnsentMax) {
            const bool fresh = !parser_.started();
            const std::size_t n = parser_.put(bytes.substr(taken));
            if (fresh && parser_.started()) since_ = host_.now();
            taken += n;
            if (parser_.refusal().status != 0) {
                refuse(parser_.refusal().status, parser_.refusal().detail);
            } else if (parser_.done()) {
                begin();
            } else if (parser_.wants_continue()) {
                host_.write(Piece{"HTTP/1.1 100 Continue\r\n\r\n", nullptr, nullptr, 0});
            } else if (n == 0) {
                break;
            }
        }
        consuming_ = false;
        return taken;
    }

    void begin() {
        asked_ = true;
        keep_alive_ = parser_.keep_alive();
        http10_ = parser_.is_http10();
        head_only_ = parser_.is_head();
        Request request = parser_.take();
        request.peer = peer_;
        method_ = request.method;
        take_request_id(request);
        AnswerTraits traits;
        traits.coding = coding_for(request.headers.get("Accept-Encoding"));
        state_ = State::answering;
        since_ = host_.now();
        host_.dispatch(++id_, std::move(request), traits);
    }

    void take_request_id(Request& request) {
        const std::string_view given = request.headers.get("X-Request-Id");
        if (is_safe_request_id(given)) {
            request_id_ = given;
            return;
        }
        request_id_ = context_.ids.next();
        if (given.empty()) request.headers.add("X-Request-Id", request_id_);
        else request.headers.set("X-Request-Id", request_id_);
    }

    // Answers what cannot be read any further.
    void refuse(int status, std::string_view detail) {
        keep_alive_ = false;
        http10_ = false;
        head_only_ = false;
        method_ = {};
        request_id_ = context_.ids.next();
        since_ = host_.now();
        state_ = State::answering;
        send(problem_of_status(status, detail));
    }

    void time_out() {
        if (parser_.started()) refuse(408, "the request did not arrive in time");
        else finish();
    }

    void send(Response response) {
        keep_alive_ = keep_alive_ && !context_.stopping;
        const int status = sendable(response.status);
        const std::size_t size = response.shared_body ? response.shared_body->size() : response.body.size();
        HeadTraits traits;
        traits.request_id = request_id_;
        if (!has_no_body(status)) traits.length = size;
        traits.close = !keep_alive_;
        traits.http10_keep_alive = http10_;
        Piece head{h1_head(response, traits), nullptr, nullptr, 0};
        const bool bodiless = head_only_ || has_no_body(status) || size == 0;
        if (!bodiless && size <= kCopiedBody) head.own += response.shared_body ? *response.shared_body : response.body;
        note_answer(status);
        host_.write(std::move(head));
        if (!bodiless && size > kCopiedBody) {
            host_.write(Piece{std::move(response.body), std::move(response.shared_body), nullptr, 0});
        }
        after_answer();
    }

    // Before the write: whoever has read the answer finds it counted.
    void note_answer(int status) { context_.instruments.answered(method_, status, host_.now() - since_); }

    void after_answer() {
        if (!keep_alive_ || context_.stopping) return finish();
        state_ = State::reading;
        since_ = host_.now();
    }

    void finish() {
        state_ = State::ended;
        rest_.clear();
        host_.end();
    }

    Host& host_;
    ServerContext& context_;
    const std::string peer_;
    RequestParser parser_;
    State state_ = State::reading;
    SessionTime since_;     // reading: of the request's first byte, or of the wait for it; else of the last step
    std::string rest_;      // bytes that came but are not parsed yet
    bool consuming_ = false;
    bool input_ended_ = false;

    // Of the request that is being answered.
    ExchangeId id_ = 0;
    bool asked_ = false;  // a request has come
    bool keep_alive_ = true;
    bool http10_ = false;
    bool head_only_ = false;
    bool chunked_ = false;
    std::string method_;
    std::string request_id_;
    std::shared_ptr<StreamGate> gate_;
};

}  // namespace

std::unique_ptr<Session> make_h1_session(Session::Host& host, ServerContext& context, std::string peer) {
    return std::make_unique<H1Session>(host, context, std::move(peer));
}

}  // namespace idun::http
