#include "http/server.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <unordered_map>

#include "base/log.h"
#include "http/internal/connection.h"

namespace idun::http {
namespace {

constexpr std::chrono::milliseconds kAcceptPause{100};  // after the process ran out of file descriptors

// The connections of one server on one loop thread. Used on that thread only.
class Station : public std::enable_shared_from_this<Station> {
public:
    Station(LoopThread& thread, std::shared_ptr<ServerContext> context, std::shared_ptr<const TlsContext> tls)
        : thread_(thread), context_(std::move(context)), tls_(std::move(tls)), timer_(thread.io.get_executor()) {}

    LoopThread& thread() { return thread_; }

    // A sweep now and then looks at every deadline: far cheaper than a timer for each operation.
    void start_sweep() {
        const auto& options = context_->options;
        const auto shortest = std::min(options.idle_max, options.answer_max);
        timer_.expires_after(std::clamp(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(1000)));
        timer_.async_wait([self = shared_from_this()](const ErrorCode& error) {
            if (error || self->ended_) return;
            const Time now = SteadyClock::now();
            self->for_each([&](Connection& connection) { connection.check(now); });
            self->start_sweep();
        });
    }

    void adopt(Socket socket, std::string peer) {
        if (ended_) {
            ErrorCode error;
            socket.close(error);
            context_->closed();
            return;
        }
        const auto connection = std::make_shared<Connection>(context_, thread_, std::move(socket), std::move(peer), tls_,
                                                             [weak = weak_from_this()](Connection* gone) {
                                                                 if (const auto self = weak.lock()) self->connections_.erase(gone);
                                                             });
        connections_.emplace(connection.get(), connection);
        connection->start();
    }

    void stop() {
        for_each([](Connection& connection) { connection.stop(); });
    }

    void end() {
        ended_ = true;
        timer_.cancel();
        for_each([](Connection& connection) { connection.close(); });
    }

private:
    // Over a copy: a connection may close itself meanwhile.
    void for_each(const std::function<void(Connection&)>& work) {
        std::vector<std::shared_ptr<Connection>> all;
        all.reserve(connections_.size());
        for (const auto& [unused, connection] : connections_) all.push_back(connection);
        for (const auto& connection : all) work(*connection);
    }

    LoopThread& thread_;
    std::shared_ptr<ServerContext> context_;
    std::shared_ptr<const TlsContext> tls_;
    Timer timer_;
    std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
    bool ended_ = false;
};

// Takes connections on the first loop thread and spreads them over all.
class Door : public std::enable_shared_from_this<Door> {
public:
    Door(LoopThread& thread, std::shared_ptr<ServerContext> context, std::vector<std::shared_ptr<Station>> stations)
        : context_(std::move(context)),
          stations_(std::move(stations)),
          acceptor_(thread.io.get_executor()),
          pause_(thread.io.get_executor()) {}

    Status open(const std::string& address, std::uint16_t port);
    Status take(int held);
    std::uint16_t port() const {
        ErrorCode error;
        return acceptor_.local_endpoint(error).port();
    }
    void start() { accept(); }
    void close() {
        ErrorCode error;
        closed_ = true;
        acceptor_.close(error);
        pause_.cancel();
    }

private:
    void accept();
    void accepted(Station& station, Socket socket);

