// Chance that can be repeated: a stream of numbers from (seed, number, purpose) alone. Not for secrets.
#pragma once

#include <cmath>
#include <cstdint>

namespace idun::synth {

// A value; each stream is used by one thread. The same three numbers give the same stream on every machine (SplitMix64,
// by Guy Steele, Doug Lea and Christine Flood); nothing here depends on a library's distributions.
class Chance {
public:
    Chance(std::uint64_t seed, std::uint64_t number, std::uint64_t purpose)
        : state_(mixed(mixed(mixed(seed + 0x9e3779b97f4a7c15) ^ number) ^ (purpose * 0xd1342543de82ef95))) {}

    // A stream of its own that costs this one a single draw, whatever is taken from it, or nothing at all.
    Chance split() { return Chance(next()); }

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15;
        return mixed(state_);
    }
    // Evenly in [0, count); 0 when count is 0.
    std::uint32_t below(std::uint32_t count) { return static_cast<std::uint32_t>(((next() >> 32) * count) >> 32); }
    // Evenly in [from, to].
    std::int32_t between(std::int32_t from, std::int32_t to) {
        return from + static_cast<std::int32_t>(below(static_cast<std::uint32_t>(to - from + 1)));
    }
    // Evenly in [0, 1).
    double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
    bool percent(double of_100) { return unit() * 100.0 < of_100; }
    // With mean 1.
    double exponential() { return -std::log(1.0 - unit()); }
    // With mean 0 and deviation 1: the sum of four even ones, cut at 3.46; close enough for what a laboratory measures.
    double normal() { return (unit() + unit() + unit() + unit() - 2.0) * 1.7320508075688772; }

    // A one-to-one scrambling of 64 bits.
    static std::uint64_t mixed(std::uint64_t x) {
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    }

private:
    explicit Chance(std::uint64_t state) : state_(state) {}
    std::uint64_t state_;
};

}  // namespace idun::synth
