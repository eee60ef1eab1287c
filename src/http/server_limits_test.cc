// Bounds, deadlines, streams, stopping: what the server does when somebody is slow, greedy or gone.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "http/internal/encoding.h"
#include "http/internal/test_server.h"
#include "http/internal/test_socket.h"
#include "http/server.h"

namespace idun::http {
namespace {

using std::chrono::milliseconds;

int status_in(const std::string& answer) { return answer.size() > 12 ? std::atoi(answer.c_str() + 9) : 0; }
bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"; }

std::string unchunked(std::string_view body) {
    std::string out;
    while (!body.empty()) {
        const std::size_t size = std::strtoul(std::string(body.substr(0, 16)).c_str(), nullptr, 16);
        if (size == 0) return out;
        body.remove_prefix(body.find("\r\n") + 2);
        out += body.substr(0, size);
        body.remove_prefix(size + 2);
    }
    return out + "<cut>";
}

// Holds replies until the test lets them go.
struct Held {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Reply> replies;
    Handler handler() {
        return [this](const Request&, Reply reply) {
            const std::lock_guard lock(mutex);
            replies.push_back(std::move(reply));
            changed.notify_all();
        };
    }
    void wait_for(std::size_t count) {
        std::unique_lock lock(mutex);
        CHECK(changed.wait_for(lock, std::chrono::seconds(10), [&] { return replies.size() >= count; }));
    }
};

}  // namespace

TEST_CASE("pipelined requests are answered in order, whatever runs where") {
    for (const std::size_t workers : {0u, 3u}) {
        TestServer server([&](ServerOptions& options) { options.workers = workers; });
        TestSocket socket(server.port());
        std::string all;
        for (int i = 0; i < 300; ++i) all += i % 50 == 7 ? get("/late") : get("/show/" + std::to_string(i));
        socket.send(all);
        for (int i = 0; i < 300; ++i) {
            const std::string answer = socket.read_answer();
            CHECK(status_in(answer) == 200);
            if (i % 50 != 7) CHECK(contains(answer, "|" + std::to_string(i) + "|"));
        }
        socket.send("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + get("/hello"));
        const std::string last = socket.read_all();
        CHECK(contains(last, "\r\nConnection: close\r\n"));
        CHECK(last.ends_with("\r\n\r\nhello"));
        CHECK(last.find("HTTP/1.1 200") == last.rfind("HTTP/1.1 200"));
    }
}

TEST_CASE("a client that stops sending still gets what it asked for") {
    TestServer server;
    TestSocket socket(server.port());
    socket.send(get("/late") + get("/hello") + "GET /never HT");
    socket.end_sending();
    const std::string answers = socket.read_all();
    CHECK(contains(answers, "\r\n\r\nlateHTTP/1.1 200 OK\r\n"));
    CHECK(answers.ends_with("\r\n\r\nhello"));
}

TEST_CASE("HTTP/1.0 closes unless it is asked to stay") {
    TestServer server;
    TestSocket once(server.port());
    once.send("GET /hello HTTP/1.0\r\n\r\n");
    CHECK(contains(once.read_all(), "\r\nConnection: close\r\n"));
    TestSocket stays(server.port());
    for (int i = 0; i < 2; ++i) {
        stays.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        CHECK(contains(stays.read_answer(), "\r\nConnection: keep-alive\r\n"));
    }
    TestSocket streams(server.port());
    streams.send("GET /stream?n=2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(streams.read_all().ends_with("\r\n\r\nline 0\nline 1\n"));
}

TEST_CASE("HEAD is GET without the body") {
    TestServer server;
    TestSocket socket(server.port());
    socket.send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(contains(socket.read_until("\r\n\r\n"), "\r\nContent-Length: 5\r\n"));
    socket.send("HEAD /stream?n=100000 HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(contains(socket.read_until("\r\n\r\n"), "\r\nTransfer-Encoding: chunked\r\n"));
    socket.send(get("/hello"));
    CHECK(socket.read_answer().ends_with("\r\n\r\nhello"));
}

TEST_CASE("100-continue is said before the body, and refusals without it") {
    TestServer server([](ServerOptions& options) { options.body_bytes_max = 10; });
    TestSocket socket(server.port());
    socket.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    CHECK(socket.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    socket.send("abc");
    CHECK(socket.read_answer().ends_with("\r\n\r\nabc"));
    socket.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n");
    CHECK(status_in(socket.read_all()) == 413);
}

TEST_CASE("big bodies go both ways") {
    TestServer server;
    TestSocket socket(server.port());
    const std::string body(5'000'000, 'y');
    std::thread sender([&] { socket.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n" + body); });
    const std::string answer = socket.read_answer();
    sender.join();
    CHECK(answer.ends_with("\r\n\r\n" + body));
}

TEST_CASE("streams are chunked and end whole, or visibly not") {
    TestServer server;
    TestSocket socket(server.port());
    socket.send(get("/stream?n=2000"));
    CHECK(contains(socket.read_until("\r\n\r\n"), "\r\nTransfer-Encoding: chunked\r\n"));
    const std::string body = unchunked(socket.read_until("\r\n0\r\n\r\n"));
    CHECK(body.starts_with("line 0\nline 1\n"));
    CHECK(body.ends_with("line 1999\n"));
    socket.send(get("/stream?n=3&broken"));
    const std::string broken = socket.read_all();
    CHECK(contains(broken, "line 2\n"));
    CHECK_FALSE(broken.ends_with("0\r\n\r\n"));
}

TEST_CASE("a reader that stands still holds its writer, then is cut off") {
    std::promise<std::size_t> written;
    TestServer server([](ServerOptions& options) { options.idle_max = milliseconds(200); },
                      [&](const Request&, Reply reply) {
                          const auto stream = reply.stream({});
                          std::size_t count = 0;
                          while (stream->write(std::string(100'000, 'z'))) ++count;
                          written.set_value(count);
                      });
    TestSocket socket(server.port());
    socket.send(get("/"));
    auto count = written.get_future();
    REQUIRE(count.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    CHECK(count.get() < 1000);  // what the kernel's and our buffers take, far from endless
}

TEST_CASE("a writer learns that its reader has gone") {
    std::promise<void> gone;
    TestServer server({}, [&](const Request&, Reply reply) {
        const auto stream = reply.stream({});
        while (stream->write("x")) std::this_thread::sleep_for(milliseconds(1));
        gone.set_value();
    });
    {
        TestSocket socket(server.port());
        socket.send(get("/"));
        socket.read_until("\r\n\r\n");
    }
    CHECK(gone.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
}

TEST_CASE("dropped and failed handlers answer 500 and the connection lives on") {
    TestServer server;
    TestSocket socket(server.port());
    for (const char* path : {"/drop", "/throw"}) {
        socket.send(get(path));
        CHECK(status_in(socket.read_answer()) == 500);
    }
    socket.send(get("/hello"));
    CHECK(status_in(socket.read_answer()) == 200);
}

TEST_CASE("a handler that never answers is answered for, and its late answer is ignored") {
    Held held;
    TestServer server([](ServerOptions& options) { options.answer_max = milliseconds(50); }, held.handler());
    TestSocket socket(server.port());
    socket.send(get("/"));
    CHECK(status_in(socket.read_answer()) == 504);
    held.wait_for(1);
    Response late;
    late.status = 299;
    held.replies[0].send(late);
    socket.send(get("/"));
    CHECK(status_in(socket.read_answer()) == 504);
    held.replies.clear();
}

TEST_CASE("a request must arrive whole in time; idle connections close quietly") {
    TestServer server([](ServerOptions& options) { options.idle_max = milliseconds(100); });
    for (const std::string part : {"G", "GET / HTTP/1.1\r\nHost: x\r\nA:", "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab",
                                   "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
        CAPTURE(part);
        TestSocket socket(server.port());
        socket.send(part);
        CHECK(status_in(socket.read_all()) == 408);
    }
    TestSocket drips(server.port());
    std::thread sender([&] {
        for (int i = 0; i < 1000 && drips.send(i == 0 ? "GET / HTTP/1.1\r\nA: " : "a"); ++i) std::this_thread::sleep_for(milliseconds(5));
    });
    CHECK(status_in(drips.read_all()) == 408);
    drips.end_sending();
    sender.join();
    TestSocket silent(server.port());
    CHECK(silent.read_all().empty());
    TestSocket idle(server.port());
    idle.send(get("/hello"));
    CHECK(idle.read_answer().ends_with("hello"));
    CHECK(idle.read_all().empty());
}

TEST_CASE("more requests than may wait are refused with 503") {
    std::promise<void> release;
    const auto released = release.get_future().share();
    std::atomic<int> running{0};
    TestServer server(
        [](ServerOptions& options) {
            options.workers = 1;
            options.waiting_max = 2;
        },
        [&, released](const Request&, Reply reply) {
            ++running;
            released.wait();
            reply.send({});
        });
    std::vector<TestSocket> sockets;
    sockets.emplace_back(server.port());
    sockets.back().send(get("/"));
    while (running == 0) std::this_thread::yield();
    for (int i = 0; i < 6; ++i) {
        sockets.emplace_back(server.port());
        sockets.back().send(get("/"));
    }
    int refused = 0;
    // Only the refused are answered while the worker is held.
    std::vector<std::string> answers(sockets.size());
    for (int round = 0; round < 500 && refused < 4; ++round) {
        for (std::size_t i = 1; i < sockets.size(); ++i) {
            if (!answers[i].empty()) continue;
            answers[i] = sockets[i].read_all(milliseconds(5));
            if (!answers[i].empty()) ++refused;
        }
    }
    CHECK(refused == 4);
    for (const std::string& answer : answers) {
        if (!answer.empty()) CHECK(status_in(answer) == 503);
    }
    release.set_value();
    for (std::size_t i = 0; i < sockets.size(); ++i) {
        if (answers[i].empty()) CHECK(status_in(sockets[i].read_answer()) == 200);
    }
}

TEST_CASE("more connections than allowed are turned away") {
    TestServer server([](ServerOptions& options) { options.connections_max = 2; });
    std::vector<TestSocket> inside;
    for (int i = 0; i < 2; ++i) {
        inside.emplace_back(server.port());
        inside.back().send(get("/hello"));
        CHECK(status_in(inside.back().read_answer()) == 200);
    }
    TestSocket third(server.port());
    third.send(get("/hello"));
    CHECK(third.read_all().empty());
    CHECK(contains(server.metrics.text(), "idun_http_open_connections{role=\"hub\"} 2"));
    inside.clear();
    // Room again, as soon as the server has noticed.
    for (int i = 0; i < 1000; ++i) {
        TestSocket next(server.port());
        next.send(get("/hello"));
        if (status_in(next.read_answer()) == 200) return;
        std::this_thread::sleep_for(milliseconds(5));
    }
    CHECK(false);
}

TEST_CASE("stopping lets running requests finish and closes the idle") {
    Held held;
    TestServer server({}, held.handler());
    const std::uint16_t port = server.port();
    TestSocket idle(port);
    TestSocket busy(port);
    busy.send(get("/"));
    held.wait_for(1);
    std::thread stopping([&] { server.server->stop(std::chrono::seconds(20)); });
    CHECK(idle.read_all().empty());
    idle.close();
    held.replies[0].send({});
    CHECK(contains(busy.read_all(), "\r\nConnection: close\r\n"));
    busy.close();
    stopping.join();
}

TEST_CASE("who wait at a held socket are let in when the server begins, and when it ends wait for the next one") {
    const int holder = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(holder, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(holder, 64) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(holder, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    const std::uint16_t port = ntohs(address.sin_port);

    std::optional<TestSocket> early(port);
    early->send(get("/hello"));
    for (int program = 0; program < 3; ++program) {
        TestServer server([&](ServerOptions& options) { options.held = ::dup(holder); });
        CHECK(server.server->port() == port);
        std::this_thread::sleep_for(milliseconds(20));
        server.server->begin();
        CHECK(status_in(early->read_answer()) == 200);
        early->close();
        // Let in, and asks only when the server ends.
        TestSocket late(port);
        std::this_thread::sleep_for(milliseconds(20));
        std::thread ending([&] { server.server->stop(std::chrono::seconds(20)); });
        std::this_thread::sleep_for(milliseconds(20));
        late.send(get("/hello"));
        const std::string last = late.read_all();
        CHECK(status_in(last) == 200);
        CHECK(contains(last, "\r\nConnection: close\r\n"));
        late.close();
        ending.join();
        early.emplace(port);  // nobody is there
        early->send(get("/hello"));
    }
    ::close(holder);
}

TEST_CASE("destroying a server does not wait for replies that are still held") {
    Held held;
    auto server = std::make_unique<TestServer>(std::function<void(ServerOptions&)>(), held.handler());
    TestSocket socket(server->port());
    socket.send(get("/"));
    held.wait_for(1);
    server->server->stop(milliseconds(10));
    CHECK(socket.read_all().empty());
    server.reset();
    held.replies[0].send({});  // goes nowhere, harms nobody
    held.replies.clear();
}

TEST_CASE("a taken port is named") {
    TestServer server;
    ServerOptions options;
    options.port = server.port();
    const auto second = Server::listen(server.loop, options, test_handler(), server.metrics);
    REQUIRE_FALSE(second);
    CHECK(second.error().category == Category::busy);
    CHECK(second.error().message ==
          "cannot listen on 127.0.0.1:" + std::to_string(server.port()) + ": another program already uses this port");
    options.address = "localhost";
    CHECK(Server::listen(server.loop, options, test_handler(), server.metrics).error().category == Category::invalid);
}

TEST_CASE("compressed bodies are read, bombs are not, answers are compressed for who asks") {
    TestServer server([](ServerOptions& options) { options.body_bytes_max = 100'000; });
    TestSocket socket(server.port());
    const auto post = [&](const std::string& body) {
        socket.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\n\r\n" + body);
        return socket.read_answer();
    };
    CHECK(post(gzip("plain")).ends_with("\r\n\r\nplain"));
    CHECK(status_in(post(gzip(std::string(100'001, 'a')))) == 413);
    CHECK(status_in(post(gzip("plain").substr(0, 12))) == 400);
    CHECK(status_in(post(gzip("plain") + "x")) == 400);
    socket.send("GET /big?n=5000 HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br, gzip;q=0.5\r\n\r\n");
    const std::string squeezed = socket.read_answer();
    CHECK(contains(squeezed, "\r\nContent-Encoding: gzip\r\n"));
    CHECK(contains(squeezed, "\r\nVary: Accept-Encoding\r\n"));
    CHECK(*gunzip(squeezed.substr(squeezed.find("\r\n\r\n") + 4), 10'000) == std::string(5000, 'x'));
    socket.send("GET /big?n=5000 HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip, zstd, br\r\n\r\n");
    CHECK(contains(socket.read_answer(), "\r\nContent-Encoding: zstd\r\n"));
    for (const std::string field : {"", "Accept-Encoding: br\r\n", "Accept-Encoding: gzip;q=0\r\n"}) {
        socket.send("GET /big?n=5000 HTTP/1.1\r\nHost: x\r\n" + field + "\r\n");
        CHECK_FALSE(contains(socket.read_answer(), "Content-Encoding"));
    }
    socket.send("GET /big?n=500 HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
    CHECK_FALSE(contains(socket.read_answer(), "Content-Encoding"));
}

TEST_CASE("large bodies are compressed by a worker, not by the thread that answers; plain when no worker is free") {
    std::mutex mutex;
    std::vector<Reply> kept;
    std::promise<void> release;
    std::shared_future<void> released = release.get_future().share();
    std::atomic<int> blocked = 0;
    TestServer server([](ServerOptions& options) { options.workers = 1, options.waiting_max = 1; },
                      [&](const Request& request, Reply reply) {
                          if (request.path == "/keep") {
                              const std::lock_guard lock(mutex);
                              kept.push_back(std::move(reply));
                              return;
                          }
                          ++blocked;
                          released.wait();
                          reply.send({});
                      });
    const auto until = [](const auto& holds) {
        for (int i = 0; i < 2'000 && !holds(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
        CHECK(holds());
    };
    const auto keeping = [&](std::size_t count) {
        const std::lock_guard lock(mutex);
        return kept.size() == count;
    };
    const auto answer = [](std::size_t size) {
        Response out;
        out.headers.set("Content-Type", "application/json");
        out.body = std::string(size, 'x');
        return out;
    };
    std::vector<TestSocket> sockets;
    for (std::size_t i = 0; i < 3; ++i) {
        sockets.emplace_back(server.port());
        sockets[i].send("GET /keep HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
        until([&] { return keeping(i + 1); });
    }
    TestSocket worker(server.port());
    worker.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    until([&] { return blocked == 1; });
    // A small one leaves at once; a large one waits for the worker, while whoever answered goes on.
    kept[0].send(answer(5'000));
    CHECK(contains(sockets[0].read_answer(), "\r\nContent-Encoding: gzip\r\n"));
    kept[1].send(answer(1'000'000));
    CHECK(sockets[1].read_all(std::chrono::milliseconds(100)).empty());
    // The place in front of the worker is taken now.
    kept[2].send(answer(1'000'000));
    const std::string plain = sockets[2].read_answer();
    CHECK_FALSE(contains(plain, "Content-Encoding"));
    CHECK(plain.ends_with(std::string(1'000, 'x')));
    release.set_value();
    const std::string squeezed = sockets[1].read_answer();
    CHECK(contains(squeezed, "\r\nContent-Encoding: gzip\r\n"));
    CHECK(*gunzip(squeezed.substr(squeezed.find("\r\n\r\n") + 4), 2'000'000) == std::string(1'000'000, 'x'));
}

TEST_CASE("answers cannot break the framing") {
    TestServer server({}, answering([](const Request&) {
                          Response response;
                          response.headers.add("X-A", "1\r\nX-B: 2");
                          response.headers.add("X C", "3");
                          response.headers.add("Content-Length", "99");
                          response.headers.add("Transfer-Encoding", "chunked");
                          response.headers.add("X-Request-Id", "theirs");
                          response.status = 42;
                          response.body = "b";
                          return response;
                      }));
    TestSocket socket(server.port());
    socket.send("GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: evil\tid\r\n\r\n");
    const std::string answer = socket.read_answer();
    CHECK(status_in(answer) == 500);
    for (const char* part : {"X-A", "X-B", "X C", ": 99", "chunked", "theirs", "evil"}) CHECK_FALSE(contains(answer, part));
    CHECK(answer.ends_with("\r\n\r\nb"));
}

TEST_CASE("metrics count by role, method and status class and name no path") {
    TestServer server([](ServerOptions& options) { options.role = "node"; });
    TestSocket socket(server.port());
    for (const char* path : {"/hello", "/hello", "/secret-path"}) {
        socket.send(get(path));
        socket.read_answer();
    }
    const std::string text = server.metrics.text();
    CHECK(contains(text, R"(idun_http_requests_total{method="GET",role="node",status="2xx"} 2)"));
    CHECK(contains(text, R"(idun_http_requests_total{method="GET",role="node",status="4xx"} 1)"));
    CHECK(contains(text, "idun_http_request_seconds_count{role=\"node\"} 3"));
    CHECK_FALSE(contains(text, "secret"));
}

TEST_CASE("many connections at once") {
    TestServer server([](ServerOptions& options) { options.workers = 3; });
    std::vector<std::thread> threads;
    std::atomic<int> good{0};
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            TestSocket socket(server.port());
            for (int i = 0; i < 200; ++i) {
                const std::string id = std::to_string(t * 1000 + i);
                socket.send(get("/show/" + id));
                if (contains(socket.read_answer(), "|" + id + "|")) ++good;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(good == 1600);
}

}  // namespace idun::http
