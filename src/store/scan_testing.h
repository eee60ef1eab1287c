// For tests of tables: every damage of one row is tried, and what a scan says of it.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "store/scan.h"

namespace idun::store {

// A store's rows in memory, so that thousands of damaged ones cost nothing.
class RowsInMemory final : public Snapshot {
public:
    std::map<std::string, std::string> rows;

    static RowsInMemory of(Store& store) {
        RowsInMemory out;
        const auto snapshot = *store.snapshot();
        IDUN_CHECK(snapshot->walk({}, [&](std::string_view key, std::string_view value) {
            out.rows.emplace(key, value);
            return Onward{};
        }).has_value());
        return out;
    }
    Version version() const override { return {1}; }
    Result<std::vector<std::optional<std::string>>> multi_get(std::span<const std::string> keys) const override {
        std::vector<std::optional<std::string>> out;
        for (const std::string& key : keys) {
            const auto at = rows.find(key);
            out.push_back(at == rows.end() ? std::nullopt : std::optional(at->second));
        }
        return out;
    }
    Result<Chunk> scan(const Range& range, const ChunkLimit& limit) const override {
        Chunk out;
        for (auto at = rows.lower_bound(range.from); at != rows.end() && (range.to.empty() || at->first < range.to); ++at) {
            if (out.entries.size() == limit.entries_max) {
                out.more = true;
                break;
            }
            out.entries.push_back({at->first, at->second});
        }
        return out;
    }
};

using TablesFor = std::function<Tables(const Snapshot&)>;

inline ScanReport scan_of(const Snapshot& rows, const TablesFor& tables_for) {
    const Tables tables = tables_for(rows);
    return *scan(rows, tables);
}
inline std::string findings_of(const ScanReport& report) {
    std::string out;
    for (const ScanFinding& one : report.findings) out += one.sentence() + "\n";
    return out;
}

// Nothing is found in `whole`; then each row of each table is damaged by itself, in each way. Of which tables and ways some
// damage was not found, or not said of that table (nor of none): "index.persons swapped". `lacking` gets the tables without rows.
[[nodiscard]] inline std::set<std::string> unnoticed_damages(const RowsInMemory& whole, const TablesFor& tables_for, std::set<std::string>* lacking = nullptr) {
    const ScanReport clean = scan_of(whole, tables_for);
    CHECK_MESSAGE(clean.found == 0, findings_of(clean));
    const Tables tables = tables_for(whole);
    const TableFinder finder(tables);
    std::set<std::string> out, met;
    for (auto at = whole.rows.begin(); at != whole.rows.end(); ++at) {
        const auto place = finder.find(at->first, at->second);
        if (!place) continue;
        const std::string table(tables[*place].name);
        met.insert(table);
        const auto attempt = [&](const char* how, const std::function<void(std::map<std::string, std::string>&)>& damage) {
            RowsInMemory damaged;
            damaged.rows = whole.rows;
            damage(damaged.rows);
            if (damaged.rows == whole.rows) return;
            const ScanReport report = scan_of(damaged, tables_for);
            const bool named = std::ranges::any_of(report.findings, [&](const ScanFinding& one) { return one.table == table || one.other == table || one.table.empty(); });
            if (!named) out.insert(table + " " + how);
        };
        const std::string& key = at->first;
        attempt("dropped", [&](auto& rows) { rows.erase(key); });
        attempt("cut", [&](auto& rows) {
            if (!rows[key].empty()) rows[key].pop_back();
        });
        attempt("longer", [&](auto& rows) { rows[key] += '\x7f'; });
        attempt("garbled", [&](auto& rows) { rows[key] = "\xfe\xff?"; });
        for (auto next = std::next(at); next != whole.rows.end(); ++next) {
            if (finder.find(next->first, next->second) != place || next->second == at->second) continue;
            attempt("swapped", [&](auto& rows) { std::swap(rows[key], rows[next->first]); });
            break;
        }
        attempt("added", [&](auto& rows) {
            std::string other = key;
            other.back() = static_cast<char>(other.back() ^ 0x11);
            rows.emplace(other, at->second);
        });
    }
    // Keys that end too early are findings too, and nothing worse.
    for (const auto& [key, value] : whole.rows)
        for (const std::size_t length : {kPartitionBytes + 1, kPartitionBytes + 4, std::size_t{17}, std::size_t{25}}) {
            RowsInMemory damaged;
            damaged.rows = whole.rows;
            if (length < key.size() && damaged.rows.emplace(key.substr(0, length), value).second) (void)scan_of(damaged, tables_for);
        }
    if (lacking)
        for (const Table& table : tables)
            if (!met.contains(std::string(table.name))) lacking->insert(std::string(table.name));
    return out;
}

// The tables with rows whose keys have the pseudonym of one of these (whole, or as store::person_key puts it) and do not show it, or
// show it though they have it not.
[[nodiscard]] inline std::set<std::string> rows_of_nobody(const RowsInMemory& rows, const Tables& tables, const std::vector<crypto::Pseudonym>& persons) {
    const TableFinder finder(tables);
    std::set<std::string> out;
    for (const auto& [key, value] : rows.rows) {
        const auto place = finder.find(key, value);
        if (!place) continue;
        std::set<crypto::Pseudonym> shown;
        if (tables[*place].whose) tables[*place].whose(key, [&](const crypto::Pseudonym& one) { shown.insert(one); });
        for (const crypto::Pseudonym& person : persons) {
            const std::string_view whole = person.view(), head = whole.substr(0, kPartitionBytes), tail = whole.substr(kPartitionBytes);
            bool has = key.find(whole) != std::string::npos;
            for (auto at = key.find(head); !has && at != std::string::npos; at = key.find(head, at + 1))
                has = at + 2 * kPartitionBytes < key.size() && std::string_view(key).substr(at + kPartitionBytes + 1, kPartitionBytes) == tail;
            if (has != shown.contains(person)) out.insert(std::string(tables[*place].name));
        }
    }
    return out;
}

// For messages of tests.
inline std::string one_a_line(const std::set<std::string>& words) {
    std::string out;
    for (const std::string& one : words) out += one + "\n";
    return out;
}

}  // namespace idun::store
