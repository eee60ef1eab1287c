#include "http/internal/test_server.h"

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "http/router.h"

namespace idun::http {
namespace {

Response text(std::string body) {
    Response response;
    response.headers.add("Content-Type", "text/plain");
    response.body = std::move(body);
    return response;
}

std::size_t count_of(const Request& request) {
    const auto pairs = parameters(request.query);
    if (!pairs || pairs->empty()) return 0;
    return std::strtoul(pairs->front().second.c_str(), nullptr, 10);
}

void stream_lines(const Request& request, Reply reply) {
    const std::size_t count = count_of(request);
    const auto stream = reply.stream(text(""));
    for (std::size_t i = 0; i < count; ++i) {
        if (!stream->write("line " + std::to_string(i) + "\n")) return;
    }
    if (request.query.find("broken") == std::string::npos) stream->end();
}

}  // namespace

Handler test_handler() {
    Router router;
    router.add("GET", "/hello", answering([](const Request&) { return text("hello"); }));
    router.add("POST", "/echo", answering([](const Request& request) { return text(request.body); }));
    router.add("GET", "/big", answering([](const Request& request) { return text(std::string(count_of(request), 'x')); }));
    router.add("GET", "/stream", stream_lines);
    router.add("GET", "/drop", [](const Request&, const Reply&) {});
    router.add("GET", "/throw", [](const Request&, const Reply&) { throw std::runtime_error("x"); });
    router.add("GET", "/late", [](const Request&, Reply reply) {
        std::thread([held = std::make_shared<Reply>(std::move(reply))] {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            held->send(text("late"));
        }).detach();
    });
    router.add("GET", "/show/:id", answering([](const Request& request) {
                   return text(request.method + "|" + request.path + "|" + request.query + "|" + request.parts[0] + "|" +
                               std::string(request.headers.get("X-Request-Id")) + "|" + std::string(request.bearer()));
               }));
    return std::move(router).handler();
}

TestServer::TestServer(const std::function<void(ServerOptions&)>& adjust, Handler handler) {
    ServerOptions options;
    options.workers = 2;
    if (adjust) adjust(options);
    auto made = Server::listen(loop, options, handler ? std::move(handler) : test_handler(), metrics);
    IDUN_CHECK(made);
    server = std::move(*made);
}

}  // namespace idun::http
