// A country's directory: 400 providers with 50,000 units. How long a search, a read and a name take, and opening.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "directory/find.h"
#include "json/writer.h"
#include "store/testing.h"

namespace {

using namespace idun;
using namespace idun::directory;

constexpr std::size_t kProviders = 400;

std::string unit_body(std::size_t i) {
    json::Writer w;
    const bool provider = i < kProviders;
    const std::string id = provider ? fmt::format("SE{:04}-N1", i) : fmt::format("SE{:04}-U{:05}", i % kProviders, i);
    w.object().member("resourceType", "Organization").member("id", id).member("active", i % 10 != 9);
    w.name("identifier").array().object().member("system", "urn:oid:1.2.752.29.4.19").member("value", id).end().end();
    w.name("type").array().object().name("coding").array().object().member("system", "http://terminology.hl7.org/CodeSystem/organization-type");
    w.member("code", provider ? "prov" : "dept").end().end().end().end();
    w.member("name", fmt::format("{} {}", i % 3 == 0 ? "Vårdcentralen" : i % 3 == 1 ? "Akutmottagningen" : "Barn- och ungdomskliniken", i));
    w.name("telecom").array().object().member("system", "phone").member("value", fmt::format("010-{:06}", i)).end().end();
    w.name("address").array().object().member("city", fmt::format("Ort {}", i % 290)).member("postalCode", fmt::format("{:05}", 10'000 + i)).end().end();
    if (!provider) w.name("partOf").object().member("reference", fmt::format("Organization/SE{:04}-N1", i % kProviders)).end();
    w.end();
    return w.take();
}

struct Country {
    store::TemporaryStore temporary;
    std::unique_ptr<Directory> directory = *Directory::open(*temporary.store);
    Finder finder{"http://hub/fhir"};

    explicit Country(std::size_t units) {
        std::vector<json::Document> documents;
        std::vector<Write> writes;
        for (std::size_t i = 0; i < units; ++i) documents.push_back(*json::Document::parse(unit_body(i)));
        for (const json::Document& one : documents)
            writes.push_back({.type = Type::organization, .id = std::string(one.root()["id"].text()), .resource = one.root()});
        IDUN_CHECK(directory->write(writes, {Writer::Kind::operator_, "bench"}).has_value());
    }
};

const Country& country(std::size_t units) {
    // What a store needs of its library's own statics is made before, so that it goes after, what is kept here.
    static const store::TemporaryStore first;
    static std::map<std::size_t, std::unique_ptr<Country>> made;
    auto& one = made[units];
    if (!one) one = std::make_unique<Country>(units);
    return *one;
}

void search_for(benchmark::State& state, const Parameters& asked) {
    const Country& c = country(static_cast<std::size_t>(state.range(0)));
    std::size_t total = 0;
    for (auto _ : state) {
        const auto query = c.finder.parse(Type::organization, asked, false);
        const View view = c.directory->view();
        total = c.finder.find(*query, view, 0, system_clock().now())->total;
    }
    state.counters["found"] = static_cast<double>(total);
}

void by_name(benchmark::State& state) { search_for(state, {{"name", "akutmottagningen 49"}}); }
void by_part(benchmark::State& state) { search_for(state, {{"partof", "Organization/SE0007-N1"}, {"active", "true"}}); }
void by_identifier(benchmark::State& state) { search_for(state, {{"identifier", "urn:oid:1.2.752.29.4.19|SE0007-N1"}}); }
void by_chain(benchmark::State& state) { search_for(state, {{"partof.name", "vårdcentralen 3"}}); }

void read_one(benchmark::State& state) {
    const Country& c = country(static_cast<std::size_t>(state.range(0)));
    std::size_t bytes = 0;
    for (auto _ : state) bytes = c.directory->view().find(Type::organization, "SE0007-N1")->body.size();
    state.counters["bytes"] = static_cast<double>(bytes);
}

void name_of(benchmark::State& state) {
    const Country& c = country(static_cast<std::size_t>(state.range(0)));
    std::size_t bytes = 0;
    for (auto _ : state) bytes = c.directory->name_of("SE0007-N1").size();
    state.counters["bytes"] = static_cast<double>(bytes);
}

void open_again(benchmark::State& state) {
    const Country& c = country(static_cast<std::size_t>(state.range(0)));
    std::uint64_t number = 0;
    for (auto _ : state) number = (*Directory::open(*c.temporary.store))->number();
    state.counters["number"] = static_cast<double>(number);
}

void write_one(benchmark::State& state) {
    Country c(static_cast<std::size_t>(state.range(0)));
    std::size_t i = 0;
    for (auto _ : state) IDUN_CHECK(c.directory->put(Organisation{"SE0007-X1", fmt::format("name {}", i++), "", ""}).has_value());
    state.counters["number"] = static_cast<double>(c.directory->number() > 0);
}

}  // namespace

BENCHMARK(by_name)->Arg(1'000)->Arg(50'000)->Unit(benchmark::kMillisecond);
BENCHMARK(by_part)->Arg(1'000)->Arg(50'000)->Unit(benchmark::kMillisecond);
BENCHMARK(by_identifier)->Arg(1'000)->Arg(50'000)->Unit(benchmark::kMillisecond);
BENCHMARK(by_chain)->Arg(1'000)->Arg(50'000)->Unit(benchmark::kMillisecond);
BENCHMARK(read_one)->Arg(50'000);
BENCHMARK(name_of)->Arg(50'000);
BENCHMARK(open_again)->Arg(50'000)->Unit(benchmark::kMillisecond);
BENCHMARK(write_one)->Arg(50'000)->Unit(benchmark::kMillisecond);
