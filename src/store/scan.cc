#include "store/scan.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "crypto/hash.h"

namespace idun::store {
namespace {

constexpr std::size_t kRowsAtOnce = 256;
constexpr std::size_t kDebtsKept = 1024;  // their keys; a row that owes more is settled by itself
// Looked up in one go: 256 MiB either way at most.
constexpr std::size_t kLookedUpBytesMax = 256u << 20;
constexpr std::size_t kUsualAtOnce = kLookedUpBytesMax / (1u << 20);
constexpr std::size_t kLargeAtOnce = kLookedUpBytesMax / kValueBytesMax;
constexpr std::size_t kMarkBytes = 4;
constexpr std::size_t kRecalledRows = 4096;
constexpr std::size_t kRecalledBytesMax = 256;  // of a value

std::string mark_of(std::string_view key) {
    const crypto::Hash hash = crypto::sha256(key);
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const char c : hash.view().substr(0, kMarkBytes)) {
        out += kDigits[static_cast<std::uint8_t>(c) >> 4];
        out += kDigits[static_cast<std::uint8_t>(c) & 15];
    }
    return out;
}

// What a row owes, and whose it is.
struct Waiting {
    Owed::Debt debt;
    std::size_t table;
    std::uint64_t row;
    std::string key;
};

// Rows that were looked up lately: what many owe alike (a pointer's provider) is looked up once, not for each of them. Begins anew when
// it is full: what is owed often is soon there again.
class Recalled {
public:
    const std::optional<std::string>* find(const std::string& key) const {
        const auto found = rows_.find(key);
        return found == rows_.end() ? nullptr : &found->second;
    }
    void keep(const std::string& key, const std::optional<std::string>& value) {
        if (value && value->size() > kRecalledBytesMax) return;
        if (rows_.size() == kRecalledRows) rows_.clear();
        rows_.insert_or_assign(key, value);
    }

private:
    std::unordered_map<std::string, std::optional<std::string>> rows_;
};

class RowScan {
public:
    RowScan(const Snapshot& snapshot, const Tables& tables, const ScanPace& pace)
        : snapshot_(snapshot), tables_(tables), finder_(tables), pace_(pace) {
        report_.version = snapshot.version();
        for (const Table& table : tables) report_.tables.push_back({.table = std::string(table.name), .form = table.form});
    }

    Result<ScanReport> run() {
        TRY(snapshot_.walk({}, [&](std::string_view key, std::string_view value) -> Onward {
            pass(key, value);
            if (++rows_ % kRowsAtOnce == 0 || waiting_.size() >= kDebtsKept) status_ = breathe();
            return {.stop = !status_};
        }));
        TRY(std::move(status_));
        TRY(settle());
        for (std::size_t i = 0; i < tables_.size(); ++i) {
            if (!tables_[i].ended) continue;
            Owed owed;
            tables_[i].ended(owed);
            take(owed, i, 0, {});
        }
        TRY(settle());
        if (pace_.progress) pace_.progress(rows_);
        return std::move(report_);
    }

private:
    void pass(std::string_view key, std::string_view value) {
        const auto at = finder_.find(key, value);
        if (!at) return stray(key, value);
        ScanReport::Sum& sum = report_.tables[*at];
        ++sum.rows;
        sum.bytes += key.size() + value.size();
        const Table& table = tables_[*at];
        if (value.size() > table.value_bytes_max) find(*at, sum.rows, key, {}, "it is longer than rows of this table are");
        Owed owed;
        if (const Status well = table.check(key, value, owed); !well) find(*at, sum.rows, key, {}, well.error().message);
        take(owed, *at, sum.rows, key);
    }

    // Of no table.
    void stray(std::string_view key, std::string_view value) {
        if (report_.tables.size() == tables_.size()) report_.tables.emplace_back();
        ScanReport::Sum& sum = report_.tables.back();
        ++sum.rows;
        sum.bytes += key.size() + value.size();
        find(tables_.size(), sum.rows, key, {}, "no table has rows like this one");
    }

