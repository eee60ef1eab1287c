#include "synth/country.h"

#include <algorithm>

namespace idun::synth {

struct Country::Parts {
    NumberKind kind;
    Geography geography;
    Ages ages;
    std::unique_ptr<const Numbers> numbers;
    Files files;
    std::uint64_t seed;
    Day today;
    Day since;
    Providers providers;
    Codes codes;
    Modules modules;
};

namespace {

constexpr int kYearsMax = 110;

// The names were read once before, when the options were checked.
Population population_of(const Files& files, const Geography& geography, const Ages& ages, const Numbers& numbers, std::uint64_t seed, Day today) {
    auto out = Population::make(files, geography, ages, numbers, seed, today);
    IDUN_CHECK(out.has_value());
    return std::move(*out);
}

}  // namespace

Country::Country(Parts parts)
    : kind_(parts.kind), geography_(std::move(parts.geography)), ages_(std::move(parts.ages)), numbers_(std::move(parts.numbers)),
      population_(population_of(parts.files, geography_, ages_, *numbers_, parts.seed, parts.today)), providers_(std::move(parts.providers)),
      codes_(std::move(parts.codes)), modules_(std::move(parts.modules)), lives_(population_, providers_, codes_, modules_, parts.since),
      resources_(lives_) {}

Country::~Country() = default;

std::string Country::staff_name(std::uint16_t unit, std::uint16_t role, std::uint8_t staff) const {
    const auto [given, family] = population_.staff_name(staff_number(unit, role, staff));
    return std::string(given) + " " + std::string(family);
}

Result<std::unique_ptr<const Country>> Country::make(const CountryOptions& options) {
    if (options.years < 1 || options.years > kYearsMax) return fail(Category::invalid, "the years that are kept are 1 to 110");
    if (options.today < day_of(2024, 1, 1) || options.today > day_of(2100, 1, 1)) return fail(Category::invalid, "the day of the run is between 2024 and 2100");
    Files files = builtin();
    if (!options.folder.empty()) {
        TRY_ASSIGN(files, with_folder(options.folder));
    }
    const NumberKind kind = options.numbers.value_or(options.people <= kTestPeopleMax ? NumberKind::test : NumberKind::shifted);
    TRY_ASSIGN(auto geography, Geography::read(files, options.counties, options.municipalities));
    TRY_ASSIGN(auto ages, Ages::read(files));
    TRY_ASSIGN(auto numbers, Numbers::make(kind, files, ages, options.seed, options.today));
    if (options.people > numbers->people_max())
        return fail(Category::invalid, "there are numbers for " + std::to_string(numbers->people_max()) + " people");
    TRY_ASSIGN(auto providers, Providers::make(files, geography, options.one_of_each));
    TRY_ASSIGN(auto codes, Codes::read(files));
    TRY_ASSIGN(auto modules, Modules::read(files, codes, providers));
    TRY(Population::make(files, geography, ages, *numbers, options.seed, options.today));
    Parts parts{kind, std::move(geography), std::move(ages), std::move(numbers), std::move(files), options.seed, options.today,
                years_after(options.today, -options.years), std::move(providers), std::move(codes), std::move(modules)};
    return std::unique_ptr<const Country>(new Country(std::move(parts)));
}

Status Worker::each(std::uint64_t from, std::uint64_t to, const Taker& taker) {
    to = std::min(to, country_.people_max());
    for (std::uint64_t parish = from / kParish; parish * kParish < to; ++parish) {
        const auto people = country_.population().parish(parish);
        for (const Person& person : people) {
            if (person.number < from || person.number >= to) continue;
            runner_.live(person, life_);
            TRY(taker(person, people, life_));
        }
    }
    return {};
}

const Lines& Worker::resources(const Person& person, std::span<const Person> parish, const Life& life) {
    lines_.clear();
    country_.resources().write(person, parish, life, lines_);
    return lines_;
}

const std::vector<PointerSeen>& Worker::pointers(const Life& life) {
    pointers_.clear();
    const auto& units = country_.providers().units();
    std::size_t last = 0;  // what follows mostly belongs together
    for (const Item& item : life.items) {
        if (item.unit == kNowhere) continue;
        const std::uint16_t provider = units[item.unit].provider;
        const auto category = category_of(item.kind);
        // What is older than the period came into the record with it.
        const Day day = std::max(item.day, country_.lives().since());
        const std::int64_t ms = (static_cast<std::int64_t>(day) << 11) | item.minute;  // orders as the time does
        const auto is = [&](const PointerSeen& one) { return one.provider == provider && one.category == category; };
        if (last >= pointers_.size() || !is(pointers_[last])) {
            last = static_cast<std::size_t>(std::ranges::find_if(pointers_, is) - pointers_.begin());
            if (last == pointers_.size()) pointers_.push_back({provider, category, 0});
        }
        pointers_[last].newest_ms = std::max(pointers_[last].newest_ms, ms);
    }
    for (PointerSeen& one : pointers_) one.newest_ms = ms_of(static_cast<Day>(one.newest_ms >> 11), static_cast<int>(one.newest_ms & 2047));
    return pointers_;
}

}  // namespace idun::synth
