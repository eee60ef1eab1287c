// The protocol on one connection: bytes in, requests out; answers in, bytes out. Knows no socket.
// Everything here is called on the loop thread of the connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/internal/encoding.h"
#include "http/internal/server_context.h"
#include "http/internal/stream_gate.h"
#include "http/message.h"

namespace idun::http {

using SessionTime = std::chrono::steady_clock::time_point;

// Bytes to send: `own`, or `shared` when it is set. `credit` goes back to the gate once they are sent.
struct Piece {
    std::string own;
    std::shared_ptr<const std::string> shared;
    std::shared_ptr<StreamGate> gate;
    std::size_t credit = 0;

    std::string_view bytes() const { return shared ? std::string_view(*shared) : std::string_view(own); }
};

using ExchangeId = std::uint32_t;

// How the answer to one request may look.
struct AnswerTraits {
    Coding coding = Coding::identity;  // that the client likes best
};

class Session {
public:
    // What a session needs of its connection.
    class Host {
    public:
        virtual ~Host() = default;
        virtual void write(Piece piece) = 0;
        virtual std::size_t unsent() const = 0;
        // Sends what is queued, then closes in order.
        virtual void end() = 0;
        // Closes now; what is queued is lost.
        virtual void break_off() = 0;
        // Hands a request to a worker. May answer before it returns.
        virtual void dispatch(ExchangeId id, Request request, AnswerTraits traits) = 0;
        virtual SessionTime now() const = 0;
    };

    virtual ~Session() = default;
    virtual void input(std::string_view bytes) = 0;
    virtual void input_ended() = 0;
    // False: stop reading from the socket until resume() changed it.
    virtual bool wants_input() const = 0;
    // Goes on with what was put off because too much was unsent.
    virtual void resume() = 0;

    // Answers to exchanges that are over (timed out, reset) are ignored.
    virtual void answer(ExchangeId id, Response response) = 0;
    virtual void open_stream(ExchangeId id, Response head, std::shared_ptr<StreamGate> gate) = 0;
    virtual void stream_bytes(ExchangeId id, std::string bytes) = 0;
    virtual void stream_end(ExchangeId id, bool whole) = 0;

    // Deadlines; called now and then.
    virtual void check(SessionTime now) = 0;
    // The server stops: ends when nothing runs any more.
    virtual void stop() = 0;
    // The connection has gone.
    virtual void abandon() = 0;
};

std::unique_ptr<Session> make_h1_session(Session::Host& host, ServerContext& context, std::string peer);

// More than this unsent puts off reading further requests.
inline constexpr std::size_t kUnsentMax = 1u << 20;
// So long a server that stops waits for the first request of who was let in.
inline constexpr std::chrono::milliseconds kFirstRequestMax{1'000};

}  // namespace idun::http
