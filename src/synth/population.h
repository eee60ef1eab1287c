// The people: who they are, whom they live with, where.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "synth/ages.h"
#include "synth/geography.h"
#include "synth/numbers.h"

namespace idun::synth {

enum class Protection : std::uint8_t {
    none,
    marked,  // sekretessmarkering: whoever is asked judges before telling
    hidden,  // skyddad folkbokföring: the address is not in the register
};
enum class Stay : std::uint8_t {
    resident,
    newcomer,  // came with a coordination number, and has or will have a personal number
    visitor,   // of another country, here for a short time
};

inline constexpr std::uint64_t kNobody = ~std::uint64_t{0};
inline constexpr std::size_t kBirthsMax = 8;  // that a woman gives

// When a woman gave birth to her children of the parish that were born here, and when she expects the next; they rise.
class Births {
public:
    std::span<const Day> all() const { return {days_.data(), count_}; }
    // Whether another child may be born that day: none within 300 days.
    bool leave_room_for(Day day) const {
        return count_ < kBirthsMax && std::ranges::none_of(all(), [&](Day known) { return std::abs(known - day) < 300; });
    }
    bool any() const { return count_ > 0; }
    void add(Day day) {
        days_[count_++] = day;
        std::ranges::sort(days_.begin(), days_.begin() + count_);
    }

private:
    std::array<Day, kBirthsMax> days_{};
    std::uint8_t count_ = 0;
};

struct Identity {
    std::string_view system, value;  // "": none
};
struct Identities {
    Identity official;
    Identity old;  // the coordination number of somebody who has a personal number now
};

// A value; the views live as long as the Population.
struct Person {
    std::uint64_t number = 0;  // which of the people, from 0
    Numbered numbers;
    Day died = kNever;
    Stay stay = Stay::resident;
    Day arrived = -kNever;         // in Sweden
    Day personal_from = -kNever;   // when a newcomer got the personal number; kNever: not yet
    std::string_view foreign_system;    // of visitors
    std::string foreign_value;
    std::string_view country;           // of visitors, "NO"
    bool foreign_background = false;    // born abroad, or to parents who were
    std::string_view given, middle, family;
    char marital = 'U';                 // U, M, D, W as the Swedish base profile has them
    Protection protection = Protection::none;
    std::uint64_t household = 0;        // the number of its eldest
    std::uint16_t household_size = 1;
    std::uint64_t partner = kNobody;
    std::array<std::uint64_t, 2> guardians{kNobody, kNobody};  // of those under 18
    Births births;
    std::uint16_t municipality = 0;     // place in Geography
    std::uint16_t former_municipality = 0;
    Day moved = -kNever;                // from the former one
    std::uint16_t postcode = 0;         // place in the municipality's
    std::uint16_t street = 0;
    std::uint16_t house = 1;

    Day born() const { return numbers.born; }
    bool woman() const { return numbers.woman; }
    bool alive() const { return died == kNever; }
    // What identifies the person on that day, canonical as people/person_id.h: system and value.
    std::string_view system(Day day) const;
    std::string_view value(Day day) const;
    // What those say who saw the person last on that day: a provider's Patient, and the pointers it publishes.
    Identities identities(Day last) const;
};

// Families are found within parishes of so many people with numbers that follow each other, so that a parish can be made alone.
inline constexpr std::uint64_t kParish = 256;

// Which of the staff somebody of that role at that unit is.
inline std::uint64_t staff_number(std::uint16_t unit, std::uint16_t role, std::uint8_t staff) { return unit * 1000u + role * 100u + staff; }

// Immutable; any thread may ask.
class Population {
public:
    // `geography` and `numbers` must outlive this.
    static Result<Population> make(const Files& files, const Geography& geography, const Ages& ages, const Numbers& numbers,
                                   std::uint64_t seed, Day today);

    // The kParish people from parish * kParish on; fewer where the numbers end. The same whenever asked.
    std::vector<Person> parish(std::uint64_t parish) const;

    const Geography& geography() const { return *geography_; }
    // Given and family name of somebody who works in care; the same for the same number.
    std::pair<std::string_view, std::string_view> staff_name(std::uint64_t number) const;
    std::string_view street(const Person& person) const { return street_names_[person.street]; }
    std::uint64_t seed() const { return seed_; }
    Day today() const { return today_; }

private:
    struct NameList {
        int from = 0;
        int to = 0;
        std::vector<std::string> names;
    };
    Population() = default;
    Status read_names(const Files& files);
    Person alone(std::uint64_t number) const;
    void name(Person& person, Chance& chance) const;
    std::string_view given_name(const Person& person, Chance& chance) const;
    std::string_view family_name(bool foreign, Chance& chance) const;
    void find_partners(std::vector<Person>& people) const;
    void find_guardians(std::vector<Person>& people) const;
    void find_homes_of_grown(std::vector<Person>& people) const;
    void find_shared_homes(std::vector<Person>& people) const;
    void find_expecting(std::vector<Person>& people) const;
    void share_household(std::vector<Person>& people) const;
    void settle(Person& person, Chance& chance) const;

    const Geography* geography_ = nullptr;
    const Numbers* numbers_ = nullptr;
    const Ages* ages_ = nullptr;
    std::uint64_t seed_ = 0;
    Day today_ = 0;
    std::array<std::vector<NameList>, 4> given_;  // men, women, men and women with foreign background
    std::array<std::vector<std::string>, 2> family_;
    std::vector<std::string> street_names_;
};

}  // namespace idun::synth
