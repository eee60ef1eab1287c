#include "http/client.h"

#include <sys/socket.h>

#include <boost/asio/ip/basic_resolver.hpp>
#include <deque>
#include <future>
#include <unordered_map>
#include <unordered_set>

#include "http/internal/encoding.h"
#include "http/internal/loop.h"
#include "http/internal/request_parser.h"
#include "http/internal/text.h"
#include "http/internal/tls.h"
#include "http/internal/url.h"

namespace idun::http {
namespace {

using Resolver = asio::ip::basic_resolver<tcp, Executor>;

constexpr std::size_t kReadBytes = 64u << 10;
constexpr std::size_t kAnswerHeaderMax = 64u << 10;
constexpr std::size_t kWaitingMax = 4096;  // calls that wait for a connection to one host
constexpr std::chrono::milliseconds kSweep{250};

bool is_idempotent(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" || method == "OPTIONS";
}

// The call as bytes; invalid when a field would break the framing.
Result<std::string> wire(const Call& call, const Url& url) {
    if (!is_token(call.method)) return fail(Category::invalid, "the method is malformed");
    std::string out;
    out.reserve(256 + url.target.size() + call.body.size());
    out += call.method + " " + url.target + " HTTP/1.1\r\nHost: " + url.authority + "\r\n";
    for (const auto& [name, value] : call.headers.all()) {
        if (!is_token(name) || !is_field_text(value)) return fail(Category::invalid, "a header field is malformed");
        if (same_name(name, "Host") || same_name(name, "Content-Length") || same_name(name, "Connection") ||
            same_name(name, "Transfer-Encoding")) {
            continue;
        }
        out += name + ": " + value + "\r\n";
    }
    if (!call.body.empty() || call.method == "POST" || call.method == "PUT" || call.method == "PATCH") {
        out += "Content-Length: " + std::to_string(call.body.size()) + "\r\n";
    }
    out += "\r\n";
    out += call.body;
    return out;
}

// One call on its way.
struct Pending {
    Pending(Executor executor, Answered then) : deadline(std::move(executor)), answered(std::move(then)) {}

    Url url;
    std::string bytes;  // head and body
    std::string method;
    std::size_t answer_bytes_max = 0;
    Timer deadline;
    Answered answered;
    bool retried = false;
    std::function<void()> on_deadline;

    bool over() const { return !answered; }
    void finish(Result<Response> result) {
        if (over()) return;
        deadline.cancel();
        on_deadline = nullptr;
        std::exchange(answered, nullptr)(std::move(result));
    }
};
using PendingPtr = std::shared_ptr<Pending>;

class Pool;

// One connection to one host: free, or busy with one call.
class Wire : public std::enable_shared_from_this<Wire> {
public:
    Wire(std::shared_ptr<Pool> pool, LoopThread& thread, const std::shared_ptr<const TlsContext>& tls, const std::string& host)
        : pool_(std::move(pool)), socket_(thread.io.get_executor()), tls_(tls ? std::make_unique<TlsFilter>(tls, host) : nullptr) {}

    void connect(std::vector<tcp::endpoint> endpoints, PendingPtr first);
    void carry(PendingPtr call);
    void close();
    bool used() const { return used_; }
    Time free_since() const { return free_since_; }

private:
    void connect_next();
    void connected();
    void send_call();
    void flush();
    void wait_writable();
    void wait_readable();
    void on_readable();
    void take(std::string_view bytes);
    void take_plain(std::string_view bytes);
    void answer_whole();
    void peer_ended();
    void lost(Error error, bool may_retry);

    std::shared_ptr<Pool> pool_;
    Socket socket_;
    std::unique_ptr<TlsFilter> tls_;
    std::vector<tcp::endpoint> endpoints_;
    PendingPtr call_;
    std::unique_ptr<ResponseParser> parser_;
    std::string rest_;    // bytes of the answer that are not parsed yet
    std::string out_;
    std::size_t sent_ = 0;
    Time free_since_{};
    bool used_ = false;     // has carried a call before this one
    bool connected_ = false;
    bool queued_ = false;   // the call's bytes are in out_
    bool reading_ = false;
    bool writing_ = false;
    bool closed_ = false;
};

// The connections and waiting calls of one host. Used on one loop thread.
class Pool : public std::enable_shared_from_this<Pool> {
public:
    Pool(LoopThread& thread, std::shared_ptr<const TlsContext> tls, Client::Options options)
        : thread_(thread), tls_(std::move(tls)), options_(std::move(options)), resolver_(thread.io.get_executor()) {}

