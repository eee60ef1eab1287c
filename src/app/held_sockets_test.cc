// Sockets that are handed over: whose they are, which are refused, and that nobody who waits at one is lost.
#include "app/held_sockets.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>

using namespace idun;
using namespace idun::app;

namespace {

// Open descriptors in a row that nobody else uses.
struct Sockets {
    static constexpr int kFrom = 700;
    int count = 0;
    std::vector<std::uint16_t> ports;

    ~Sockets() {
        for (int at = 0; at < count; ++at) ::close(kFrom + at);
    }
    void add(int made) {
        REQUIRE(made >= 0);
        REQUIRE(::dup2(made, kFrom + count) == kFrom + count);
        ::close(made);
        ++count;
    }
    void add_listening(int type = SOCK_STREAM) {
        const int made = ::socket(AF_INET, type, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::bind(made, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        if (type == SOCK_STREAM) REQUIRE(::listen(made, 16) == 0);
        socklen_t size = sizeof address;
        REQUIRE(::getsockname(made, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        ports.push_back(ntohs(address.sin_port));
        add(made);
    }
    Result<HeldSockets> taken(std::string process, std::string how_many) const {
        const std::map<std::string, std::string> words{{"LISTEN_PID", std::move(process)}, {"LISTEN_FDS", std::move(how_many)}};
        return HeldSockets::from([&](const char* name) { return words.at(name); }, kFrom);
    }
    Result<HeldSockets> taken() const { return taken(std::to_string(::getpid()), std::to_string(count)); }
};

}  // namespace

TEST_CASE("a role takes the socket that listens where it does, once, and none may be left") {
    Sockets sockets;
    sockets.add_listening();
    sockets.add_listening();
    auto held = sockets.taken();
    REQUIRE(held);
    CHECK(held->take({"127.0.0.1", 1}) == std::nullopt);
    CHECK(held->take({"::1", sockets.ports[1]}) == std::nullopt);
    CHECK(held->take({"127.0.0.1", sockets.ports[1]}) == Sockets::kFrom + 1);
    CHECK(held->take({"127.0.0.1", sockets.ports[1]}) == std::nullopt);
    REQUIRE_FALSE(held->all_taken());
    CHECK(held->all_taken().error().message.find(std::to_string(sockets.ports[0])) != std::string::npos);
    CHECK(held->take({"127.0.0.1", sockets.ports[0]}) == Sockets::kFrom);
    CHECK(held->all_taken());
    CHECK((::fcntl(Sockets::kFrom, F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("sockets for another process are not ours, and what is no listening TCP socket is refused") {
    Sockets sockets;
    sockets.add_listening();
    CHECK(sockets.taken("", "")->all_taken());
    CHECK(sockets.taken(std::to_string(::getpid() + 1), "1")->all_taken());
    for (const auto& [process, count] : {std::pair<std::string, std::string>{"x", "1"}, {"1 ", "1"}, {std::to_string(::getpid()), "-1"}, {std::to_string(::getpid()), "65"}, {std::to_string(::getpid()), "1x"}})
        CHECK_MESSAGE(!sockets.taken(process, count), process, " ", count);
    CHECK_FALSE(sockets.taken(std::to_string(::getpid()), "2"));  // there is one

    Sockets datagrams;
    datagrams.add_listening(SOCK_DGRAM);
    CHECK_FALSE(datagrams.taken());
    Sockets files;
    files.add(::open("/dev/null", O_RDONLY));
    CHECK_FALSE(files.taken());
    Sockets connected;
    connected.add(::socket(AF_INET, SOCK_STREAM, 0));  // does not listen
    CHECK_FALSE(connected.taken());
    Sockets twice;
    twice.add_listening();
    twice.add(::dup(Sockets::kFrom));
    CHECK_FALSE(twice.taken());
}
