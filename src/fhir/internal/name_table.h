// A fixed hash table from names to their places, built once. The names live elsewhere and must stay.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace idun::fhir {

class NameTable {
public:
    static constexpr std::uint32_t kNone = 0xFFFFFFFF;

    NameTable() = default;
    // name_at(i) for i below count. Of equal names the first is kept.
    template <typename NameAt>
    NameTable(std::uint32_t count, NameAt name_at) {
        std::uint32_t size = 2;
        while (size < count * 2) size *= 2;
        slots_.assign(size, Slot{nullptr, 0, kNone});
        for (std::uint32_t i = 0; i < count; ++i) insert(name_at(i), i);
    }

    std::uint32_t find(std::string_view name) const {
        if (slots_.empty()) return kNone;
        const auto mask = static_cast<std::uint32_t>(slots_.size() - 1);
        for (std::uint32_t i = hash(name) & mask;; i = (i + 1) & mask) {
            const Slot& slot = slots_[i];
            if (slot.place == kNone) return kNone;
            if (std::string_view(slot.name, slot.size) == name) return slot.place;
        }
    }

private:
    struct Slot {
        const char* name;
        std::uint32_t size;
        std::uint32_t place;
    };

    // Mixes the first and last bytes and the length: FHIR names differ there. The table never grows and holds
    // only our own names, so chosen inputs can at worst walk one run of taken slots.
    static std::uint32_t hash(std::string_view name) {
        std::uint64_t a = 0;
        std::uint64_t b = 0;
        const std::size_t n = name.size();
        if (n >= 8) {
            std::memcpy(&a, name.data(), 8);
            std::memcpy(&b, name.data() + n - 8, 8);
        } else if (n >= 4) {
            std::memcpy(&a, name.data(), 4);
            std::memcpy(&b, name.data() + n - 4, 4);
        } else if (n > 0) {
            a = static_cast<unsigned char>(name[0]);
            b = static_cast<std::uint64_t>(static_cast<unsigned char>(name[n / 2])) << 8 | static_cast<unsigned char>(name[n - 1]);
        }
        const std::uint64_t mixed = ((a ^ n) * 0x9E3779B97F4A7C15u) ^ ((b + n) * 0xC2B2AE3D27D4EB4Fu);
        return static_cast<std::uint32_t>((mixed * 0xFF51AFD7ED558CCDu) >> 32);
    }

    void insert(std::string_view name, std::uint32_t place) {
        const auto mask = static_cast<std::uint32_t>(slots_.size() - 1);
        std::uint32_t i = hash(name) & mask;
        for (; slots_[i].place != kNone; i = (i + 1) & mask) {
            if (std::string_view(slots_[i].name, slots_[i].size) == name) return;
        }
        slots_[i] = {name.data(), static_cast<std::uint32_t>(name.size()), place};
    }

    std::vector<Slot> slots_;
};

}  // namespace idun::fhir
