#include "app/held_sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace idun::app {
namespace {

std::optional<int> number(const std::string& text) {
    int out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

int option(int socket, int name) {
    int out = 0;
    socklen_t size = sizeof out;
    return ::getsockopt(socket, SOL_SOCKET, name, &out, &size) == 0 ? out : -1;
}

std::optional<Address> address_of(int socket) {
    sockaddr_storage raw{};
    socklen_t size = sizeof raw;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&raw), &size) != 0) return std::nullopt;
    char text[INET6_ADDRSTRLEN] = {};
    if (raw.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(raw);
        if (!::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text)) return std::nullopt;
        return Address{text, ntohs(v4.sin_port)};
    }
    if (raw.ss_family != AF_INET6) return std::nullopt;
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(raw);
    if (!::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text)) return std::nullopt;
    return Address{text, ntohs(v6.sin6_port)};
}

std::string shown(const Address& address) {
    return address.host.find(':') != std::string::npos ? fmt::format("[{}]:{}", address.host, address.port) : fmt::format("{}:{}", address.host, address.port);
}

}  // namespace

Result<HeldSockets> HeldSockets::from(const std::function<std::string(const char*)>& variable, int first) {
    HeldSockets out;
    const std::string whose = variable("LISTEN_PID"), how_many = variable("LISTEN_FDS");
    if (whose.empty() || how_many.empty()) return out;
    const auto process = number(whose), count = number(how_many);
    if (!process || !count || *count < 0 || *count > kSocketsMax)
        return fail(Category::invalid, fmt::format("LISTEN_PID and LISTEN_FDS say which process holds how many sockets, {} at most", kSocketsMax));
    if (*process != ::getpid()) return out;
    for (int socket = first; socket < first + *count; ++socket) {
        const bool listens = option(socket, SO_ACCEPTCONN) == 1 && option(socket, SO_TYPE) == SOCK_STREAM;
        const auto address = listens ? address_of(socket) : std::nullopt;
        if (!address) return fail(Category::invalid, fmt::format("descriptor {}, which was handed over (LISTEN_FDS), is no TCP socket that listens", socket));
        if (std::ranges::find(out.held_, *address, &Held::address) != out.held_.end())
            return fail(Category::invalid, fmt::format("two sockets were handed over that listen on {}", shown(*address)));
        ::fcntl(socket, F_SETFD, FD_CLOEXEC);
        out.held_.push_back({*address, socket});
    }
    return out;
}

std::optional<int> HeldSockets::take(const Address& address) {
    const auto found = std::ranges::find(held_, address, &Held::address);
    if (found == held_.end()) return std::nullopt;
    const int out = found->socket;
    held_.erase(found);
    return out;
}

Status HeldSockets::all_taken() const {
    if (held_.empty()) return {};
    return fail(Category::invalid, fmt::format("a socket was handed over that listens on {}, where no role of the configuration does (listen)", shown(held_.front().address)));
}

}  // namespace idun::app
