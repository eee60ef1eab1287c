// Modules: what happens to people, as small programs. docs/formats/synth-module.md says how they are written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "synth/codes.h"
#include "synth/day.h"
#include "synth/providers.h"

namespace idun::synth {

enum class OpKind : std::uint8_t {
    onset, wait, until_age, until_month, until_year, before_death, before_birth,
    go, chance_go, if_go, set, clear, stop,
    contact, admit,
    condition, resolve, measure, blood_pressure, at_home, prescribe, withdraw, vaccinate, procedure, image, allergy, finding, answer,
    note, discharge, report, refer,
};
enum class ContactKind : std::uint8_t { visit, call, home, emergency, inpatient };
enum class Ask : std::uint8_t { man, woman, age, year, has, medicines, foreign, alone, pregnant };

// One statement, compiled. What the fields hold depends on the kind; module_reader.cc fills, life.cc reads them.
struct Op {
    OpKind kind = OpKind::stop;
    std::uint8_t sub = 0;     // ContactKind, Ask, or 1: yes
    std::uint8_t service = 0; // Service
    std::uint16_t place = 0;  // in a table of Codes, of roles, of flags
    std::int32_t target = 0;  // op to go on with
    std::int32_t from = 0;    // days, years, months; first rate
    std::int32_t to = 0;      // the same; number of rates
    std::uint32_t text = 0;   // first wording in Modules::texts
    std::uint16_t texts = 0;  // how many
    float mean = 0, deviation = 0, mean_2 = 0, deviation_2 = 0;
};

struct Rate {
    bool men = true, women = true;
    std::int16_t from = 0, to = 0;  // ages, both included
    double a_day = 0;
};

struct Module {
    std::string name;
    std::string title;
    std::vector<std::string> sources;
    bool for_visitors = false;
    bool for_period = false;  // leaves nothing that lasts: begins shortly before the period instead of at birth
    std::vector<Op> ops;  // the first state first
    std::vector<Rate> rates;
};

inline constexpr std::size_t kModulesMax = 200;
inline constexpr std::size_t kOpsMax = 5'000;
inline constexpr std::size_t kFlagsMax = 64;
inline constexpr std::size_t kModuleBytesMax = 64u << 10;

// Immutable after reading.
struct Modules {
    // Those that modules/order.txt names, in its order. `invalid` names file and line and what is allowed.
    static Result<Modules> read(const Files& files, const Codes& codes, const Providers& providers);

    std::vector<Module> all;
    std::vector<std::string> texts;
    std::vector<std::string> flags;
};

}  // namespace idun::synth
