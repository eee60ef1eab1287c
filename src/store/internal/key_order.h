// Sorting writes by key: most keys differ in their first eight bytes, which compare as one number.
#pragma once

#include <cstdint>

#include "store/store.h"

namespace idun::store {

// The first eight bytes as a big-endian number; a shorter key counts as filled up with zeros.
inline std::uint64_t key_start(std::string_view key) {
    std::uint64_t start = 0;
    for (std::size_t i = 0; i < 8; ++i) start = start << 8 | (i < key.size() ? static_cast<unsigned char>(key[i]) : 0u);
    return start;
}

struct KeyPlace {
    std::uint64_t start;
    const Batch::Write* write;
    std::size_t batch = 0;  // of several, in their order
};
// By key; writes of one key by batch.
inline bool before(const KeyPlace& a, const KeyPlace& b) {
    if (a.start != b.start) return a.start < b.start;
    const int order = a.write->key.compare(b.write->key);
    return order != 0 ? order < 0 : a.batch < b.batch;
}

}  // namespace idun::store
