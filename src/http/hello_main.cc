// A server to point a load tool at: `http_hello PORT WORKERS`. /hello answers 5 bytes, /lookup/:id 1.1 KB of JSON
// found by id in a table. WORKERS 0 runs handlers on the loop thread.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unordered_map>

#include "http/router.h"
#include "http/server.h"

using namespace idun;

int main(int argc, char** argv) {
    std::unordered_map<std::string, std::shared_ptr<const std::string>> table;
    for (int i = 0; i < 100'000; ++i) {
        table[std::to_string(i)] = std::make_shared<const std::string>(R"({"resourceType":"Patient","id":")" + std::to_string(i) +
                                                                       R"(","text":")" + std::string(1000, 'x') + "\"}");
    }
    http::Router router;
    router.add("GET", "/hello", http::answering([](const http::Request&) {
                   http::Response response;
                   response.headers.add("Content-Type", "text/plain");
                   response.body = "hello";
                   return response;
               }));
    router.add("GET", "/lookup/:id", http::answering([&](const http::Request& request) {
                   http::Response response;
                   const auto found = table.find(request.parts[0]);
                   if (found == table.end()) {
                       response.status = 404;
                       return response;
                   }
                   response.headers.add("Content-Type", "application/fhir+json");
                   response.shared_body = found->second;
                   return response;
               }));
    Metrics metrics;
    http::Loop loop;
    http::ServerOptions options;
    options.port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
    options.workers = static_cast<std::size_t>(argc > 2 ? std::atoi(argv[2]) : 4);
    const auto server = http::Server::listen(loop, options, std::move(router).handler(), metrics);
    if (!server) {
        std::fprintf(stderr, "%s\n", server.error().message.c_str());
        return 1;
    }
    std::printf("port %d\n", (*server)->port());
    std::fflush(stdout);
    while (std::getchar() != EOF) {}
    (*server)->stop(std::chrono::seconds(1));
}
