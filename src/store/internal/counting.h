// Batches whose presence can be checked after a crash. For tests.
#pragma once

#include "store/internal/conformance.h"

namespace idun::store {

inline constexpr int kCountingRows = 3;

inline std::string counting_key(std::uint64_t number, int row) { return key(row, "n" + std::to_string(number)); }

// Batch `number` writes three rows, takes away an old one, and only follows batch number - 1.
inline Batch counting_batch(std::uint64_t number, std::size_t value_bytes = 100) {
    Batch batch;
    for (int row = 0; row < kCountingRows; ++row)
        batch.put(counting_key(number, row), std::string(value_bytes, 'v') + std::to_string(number));
    if (number > 10) batch.erase(counting_key(number - 10, 0));
    batch.expect(key(99), number == 1 ? std::nullopt : std::optional(std::to_string(number - 1)));
    batch.put(key(99), std::to_string(number));
    batch.note("n" + std::to_string(number));
    return batch;
}

// The number of the last batch; nothing when one is there by half, or one before it is missing.
inline std::optional<std::uint64_t> counted(Store& store) {
    const auto snapshot = now(store);
    const auto top = snapshot->get(key(99)).value();
    const std::uint64_t number = top ? std::strtoull(top->c_str(), nullptr, 10) : 0;
    if (snapshot->version().number != number) return std::nullopt;
    const auto rows = scan_all(*snapshot, {key(0), key(50)});
    const std::size_t erased = number > 10 ? static_cast<std::size_t>(number) - 10 : 0;
    if (rows.size() != kCountingRows * number - erased) return std::nullopt;
    for (std::uint64_t n = 1; n <= number; ++n) {
        std::vector<std::string> keys;
        for (int row = 0; row < kCountingRows; ++row) keys.push_back(counting_key(n, row));
        const auto values = snapshot->multi_get(keys).value();
        for (int row = 0; row < kCountingRows; ++row)
            if (values[static_cast<std::size_t>(row)].has_value() == (row == 0 && n + 10 <= number))
                return std::nullopt;
    }
    std::uint64_t noted = 0;
    const auto changes = store.changes({0}, 1'000'000).value();
    for (const Change& change : changes)
        if (change.version.number != ++noted || change.note != "n" + std::to_string(noted)) return std::nullopt;
    if (noted != number) return std::nullopt;
    return number;
}

}  // namespace idun::store
