#include "app/demo.h"

#include <doctest/doctest.h>

#include <map>
#include <mutex>
#include <set>

#include "app/compressed.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::app;

TEST_CASE("a demo listens on this machine only, with ports left for its nodes") {
    struct Row {
        const char* host;
        std::uint16_t port;
        std::size_t nodes;
        const char* says;  // "": good
    };
    for (const Row& row : {Row{"127.0.0.1", 8080, 9, ""}, Row{"localhost", 0, 9, ""}, Row{"::1", 65'526, 9, ""},
                           Row{"127.0.0.1", 65'534, 1, ""}, Row{"127.0.0.1", 65'527, 9, "up to 65526"},
                           Row{"127.0.0.1", 65'535, 1, "up to 65534"}, Row{"0.0.0.0", 8080, 8, "this machine only"},
                           Row{"::", 8080, 8, "this machine only"}, Row{"10.0.0.1", 0, 8, "this machine only"},
                           Row{"127.0.0.1", 0, 0, "1 to 9 nodes"}, Row{"127.0.0.1", 0, 10, "1 to 9 nodes"}}) {
        DemoOptions options;
        options.listen = {row.host, row.port};
        options.nodes = row.nodes;
        const Status status = check_demo(options);
        if (*row.says == '\0') {
            CHECK_MESSAGE(status, row.host, row.port);
            continue;
        }
        REQUIRE_MESSAGE(!status, row.says);
        CHECK(status.error().category == Category::invalid);
        CHECK_MESSAGE(status.error().message.find(row.says) != std::string::npos, status.error().message);
    }
}

TEST_CASE("a folder keeps its people and its number of nodes") {
    const store::TemporaryFolder folder;
    DemoOptions options;
    options.folder = folder.path;
    options.nodes = 3;
    options.load = {"x.json"};
    CHECK(check_demo(options));  // new
    REQUIRE(write_file(folder.path + "/demo.json", "{\"nodes\":3,\"people\":50,\"seed\":7}\n"));
    CHECK(check_demo(options));  // begun, not filled
    REQUIRE(write_file(folder.path + "/people.json", "{\"people\":[]}"));
    const Status filled = check_demo(options);
    REQUIRE(!filled);
    CHECK(filled.error().category == Category::invalid);
    CHECK(filled.error().message.find("holds people already") != std::string::npos);
    options.load.clear();
    CHECK(check_demo(options));
    options.nodes = 4;
    const Status other = check_demo(options);
    REQUIRE(!other);
    CHECK(other.error().category == Category::invalid);
    CHECK(other.error().message.find("--nodes 3") != std::string::npos);
    options.nodes = 3;
    options.people = 50;
    options.seed = 7;
    CHECK(check_demo(options));
    options.people = 51;
    CHECK(check_demo(options).error().message.find("--people 50") != std::string::npos);
    options.people = 50;
    options.seed = 8;
    CHECK(check_demo(options).error().message.find("--seed 7") != std::string::npos);
    options.seed = 7;
    for (const std::size_t people : {std::size_t{0}, kDemoPeopleMax + 1}) {
        options.people = people;
        CHECK(check_demo(options).error().message.find("1 to 20000 people") != std::string::npos);
    }
    options.people.reset();
    REQUIRE(write_file(folder.path + "/demo.json", "{\"nodes\":3}\n"));
    CHECK(check_demo(options).error().message.find("earlier version") != std::string::npos);
    REQUIRE(write_file(folder.path + "/demo.json", "{\"nod"));
    CHECK(check_demo(options).error().category == Category::corrupt);
}

TEST_CASE("the small Sweden of a demo: nine providers, the stories, and the same people for the same seed") {
    const auto country = DemoCountry::make(kDemoSeedDefault, 60);
    REQUIRE(country);
    std::string names;
    for (const DemoProvider& one : (*country)->providers()) {
        names += one.organisation.name + "; ";
        CHECK(!one.clinician.empty());
        REQUIRE(!one.units.empty());
        CHECK(one.units.front().name == one.clinician_unit);
        std::set<std::string> ids;
        for (const auto& unit : one.units) CHECK((unit.part_of == one.organisation.id && ids.insert(unit.id).second));
    }
    CHECK(names == "Region Västerbotten; Region Norrbotten; Region Jämtland Härjedalen; Skellefteå kommun; Luleå kommun; Östersunds kommun; "
                   "Nordhälsan Primärvård AB; Apotek Norrsken AB; Tandvården Leendet AB; ");
    // Of the first three parishes, so that a small demo is hardly slower for them than for itself.
    const DemoCountry::Cast cast = (*country)->cast();
    for (const std::uint64_t who : cast) CHECK(who < 3 * synth::kParish);

    const auto lived = [&](std::size_t people, std::size_t nodes) {
        std::mutex mutex;
        std::map<std::size_t, std::multiset<std::string>> lines;
        const auto out = (*country)->live(cast, people, nodes, [&](std::size_t provider, std::string text) -> Status {
            const std::lock_guard lock(mutex);
            for (std::size_t at = 0; at < text.size();) {
                const std::size_t end = text.find('\n', at);
                lines[provider].insert(text.substr(at, end - at));
                at = end + 1;
            }
            return {};
        });
        REQUIRE(out);
        return std::pair(*out, lines);
    };
    const auto [people, lines] = lived(40, kDemoNodesMax);
    CHECK(people.size() == 40);
    CHECK(lines.size() == kDemoNodesMax);
    for (std::size_t story = 0; story < kStories; ++story) CHECK(people[story].story == to_string(static_cast<Story>(story)));
    CHECK(people[static_cast<std::size_t>(Story::protected_identity)].protected_identity);
    CHECK(people.back().story.empty());
    for (const auto& [provider, of_it] : lines)
        CHECK_MESSAGE(std::set<std::string>(of_it.begin(), of_it.end()).size() == of_it.size(), "each line once");
    const auto [again, lines_again] = lived(40, kDemoNodesMax);
    CHECK(lines_again == lines);
    CHECK(to_json(again) == to_json(people));
    // What the directory says of them: each unit offers something somewhere, and the private company and the dental company work for three regions.
    const std::string table = (*country)->directory_table(kDemoNodesMax);
    const auto rows_of = [&](std::string_view kind) {
        std::size_t out = 0;
        for (std::size_t at = table.find(kind); at != std::string::npos; at = table.find(kind, at + 1)) out += at > 0 && table[at - 1] == '\n';
        return out;
    };
    std::size_t units = 0;
    for (const DemoProvider& one : (*country)->providers()) units += one.units.size();
    CHECK(rows_of("location;") == units);
    CHECK(rows_of("service;") == units);
    CHECK(rows_of("contract;") == 6);
    CHECK((*country)->directory_table(1).find("contract;") == std::string::npos);

    // Fewer nodes: the rest is elsewhere; the same of those that are there. More people: these among them.
    const auto [fewer, lines_fewer] = lived(40, 2);
    CHECK(to_json(fewer) == to_json(people));
    REQUIRE(lines_fewer.size() == 2);
    CHECK(lines_fewer.at(1) == lines.at(1));
    CHECK(std::ranges::includes(lived(60, 2).second.at(0), lines.at(0)));
}

TEST_CASE("lives end with the first error") {
    const auto country = DemoCountry::make(3, 30);
    REQUIRE(country);
    DemoCountry::Cast nobody;
    nobody.fill(synth::kNobody);
    const auto out = (*country)->live(nobody, 30, 3, [](std::size_t, const std::string&) -> Status { return fail(Category::unavailable, "full"); });
    REQUIRE(!out);
    CHECK(out.error().message == "full");
}
