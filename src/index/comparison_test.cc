#include "index/comparison.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <tuple>

#include "crypto/hash.h"
#include "store/testing.h"

namespace idun::index {
namespace {

const std::string kWords[] = {"imaging", "other", "test-result"};

crypto::Pseudonym hashed(std::uint64_t number) {
    return *crypto::Pseudonym::from(crypto::sha256(std::to_string(number)).view().substr(0, crypto::kPseudonymBytes));
}

using Everything = std::map<std::pair<crypto::Pseudonym, std::string>, Pointer>;

void put_all(Index& index, const std::string& provider, const Everything& all) {
    std::vector<Pointer> batch;
    const auto send = [&] {
        REQUIRE(index.put(provider, batch, {{1'800'000'000'000}, 77}));
        batch.clear();
    };
    for (const auto& [unused, pointer] : all) {
        batch.push_back(pointer);
        if (batch.size() == kBatchMax) send();
    }
    send();
}

std::vector<Pointer> in_order_of_persons(const Everything& all) {
    std::vector<Pointer> out;
    for (const auto& [unused, pointer] : all) out.push_back(pointer);
    return out;
}

struct Compared {
    store::TemporaryStore temporary;
    std::unique_ptr<Index> index = *Index::open(*temporary.store);

    Differences with(const Everything& own) {
        REQUIRE(index->settled(std::chrono::seconds(30)));
        const auto pointers = in_order_of_persons(own);
        const auto ask = [&](const std::string& question) -> Result<std::string> {
            const auto document = json::Document::parse(question);
            REQUIRE(document);
            return answer_comparison(*index, "SE1", document->root());
        };
        auto found = find_differences(pointers, *crypto::MultisetKey::from(std::string(16, 'k')), ask);
        REQUIRE(found);
        return std::move(*found);
    }
};

}  // namespace

TEST_CASE("every difference between a source and the index is found, and nothing else") {
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (const unsigned people : {0u, 3u, 300u, 9'000u}) {
        CAPTURE(people);
        Compared c;
        Everything there;
        for (unsigned i = 0; i < people; ++i)
            for (unsigned w = 0; w <= i % 3; ++w) {
                const Pointer pointer{hashed(i), kWords[w], {1'700'000'000'000 + i * 1000}, 5 + i};
                there[{pointer.person, pointer.category}] = pointer;
            }
        put_all(*c.index, "SE1", there);
        put_all(*c.index, "SE2", there);  // of another source, and so of no account
        CHECK(c.with(there).found.empty());

        Everything own = there;
        std::map<std::pair<crypto::Pseudonym, std::string>, std::pair<bool, bool>> expected;  // there is one here, there
        for (auto left = random() % 40; left > 0; --left) {
            const auto who = hashed(random() % (people + 50));
            const std::string word = kWords[random() % 3];
            const std::pair key{who, word};
            const bool is_there = there.contains(key);
            if (is_there && random() % 2 == 0) own.erase(key);
            else own[key] = {who, word, {1'750'000'000'000 + static_cast<std::int64_t>(random() % 1000)}, 0};
            expected[key] = {own.contains(key), is_there};
        }
        const Differences found = c.with(own);
        CHECK(found.heard_version == 77);
        REQUIRE(found.found.size() == expected.size());
        for (const Difference& one : found.found) {
            const auto place = expected.find({one.person, one.category});
            REQUIRE(place != expected.end());
            CHECK(one.here.has_value() == place->second.first);
            CHECK(one.there.has_value() == place->second.second);
            if (one.there) CHECK(one.there->source_version == there.at(place->first).source_version);
        }
    }
}

TEST_CASE("an index that has nothing lacks everything, a source that has nothing is told of everything") {
    Everything all;
    for (unsigned i = 0; i < 3'000; ++i) all[{hashed(i), "imaging"}] = {hashed(i), "imaging", {1'000}, 1};
    Compared c;
    CHECK(c.with(all).found.size() == 3'000);
    put_all(*c.index, "SE1", all);
    const auto surplus = c.with({});
    CHECK(surplus.found.size() == 3'000);
    CHECK(std::ranges::all_of(surplus.found, [](const Difference& d) { return d.there && !d.here; }));
}

TEST_CASE("corrections make index and source the same again") {
    Everything all;
    for (unsigned i = 0; i < 500; ++i) all[{hashed(i), "imaging"}] = {hashed(i), "imaging", {1'700'000'000'000}, 900};
    Compared c;
    put_all(*c.index, "SE1", all);
    // The source's store is an older copy: what it says now has lower versions.
    Everything own = all;
    own.erase({hashed(1), "imaging"});
    own[{hashed(2), "imaging"}].newest = {1'600'000'000'000};
    own[{hashed(501), "other"}] = {hashed(501), "other", {1'000}, 40};
    std::vector<Pointer> corrections;
    for (const Difference& one : c.with(own).found)
        corrections.push_back({one.person, one.category, one.here.value_or(Instant{}), 40, !one.here,
                               Belief{one.there ? std::optional(one.there->source_version) : std::nullopt}});
    REQUIRE(corrections.size() == 3);
    CHECK(c.index->put("SE1", corrections, {{1'800'000'100'000}, 40})->passed_over.empty());
    CHECK(c.with(own).found.empty());
    CHECK(c.index->freshness("SE1").source_version == 40);
    // Sent again they are passed over: what they replace is not there any more.
    CHECK(c.index->put("SE1", corrections, {{1'800'000'200'000}, 40})->passed_over.size() == 3);
    CHECK(c.with(own).found.empty());
}

TEST_CASE("a small drift in a large source costs little on the wire") {
    Compared c;
    Everything there;
    for (unsigned i = 0; i < 30'000; ++i)
        for (const std::string& word : kWords) there[{hashed(i), word}] = {hashed(i), word, {1'700'000'000'000}, 5};
    put_all(*c.index, "SE1", there);
    Everything own = there;
    for (unsigned i = 0; i < 100; ++i) own[{hashed(i * 7), "other"}].newest = {1'750'000'000'000};
    const Differences found = c.with(own);
    CHECK(found.found.size() == 100);
    CHECK(found.bytes < 1'000'000);
    CHECK(found.questions <= 4);
}

TEST_CASE("malformed questions are refused, and answers that do not fit") {
    Compared c;
    REQUIRE(c.index->settled(std::chrono::seconds(30)));
    const std::string key = R"("key":"AAAAAAAAAAAAAAAAAAAAAA")";
    const auto refused = [&](const std::string& question) {
        const auto document = json::Document::parse(question);
        REQUIRE(document);
        const auto answer = answer_comparison(*c.index, "SE1", document->root());
        REQUIRE_MESSAGE(!answer, question);
        return answer.error().category;
    };
    for (const std::string& bad :
         {std::string("{}"), std::string(R"({"key":"AAAA"})"), "{" + key + R"(,"sums":[{"prefix":"g","deeper":1}]})",
          "{" + key + R"(,"sums":[{"prefix":"a","deeper":0}]})", "{" + key + R"(,"sums":[{"prefix":"a","deeper":4}]})",
          "{" + key + R"(,"sums":[{"deeper":1}]})", "{" + key + R"(,"list":[7]})", "{" + key + R"(,"list":["A"]})",
          "{" + key + R"(,"list":["0123456789abcdef"]})"})
        CHECK(refused(bad) == Category::invalid);
    std::string many = "{" + key + R"(,"sums":[{"prefix":"","deeper":3})";
    for (int i = 0; i < 4; ++i) many += R"(,{"prefix":"","deeper":3})";
    CHECK(refused(many + "]}") == Category::too_large);
    std::string long_list = "{" + key + R"(,"list":["")";
    for (std::size_t i = 0; i < kPrefixesMax; ++i) long_list += R"(,"")";
    CHECK(refused(long_list + "]}") == Category::too_large);

    for (const char* bad : {"", "{}", R"({"version":"1","sums":["AAAA"],"list":[]})", R"({"version":"-1","sums":[],"list":[]})"}) {
        const auto ask = [&](const std::string&) -> Result<std::string> { return std::string(bad); };
        CHECK(!find_differences({}, *crypto::MultisetKey::from(std::string(16, 'k')), ask));
    }
}

}  // namespace idun::index
