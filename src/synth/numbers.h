// Which personal number somebody gets: the Tax Agency's test numbers, or numbers of birth years that nobody alive has.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "synth/ages.h"
#include "synth/day.h"
#include "synth/files.h"

namespace idun::synth {

enum class NumberKind : std::uint8_t {
    test,     // official test numbers; the person is born when the number says
    shifted,  // the number says a birth kShiftYears earlier, so that it is before 1890
};
inline constexpr std::uint64_t kTestPeopleMax = 41'000;
inline constexpr std::uint64_t kShiftedPeopleMax = 12'000'000;
inline constexpr int kShiftYears = 140;

struct Numbered {
    Day born = 0;
    bool woman = false;
    char digits[13] = {};        // the personal number, "YYYYMMDDNNNC"
    char coordination[13] = {};  // the same with 60 added to the day: what somebody has before the personal number
};

// Immutable; any thread may ask. No two people have the same number.
class Numbers {
public:
    static Result<std::unique_ptr<const Numbers>> make(NumberKind kind, const Files& files, const Ages& ages, std::uint64_t seed, Day today);
    virtual ~Numbers() = default;
    // `person` is below people_max(). The first people of every country, however large, are by age and sex as the country is, as far as
    // there are numbers of their age: of test numbers those born before 1976 are few, and begin to run out at about 1,500 people.
    virtual Numbered of(std::uint64_t person) const = 0;
    virtual std::uint64_t people_max() const = 0;
};

// The twelve digits from eight of the date (with 60 added to the day if so) and the three after them.
void write_number(char* out, Day date, bool coordination, int serial);

}  // namespace idun::synth
