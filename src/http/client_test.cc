#include "http/client.h"

#include <doctest/doctest.h>

#include <future>

#include "http/internal/test_server.h"
#include "http/internal/test_socket.h"
#include "http/internal/url.h"

namespace idun::http {
namespace {

using std::chrono::milliseconds;

Call call_to(std::uint16_t port, const std::string& path) {
    Call call;
    call.url = "http://127.0.0.1:" + std::to_string(port) + path;
    return call;
}

// One thread that plays a server: reads a request head on each connection, then says the next of `answers`.
struct Actor {
    explicit Actor(std::vector<std::string> answers)
        : thread([this, said = std::move(answers)] {
              for (const std::string& answer : said) {
                  TestSocket socket = listener.accept();
                  socket.read_until("\r\n\r\n");
                  socket.send(answer);
              }
          }) {}
    ~Actor() { thread.join(); }
    TestListener listener;
    std::thread thread;
};

}  // namespace

TEST_CASE("misbehaving servers give clear errors") {
    struct Row {
        const char* answer;
        Category category;
    };
    Loop loop;
    Client client(loop, {});
    for (const Row& row : std::vector<Row>{
             {"", Category::unavailable},
             {"HTTP/1.1 200 OK\r\n", Category::unavailable},
             {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", Category::unavailable},
             {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", Category::unavailable},
             {"SSH-2.0-OpenSSH_9.2\r\n\r\n", Category::invalid},
             {"HTTP/1.1 200 OK\nContent-Length: 0\n\n", Category::invalid},
             {"HTTP/1.1 2\r\n\r\n", Category::invalid},
             {"HTTP/1.1 999 X\r\n\r\n", Category::invalid},
             {"HTTP/1.1 101 X\r\n\r\n", Category::invalid},
             {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", Category::invalid},
             {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na", Category::invalid},
             {"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\na", Category::invalid},
             {"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", Category::invalid},
             {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Category::invalid},
             {"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", Category::too_large},
             {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n", Category::too_large},
         }) {
        const std::string answer = row.answer;
        CAPTURE(answer);
        Actor actor({answer});
        Call call = call_to(actor.listener.port(), "/");
        call.answer_bytes_max = 100;
        const auto got = client.fetch(call);
        REQUIRE_FALSE(got);
        CHECK(to_string(got.error().category) == to_string(row.category));
    }
}

TEST_CASE("unusual but right answers are read") {
    struct Row {
        const char* answer;
        int status;
        const char* body;
    };
    Loop loop;
    Client client(loop, {});
    for (const Row& row : std::vector<Row>{
             {"HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, "until the end"},
             {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nT: x\r\n\r\n", 200, "ab"},
             {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx", 201, "x"},
             {"HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
             {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, ""},
             {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naTRAILING GARBAGE", 200, "a"},
         }) {
        const std::string answer = row.answer;
        CAPTURE(answer);
        Actor actor({answer});
        const auto got = client.fetch(call_to(actor.listener.port(), "/"));
        REQUIRE(got);
        CHECK(got->status == row.status);
        CHECK(got->body == row.body);
    }
}

TEST_CASE("a server that never answers runs into the deadline") {
    Loop loop;
    Client client(loop, {});
    TestListener listener;  // its backlog takes the connection, nobody reads
    Call call = call_to(listener.port(), "/");
    call.timeout = milliseconds(50);
    const auto got = client.fetch(call);
    REQUIRE_FALSE(got);
    CHECK(got.error().category == Category::busy);
}

TEST_CASE("nobody listens there") {
    Loop loop;
    Client client(loop, {});
    std::uint16_t port = 0;
    { port = TestListener().port(); }
    const auto got = client.fetch(call_to(port, "/"));
    REQUIRE_FALSE(got);
    CHECK(got.error().category == Category::unavailable);
}

TEST_CASE("a connection that died in the pool is replaced once, for idempotent methods only") {
    Loop loop;
    Client client(loop, {});
    const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na";
    for (const std::string method : {"GET", "POST"}) {
        TestListener listener;
        std::promise<void> second_came;
        std::thread actor([&] {
            TestSocket first = listener.accept();
            first.read_until("\r\n\r\n");
            first.send(ok);
            first.read_until("\r\n\r\n");  // the second call comes on the kept connection
            first.close();                 // and dies with it
            if (method != "GET") return;
            TestSocket again = listener.accept();
            again.read_until("\r\n\r\n");
            again.send(ok);
        });
        Call call = call_to(listener.port(), "/");
        CHECK(client.fetch(call));
        call.method = method;
        const auto got = client.fetch(call);
        CHECK(bool(got) == (method == "GET"));
        if (!got) CHECK(got.error().category == Category::unavailable);
        actor.join();
    }
}

TEST_CASE("connections are kept and shared, and no more are opened than allowed") {
    TestServer server;
    Client::Options options;
    options.connections_per_host_max = 3;
    Client client(server.loop, options);
    std::atomic<int> good{0};
    std::atomic<int> left{60};
    std::promise<void> all;
    for (int i = 0; i < 60; ++i) {
        client.send(call_to(server.port(), i % 3 == 0 ? "/late" : "/hello"), [&](Result<Response> got) {
            if (got && got->status == 200) ++good;
            if (--left == 0) all.set_value();
        });
    }
    all.get_future().wait();
    CHECK(good == 60);
    const std::string text = server.metrics.text();
    const std::size_t at = text.find("idun_http_open_connections{role=\"hub\"} ");
    REQUIRE(at != std::string::npos);
    CHECK(std::atoi(text.c_str() + at + 39) <= 3);
}

TEST_CASE("HEAD has no body, fields are carried both ways") {
    TestServer server;
    Client client(server.loop, {});
    Call call = call_to(server.port(), "/hello");
    call.method = "HEAD";
    for (int i = 0; i < 3; ++i) {
        const auto got = client.fetch(call);
        REQUIRE(got);
        CHECK(got->headers.get("content-length") == "5");
        CHECK(got->body.empty());
    }
    Call show = call_to(server.port(), "/show/1?a=b");
    show.headers.add("X-Request-Id", "abc");
    show.headers.add("Host", "ignored");
    show.headers.add("Content-Length", "77");
    CHECK(client.fetch(show)->body == "GET|/show/1|a=b|1|abc|");
}

TEST_CASE("malformed calls are refused before anything is sent") {
    Loop loop;
    Client client(loop, {});
    for (const char* url : {"", "ftp://x/", "http://", "http:///a", "http://a b/", "http://u@h/", "http://h:0/", "http://h:99999/",
                            "http://h:1x/", "http://[::1/", "http://[::1]x/", "http://h/#f", "http://h/\r\nX: y"}) {
        CAPTURE(std::string(url));
        Call call;
        call.url = url;
        const auto got = client.fetch(call);
        REQUIRE_FALSE(got);
        CHECK(got.error().category == Category::invalid);
    }
    Call call = call_to(1, "/");
    call.headers.add("A", "b\r\nC: d");
    CHECK(client.fetch(call).error().category == Category::invalid);
    Call method = call_to(1, "/");
    method.method = "GET /";
    CHECK(client.fetch(method).error().category == Category::invalid);
}

TEST_CASE("URLs are taken apart") {
    const auto url = read_url("https://[::1]:8443/a?b=c");
    REQUIRE(url);
    CHECK(url->tls);
    CHECK(url->host == "::1");
    CHECK(url->port == "8443");
    CHECK(url->authority == "[::1]:8443");
    CHECK(url->target == "/a?b=c");
    CHECK(read_url("http://h?x")->target == "/?x");
    CHECK(read_url("http://h")->target == "/");
    CHECK(read_url("https://h")->port == "443");
}

TEST_CASE("a client that ends ends its calls") {
    Loop loop;
    TestListener listener;
    std::promise<Category> ended;
    {
        Client client(loop, {});
        client.send(call_to(listener.port(), "/"), [&](Result<Response> got) { ended.set_value(got.error().category); });
        const TestSocket socket = listener.accept();
    }
    CHECK(ended.get_future().get() == Category::unavailable);
}

}  // namespace idun::http
