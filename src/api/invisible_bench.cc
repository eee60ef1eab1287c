// Does time tell what answers do not? The same question about somebody (or something) hidden and about somebody who
// never was, in random turn, to one node; and, as a control, two that never were. `auc` is the chance that one of the
// first took longer than one of the second (Mann-Whitney): 0.5 is no difference at all. IDUN_INVISIBLE_ASKED says how
// often each is asked (default 200).
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <random>

#include "api/internal/world.h"

namespace {

using namespace idun;
using namespace idun::api;

constexpr int kHidden = 20;   // of the person with something to hide
constexpr int kVisible = 50;  // of each person

std::size_t asked() {
    const char* given = std::getenv("IDUN_INVISIBLE_ASKED");
    return given ? static_cast<std::size_t>(std::max(10, std::atoi(given))) : 200;
}

World& world() {
    static World* const made = [] {
        auto* w = new World(1);
        const auto put = [&](const std::string& json, const std::string& unit) {
            const auto document = json::Document::parse(json);
            records::Context context;
            context.unit = unit;
            const json::Value root = document->root();
            IDUN_CHECK(w->records->update(root["resourceType"].text(), root["id"].text(), root, context).ok());
        };
        // Persons h (with something hidden), a and b (without); what is hidden has ids as long as those of what never
        // was.
        for (const std::string person : {"h", "a", "b"}) {
            put(R"({"resourceType":"Patient","id":"p)" + person +
                    R"(","identifier":[{"system":"urn:person","value":")" + person + "\"}]}",
                "");
            for (int i = 0; i < kVisible; ++i)
                put(R"({"resourceType":"Condition","id":"v)" + person + std::to_string(100 + i) +
                        R"(","subject":{"reference":"Patient/p)" + person + "\"}}",
                    "B");
        }
        for (int i = 0; i < kHidden; ++i)
            put(R"({"resourceType":"Condition","id":"xh)" + std::to_string(100 + i) +
                    R"(","subject":{"reference":"Patient/ph"}})",
                "A");
        rights::FactChange change;
        change.person = World::person("h");
        change.kind = rights::ChangeKind::block;
        change.fact = rights::Block{
            .fact_id = "f1", .layer = rights::Layer::inner, .scope = {.provider_id = World::kProvider, .unit_id = "A"}};
        w->choose({change});
        return w;
    }();
    return *made;
}

// The chance that one of `a` is greater than one of `b`.
double auc(const std::vector<double>& a, std::vector<double> b) {
    std::ranges::sort(b);
    double sum = 0;
    for (const double x : a) {
        const auto [low, high] = std::ranges::equal_range(b, x);
        sum += static_cast<double>(low - b.begin()) + static_cast<double>(high - low) / 2;
    }
    return sum / static_cast<double>(a.size()) / static_cast<double>(b.size());
}

double median(std::vector<double> all) {
    std::ranges::nth_element(all, all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2));
    return all[all.size() / 2];
}

// `question` of "h", "a" or "b" and a number.
void compare(benchmark::State& state,
             const std::function<World::Asked(const std::string& person, int number)>& question) {
    World& w = world();
    const Caller caller{"bea", trust::Role::clinician, "B"};
    std::mt19937 numbers(1);
    std::array<std::vector<double>, 3> times;
    for (auto _ : state) {
        for (std::vector<double>& one : times) one.clear();
        while (times[0].size() < asked() || times[1].size() < asked() || times[2].size() < asked()) {
            const std::size_t whose = numbers() % 3;
            const World::Asked what =
                question(std::string(1, "hab"[whose]), static_cast<int>(100 + numbers() % kHidden));
            const auto start = std::chrono::steady_clock::now();
            benchmark::DoNotOptimize(w.ask(caller, what));
            times[whose].push_back(
                std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
        }
    }
    state.counters["hidden_us"] = median(times[0]);
    state.counters["absent_us"] = median(times[1]);
    state.counters["auc"] = auc(times[0], times[1]);
    state.counters["auc_control"] = auc(times[2], times[1]);
}

std::string id(const std::string& person, int number) { return "/fhir/Condition/x" + person + std::to_string(number); }

void Read(benchmark::State& state) {
    compare(state, [](const std::string& person, int number) { return World::Asked{"GET", id(person, number)}; });
}
void Vread(benchmark::State& state) {
    compare(state, [](const std::string& person, int number) {
        return World::Asked{"GET", id(person, number) + "/_history/1"};
    });
}
void History(benchmark::State& state) {
    compare(state, [](const std::string& person, int number) {
        return World::Asked{"GET", id(person, number) + "/_history"};
    });
}
void Delete(benchmark::State& state) {
    compare(state, [](const std::string& person, int number) { return World::Asked{"DELETE", id(person, number)}; });
}
void Patch(benchmark::State& state) {
    compare(state, [](const std::string& person, int number) {
        return World::Asked{"PATCH",
                            id(person, number),
                            "",
                            R"([{"op":"add","path":"/language","value":"sv"}])",
                            {{"Content-Type", "application/json-patch+json"}}};
    });
}
void Search(benchmark::State& state) {
    compare(state, [](const std::string& person, int) {
        return World::Asked{"GET", "/fhir/Condition", "patient=p" + person};
    });
}
void Everything(benchmark::State& state) {
    compare(state, [](const std::string& person, int) {
        return World::Asked{"GET", "/fhir/Patient/p" + person + "/$everything"};
    });
}

BENCHMARK(Read)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(Vread)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(History)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(Delete)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(Patch)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(Search)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(Everything)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
