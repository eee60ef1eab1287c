#include "index/index.h"

#include <doctest/doctest.h>

#include <map>
#include <random>

#include "index/fhir_pointer.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::index;

namespace {

crypto::Pseudonym person(std::uint8_t number) {
    crypto::Pseudonym p;
    p.bytes.fill(number);
    return p;
}

Pointer pointer(std::uint8_t who, std::string category, std::int64_t newest, std::uint64_t version, bool withdrawn = false) {
    return {person(who), std::move(category), {newest}, version, withdrawn};
}

Status put(Index& index, std::string_view provider, std::vector<Pointer> pointers, std::uint64_t version = 1) {
    return index.put(provider, pointers, {{1'000}, version});
}

}  // namespace

TEST_CASE("a pointer is found when put has returned, also after a restart") {
    store::TemporaryStore temporary;
    {
        auto index = *Index::open(*temporary.store);
        REQUIRE(put(*index, "SE1", {pointer(1, "test-result", 50, 1), pointer(1, "imaging", 60, 1)}, 7));
        REQUIRE(put(*index, "SE2", {pointer(1, "imaging", 70, 1)}));
    }
    temporary.reopen();
    auto index = *Index::open(*temporary.store);
    const auto holdings = *index->holdings(person(1));
    REQUIRE(holdings.size() == 2);
    CHECK(holdings[0].provider == "SE1");
    REQUIRE(holdings[0].parts.size() == 2);
    CHECK(holdings[0].parts[0].category == "imaging");
    CHECK(holdings[0].parts[1].newest == Instant{50});
    CHECK(index->holdings(person(2))->empty());
    CHECK(index->freshness("SE1").source_version == 7);
    CHECK(index->freshness("SE9").heard == Instant{0});
}

TEST_CASE("the same update twice and an older one late change nothing") {
    store::TemporaryStore temporary;
    auto index = *Index::open(*temporary.store);
    REQUIRE(put(*index, "SE1", {pointer(1, "imaging", 60, 5)}, 5));
    REQUIRE(put(*index, "SE1", {pointer(1, "imaging", 60, 5)}, 5));
    REQUIRE(put(*index, "SE1", {pointer(1, "imaging", 10, 4)}, 4));
    CHECK(index->holdings(person(1))->at(0).parts.at(0).newest == Instant{60});
    CHECK(index->freshness("SE1").source_version == 5);
}

TEST_CASE("what is withdrawn stays away when an older update comes late") {
    store::TemporaryStore temporary;
    auto index = *Index::open(*temporary.store);
    REQUIRE(put(*index, "SE1", {pointer(1, "imaging", 60, 5)}));
    REQUIRE(put(*index, "SE1", {pointer(1, "imaging", 0, 6, true)}));
    CHECK(index->holdings(person(1))->empty());
    REQUIRE(put(*index, "SE1", {pointer(1, "imaging", 60, 5)}));
    CHECK(index->holdings(person(1))->empty());
    REQUIRE(put(*index, "SE1", {pointer(1, "imaging", 80, 7)}));
    CHECK(index->holdings(person(1))->size() == 1);
}

TEST_CASE("a provider changes only its own pointers") {
    store::TemporaryStore temporary;
    auto index = *Index::open(*temporary.store);
    REQUIRE(put(*index, "SE1", {pointer(1, "imaging", 60, 5)}));
    REQUIRE(put(*index, "SE2", {pointer(1, "imaging", 0, 9, true)}));
    CHECK(index->holdings(person(1))->at(0).provider == "SE1");
}

TEST_CASE("malformed batches are refused and nothing is stored") {
    store::TemporaryStore temporary;
    auto index = *Index::open(*temporary.store);
    CHECK(put(*index, "", {pointer(1, "imaging", 1, 1)}).error().category == Category::invalid);
    CHECK(put(*index, "SE1", {pointer(1, "imaging", 1, 1), pointer(1, "", 1, 1)}).error().category == Category::invalid);
    CHECK(put(*index, "SE1", std::vector<Pointer>(kBatchMax + 1, pointer(1, "imaging", 1, 1))).error().category ==
          Category::too_large);
    CHECK(index->holdings(person(1))->empty());
}

TEST_CASE("random updates in any order end as in the obvious twin") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    store::TemporaryStore temporary;
    auto index = *Index::open(*temporary.store);
    using Key = std::tuple<std::string, int, std::string>;  // provider, person, category
    std::map<Key, Pointer> twin;
    const std::string categories[] = {"imaging", "test-result", "other"};
    for (int round = 0; round < 60; ++round) {
        const std::string provider = "SE" + std::to_string(random() % 3);
        std::vector<Pointer> batch;
        for (unsigned i = 0; i < random() % 8; ++i) {
            const auto who = static_cast<std::uint8_t>(random() % 4);
            const Pointer p = pointer(who, categories[random() % 3], random() % 100, random() % 20, random() % 4 == 0);
            auto& slot = twin.try_emplace(Key{provider, who, p.category}, p).first->second;
            if (p.source_version >= slot.source_version) slot = p;
            batch.push_back(p);
        }
        REQUIRE(put(*index, provider, batch));
    }
    std::map<Key, std::int64_t> expected, found;
    for (const auto& [key, p] : twin)
        if (!p.withdrawn) expected[key] = p.newest.ms;
    for (std::uint8_t who = 0; who < 4; ++who) {
        const std::vector<Holding> holdings = *index->holdings(person(who));
        for (const Holding& holding : holdings)
            for (const auto& part : holding.parts) found[{holding.provider, who, part.category}] = part.newest.ms;
    }
    CHECK(expected == found);
}

TEST_CASE("a pointer survives the way over FHIR") {
    json::Writer w;
    write_pointer(w, pointer(3, "test-result", 86'400'000, 9), {"SE1", "Region Norr", "http://n/fhir"});
    const auto document = *json::Document::parse(w.take());
    const Pointer back = *pointer_from_fhir(document.root(), "SE1", 9);
    CHECK(back.person == person(3));
    CHECK(back.category == "test-result");
    CHECK(back.newest == Instant{86'400'000});
    CHECK(!back.withdrawn);
    CHECK(pointer_from_fhir(document.root(), "SE2", 9).error().category == Category::forbidden);
}

TEST_CASE("malformed pointers are refused with their path") {
    const std::string good = [] {
        json::Writer w;
        write_pointer(w, pointer(3, "imaging", 0, 1), {"SE1", "", "http://n/fhir"});
        return w.take();
    }();
    struct Row {
        const char* from;
        const char* to;
        const char* path;
    };
    for (const Row& row : {Row{"DocumentReference\",\"id", "Binary\",\"id", "resourceType"},
                           Row{"\"code\":\"imaging\"", "\"code\":\"secrets\"", "DocumentReference.category[0]"},
                           Row{"\"code\":\"imaging\"", "\"code\":\"other\"", "DocumentReference.id"},
                           Row{"urn:idun:pseudonym", "urn:oid:1.2.752.129.2.1.3.1", "DocumentReference.subject.identifier"},
                           Row{"1970-01-01T00:00:00.000Z", "yesterday", "DocumentReference.date"},
                           Row{"\"status\":\"current\"", "\"status\":\"draft\"", "DocumentReference.status"}}) {
        std::string bad = good;
        bad.replace(bad.find(row.from), std::string_view(row.from).size(), row.to);
        const auto document = *json::Document::parse(bad);
        const auto read = pointer_from_fhir(document.root(), "SE1", 1);
        REQUIRE_MESSAGE(!read, row.path);
        CHECK(read.error().path == row.path);
    }
}
