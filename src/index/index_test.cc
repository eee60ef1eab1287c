#include "index/index.h"

#include <doctest/doctest.h>

#include "index/fhir_pointer.h"
#include "store/person_key.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::index;

namespace {

crypto::Pseudonym person(std::uint8_t number) {
    crypto::Pseudonym p;
    p.bytes.fill(number);
    return p;
}

Pointer pointer(std::uint8_t who, std::string category, std::int64_t newest_s, std::uint64_t version, bool withdrawn = false) {
    return {person(who), std::move(category), {newest_s * 1000}, version, withdrawn};
}

Result<Taken> put(Index& index, std::string_view provider, std::vector<Pointer> pointers, std::uint64_t version = 1) {
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
    CHECK(holdings[0].parts[1].newest == Instant{50'000});
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
    CHECK(index->holdings(person(1))->at(0).parts.at(0).newest == Instant{60'000});
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
    CHECK(put(*index, "SE1", {pointer(1, "imaging", 1, 1), pointer(2, "imaging", 1, 1), pointer(1, "imaging", 2, 2)})
              .error().message == "index: the same pointer comes twice in one request");
    CHECK(put(*index, "SE1", {pointer(1, "imaging", -1, 1)}).error().category == Category::invalid);
    CHECK(put(*index, "SE1", {pointer(1, "imaging", 1LL << 32, 1)}).error().category == Category::invalid);
    CHECK(index->holdings(person(1))->empty());
}

TEST_CASE("there are at most so many categories") {
    store::TemporaryStore temporary;
    auto index = *Index::open(*temporary.store);
    std::vector<Pointer> all;
    for (int i = 0; i < 33; ++i) all.push_back(pointer(1, "category-" + std::to_string(i), 1, 1));
    CHECK(put(*index, "SE1", all).error().category == Category::too_large);
    all.pop_back();
    REQUIRE(put(*index, "SE1", all));
    CHECK(put(*index, "SE1", {pointer(1, "one-more", 1, 1)}).error().category == Category::too_large);
    CHECK(index->holdings(person(1))->at(0).parts.size() == 32);
}

TEST_CASE("rows of another form are refused with one sentence") {
    store::TemporaryStore temporary;
    store::Batch older;
    older.put("freshnesSE1", std::string(17, '\1'));
    REQUIRE(temporary.store->commit(std::move(older)));
    CHECK(Index::open(*temporary.store).error().message ==
          "index: rows of form 1; this program reads form 2: start with an empty store and let the nodes publish anew");
    store::Batch newer;
    newer.put("idxnamesV", "3");
    REQUIRE(temporary.store->commit(std::move(newer)));
    CHECK(Index::open(*temporary.store).error().category == Category::unsupported);
}

TEST_CASE("a row that is no row is an error, never another answer") {
    store::TemporaryStore temporary;
    {
        auto index = *Index::open(*temporary.store);
        REQUIRE(put(*index, "SE1", {pointer(1, "imaging", 1, 1)}));
    }
    store::Batch harm;
    harm.put(store::person_key(person(1), 'X'), std::string("\0\1", 2));
    REQUIRE(temporary.store->commit(std::move(harm)));
    auto index = *Index::open(*temporary.store);
    CHECK(index->holdings(person(1)).error().category == Category::corrupt);
    CHECK(put(*index, "SE1", {pointer(1, "imaging", 2, 2)}).error().category == Category::corrupt);
    CHECK(!index->settled(std::chrono::milliseconds(300)));
    CHECK(index->progress().failure == "index: malformed row");
    CHECK(index->holdings(person(2))->empty());
}

TEST_CASE("rows of other tables about the same people are passed over when the copy is made") {
    store::TemporaryStore temporary;
    {
        auto index = *Index::open(*temporary.store);
        REQUIRE(put(*index, "SE1", {pointer(1, "imaging", 10, 1), pointer(2, "imaging", 20, 1)}));
        REQUIRE(index->put("SE1", std::vector{pointer(1, "imaging", 30, 2)}, {{9'000}, 2}));
    }
    store::Batch others;
    for (const char table : {'C', 'F', 'W', 'Z'})
        for (const char* rest : {"", "a", "bcdefghi"}) others.put(store::person_key(person(1), table) + rest, "something else");
    others.put(store::person_key(person(1), 'X') + "SE1", "what an older form had");
    REQUIRE(temporary.store->commit(std::move(others)));
    auto index = *Index::open(*temporary.store);
    REQUIRE(index->settled(std::chrono::seconds(30)));
    CHECK(index->progress().people == 2);
    CHECK(index->progress().loaded == 1.0);
    CHECK(index->holdings(person(1))->at(0).parts.at(0).newest == Instant{30'000});
    CHECK(index->holdings(person(2))->at(0).parts.at(0).newest == Instant{20'000});
}

TEST_CASE("freshness is told for each category") {
    store::TemporaryStore temporary;
    {
        auto index = *Index::open(*temporary.store);
        REQUIRE(index->put("SE1", std::vector{pointer(1, "imaging", 10, 1), pointer(1, "test-result", 20, 1)}, {{100'000}, 1}));
        REQUIRE(index->put("SE1", std::vector{pointer(2, "imaging", 5, 2)}, {{200'000}, 2}));
        REQUIRE(index->put("SE1", {}, {{300'000}, 2}));
    }
    temporary.reopen();
    auto index = *Index::open(*temporary.store);
    CHECK(index->freshness("SE1").heard == Instant{300'000});
    const auto whole = index->whole_freshness("SE1");
    const auto& fresh = whole->categories;
    CHECK(whole->source.heard == Instant{300'000});
    REQUIRE(fresh.size() == 2);
    CHECK(fresh[0].category == "imaging");
    CHECK(fresh[0].heard == Instant{200'000});
    CHECK(fresh[0].newest == Instant{10'000});
    CHECK(fresh[1].heard == Instant{100'000});
    CHECK(index->whole_freshness("SE9")->categories.empty());
    CHECK(index->whole_freshness("SE1") == whole);  // made once

    // What it says next is seen by whoever asks next; who asked before has what was true then.
    REQUIRE(index->put("SE1", {}, {Instant{400'000}, 9}));
    CHECK(index->whole_freshness("SE1")->source.heard == Instant{400'000});
    CHECK(whole->source.heard == Instant{300'000});
    REQUIRE(index->withdraw("SE1", Instant{500'000}));
    CHECK(index->whole_freshness("SE1")->categories.empty());
}

TEST_CASE("changes are told in order, whole commits at a time, and not beyond what is remembered") {
    store::TemporaryStore temporary;
    auto index = *Index::open(*temporary.store, {.changes_max = 5});
    const auto all = [](const crypto::Pseudonym&) { return true; };
    const store::Version start = index->changes({}, all, 10)->upto;
    std::size_t woken = 0;
    index->changed_by([&] { ++woken; });
    REQUIRE(put(*index, "SE1", {pointer(1, "imaging", 10, 1), pointer(2, "imaging", 10, 1), pointer(3, "imaging", 10, 1)}));
    REQUIRE(put(*index, "SE1", {pointer(1, "imaging", 10, 2)}));        // says nothing new
    REQUIRE(put(*index, "SE2", {pointer(9, "imaging", 0, 1, true)}));   // nor does this
    REQUIRE(put(*index, "SE2", {pointer(2, "imaging", 11, 3)}));
    CHECK(woken == 2);
    const auto first = *index->changes(start, all, 2);
    REQUIRE(first.changes.size() == 3);
    const auto second = *index->changes(first.upto, all, 2);
    REQUIRE(second.changes.size() == 1);
    CHECK(second.changes[0].person == person(2));
    CHECK(second.changes[0].provider == "SE2");
    CHECK(second.changes[0].categories == std::vector<std::string_view>{"imaging"});
    CHECK(index->changed_upto() == second.upto);
    CHECK(index->changes(second.upto, all, 2)->changes.empty());
    CHECK(index->changes(start, [](const auto& one) { return one == person(2); }, 9)->changes.size() == 2);
    REQUIRE(put(*index, "SE1", {pointer(1, "imaging", 20, 4), pointer(2, "imaging", 20, 4)}));
    CHECK(index->changes(start, all, 10).error().category == Category::gone);
    CHECK(index->changes(second.upto, all, 10)->changes.size() == 2);
    CHECK(index->changes({second.upto.number + 100}, all, 10).error().category == Category::gone);
}

TEST_CASE("a pointer survives the way over FHIR") {
    json::Writer w;
    write_pointer(w, pointer(3, "test-result", 86'400, 9), {"SE1", "Region Norr", "http://n/fhir"});
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

TEST_CASE("what was learned since a second is found in the order of persons, each whole, in pieces") {
    store::TemporaryStore temporary;
    auto index = *Index::open(*temporary.store);
    REQUIRE(index->settled(std::chrono::milliseconds(20'000)));
    const auto say = [&](std::string_view provider, std::vector<Pointer> pointers, std::int64_t learned_s) {
        REQUIRE(index->put(provider, pointers, {{learned_s * 1000}, 1}));
    };
    say("SE1", {pointer(7, "imaging", 50, 1), pointer(3, "imaging", 50, 1), pointer(3, "other", 50, 1)}, 100);
    say("SE2", {pointer(3, "imaging", 50, 1), pointer(9, "imaging", 50, 1), pointer(5, "imaging", 50, 1)}, 200);
    say("SE2", {pointer(5, "imaging", 60, 2, true)}, 300);  // holds nothing any more
    say("SE3", {pointer(4, "imaging", 50, 1)}, 300);
    REQUIRE(index->withdraw("SE3", {400'000}));
    const auto all = *index->learned_since({100'000}, 0, 100);
    CHECK(!all.next);
    REQUIRE(all.changes.size() == 4);
    CHECK(all.changes[0].person == person(3));
    CHECK(all.changes[0].provider == "SE1");
    CHECK(all.changes[0].categories.size() == 2);
    CHECK(all.changes[1].person == person(3));
    CHECK(all.changes[1].provider == "SE2");
    CHECK(all.changes[3].person == person(9));
    CHECK(index->learned_since({101'000}, 0, 100)->changes.size() == 2);
    CHECK(index->learned_since({301'000}, 0, 100)->changes.empty());
    const auto first = *index->learned_since({100'000}, 0, 1);
    CHECK(first.changes.size() == 2);
    REQUIRE(first.next == 0x0304);
    const auto second = *index->learned_since({100'000}, *first.next, 1);
    REQUIRE(second.changes.size() == 1);
    CHECK(second.changes[0].person == person(7));
    CHECK(!index->learned_since({100'000}, 0x0909, 100)->next);
    CHECK(index->learned_since({100'000}, 0xffff, 1)->changes.empty());
}
