#include "people/key_counts.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "people/internal/aliases.h"

namespace idun::people {
namespace {

using crypto::Pseudonym;

constexpr std::uint64_t kRowsBetweenBreaths = 256;
// Of the first 4 bytes of pseudonyms, which are evenly spread; and times as many in a part as there should be, at most.
constexpr std::uint64_t kPlaces = std::uint64_t{1} << 32;
constexpr std::size_t kCloseMax = 4;

std::uint64_t place_of(std::string_view bytes) { return ByteReader(bytes.substr(0, 4)).be<std::uint32_t>(); }
std::string first_key(std::uint64_t place) {
    std::string out;
    append_be(out, static_cast<std::uint32_t>(place));
    return out;
}

struct Known {
    Pseudonym pseudonym;
    std::uint8_t key = 0;
    std::uint32_t beside = 0;
};

class KeyCounter {
public:
    KeyCounter(const store::Snapshot& snapshot, const store::Tables& tables, const store::ScanPace& pace,
               CountedRow counted, std::size_t at_once)
        : snapshot_(snapshot),
          tables_(tables),
          finder_(tables),
          breather_(pace),
          counted_(counted),
          at_once_(at_once) {}

    Result<KeyCounts> run(std::vector<std::string> keys) {
        TRY_ASSIGN(const std::uint64_t statements, learn_keys(std::move(keys)));
        for (const store::Table& table : tables_)
            out_.tables.push_back({std::string(table.name), std::vector<std::uint64_t>(out_.keys.size()), 0});
        const std::uint64_t parts = 1 + 2 * statements / at_once_;
        for (std::uint64_t part = 0; part < parts; ++part) {
            from_ = kPlaces / parts * part;
            to_ = part + 1 == parts ? kPlaces : kPlaces / parts * (part + 1);
            TRY(know());
            TRY(count());
        }
        std::erase_if(out_.tables, [](const KeyCounts::Rows& rows) {
            return rows.unknown == 0 && std::ranges::all_of(rows.under, [](std::uint64_t n) { return n == 0; });
        });
        return std::move(out_);
    }

private:
    // How many statements there are.
    Result<std::uint64_t> learn_keys(std::vector<std::string> keys) {
        std::set<std::string> names(std::make_move_iterator(keys.begin()), std::make_move_iterator(keys.end()));
        std::uint64_t statements = 0;
        TRY(each_statement([&](const AliasPair& pair) -> Status {
            ++statements;
            names.insert(pair.one.key);
            names.insert(pair.other.key);
            return names.size() <= kKeysCountedMax ? Status()
                                                   : fail(Category::unsupported, "aliases speak of too many keys");
        }));
        out_.keys.assign(names.begin(), names.end());
        out_.pseudonyms.resize(out_.keys.size());
        return statements;
    }

    Status know() {
        known_.clear();
        TRY(each_statement([&](const AliasPair& pair) -> Status {
            add(pair.one, pair.other);
            add(pair.other, pair.one);
            return known_.size() <= kCloseMax * (at_once_ + 1)
                       ? Status()
                       : fail(Category::internal, "pseudonyms of aliases are not evenly spread");
        }));
        std::ranges::sort(known_, {}, &Known::pseudonym);
        auto last = known_.begin();
        for (auto one = known_.begin(); one != known_.end(); ++one) {  // several statements speak of some
            if (one != last && one->pseudonym == last->pseudonym)
                last->beside |= one->beside;
            else if (one != last)
                *++last = *one;
        }
        if (!known_.empty()) known_.erase(last + 1, known_.end());
        for (const Known& one : known_) ++out_.pseudonyms[one.key];
        return {};
    }
    void add(const crypto::Alias& one, const crypto::Alias& other) {
        if (!is_in_part(one.pseudonym)) return;
        known_.push_back({one.pseudonym, static_cast<std::uint8_t>(place_among_keys(one.key)),
                          std::uint32_t{1} << place_among_keys(other.key)});
    }
    std::size_t place_among_keys(const std::string& name) const {
        return static_cast<std::size_t>(std::ranges::lower_bound(out_.keys, name) - out_.keys.begin());
    }
    bool is_in_part(const Pseudonym& one) const {
        const std::uint64_t place = place_of(one.view());
        return place >= from_ && place < to_;
    }

    // Rows behind a person's partition lie among those of her part; of tables with a prefix all are read for each part.
    Status count() {
        TRY(each_row({first_key(from_), to_ == kPlaces ? std::string() : first_key(to_)},
                     [&](std::string_view key, std::string_view value) {
                         const auto at = finder_.find(key, value);
                         if (at && tables_[*at].prefix.empty()) count_row(*at, key, value);
                     }));
        for (std::size_t i = 0; i < tables_.size(); ++i) {
            if (tables_[i].prefix.empty() || !tables_[i].whose) continue;
            TRY(each_row(store::prefix_range(tables_[i].prefix), [&](std::string_view key, std::string_view value) {
                if (finder_.find(key, value) == i) count_row(i, key, value);
            }));
        }
        return {};
    }

    void count_row(std::size_t table, std::string_view key, std::string_view value) {
        if (!tables_[table].whose) return;
        tables_[table].whose(key, [&](const Pseudonym& person) {
            if (!is_in_part(person)) return;
            const auto known = std::ranges::lower_bound(known_, person, {}, &Known::pseudonym);
            RowKey of;
            if (known != known_.end() && known->pseudonym == person) of = {known->key, known->beside};
            KeyCounts::Rows& rows = out_.tables[table];
            ++(of.key ? rows.under[*of.key] : rows.unknown);
            counted_(tables_[table], value, of);
        });
    }

    Status each_statement(FunctionRef<Status(const AliasPair& pair)> heard) {
        Status status;
        TRY(each_row(store::prefix_range(kAliasRows), [&](std::string_view key, std::string_view value) {
            if (!status) return;
            const auto said = decode_alias(key, value);
            status = said ? heard(said->pair) : fail(said.error());
        }));
        return status;
    }
    Status each_row(const store::Range& range, FunctionRef<void(std::string_view key, std::string_view value)> found) {
        Status status;
        TRY(snapshot_.walk(range, [&](std::string_view key, std::string_view value) -> store::Onward {
            found(key, value);
            if (++rows_ % kRowsBetweenBreaths == 0) status = breather_.breathe(rows_);
            return {.stop = !status};
        }));
        return status;
    }

    const store::Snapshot& snapshot_;
    const store::Tables& tables_;
    const store::TableFinder finder_;
    store::Breather breather_;
    const CountedRow counted_;
    const std::size_t at_once_;
    KeyCounts out_;
    std::uint64_t from_ = 0, to_ = 0;  // the part, by the first 4 bytes
    std::vector<Known> known_;         // of the part, in order
    std::uint64_t rows_ = 0;
};

}  // namespace

Result<KeyCounts> count_by_key(const store::Snapshot& snapshot, const store::Tables& tables,
                               std::vector<std::string> keys, const store::ScanPace& pace, CountedRow counted,
                               std::size_t pseudonyms_at_once) {
    return KeyCounter(snapshot, tables, pace, counted, pseudonyms_at_once).run(std::move(keys));
}

}  // namespace idun::people
