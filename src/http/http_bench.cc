#include <benchmark/benchmark.h>

#include "http/client.h"
#include "http/internal/request_parser.h"
#include "http/internal/target.h"

namespace {

using namespace idun;

// Sums what was computed, so that it is computed, and so that two runs can be compared.
void tell(benchmark::State& state, std::size_t sum) { state.counters["sum"] = static_cast<double>(sum); }

void query_parameters(benchmark::State& state) {
    std::size_t sum = 0;
    for (auto _ : state) {
        const auto pairs = http::parameters("patient=Patient%2Fp1&category=laboratory&date=ge2026-01-01&_count=50&_sort=-date");
        sum = pairs->size() + pairs->front().second.size();
    }
    tell(state, sum);
}
BENCHMARK(query_parameters);

void request_target(benchmark::State& state) {
    std::size_t sum = 0;
    for (auto _ : state) sum = http::read_target("/fhir/Patient/p%201/_history/12?_summary=true")->path.size();
    tell(state, sum);
}
BENCHMARK(request_target);

void request_head(benchmark::State& state) {
    const std::string head =
        "GET /fhir/Observation/o1?_summary=true HTTP/1.1\r\nHost: node.example\r\nAccept: application/fhir+json\r\n"
        "Accept-Encoding: gzip\r\nAuthorization: Bearer " + std::string(400, 'a') + "\r\nX-Request-Id: 0123456789abcdef\r\n\r\n";
    http::RequestParser parser({});
    std::size_t sum = 0;
    for (auto _ : state) {
        parser.put(head);
        sum = parser.take().headers.all().size();
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * head.size()));
    tell(state, sum);
}
BENCHMARK(request_head);

// One call after another on a kept connection over loopback, with a body of that many bytes.
void round_trip(benchmark::State& state) {
    const auto body = std::make_shared<const std::string>(static_cast<std::size_t>(state.range(0)), 'x');
    Metrics metrics;
    http::Loop loop;
    const auto server = http::Server::listen(loop, {}, http::answering([&](const http::Request&) {
                                                 http::Response response;
                                                 response.shared_body = body;
                                                 return response;
                                             }),
                                             metrics);
    if (!server) return state.SkipWithError("the server did not start");
    http::Client client(loop, {});
    http::Call call;
    call.url = "http://127.0.0.1:" + std::to_string((*server)->port()) + "/";
    std::size_t sum = 0;
    for (auto _ : state) {
        const auto got = client.fetch(call);
        if (!got) return state.SkipWithError(got.error().message.c_str());
        sum = got->body.size();
    }
    tell(state, sum);
}
BENCHMARK(round_trip)->Arg(100)->Arg(100'000)->UseRealTime();

}  // namespace