    std::shared_ptr<ServerContext> context_;
    std::vector<std::shared_ptr<Station>> stations_;
    Acceptor acceptor_;
    Timer pause_;
    std::size_t turn_ = 0;
    bool closed_ = false;
};

Status Door::open(const std::string& address, std::uint16_t port) {
    ErrorCode error;
    const auto ip = asio::ip::make_address(address, error);
    if (error) return fail(Category::invalid, "cannot listen: " + address + " is not an IP address");
    const tcp::endpoint endpoint(ip, port);
    const std::string where = (ip.is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(Acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(Acceptor::max_listen_connections, error);
    if (error == asio::error::address_in_use) {
        return fail(Category::busy, "cannot listen on " + where + ": another program already uses this port");
    }
    if (error) return fail(Category::unavailable, "cannot listen on " + where + ": " + error.message());
    return {};
}

Status Door::take(int held) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(held, reinterpret_cast<sockaddr*>(&address), &size) != 0) return fail(Category::invalid, "cannot listen: what was handed over is no socket");
    ErrorCode error;
    acceptor_.assign(address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), held, error);
    if (error) return fail(Category::unavailable, "cannot listen on the socket that was handed over: " + error.message());
    return {};
}

void Door::accept() {
    Station& station = *stations_[turn_++ % stations_.size()];
    acceptor_.async_accept(station.thread().io.get_executor(), [self = shared_from_this(), &station](const ErrorCode& error, Socket socket) {
        // Who was let in before the door closed is served.
        if (!error) self->accepted(station, std::move(socket));
        if (self->closed_) return;
        if (!error) return self->accept();
        self->pause_.expires_after(kAcceptPause);
        self->pause_.async_wait([self](const ErrorCode& stopped) {
            if (!stopped && !self->closed_) self->accept();
        });
    });
}

void Door::accepted(Station& station, Socket socket) {
    ErrorCode error;
    const auto remote = socket.remote_endpoint(error);
    if (error || context_->open() >= context_->options.connections_max) {
        socket.close(error);
        return;
    }
    context_->opened();
    std::string peer = remote.address().to_string();
    if (station.thread().mailbox->here()) return station.adopt(std::move(socket), std::move(peer));
    auto held = std::make_shared<Socket>(std::move(socket));
    const bool taken = station.thread().mailbox->put([to = station.shared_from_this(), held, peer = std::move(peer)] {
        to->adopt(std::move(*held), peer);
    });
    if (!taken) context_->closed();
}

class AsioServer final : public Server {
public:
    AsioServer(std::shared_ptr<ServerContext> context, std::vector<std::shared_ptr<Station>> stations, std::shared_ptr<Door> door,
               LoopThread& door_thread)
        : context_(std::move(context)), stations_(std::move(stations)), door_(std::move(door)), door_thread_(door_thread), port_(door_->port()) {}

    ~AsioServer() override {
        close_all();
        context_->workers.stop();
        context_->handler = nullptr;
    }

    std::uint16_t port() const override { return port_; }
    void begin() override {
        if (context_->options.held >= 0) door_thread_.mailbox->put([door = door_] { door->start(); });
    }

    void stop(std::chrono::milliseconds grace) override {
        context_->stopping = true;
        door_thread_.run_and_wait([this] { door_->close(); });
        door_thread_.run_and_wait([] {});  // behind those who had just come in
        for (const auto& station : stations_) station->thread().run_and_wait([&] { station->stop(); });
        if (!context_->wait_until_all_closed(grace)) log::warn("requests still ran when the server stopped");
        close_all();
    }

private:
    void close_all() {
        context_->stopping = true;
        door_thread_.run_and_wait([this] { door_->close(); });
        for (const auto& station : stations_) station->thread().run_and_wait([&] { station->end(); });
    }

    std::shared_ptr<ServerContext> context_;
    std::vector<std::shared_ptr<Station>> stations_;
    std::shared_ptr<Door> door_;
    LoopThread& door_thread_;
    std::uint16_t port_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::listen(Loop& loop, const ServerOptions& options, Handler handler, Metrics& metrics) {
    IDUN_CHECK(handler);
    std::shared_ptr<const TlsContext> tls;
    if (options.tls) {
        TRY_ASSIGN(tls, TlsContext::server(options.tls->certificate_file, options.tls->key_file));
    }
    auto context = std::make_shared<ServerContext>(options, std::move(handler), metrics);
    std::vector<std::shared_ptr<Station>> stations;
    for (const auto& thread : loop.impl().threads) stations.push_back(std::make_shared<Station>(*thread, context, tls));
    LoopThread& door_thread = *loop.impl().threads.front();
    auto door = std::make_shared<Door>(door_thread, context, stations);
    TRY(options.held >= 0 ? door->take(options.held) : door->open(options.address, options.port));
    std::unique_ptr<Server> server = std::make_unique<AsioServer>(context, stations, door, door_thread);
    for (const auto& station : stations) station->thread().mailbox->put([station] { station->start_sweep(); });
    if (options.held < 0) door_thread.mailbox->put([door] { door->start(); });
    return server;
}

}  // namespace idun::http
