#include "http/internal/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/log.h"
#include "http/internal/encoding.h"
#include "http/internal/reply_sink.h"
#include "http/problem.h"

namespace idun::http {
namespace {

constexpr std::size_t kReadBytes = 64u << 10;
constexpr int kReadsMax = 8;                        // before other connections get their turn
constexpr std::size_t kBuffersMax = 16;             // of one write
constexpr std::size_t kFlushBytesMax = 4u << 20;    // before other connections get their turn
constexpr std::size_t kSealedMax = 256u << 10;
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::size_t kLingerBytesMax = 4u << 20;

bool is_wait(const ErrorCode& error) { return error == asio::error::would_block || error == asio::error::try_again; }

// What a worker does with one request.
void handle(const ServerContext& context, Request request, Reply reply) {
    const auto decoded = decode_body(request.headers, request.body, context.options.body_bytes_max);
    if (!decoded) {
        Response refused = problem(decoded.error());
        if (refused.status == 415) refused.headers.set("Accept-Encoding", "gzip, zstd");  // RFC 9110 §12.5.3
        return reply.send(std::move(refused));
    }
    try {
        context.handler(std::move(request), std::move(reply));
    } catch (...) {
        // The reply was dropped with the handler's frame and has answered 500.
        log::error("a handler threw");
    }
}

}  // namespace

Connection::Connection(std::shared_ptr<ServerContext> context, LoopThread& thread, Socket socket, std::string peer,
                       const std::shared_ptr<const TlsContext>& tls, Closed closed)
    : context_(std::move(context)),
      thread_(thread),
      socket_(std::move(socket)),
      peer_(std::move(peer)),
      tls_(tls ? std::make_unique<TlsFilter>(tls) : nullptr),
      closed_(std::move(closed)),
      last_progress_(SteadyClock::now()) {}

Connection::~Connection() = default;

void Connection::start() {
    ErrorCode error;
    socket_.non_blocking(true, error);
    socket_.set_option(tcp::no_delay(true), error);
    wait_readable();
}

void Connection::with_session(const std::function<void(Session&)>& work) {
    if (is_closed_ || !session_) return;
    work(*session_);
    if (!in_event_) after_event();
}

void Connection::wait_readable() {
    if (reading_ || is_closed_ || peer_ended_) return;
    reading_ = true;
    socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const ErrorCode& error) {
        self->reading_ = false;
        if (self->is_closed_) return;
        if (error) return self->close();
        self->on_readable();
    });
}

void Connection::on_readable() {
    thread_local std::vector<char> buffer(kReadBytes);
    in_event_ = true;
    for (int i = 0; i < kReadsMax && !is_closed_ && !broken_; ++i) {
        if (session_ && !lingering_ && !session_->wants_input()) break;
        ErrorCode error;
        const std::size_t n = socket_.read_some(asio::buffer(buffer), error);
        if (is_wait(error)) break;
        if (error == asio::error::eof) {
            input_ended();
            break;
        }
        if (error) {
            broken_ = true;
            break;
        }
        take({buffer.data(), n});
        if (n < kReadBytes) break;
    }
    in_event_ = false;
    after_event();
}

void Connection::take(std::string_view bytes) {
    if (lingering_) {
        lingered_ += bytes.size();
        if (lingered_ > kLingerBytesMax) broken_ = true;
        return;
    }
    if (!tls_) return take_plain(bytes);
    std::string plain;
    const auto outcome = tls_->from_network(bytes, plain);
    if (!plain.empty()) take_plain(plain);
    if (!outcome) {
        sealed_ += tls_->to_network();  // the alert that says why
        send_sealed();
        broken_ = true;
    } else if (tls_->ended()) {
        input_ended();
    }
}

void Connection::take_plain(std::string_view bytes) {
    if (!session_) session_ = make_h1_session(*this, *context_, peer_);
    session_->input(bytes);
}

void Connection::input_ended() {
    peer_ended_ = true;
    if (lingering_ || !session_) {
        broken_ = true;
        return;
    }
    session_->input_ended();
}

void Connection::write(Piece piece) {
    if (is_closed_ || ending_) return;
    if (unsent_ == 0) progress();
    unsent_ += piece.bytes().size();
    pieces_.push_back(std::move(piece));
}

void Connection::progress() { last_progress_ = SteadyClock::now(); }

void Connection::dispatch(ExchangeId id, Request request, AnswerTraits traits) {
    Reply reply(make_sink(shared_from_this(), thread_.mailbox, id, traits, context_));
    if (context_->options.workers == 0) return handle(*context_, std::move(request), std::move(reply));
    struct Job {
        Request request;
        Reply reply;
    };
    auto job = std::make_shared<Job>(Job{std::move(request), std::move(reply)});
    ServerContext* context = context_.get();  // the workers end before it does
    const bool taken = context_->workers.submit([context, job] { handle(*context, std::move(job->request), std::move(job->reply)); });
    if (!taken) job->reply.send(problem(Error(Category::busy, "too many requests are waiting")));
}