    void start(const PendingPtr& call);
    void retry(const PendingPtr& call) { open(call); }
    void free(const std::shared_ptr<Wire>& wire);
    void gone(const std::shared_ptr<Wire>& wire);
    void sweep(Time now);
    void close();
    bool unused() const { return wires_.empty() && waiting_.empty() && resolving_ == 0; }

private:
    void open(const PendingPtr& call);
    void connect(const PendingPtr& call, std::vector<tcp::endpoint> endpoints);
    void next();

    LoopThread& thread_;
    std::shared_ptr<const TlsContext> tls_;
    const Client::Options options_;
    Resolver resolver_;
    std::unordered_set<std::shared_ptr<Wire>> wires_;
    std::vector<std::shared_ptr<Wire>> free_;  // newest last
    std::deque<PendingPtr> waiting_;
    std::size_t resolving_ = 0;
    bool closed_ = false;
};

void Wire::connect(std::vector<tcp::endpoint> endpoints, PendingPtr first) {
    endpoints_ = std::move(endpoints);
    call_ = std::move(first);
    std::reverse(endpoints_.begin(), endpoints_.end());
    call_->on_deadline = [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->close();
    };
    connect_next();
}

void Wire::connect_next() {
    if (endpoints_.empty()) return lost(Error(Category::unavailable, "no connection"), false);
    const tcp::endpoint endpoint = endpoints_.back();
    endpoints_.pop_back();
    ErrorCode ignored;
    if (socket_.is_open()) socket_.close(ignored);
    socket_.async_connect(endpoint, [self = shared_from_this()](const ErrorCode& error) {
        if (self->closed_) return;
        if (error) return self->connect_next();
        self->connected();
    });
}

void Wire::connected() {
    connected_ = true;
    ErrorCode ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(tcp::no_delay(true), ignored);
    if (tls_) {
        std::string none;
        if (const auto begun = tls_->from_network({}, none); !begun) return lost(begun.error(), false);
        out_ += tls_->to_network();
        flush();
        wait_readable();
        return;
    }
    send_call();
}

void Wire::carry(PendingPtr call) {
    used_ = true;
    call_ = std::move(call);
    call_->on_deadline = [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->close();
    };
    send_call();
}

void Wire::send_call() {
    queued_ = true;
    parser_ = std::make_unique<ResponseParser>(ParseLimits{kAnswerHeaderMax, call_->answer_bytes_max}, call_->method == "HEAD");
    if (tls_) {
        if (const auto written = tls_->write(call_->bytes); !written) return lost(written.error(), true);
        out_ += tls_->to_network();
    } else {
        out_ += call_->bytes;
    }
    flush();
    if (!closed_) wait_readable();
}

void Wire::flush() {
    while (sent_ < out_.size()) {
        const ssize_t n = ::send(socket_.native_handle(), out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return wait_writable();
        if (n < 0) {
            // The other side may have answered before it closed: what it said counts.
            out_.clear();
            sent_ = 0;
            return;
        }
        sent_ += static_cast<std::size_t>(n);
    }
    out_.clear();
    sent_ = 0;
}

void Wire::wait_writable() {
    if (std::exchange(writing_, true)) return;
    socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const ErrorCode& error) {
        self->writing_ = false;
        if (!error && !self->closed_) self->flush();
    });
}

void Wire::wait_readable() {
    if (closed_ || std::exchange(reading_, true)) return;
    socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const ErrorCode& error) {
        self->reading_ = false;
        if (!error && !self->closed_) self->on_readable();
    });
}

void Wire::on_readable() {
    thread_local std::vector<char> buffer(kReadBytes);
    ErrorCode error;
    const std::size_t n = socket_.read_some(asio::buffer(buffer), error);
    if (error == asio::error::would_block || error == asio::error::try_again) return wait_readable();
    if (error) return peer_ended();
    take({buffer.data(), n});
    if (!closed_) wait_readable();
}

void Wire::take(std::string_view bytes) {
    if (!tls_) return take_plain(bytes);
    std::string plain;
    const bool was_ready = tls_->ready();
    const auto outcome = tls_->from_network(bytes, plain);
    out_ += tls_->to_network();
    flush();
    if (!plain.empty()) take_plain(plain);
    if (closed_) return;
    if (!outcome) return lost(outcome.error(), true);
    if (tls_->ended()) return peer_ended();
    if (!was_ready && tls_->ready() && call_ && !queued_) send_call();
}

void Wire::take_plain(std::string_view bytes) {
    if (!call_ || !queued_) return close();  // nobody asked: this connection is not to be trusted
    rest_ += bytes;
    std::size_t taken = 0;
    while (taken < rest_.size() && !parser_->done()) {
        const std::size_t n = parser_->put(std::string_view(rest_).substr(taken));
        taken += n;
        if (n == 0) break;
    }
    rest_.erase(0, taken);
    if (!parser_->refusal().empty()) {
        const auto category = parser_->too_large() ? Category::too_large : Category::invalid;
        return lost(Error(category, "the answer is malformed or too large: " + parser_->refusal()), false);
    }
    if (parser_->done()) answer_whole();
}

