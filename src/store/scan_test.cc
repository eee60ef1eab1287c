#include "store/scan.h"

#include <doctest/doctest.h>

#include "store/internal/postgres_server.h"
#include "store/scan_testing.h"

namespace idun::store {
namespace {

// A bookshop: books by number ("bookshopB", number: title), and of each title its number (partition of the title, 'T').
std::string title_key(std::string_view title) { return key(7, "T" + std::string(title)); }

Tables shop_tables(const Snapshot&) {
    Tables out;
    out.push_back({.name = "books", .prefix = "bookshopB", .value_bytes_max = 100, .check = [](std::string_view k, std::string_view value, Owed& owed) -> Status {
                       if (value.empty()) return fail(Category::corrupt, "a book without a title");
                       owed.row(title_key(value), std::string(k.substr(9)), "its title leads elsewhere");
                       return {};
                   }});
    out.push_back({.name = "titles", .letter = 'T', .owns = [](std::string_view k, std::string_view) { return k.size() > kPartitionBytes + 1; },
                   .check = [](std::string_view k, std::string_view value, Owed& owed) -> Status {
                       owed.row("bookshopB" + std::string(value), std::string(k.substr(kPartitionBytes + 1)), "its book is missing, or called otherwise");
                       return {};
                   }});
    return out;
}

void put_book(Store& store, const std::string& number, const std::string& title) {
    Batch batch;
    batch.put("bookshopB" + number, title);
    batch.put(title_key(title), number);
    REQUIRE(store.commit(std::move(batch)));
}

TEST_CASE_TEMPLATE("a scan counts rows by table and names what contradicts, at one version", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    auto store = engine.open(system_clock());
    for (int i = 0; i < 1500; ++i) put_book(*store, "n" + std::to_string(i), "title " + std::to_string(i));
    const auto before = now(*store);
    REQUIRE(store->commit(put_one("bookshopBn7", "another title")));
    REQUIRE(store->commit(put_one("strangerX", "?")));

    const auto well = scan_of(*before, shop_tables);
    CHECK(well.found == 0);
    CHECK(well.version == Version{1500});
    REQUIRE(well.tables.size() == 2);
    CHECK(well.tables[0].rows == 1500);
    CHECK(well.tables[1].rows == 1500);

    const auto damaged = scan_of(*now(*store), shop_tables);
    CHECK(damaged.found == 3);
    REQUIRE(damaged.tables.size() == 3);
    CHECK(damaged.tables[2].table == "");
    CHECK(damaged.tables[2].rows == 1);
    const std::string all = findings_of(damaged);
    CHECK(all.find("books, row ") != std::string::npos);
    CHECK(all.find("its title leads elsewhere") != std::string::npos);
    CHECK(all.find("its book is missing, or called otherwise (books)") != std::string::npos);
    CHECK(all.find("a row of no table, row 1") != std::string::npos);
    CHECK(all.find("another title") == std::string::npos);  // nothing of a row is quoted
}

TEST_CASE("every damage of a row is noticed where both rows owe each other") {
    TempFolder place;
    const auto store = *open_embedded({.folder = place / "store"}, system_clock());
    for (int i = 0; i < 4; ++i) put_book(*store, "n" + std::to_string(i), "title " + std::to_string(i));
    std::set<std::string> lacking;
    CHECK(unnoticed_damages(RowsInMemory::of(*store), shop_tables, &lacking).empty());
    CHECK(lacking.empty());
}

TEST_CASE("a scan tells how far it is, is stopped, and keeps the first findings of many") {
    RowsInMemory rows;
    for (int i = 0; i < 3000; ++i) rows.rows["bookshopBn" + std::to_string(i)] = "";
    const Tables tables = shop_tables(rows);
    std::uint64_t told = 0;
    const auto report = scan(rows, tables, {.progress = [&](std::uint64_t read) { told = read; }});
    REQUIRE(report);
    CHECK(told == 3000);
    CHECK(report->found == 3000);
    CHECK(report->findings.size() == kFindingsKept);
    CHECK(report->findings[0].mark.size() == 8);

    std::stop_source stop;
    const auto stopped = scan(rows, tables, {.share = 0.01, .stop = stop.get_token(), .progress = [&](std::uint64_t) { stop.request_stop(); }});
    REQUIRE(!stopped);
    CHECK(stopped.error().category == Category::unavailable);
}

// Counts what is looked up at once.
struct CountedLookUps final : Snapshot {
    const RowsInMemory& rows;
    mutable std::size_t most = 0, looked_up = 0;