    void take(Owed& owed, std::size_t table, std::uint64_t row, std::string_view key) {
        for (const std::string_view says : owed.wrongs()) find(table, row, key, {}, says);
        for (Owed::Debt& debt : owed.debts()) {
            const std::optional<std::string>* const known = debt.large ? nullptr : recalled_.find(debt.key);
            if (known) judge(debt, table, row, key, *known);
            else waiting_.push_back({std::move(debt), table, row, std::string(key)});
        }
    }

    Status breathe() {
        if (pace_.stop.stop_requested()) return fail(Category::unavailable, "the scan was stopped");
        TRY(settle());
        return breather_.breathe(rows_);
    }

    Status settle() {
        TRY(settle_all(false, kUsualAtOnce));
        TRY(settle_all(true, kLargeAtOnce));
        waiting_.clear();
        return {};
    }

    Status settle_all(bool large, std::size_t at_once) {
        std::vector<const Waiting*> some;
        for (const Waiting& one : waiting_) {
            if (one.debt.large != large) continue;
            some.push_back(&one);
            if (some.size() == at_once) TRY(settle(std::exchange(some, {})));
        }
        return settle(some);
    }

    Status settle(const std::vector<const Waiting*>& some) {
        if (some.empty()) return {};
        if (pace_.stop.stop_requested()) return fail(Category::unavailable, "the scan was stopped");
        std::vector<std::string> keys;
        for (const Waiting* one : some) keys.push_back(one->debt.key);
        TRY_ASSIGN(const auto values, snapshot_.multi_get(keys));
        for (std::size_t i = 0; i < keys.size(); ++i) {
            const Waiting& one = *some[i];
            judge(one.debt, one.table, one.row, one.key, values[i]);
            if (!one.debt.large) recalled_.keep(keys[i], values[i]);
        }
        return {};
    }

    void judge(const Owed::Debt& debt, std::size_t table, std::uint64_t row, std::string_view key, const std::optional<std::string>& value) {
        const std::string_view says = debt.judge(snapshot_, value);
        if (!says.empty()) find(table, row, key, debt.key, says, value.value_or(std::string()));
    }

    void find(std::size_t table, std::uint64_t row, std::string_view key, std::string_view other, std::string_view says, std::string_view value = {}) {
        ++report_.tables[table].findings;
        ++report_.found;
        if (report_.findings.size() == kFindingsKept) return;
        ScanFinding out{.table = report_.tables[table].table, .other = {}, .row = row, .mark = row == 0 ? std::string() : mark_of(key), .says = std::string(says)};
        if (const auto there = other.empty() ? std::nullopt : finder_.find(other, value)) out.other = tables_[*there].name;
        report_.findings.push_back(std::move(out));
    }

    const Snapshot& snapshot_;
    const Tables& tables_;
    const TableFinder finder_;
    const ScanPace& pace_;
    ScanReport report_;
    std::vector<Waiting> waiting_;
    Recalled recalled_;
    std::uint64_t rows_ = 0;
    Status status_;
    Breather breather_{pace_};
};

}  // namespace

std::string ScanFinding::sentence() const {
    std::string out = table.empty() ? "a row of no table" : table;
    if (row != 0) out += ", row " + std::to_string(row) + " (" + mark + ")";
    out += ": " + says;
    if (!other.empty() && other != table) out += " (" + other + ")";
    return out;
}

std::optional<std::size_t> TableFinder::find(std::string_view key, std::string_view value) const {
    std::optional<std::size_t> found;
    std::size_t longest = 0;
    for (std::size_t i = 0; i < tables_.size(); ++i) {
        const std::string& prefix = tables_[i].prefix;
        if (prefix.size() <= longest || !key.starts_with(prefix)) continue;
        found = i;
        longest = prefix.size();
    }
    if (found || key.size() <= kPartitionBytes) return found;
    for (std::size_t i = 0; i < tables_.size(); ++i) {
        const Table& table = tables_[i];
        if (table.letter == key[kPartitionBytes] && (!table.owns || table.owns(key, value))) return i;
    }
    return std::nullopt;
}

Result<ScanReport> scan(const Snapshot& snapshot, const Tables& tables, const ScanPace& pace) { return RowScan(snapshot, tables, pace).run(); }

}  // namespace idun::store
