#include "store/row_forms.h"

#include <doctest/doctest.h>

#include <array>

#include "store/faulty.h"
#include "store/internal/postgres_server.h"

namespace idun::store {
namespace {

// Rows "1:words" become "2:WORDS".
FormChange second_form() {
    return {.table = "words", .prefix = "wordbook", .form = 2, .rewritten = [](std::string_view, std::string_view value) -> Result<std::optional<std::string>> {
                if (value.starts_with("2:")) return std::optional<std::string>();
                if (!value.starts_with("1:")) return fail(Category::corrupt, "neither form");
                std::string out(value);
                out[0] = '2';
                for (char& c : out) c = static_cast<char>(std::toupper(c));
                return std::optional(std::move(out));
            }};
}

std::string word_key(int number) { return "wordbook" + std::to_string(1000 + number); }

void fill(Store& store, int count) {
    Batch batch;
    for (int i = 0; i < count; ++i) batch.put(word_key(i), "1:word" + std::to_string(i));
    batch.put("wordboox", "1:another table");
    REQUIRE(store.commit(std::move(batch)));
}

Status rewrite_all(Store& store, std::size_t at_once) {
    const FormChange change = second_form();
    TRY(announce_forms(store, {&change, 1}));
    for (bool more = true; more;) {
        TRY_ASSIGN(const Rewritten some, rewrite_some(store, change, at_once));
        more = some.more;
    }
    return {};
}

bool is_whole(Store& store, int count) {
    const auto snapshot = now(store);
    for (int i = 0; i < count; ++i)
        if (snapshot->get(word_key(i)).value() != "2:WORD" + std::to_string(i)) return false;
    return snapshot->get("wordboox").value() == "1:another table";
}

TEST_CASE_TEMPLATE("old rows are rewritten some at a time, once, and not those of another table", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    fill(*store, 25);
    const FormChange change = second_form();
    REQUIRE(announce_forms(*store, {&change, 1}));
    const auto first = *rewrite_some(*store, change, 10);
    CHECK(first.more);
    CHECK(first.rows == 10);
    CHECK(now(*store)->get(word_key(9)).value() == "2:WORD9");
    CHECK(now(*store)->get(word_key(10)).value() == "1:word10");
    REQUIRE(store->commit(put_one(word_key(12), "2:WORD12")));  // its writer writes the new form
    REQUIRE(announce_forms(*store, {&change, 1}));              // a start in between changes nothing
    const auto second = *rewrite_some(*store, change, 10);
    CHECK(second.rows == 9);
    const auto third = *rewrite_some(*store, change, 10);
    CHECK(!third.more);
    CHECK(third.rows == 5);
    CHECK(is_whole(*store, 25));
    const Version settled = now(*store)->version();
    CHECK(rewrite_some(*store, change, 10)->rows == 0);
    REQUIRE(announce_forms(*store, {&change, 1}));
    CHECK(now(*store)->version() == settled);
}

TEST_CASE("a row that is written meanwhile stays as it was written") {
    TempFolder place;
    const auto store = *open_embedded({.folder = place / "store"}, system_clock());
    fill(*store, 5);
    FormChange change = second_form();
    REQUIRE(announce_forms(*store, {&change, 1}));
    const auto plain = change.rewritten;
    bool once = true;
    change.rewritten = [&](std::string_view key, std::string_view value) {
        if (std::exchange(once, false)) REQUIRE(store->commit(put_one(word_key(3), "2:NEW")));
        return plain(key, value);
    };
    const auto lost = *rewrite_some(*store, change);
    CHECK(lost.more);
    CHECK(lost.rows == 0);
    CHECK(rewrite_some(*store, change)->rows == 4);
    CHECK(now(*store)->get(word_key(3)).value() == "2:NEW");
}

TEST_CASE("a form that nobody rewrites to any more is known still") {
    TempFolder place;
    const auto store = *open_embedded({.folder = place / "store"}, system_clock());
    fill(*store, 3);
    REQUIRE(rewrite_all(*store, 10));
    FormChange change = second_form();
    change.rewritten = {};
    CHECK(check_forms(*now(*store), {&change, 1}));
    REQUIRE(announce_forms(*store, {&change, 1}));
    const auto nothing = rewrite_some(*store, change);
    REQUIRE(nothing);
    CHECK_FALSE(nothing->more);
    CHECK(is_whole(*store, 3));
}

TEST_CASE("a process that dies at any step goes on where it was") {
    constexpr int kRows = 23;
    constexpr std::size_t kAtOnce = 4;
    for (const auto how : {FaultyStore::Next::fails, FaultyStore::Next::fails_though_written})
        for (int step = 0; step < 8; ++step) {
            CAPTURE(step);
            TempFolder place{TempFolder::in_memory()};
            const EmbeddedOptions options{.folder = place / "store"};
            {
                const auto store = *open_embedded(options, system_clock());
                fill(*store, kRows);
                FaultyStore faulty(*store);
                faulty.first = step;
                faulty.next = how;
                const Status ended = rewrite_all(faulty, kAtOnce);
                CHECK(ended.has_value() == (step > 6));  // one to announce, six to rewrite
            }
            const auto store = *open_embedded(options, system_clock());
            for (int i = 0; i < kRows; ++i) {  // each row is whole, in one form or the other
                const std::string value = *now(*store)->get(word_key(i)).value();
                const bool whole = value == "1:word" + std::to_string(i) || value == "2:WORD" + std::to_string(i);
                CHECK(whole);
            }
            REQUIRE(rewrite_all(*store, kAtOnce));
            CHECK(is_whole(*store, kRows));
        }
}

TEST_CASE("a form newer than the program's is refused, and nothing is written; rows of no form stop it") {
    TempFolder place;
    const auto store = *open_embedded({.folder = place / "store"}, system_clock());
    fill(*store, 3);
    FormChange newer = second_form();
    newer.form = 3;
    REQUIRE(announce_forms(*store, {&newer, 1}));
    const Version before = now(*store)->version();
    const FormChange change = second_form();
    const Status refused = announce_forms(*store, {&change, 1});
    REQUIRE(!refused);
    CHECK(refused.error().category == Category::unsupported);
    CHECK(refused.error().message.find("words") != std::string::npos);
    CHECK(check_forms(*now(*store), {&change, 1}).error().category == Category::unsupported);
    CHECK(check_forms(*now(*store), {&newer, 1}));
    CHECK(now(*store)->version() == before);

    REQUIRE(store->commit(put_one(word_key(1), "?")));
    CHECK(rewrite_some(*store, newer).error().category == Category::corrupt);
    CHECK(now(*store)->get(word_key(0)).value() == "1:word0");
}

TEST_CASE("rows of a table that the program does not know are refused as well, also where it knows others") {
    TempFolder place;
    const auto store = *open_embedded({.folder = place / "store"}, system_clock());
    const FormChange words = second_form();
    FormChange of_tomorrow = second_form();
    of_tomorrow.table = "tomorrow.words";
    CHECK(check_forms(*now(*store), {}));
    REQUIRE(announce_forms(*store, std::array{words, of_tomorrow}));
    const Version before = now(*store)->version();
    for (const Status& refused : {check_forms(*now(*store), {&words, 1}), announce_forms(*store, {&words, 1})}) {
        REQUIRE(!refused);
        CHECK(refused.error().category == Category::unsupported);
        CHECK(refused.error().message.find("tomorrow.words") != std::string::npos);
    }
    CHECK(now(*store)->version() == before);
    CHECK(check_forms(*now(*store), std::array{words, of_tomorrow}));
}

}  // namespace
}  // namespace idun::store