void Wire::answer_whole() {
    const bool reusable = parser_->keep_alive() && rest_.empty() && out_.empty();
    Response response = parser_->take();
    const PendingPtr call = std::exchange(call_, nullptr);
    parser_.reset();
    queued_ = false;
    if (reusable) {
        free_since_ = SteadyClock::now();
        pool_->free(shared_from_this());
    } else {
        close();
    }
    call->finish(std::move(response));
}

void Wire::peer_ended() {
    if (!call_ || !parser_) return lost(Error(Category::unavailable, "the connection was closed"), true);
    if (parser_->started()) {
        parser_->put_end();
        if (parser_->done()) return answer_whole();
        return lost(Error(Category::unavailable, "the connection was closed before the answer was whole"), false);
    }
    lost(Error(Category::unavailable, "the connection was closed without an answer"), true);
}

// Ends the call with an error, or sends it once more when this connection had died in the pool.
void Wire::lost(Error error, bool may_retry) {
    const PendingPtr call = std::exchange(call_, nullptr);
    const bool untouched = !parser_ || !parser_->started();
    const auto pool = pool_;
    close();
    if (!call) return;
    if (may_retry && used_ && untouched && !call->retried && is_idempotent(call->method)) {
        call->retried = true;
        return pool->retry(call);
    }
    call->finish(fail(std::move(error)));
}

void Wire::close() {
    if (std::exchange(closed_, true)) return;
    const auto self = shared_from_this();
    ErrorCode ignored;
    socket_.close(ignored);
    const PendingPtr call = std::exchange(call_, nullptr);
    pool_->gone(self);
    pool_.reset();
    if (call) call->finish(fail(Category::unavailable, "the connection was closed"));
}

void Pool::start(const PendingPtr& call) {
    if (closed_) return call->finish(fail(Category::unavailable, "the client has ended"));
    if (!free_.empty()) {
        const auto wire = free_.back();
        free_.pop_back();
        return wire->carry(call);
    }
    if (wires_.size() + resolving_ < options_.connections_per_host_max) return open(call);
    if (waiting_.size() >= kWaitingMax) return call->finish(fail(Category::busy, "too many calls wait for this host"));
    waiting_.push_back(call);
}

void Pool::open(const PendingPtr& call) {
    if (closed_) return call->finish(fail(Category::unavailable, "the client has ended"));
    ErrorCode error;
    const auto address = asio::ip::make_address(call->url.host, error);
    const auto port = static_cast<std::uint16_t>(std::stoi(call->url.port));
    if (!error) return connect(call, {tcp::endpoint(address, port)});
    ++resolving_;
    resolver_.async_resolve(call->url.host, call->url.port, [self = shared_from_this(), call](const ErrorCode& failed, const auto& results) {
        --self->resolving_;
        if (call->over()) return self->next();
        if (failed || self->closed_) {
            call->finish(fail(Category::unavailable, "the host name is not known"));
            return self->next();
        }
        std::vector<tcp::endpoint> endpoints;
        for (const auto& entry : results) endpoints.push_back(entry.endpoint());
        self->connect(call, std::move(endpoints));
    });
}

void Pool::connect(const PendingPtr& call, std::vector<tcp::endpoint> endpoints) {
    const auto wire = std::make_shared<Wire>(shared_from_this(), thread_, tls_, call->url.host);
    wires_.insert(wire);
    wire->connect(std::move(endpoints), call);
}

// A connection has done its call.
void Pool::free(const std::shared_ptr<Wire>& wire) {
    if (closed_) return;
    free_.push_back(wire);
    next();
}

void Pool::gone(const std::shared_ptr<Wire>& wire) {
    wires_.erase(wire);
    std::erase(free_, wire);
    next();
}

void Pool::next() {
    while (!closed_ && !waiting_.empty()) {
        if (free_.empty() && wires_.size() + resolving_ >= options_.connections_per_host_max) return;
        const PendingPtr call = waiting_.front();
        waiting_.pop_front();
        if (!call->over()) start(call);
    }
}

void Pool::sweep(Time now) {
    std::erase_if(waiting_, [](const PendingPtr& call) { return call->over(); });
    std::vector<std::shared_ptr<Wire>> old;
    for (const auto& wire : free_) {
        if (now - wire->free_since() > options_.idle_max) old.push_back(wire);
    }
    for (const auto& wire : old) wire->close();
}

