// Listening sockets that whoever started the process holds for it, as systemd does for a .socket unit (sd_listen_fds(3)): while one program ends and
// the next one begins nobody is refused, since connections wait at the socket. A role takes the one that listens where its
// configuration says; names of sockets do not matter. docs/decisions/0075-held-sockets.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace idun::app {

// "host:port"; port 0 is any free one.
struct Address {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    friend bool operator==(const Address&, const Address&) = default;
};
Result<Address> address_from(std::string_view text);

// One thread at a time.
class HeldSockets {
public:
    static constexpr int kFirst = 3;       // by the protocol
    static constexpr int kSocketsMax = 64;

    // None: the process opens its own.
    HeldSockets() = default;
    // `variable` gives the words of the environment, "" for what is not there: LISTEN_PID names whom the sockets are for, LISTEN_FDS how many from
    // kFirst on there are. None where they are for another process. `invalid` for a number that is none, for what is not a listening TCP socket
    // on an address, and for two that listen at one.
    static Result<HeldSockets> from(const std::function<std::string(const char*)>& variable, int first = kFirst);

    // The socket that listens there, once: from then on it is the caller's. Nothing: open one.
    std::optional<int> take(const Address& address);
    // `invalid` when one is left that nobody has taken: who calls it would wait for ever.
    Status all_taken() const;

private:
    struct Held {
        Address address;
        int socket = -1;
    };
    std::vector<Held> held_;
};

}  // namespace idun::app
