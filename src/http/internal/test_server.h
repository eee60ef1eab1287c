// A server for tests with small limits and a few handlers.
#pragma once

#include <functional>
#include <memory>

#include "base/metrics.h"
#include "http/server.h"

namespace idun::http {

struct TestServer {
    explicit TestServer(const std::function<void(ServerOptions&)>& adjust = {}, Handler handler = {});

    Metrics metrics;
    Loop loop{2};
    std::unique_ptr<Server> server;
    std::uint16_t port() const { return server->port(); }
};

// GET /hello answers "hello"; POST /echo gives the body back; GET /big?n= answers n bytes;
// GET /stream?n= streams n numbered lines; GET /drop drops the reply; GET /throw throws;
// GET /late answers after 50 ms from another thread; GET /show shows method, path, query and a header.
Handler test_handler();

}  // namespace idun::http
