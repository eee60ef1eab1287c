// A life: what modules make of a person, as compact items; resources and pointers are only ways to write them.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "fhir/category.h"
#include "synth/module.h"
#include "synth/population.h"
#include "synth/providers.h"

namespace idun::synth {

enum class ItemKind : std::uint8_t {
    encounter, condition, lab, lab_report, vital, blood_pressure, home, finding, answer, prescription, dispense, immunization,
    procedure, imaging, imaging_report, allergy, note, discharge, register_report, referral, guardian,
};
// What kind of data the item's resource is, as fhir::category_of says of the resource.
fhir::PriorityCategory category_of(ItemKind kind);

struct Item {
    ItemKind kind = ItemKind::encounter;
    std::uint8_t sub = 0;         // encounter: ContactKind; condition: 1 passing; referral: Service
    std::uint8_t staff = 0;       // which of the unit's people of that role
    std::uint16_t unit = 0;       // where
    std::uint16_t role = 0;       // of whom
    std::uint16_t place = 0;      // in the table of Codes; lab_report: how many results; finding: the answer is in link
    std::int16_t minute = 0;      // of the day
    Day day = 0;
    Day until = kNever;           // encounter: end; condition, prescription: end, kNever while it lasts
    std::int32_t encounter = -1;  // its item; -1: none
    std::int32_t link = -1;       // dispense: prescription; reports: first of what they report; immunization: dose; answer: sum
    std::uint32_t text = 0;       // in Modules::texts
    float value = 0, value_2 = 0; // in the analyte's first unit
};

// The unit of items that came to nothing; whoever walks over items passes them by.
inline constexpr std::uint16_t kNowhere = 0xffff;

struct Life {
    std::vector<Item> items;
};

// When each provider that knows the person saw her last, in the order of their first items.
struct LastDay {
    std::uint16_t provider;
    Day day;
};
std::vector<LastDay> last_days(const Life& life, const Providers& providers);

inline constexpr int kDispensesKeptDays = 5 * 365;  // as the national medication list keeps them

// Makes lives. Immutable, but for the scratch space of each Runner; everything it is given must outlive it.
class Lives {
public:
    Lives(const Population& population, const Providers& providers, const Codes& codes, const Modules& modules, Day since);

    // One for each thread. live() clears `out` first.
    class Runner {
    public:
        explicit Runner(const Lives& lives) : lives_(lives) {}
        void live(const Person& person, Life& out);

    private:
        struct Open {
            std::uint16_t place;
            std::int32_t item;
        };
        struct Taking {
            std::uint16_t place;
            std::uint16_t unit;
            std::uint16_t role;
            std::uint8_t staff;
            Day from;
            Day until;
            std::int32_t encounter;
        };
        struct Step;
        void run(const Module& module, std::uint64_t purpose);
        bool pass_time(const Op& op, const Module& module, Chance& chance);
        bool onset(const Op& op, const Module& module, Chance& chance);
        bool holds(const Op& op) const;
        void contact(const Op& op, Chance& chance);
        void look_up_contact();
        void close_contact();
        void care(const Op& op, Chance& chance);
        void leave(const Op& op, Chance& chance);
        void condition(const Op& op, Chance& chance);
        void measure(const Op& op, Chance& chance);
        void at_home(const Op& op, Chance& chance);
        void prescribe(const Op& op, Chance& chance);
        void image(const Op& op, Chance& chance);
        void expand_medicines();
        void guardians();
        void forget_what_ended();
        Item& add(ItemKind kind);
        std::uint16_t unit_of(Service service, Day day) const;
        std::uint16_t municipality_on(Day day) const;
        int age() const;

        const Lives& lives_;
        const Person* person_ = nullptr;
        Life* out_ = nullptr;
        Day time_ = 0;
        Day end_ = 0;    // the first day that is not lived, or not yet
        Day seen_from_ = 0;
        bool visible_ = false;        // the contact is within the period
        Item contact_;                // what belongs to it copies from here
        const Op* contact_op_ = nullptr;  // not null: where and with whom is not worked out yet
        Chance contact_chance_{0, 0, 0};
        std::int32_t encounter_ = -1;
        std::int32_t first_result_ = -1;
        std::uint16_t results_ = 0;
        std::array<Day, kFlagsMax> flag_from_{}, flag_until_{};
        mutable std::array<std::array<std::uint16_t, kServices>, 2> units_{};  // by former or present municipality; kNowhere: not asked yet
        std::vector<Open> open_;
        std::vector<Taking> taking_;
    };

    const Population& population() const { return population_; }
    const Providers& providers() const { return providers_; }
    const Codes& codes() const { return codes_; }
    const Modules& modules() const { return modules_; }
    Day since() const { return since_; }

private:
    const Population& population_;
    const Providers& providers_;
    const Codes& codes_;
    const Modules& modules_;
    Day since_;
    std::vector<std::uint64_t> purposes_;  // of each module, from its name
    std::uint16_t physician_ = 0;          // of primary care, who renews
    std::uint16_t pharmacist_ = 0;
};

}  // namespace idun::synth