    explicit CountedLookUps(const RowsInMemory& all) : rows(all) {}
    Version version() const override { return rows.version(); }
    Result<std::vector<std::optional<std::string>>> multi_get(std::span<const std::string> keys) const override {
        most = std::max(most, keys.size());
        looked_up += keys.size();
        return rows.multi_get(keys);
    }
    Result<Chunk> scan(const Range& range, const ChunkLimit& limit) const override { return rows.scan(range, limit); }
};

TEST_CASE("what is looked up at once has a bound, and a lower one where rows may be large; all of it is judged") {
    RowsInMemory rows;
    for (int i = 0; i < 500; ++i) rows.rows["bookshopB" + std::to_string(1000 + i)] = "x";
    for (int i = 0; i < 5'000; ++i) rows.rows["bookshopC" + std::to_string(i)] = "y";
    for (const bool large : {false, true}) {
        CAPTURE(large);
        CountedLookUps counted(rows);
        std::size_t judged = 0, owed_rows = 0;
        Tables tables;
        tables.push_back({.name = "others", .prefix = "bookshopC", .check = [](auto, auto, Owed&) { return Status(); }});
        tables.push_back({.name = "books", .prefix = "bookshopB", .check = [&](auto, auto, Owed& owed) {
                              for (int i = 0; i < 10; ++i) {
                                  auto judge = [&judged](const Snapshot&, const auto& value) -> std::string_view {
                                      ++judged;
                                      return value ? "" : "it is missing";
                                  };
                                  const std::string other = "bookshopC" + std::to_string(owed_rows++);  // none is owed twice
                                  if (large) owed.large_row(other, judge);
                                  else owed.row(other, judge);
                              }
                              if (large) owed.large_row("bookshopB1", "the first is missing");
                              return Status();
                          }});
        const auto report = scan(counted, tables);
        REQUIRE(report);
        CHECK(judged == 5'000);
        CHECK(report->found == (large ? 500 : 0));
        CHECK(counted.most == (large ? 4 : 256));
        CHECK(counted.looked_up == (large ? 5'500 : 5'000));
    }
}

TEST_CASE("what many rows owe alike is looked up once, and each of them is judged by it") {
    RowsInMemory rows;
    for (int i = 0; i < 50'000; ++i) rows.rows["bookshopB" + std::to_string(100'000 + i)] = std::to_string(i % 10);
    for (int i = 0; i < 9; ++i) rows.rows["bookshopC" + std::to_string(i)] = "y";  // the tenth is missing
    CountedLookUps counted(rows);
    Tables tables;
    tables.push_back({.name = "shelves", .prefix = "bookshopC", .check = [](auto, auto, Owed&) { return Status(); }});
    tables.push_back({.name = "books", .prefix = "bookshopB", .check = [](auto, std::string_view value, Owed& owed) {
                          owed.row("bookshopC" + std::string(value), "its shelf is missing");
                          return Status();
                      }});
    const auto report = scan(counted, tables);
    REQUIRE(report);
    CHECK(report->found == 5'000);
    CHECK(report->tables[1].findings == 5'000);
    CHECK(report->findings[0].other == "shelves");
    CHECK(counted.looked_up < 500);
}

TEST_CASE("a row that is longer than its table's is a finding, and a prefix of a longer one does not take its rows") {
    RowsInMemory rows;
    rows.rows["bookshopBn1"] = std::string(101, 'x');
    rows.rows[title_key(std::string(101, 'x'))] = "n1";
    CHECK(findings_of(scan_of(rows, shop_tables)).find("longer than rows of this table") != std::string::npos);
    Tables tables;
    tables.push_back({.name = "short", .prefix = "bookshop", .check = [](auto, auto, Owed&) { return Status(); }});
    tables.push_back({.name = "long", .prefix = "bookshopB", .check = [](auto, auto, Owed&) { return Status(); }});
    CHECK(TableFinder(tables).find("bookshopB1", "") == 1);
    CHECK(TableFinder(tables).find("bookshopA1", "") == 0);
    CHECK(!TableFinder(tables).find("bookshoq", ""));
}

}  // namespace
}  // namespace idun::store
