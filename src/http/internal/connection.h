// One accepted connection: moves bytes between its socket and its session, through TLS when there is some.
// Lives on one loop thread; only the functions that say so may be called from elsewhere.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "http/internal/loop.h"
#include "http/internal/session.h"
#include "http/internal/tls.h"

namespace idun::http {

class Connection final : public Session::Host, public std::enable_shared_from_this<Connection> {
public:
    using Closed = std::function<void(Connection*)>;
    Connection(std::shared_ptr<ServerContext> context, LoopThread& thread, Socket socket, std::string peer,
               const std::shared_ptr<const TlsContext>& tls, Closed closed);
    ~Connection() override;

    void start();
    // Runs `work` on the session, then sends what it made.
    void with_session(const std::function<void(Session&)>& work);
    void check(Time now);
    void stop();
    void close();

    // Session::Host
    void write(Piece piece) override;
    std::size_t unsent() const override { return unsent_; }
    void end() override { ending_ = true; }
    void break_off() override { broken_ = true; }
    void dispatch(ExchangeId id, Request request, AnswerTraits traits) override;
    Time now() const override { return SteadyClock::now(); }

private:
    enum class Sent { all, blocked, failed };

    void wait_readable();
    void on_readable();
    void take(std::string_view bytes);
    void take_plain(std::string_view bytes);
    void input_ended();
    void after_event();
    Sent flush();
    Sent send_pieces();
    Sent send_sealed();
    bool seal_some();
    void sent(std::size_t count);
    void progress();
    void wait_writable();
    void end_sending();

    std::shared_ptr<ServerContext> context_;
    LoopThread& thread_;
    Socket socket_;
    std::string peer_;
    std::unique_ptr<TlsFilter> tls_;
    Closed closed_;
    std::unique_ptr<Session> session_;  // from the first byte of HTTP on

    std::deque<Piece> pieces_;
    std::size_t front_sent_ = 0;  // of the first piece
    std::size_t unsent_ = 0;
    std::string sealed_;          // TLS records on their way
    std::size_t sealed_sent_ = 0;

    Time last_progress_;          // of opening or of writing
    Time linger_until_{};
    std::size_t lingered_ = 0;
    bool in_event_ = false;       // with_session() was called from within the session
    bool reading_ = false;
    bool writing_ = false;
    bool ending_ = false;         // close when all is sent
    bool broken_ = false;         // close now
    bool lingering_ = false;      // all is sent; waits for the peer to close
    bool peer_ended_ = false;
    bool is_closed_ = false;
};

}  // namespace idun::http
