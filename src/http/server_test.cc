#include "http/server.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "http/client.h"
#include "http/internal/test_server.h"
#include "http/internal/test_socket.h"

namespace idun::http {
namespace {

int status_in(const std::string& answer) { return answer.size() > 12 ? std::atoi(answer.c_str() + 9) : 0; }
bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("an answer carries the fields every answer carries") {
    TestServer server;
    TestSocket socket(server.port());
    socket.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string answer = socket.read_answer();
    CHECK(answer.starts_with("HTTP/1.1 200 OK\r\nDate: "));
    CHECK(contains(answer, "\r\nX-Content-Type-Options: nosniff\r\n"));
    CHECK(contains(answer, "\r\nCache-Control: no-store\r\n"));
    CHECK(contains(answer, "\r\nX-Request-Id: "));
    CHECK(contains(answer, "\r\nContent-Length: 5\r\n"));
    CHECK(answer.ends_with("\r\n\r\nhello"));
}

TEST_CASE("malformed and hostile requests get their status and the connection closes") {
    struct Row {
        const char* name;
        std::string bytes;
        int status;
    };
    const std::string host = "Host: x\r\n";
    const std::vector<Row> rows = {
        {"no version", "GET /\r\n" + host + "\r\n", 400},
        {"old version", "GET / HTTP/0.9\r\n" + host + "\r\n", 505},
        {"new version", "GET / HTTP/3.0\r\n" + host + "\r\n", 505},
        {"version in lower case", "GET / http/1.1\r\n" + host + "\r\n", 505},
        {"garbage", "\x16\x03\x01\x02\r\n\r\n", 400},
        {"unknown method", "BREW / HTTP/1.1\r\n" + host + "\r\n", 501},
        {"method in lower case", "get / HTTP/1.1\r\n" + host + "\r\n", 501},
        {"trace", "TRACE / HTTP/1.1\r\n" + host + "\r\n", 501},
        {"connect", "CONNECT x:1 HTTP/1.1\r\n" + host + "\r\n", 501},
        {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
        {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        {"bare line feeds", "GET / HTTP/1.1\nHost: x\n\n", 400},
        {"one bare line feed", "GET / HTTP/1.1\r\nHost: x\n\r\n", 400},
        {"bare carriage return", "GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n", 400},
        {"folded field", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400},
        {"folded with a tab", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\tc\r\n\r\n", 400},
        {"first field begins with space", "GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400},
        {"space before the colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},
        {"no colon", "GET / HTTP/1.1\r\nHost x\r\n\r\n", 400},
        {"empty field name", "GET / HTTP/1.1\r\n" + host + ": x\r\n\r\n", 400},
        {"NUL in a value", "GET / HTTP/1.1\r\n" + host + std::string("A: b\0c\r\n\r\n", 10), 400},
        {"length and encoding", "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"encoding and length", "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400},
        {"length twice, the same", "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
        {"length twice, different", "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400},
        {"list of lengths", "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 3, 3\r\n\r\nabc", 400},
        {"negative length", "POST /echo HTTP/1.1\r\n" + host + "Content-Length: -3\r\n\r\nabc", 400},
        {"signed length", "POST /echo HTTP/1.1\r\n" + host + "Content-Length: +3\r\n\r\nabc", 400},
        {"hexadecimal length", "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 0x3\r\n\r\nabc", 400},
        {"empty length", "POST /echo HTTP/1.1\r\n" + host + "Content-Length: \r\n\r\nabc", 400},
        {"length over 64 bits", "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999\r\n\r\n", 400},
        {"length over the limit", "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 2001\r\n\r\n", 413},
        {"chunk over the limit", "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n7d1\r\n", 413},
        {"chunk over 64 bits", "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n11111111111111111\r\n", 400},
        {"chunk size not a number", "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
        {"chunk without its end", "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcdefgh\r\n", 400},
        {"endless chunk extension", "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3;" + std::string(5000, 'a'), 431},
        {"endless trailers", "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + std::string(5000, 'a'), 431},
        {"encoding twice", "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"unknown encoding", "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
        {"encoding with junk", "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n", 501},
        {"encoding in HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"unknown expectation", "POST /echo HTTP/1.1\r\n" + host + "Expect: a-miracle\r\nContent-Length: 1\r\n\r\n", 417},
        {"target without slash", "GET hello HTTP/1.1\r\n" + host + "\r\n", 400},
        {"asterisk", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n", 400},
        {"dot segments", "GET /a/../hello HTTP/1.1\r\n" + host + "\r\n", 400},
        {"escaped dot segments", "GET /a/%2e%2E/hello HTTP/1.1\r\n" + host + "\r\n", 400},
        {"one dot", "GET /./hello HTTP/1.1\r\n" + host + "\r\n", 400},
        {"escaped slash", "GET /a%2Fb HTTP/1.1\r\n" + host + "\r\n", 400},
        {"NUL in the path", "GET /a%00b HTTP/1.1\r\n" + host + "\r\n", 400},
        {"line feed in the path", "GET /a%0ab HTTP/1.1\r\n" + host + "\r\n", 400},
        {"broken escape", "GET /a%zz HTTP/1.1\r\n" + host + "\r\n", 400},
        {"cut escape", "GET /a%2 HTTP/1.1\r\n" + host + "\r\n", 400},
        {"not UTF-8", "GET /a%ff HTTP/1.1\r\n" + host + "\r\n", 400},
        {"overlong UTF-8", "GET /a%c0%ae HTTP/1.1\r\n" + host + "\r\n", 400},
        {"raw high byte", "GET /a\xc3\xa5 HTTP/1.1\r\n" + host + "\r\n", 400},
        {"fragment", "GET /hello#a HTTP/1.1\r\n" + host + "\r\n", 400},
        {"HTTP/2 by prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"a version too short to be one", "GET / 1\r\n\r\n", 400},
        {"space in the target", "GET /a b HTTP/1.1\r\n" + host + "\r\n", 505},
        {"long target", "GET /" + std::string(5000, 'a') + " HTTP/1.1\r\n" + host + "\r\n", 414},
        {"long header", "GET / HTTP/1.1\r\n" + host + "A: " + std::string(5000, 'a') + "\r\n\r\n", 431},
        {"endless header", "GET / HTTP/1.1\r\n" + host + "A: " + std::string(5000, 'a'), 431},
        {"unknown content encoding", "POST /echo HTTP/1.1\r\n" + host + "Connection: close\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx", 415},
        {"broken gzip", "POST /echo HTTP/1.1\r\n" + host + "Connection: close\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", 400},
        {"cut zstd", "POST /echo HTTP/1.1\r\n" + host + "Connection: close\r\nContent-Encoding: zstd\r\nContent-Length: 4\r\n\r\n\x28\xb5\x2f\xfd", 400},
    };
    TestServer server([](ServerOptions& options) {
        options.header_bytes_max = 4096;
        options.body_bytes_max = 2000;
    });
    for (const Row& row : rows) {
        const std::string name = row.name;
        CAPTURE(name);
        TestSocket socket(server.port());
        socket.send(row.bytes);
        const std::string answer = socket.read_all();
        CHECK(status_in(answer) == row.status);
        CHECK(contains(answer, "Content-Type: application/problem+json\r\n"));
        CHECK(contains(answer, "\r\nConnection: close\r\n"));
    }
    TestSocket many(server.port());
    std::string fields;
    for (int i = 0; i < 101; ++i) fields += "a:b\r\n";
    many.send("GET /hello HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n");
    CHECK(status_in(many.read_all()) == 431);
}

TEST_CASE("a request may come byte by byte, with every way of framing a body") {
    TestServer server;
    const std::vector<std::pair<std::string, std::string>> rows = {
        {"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", "hello"},
        {"\r\nGET /hello HTTP/1.1\r\nhOsT:\tx \r\n\r\n", "hello"},
        {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", "abc"},
        {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", ""},
        {"POST /echo HTTP/1.1\r\nHost: x\r\n\r\n", ""},
        {"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", ""},
        {"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n", "abc"},
        {"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nHost: smuggled\r\nX-Request-Id: t\r\n\r\n", "ab"},
        {"GET http://elsewhere/hello HTTP/1.1\r\nHost: x\r\n\r\n", "hello"},
        {"GET /show/%C3%A5+b?q=%20+ HTTP/1.1\r\nHost: x\r\nX-Request-Id: r-1\r\nAuthorization: bearer t.o.k\r\n\r\n",
         "GET|/show/å+b|q=%20+|å+b|r-1|t.o.k"},
    };
    for (const auto& [request, expected] : rows) {
        CAPTURE(request);
        TestSocket whole(server.port());
        whole.send(request);
        CHECK(whole.read_answer().ends_with("\r\n\r\n" + expected));
        TestSocket slow(server.port());
        for (const char byte : request) slow.send(std::string_view(&byte, 1));
        CHECK(slow.read_answer().ends_with("\r\n\r\n" + expected));
    }
}

TEST_CASE("client and server talk") {
    TestServer server;
    Client client(server.loop, {});
    for (int i = 0; i < 20; ++i) {
        Call call;
        call.method = "POST";
        call.url = "http://127.0.0.1:" + std::to_string(server.port()) + "/echo";
        call.body = std::string(static_cast<std::size_t>(i) * 1000, 'b');
        const auto answer = client.fetch(call);
        REQUIRE(answer);
        CHECK(answer->status == 200);
        CHECK(answer->body == call.body);
    }
}

}  // namespace idun::http