void Pool::close() {
    closed_ = true;
    resolver_.cancel();
    const auto wires = std::exchange(wires_, {});
    for (const auto& wire : wires) wire->close();
    const auto waiting = std::exchange(waiting_, {});
    for (const auto& call : waiting) call->finish(fail(Category::unavailable, "the client has ended"));
    free_.clear();
}

// The pools that live on one loop thread.
class Desk : public std::enable_shared_from_this<Desk> {
public:
    Desk(LoopThread& thread, std::shared_ptr<const TlsContext> tls, Client::Options options)
        : thread_(thread), tls_(std::move(tls)), options_(std::move(options)), timer_(thread.io.get_executor()) {}

    LoopThread& thread() { return thread_; }

    void start_sweep() {
        if (closed_) return;
        timer_.expires_after(kSweep);
        timer_.async_wait([self = shared_from_this()](const ErrorCode& error) {
            if (error || self->closed_) return;
            for (const auto& [unused, pool] : self->pools_) pool->sweep(SteadyClock::now());
            std::erase_if(self->pools_, [](const auto& entry) { return entry.second->unused(); });
            self->start_sweep();
        });
    }

    void start(const PendingPtr& call, Time deadline) {
        if (closed_) return call->finish(fail(Category::unavailable, "the client has ended"));
        call->deadline.expires_at(deadline);
        call->deadline.async_wait([call](const ErrorCode& error) {
            if (error || call->over()) return;
            const auto on_deadline = std::exchange(call->on_deadline, nullptr);
            call->finish(fail(Category::busy, "the deadline passed before the answer came"));
            if (on_deadline) on_deadline();
        });
        auto& pool = pools_[call->url.key()];
        if (!pool) pool = std::make_shared<Pool>(thread_, call->url.tls ? tls_ : nullptr, options_);
        pool->start(call);
    }

    void close() {
        closed_ = true;
        timer_.cancel();
        const auto pools = std::exchange(pools_, {});
        for (const auto& [unused, pool] : pools) pool->close();
    }

private:
    LoopThread& thread_;
    std::shared_ptr<const TlsContext> tls_;
    const Client::Options options_;
    Timer timer_;
    std::unordered_map<std::string, std::shared_ptr<Pool>> pools_;
    bool closed_ = false;
};

}  // namespace

struct Client::Impl {
    std::vector<std::shared_ptr<Desk>> desks;  // one for each loop thread
    std::optional<Error> tls_error;            // why https cannot be called

    Desk& desk_of(const Url& url) { return *desks[std::hash<std::string>()(url.key()) % desks.size()]; }
};

Client::Client(Loop& loop, const Options& options) : impl_(std::make_shared<Impl>()) {
    std::shared_ptr<const TlsContext> tls;
    auto made = TlsContext::client(options.ca_file);
    if (made) tls = std::move(*made);
    else impl_->tls_error = made.error();
    for (const auto& thread : loop.impl().threads) {
        auto desk = std::make_shared<Desk>(*thread, tls, options);
        thread->mailbox->put([desk] { desk->start_sweep(); });
        impl_->desks.push_back(std::move(desk));
    }
}

Client::~Client() {
    for (const auto& desk : impl_->desks) desk->thread().run_and_wait([&] { desk->close(); });
}

void Client::send(Call call, Answered answered) {
    const Time deadline = SteadyClock::now() + call.timeout;
    if (call.compress && call.body.size() > 1024) {
        call.body = gzip(call.body);
        call.headers.set("Content-Encoding", "gzip");
    }
    auto url = read_url(call.url);
    Result<std::string> bytes = url ? wire(call, *url) : Result<std::string>(fail(url.error()));
    if (bytes && url->tls && impl_->tls_error) bytes = fail(*impl_->tls_error);
    const auto desk = url ? impl_->desk_of(*url).shared_from_this() : impl_->desks.front();
    if (!bytes) {
        desk->thread().mailbox->put([answered = std::move(answered), error = bytes.error()] { answered(fail(error)); });
        return;
    }
    auto pending = std::make_shared<Pending>(desk->thread().io.get_executor(), std::move(answered));
    pending->url = std::move(*url);
    pending->bytes = std::move(*bytes);
    pending->method = std::move(call.method);
    pending->answer_bytes_max = call.answer_bytes_max;
    desk->thread().mailbox->put([desk, pending, deadline] { desk->start(pending, deadline); });
}

Result<Response> Client::fetch(Call call) {
    std::promise<Result<Response>> promise;
    auto answer = promise.get_future();
    send(std::move(call), [&](Result<Response> result) { promise.set_value(std::move(result)); });
    return answer.get();
}

}  // namespace idun::http
