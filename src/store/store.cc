#include "store/store.h"

#include <algorithm>
#include <future>

#include "store/internal/key_order.h"

namespace idun::store {

Range prefix_range(std::string_view prefix) {
    Range range{std::string(prefix), std::string(prefix)};
    // The first key after all that start with the prefix: "ab" -> "ac", "a\xff" -> "b", "\xff" -> the end.
    while (!range.to.empty() && range.to.back() == '\xff') range.to.pop_back();
    if (!range.to.empty()) range.to.back() = static_cast<char>(static_cast<unsigned char>(range.to.back()) + 1);
    return range;
}

Range rest_of(const Range& range, std::string_view last_key) {
    Range rest = range;
    if (range.reverse) {
        rest.to = last_key;
    } else {
        rest.from = last_key;
        rest.from.push_back('\0');
    }
    return rest;
}

Result<std::optional<std::string>> Snapshot::get(const std::string& key) const {
    TRY_ASSIGN(auto values, multi_get(std::span<const std::string>(&key, 1)));
    return std::move(values.front());
}

Status Snapshot::walk(const Range& range, Passed passed) const {
    IDUN_CHECK(!range.reverse);
    Range rest = range;
    std::string to;
    while (true) {
        TRY_ASSIGN(const Chunk chunk, scan(rest));
        for (const Entry& entry : chunk.entries) {
            if (entry.key < to) continue;
            const Onward onward = passed(entry.key, entry.value);
            if (onward.stop) return {};
            to = onward.to;
        }
        if (!chunk.more) return {};
        rest = rest_of(rest, chunk.entries.back().key);
        if (to > rest.from) rest.from = to;
        if (!rest.to.empty() && rest.from >= rest.to) return {};
    }
}

void Batch::put(std::string key, std::string value) {
    bytes_ += key.size() + value.size();
    writes_.push_back({std::move(key), std::move(value)});
}

void Batch::erase(std::string key) {
    bytes_ += key.size();
    writes_.push_back({std::move(key), std::nullopt});
}

void Batch::expect(std::string key, std::optional<std::string> value) {
    bytes_ += key.size() + (value ? value->size() : 0);
    expectations_.push_back({std::move(key), std::move(value)});
}

void Batch::order() {
    std::vector<KeyPlace> places;
    places.reserve(writes_.size());
    for (const Write& write : writes_) places.push_back({key_start(write.key), &write});
    if (std::ranges::is_sorted(places, before)) return;
    std::ranges::sort(places, before);
    std::vector<Write> ordered;
    ordered.reserve(writes_.size());
    for (const KeyPlace& place : places)
        ordered.push_back(std::move(writes_[static_cast<std::size_t>(place.write - writes_.data())]));
    writes_ = std::move(ordered);
}

void Batch::note(std::string note) {
    if (note_) bytes_ -= note_->size();
    bytes_ += note.size();
    note_ = std::move(note);
}

bool Batch::empty() const { return writes_.empty() && expectations_.empty() && !note_; }

std::size_t Batch::bytes() const { return bytes_; }

Result<Version> Store::commit(Batch batch) {
    // Shared, so that the promise outlives set_value() on the store's thread.
    auto outcome = std::make_shared<std::promise<Result<Version>>>();
    auto future = outcome->get_future();
    commit(std::move(batch), [outcome](Result<Version> result) { outcome->set_value(std::move(result)); });
    return future.get();
}

}  // namespace idun::store
