// How old people are and how many of them die, by age and sex.
#pragma once

#include <array>

#include "base/result.h"
#include "synth/chance.h"
#include "synth/day.h"
#include "synth/files.h"

namespace idun::synth {

inline constexpr int kAgeMax = 109;
inline constexpr int kDeadYears = 5;  // those who died so long ago are still among the people

// Immutable.
class Ages {
public:
    static Result<Ages> read(const Files& files);

    // People of that age, living today, of a country of about 10.5 million.
    double living(bool woman, int age) const { return living_[woman][bounded(age)]; }
    // Those who would be that old today and died in the last kDeadYears years.
    double dead(bool woman, int age) const { return dead_[woman][bounded(age)]; }
    // Deaths a year for each person of that age.
    double mortality(bool woman, int age) const { return mortality_[woman][bounded(age)]; }
    // When somebody who is dead died: in the last years, or long ago for those who would be older than anybody.
    Day death(bool woman, Day born, Day today, Chance& chance) const;

private:
    static std::size_t bounded(int age) { return static_cast<std::size_t>(age < 0 ? 0 : age > kAgeMax ? kAgeMax : age); }
    using Row = std::array<double, kAgeMax + 1>;
    std::array<Row, 2> living_{}, dead_{}, mortality_{};
};

}  // namespace idun::synth