// After bytes came or an answer was given: send, then read on or close.
void Connection::after_event() {
    if (is_closed_) return;
    if (broken_) return close();
    const Sent outcome = flush();
    if (outcome == Sent::failed) return close();
    if (is_closed_) return;
    if (outcome == Sent::all && session_ && !ending_) {
        in_event_ = true;
        session_->resume();
        in_event_ = false;
        if (broken_) return close();
        if (unsent_ > 0 || ending_) {
            const Sent second = flush();
            if (second == Sent::failed) return close();
            if (second == Sent::blocked) return wait_writable();
        }
    }
    if (outcome == Sent::blocked) wait_writable();
    if (ending_ && unsent_ == 0 && sealed_.empty() && !lingering_) end_sending();
    if (is_closed_) return;
    if (lingering_ || !session_ || session_->wants_input()) wait_readable();
}

Connection::Sent Connection::flush() { return tls_ ? send_sealed() : send_pieces(); }

Connection::Sent Connection::send_pieces() {
    std::size_t total = 0;
    while (!pieces_.empty()) {
        if (total > kFlushBytesMax) return Sent::blocked;
        std::array<iovec, kBuffersMax> buffers;
        std::size_t count = 0;
        for (const Piece& piece : pieces_) {
            if (count == kBuffersMax) break;
            std::string_view bytes = piece.bytes();
            if (count == 0) bytes.remove_prefix(front_sent_);
            buffers[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
        }
        msghdr message{};
        message.msg_iov = buffers.data();
        message.msg_iovlen = count;
        const ssize_t n = sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Sent::blocked : Sent::failed;
        total += static_cast<std::size_t>(n);
        progress();
        sent(static_cast<std::size_t>(n));
    }
    return Sent::all;
}

// Takes `count` sent bytes off the queue.
void Connection::sent(std::size_t count) {
    unsent_ -= count;
    while (!pieces_.empty()) {
        Piece& front = pieces_.front();
        const std::size_t left = front.bytes().size() - front_sent_;
        if (count < left) {
            front_sent_ += count;
            return;
        }
        count -= left;
        if (front.gate) front.gate->give_back(front.credit);
        pieces_.pop_front();
        front_sent_ = 0;
    }
}

// Encrypts the next part of the queue. False when there is none or TLS failed.
bool Connection::seal_some() {
    while (tls_->ready() && !pieces_.empty() && sealed_.size() < kSealedMax) {
        const std::string_view part = pieces_.front().bytes().substr(front_sent_, kSealedMax);
        if (!tls_->write(part)) return false;
        sent(part.size());
        sealed_ += tls_->to_network();
    }
    if (tls_->has_output()) sealed_ += tls_->to_network();
    return true;
}

Connection::Sent Connection::send_sealed() {
    while (true) {
        if (sealed_sent_ == sealed_.size()) {
            sealed_.clear();
            sealed_sent_ = 0;
            if (!seal_some()) return Sent::failed;
            if (sealed_.empty()) return pieces_.empty() ? Sent::all : Sent::blocked;
        }
        const ssize_t n = ::send(socket_.native_handle(), sealed_.data() + sealed_sent_, sealed_.size() - sealed_sent_,
                                 MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Sent::blocked : Sent::failed;
        progress();
        sealed_sent_ += static_cast<std::size_t>(n);
    }
}

void Connection::wait_writable() {
    if (writing_ || is_closed_) return;
    writing_ = true;
    socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const ErrorCode& error) {
        self->writing_ = false;
        if (self->is_closed_) return;
        if (error) return self->close();
        self->after_event();
    });
}

// Says that nothing more comes, then waits for the peer to close, so that it reads all of the answer even
// when it is still sending.
void Connection::end_sending() {
    if (tls_) {
        tls_->close();
        sealed_ += tls_->to_network();
        send_sealed();
    }
    if (peer_ended_) return close();
    ErrorCode error;
    socket_.shutdown(Socket::shutdown_send, error);
    if (error) return close();
    lingering_ = true;
    linger_until_ = SteadyClock::now() + kLingerTime;
}

void Connection::check(Time now) {
    if (is_closed_) return;
    if (lingering_) {
        if (now > linger_until_) close();
        return;
    }
    const bool blocked = unsent_ > 0 || !sealed_.empty();
    if ((blocked || !session_) && now - last_progress_ > context_->options.idle_max) return close();
    if (!session_ && context_->stopping && now - last_progress_ > kFirstRequestMax) return close();
    if (session_) with_session([&](Session& session) { session.check(now); });
}

void Connection::stop() {
    if (is_closed_ || !session_) return;  // one that is still greeting is let ask, as one that has not asked
    with_session([](Session& session) { session.stop(); });
}

void Connection::close() {
    if (is_closed_) return;
    is_closed_ = true;
    const auto self = shared_from_this();
    if (session_) session_->abandon();
    for (const Piece& piece : pieces_) {
        if (piece.gate) piece.gate->close();
    }
    pieces_.clear();
    ErrorCode error;
    socket_.close(error);
    closed_(this);
    context_->closed();
}

}  // namespace idun::http
