#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "base/result.h"
#include "http/internal/test_socket.h"

namespace idun::http {
namespace {

sockaddr_in local(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

}  // namespace

TestSocket::TestSocket(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in address = local(port);
    IDUN_CHECK(connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
}

TestSocket::~TestSocket() { close(); }

void TestSocket::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

bool TestSocket::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

void TestSocket::end_sending() { shutdown(fd_, SHUT_WR); }

bool TestSocket::read_some(std::chrono::milliseconds patience) {
    pollfd wait{fd_, POLLIN, 0};
    if (poll(&wait, 1, static_cast<int>(patience.count())) <= 0) return false;
    char buffer[16384];
    const ssize_t n = recv(fd_, buffer, sizeof(buffer), 0);
    if (n <= 0) return false;
    kept_.append(buffer, static_cast<std::size_t>(n));
    return true;
}

std::string TestSocket::read_all(std::chrono::milliseconds patience) {
    while (read_some(patience)) {}
    return std::exchange(kept_, {});
}

std::string TestSocket::read_until(std::string_view end) {
    while (true) {
        const std::size_t at = kept_.find(end);
        if (at != std::string::npos) {
            std::string out = kept_.substr(0, at + end.size());
            kept_.erase(0, at + end.size());
            return out;
        }
        if (!read_some(std::chrono::seconds(10))) return std::exchange(kept_, {});
    }
}

std::string TestSocket::read_answer() {
    std::string out = read_until("\r\n\r\n");
    const std::size_t at = out.find("Content-Length: ");
    const std::size_t size = at == std::string::npos ? 0 : std::strtoul(out.c_str() + at + 16, nullptr, 10);
    while (kept_.size() < size && read_some(std::chrono::seconds(10))) {}
    out += kept_.substr(0, size);
    kept_.erase(0, std::min(size, kept_.size()));
    return out;
}

TestListener::TestListener() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = local(0);
    IDUN_CHECK(bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    IDUN_CHECK(listen(fd_, 64) == 0);
    socklen_t size = sizeof(address);
    IDUN_CHECK(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
}

TestListener::~TestListener() { ::close(fd_); }

TestSocket TestListener::accept() { return TestSocket::adopt(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC)); }

}  // namespace idun::http
