// A plain blocking socket for tests: bytes exactly as the test writes them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace idun::http {

class TestSocket {
public:
    explicit TestSocket(std::uint16_t port);  // connects to 127.0.0.1
    static TestSocket adopt(int fd) { return TestSocket(fd, 0); }
    TestSocket(TestSocket&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    ~TestSocket();

    bool send(std::string_view bytes);
    void end_sending();
    void close();
    // Everything until the other side closes, or until nothing came for `patience`.
    std::string read_all(std::chrono::milliseconds patience = std::chrono::seconds(10));
    // Until `end` was read; what came after it is kept for the next read.
    std::string read_until(std::string_view end);
    // One answer: head and, by Content-Length, body.
    std::string read_answer();
    int fd() const { return fd_; }

private:
    TestSocket(int fd, int) : fd_(fd) {}
    bool read_some(std::chrono::milliseconds patience);

    int fd_ = -1;
    std::string kept_;
};

// A server that says whatever a test wants it to: one thread, one connection after the other.
class TestListener {
public:
    TestListener();
    ~TestListener();
    std::uint16_t port() const { return port_; }
    TestSocket accept();

private:
    int fd_;
    std::uint16_t port_ = 0;
};

}  // namespace idun::http
