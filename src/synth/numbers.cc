#include "synth/numbers.h"

#include <algorithm>
#include <cmath>

#include "synth/table.h"

namespace idun::synth {
namespace {

void put(char*& out, int number, int digits) {
    for (int i = digits - 1; i >= 0; --i) {
        out[i] = static_cast<char>('0' + number % 10);
        number /= 10;
    }
    out += digits;
}

char check_digit(const char* ten) {
    int sum = 0;
    for (int i = 0; i < 9; ++i) {
        const int value = (ten[i] - '0') * (i % 2 == 0 ? 2 : 1);
        sum += value / 10 + value % 10;
    }
    return static_cast<char>('0' + (10 - sum % 10) % 10);
}

Numbered numbered(Day date, int serial, Day born) {
    Numbered out;
    out.born = born;
    out.woman = serial % 2 == 0;
    write_number(out.digits, date, false, serial);
    write_number(out.coordination, date, true, serial);
    return out;
}

class TestNumbers final : public Numbers {
public:
    struct One {
        Day date;
        std::int16_t serial;
        double key;
    };

    static Result<std::unique_ptr<const Numbers>> make(const Files& files, const Ages& ages, std::uint64_t seed, Day today) {
        auto out = std::make_unique<TestNumbers>();
        const auto file = files.find("test-numbers.txt");
        if (file == files.end()) return fail(Category::invalid, "test-numbers.txt: is missing");
        std::size_t line_number = 0;
        for (const std::string_view line : split(file->second, '\n')) {
            ++line_number;
            if (line.empty() || line.front() == '#') continue;
            if (const Status added = out->add(line, today); !added) return wrong("test-numbers.txt", line_number, added.error().message);
        }
        out->order(ages, seed, today);
        return out;
    }
    Numbered of(std::uint64_t person) const override {
        IDUN_CHECK(person < all_.size());
        const One& one = all_[person];
        return numbered(one.date, one.serial, one.date);
    }
    std::uint64_t people_max() const override { return std::min<std::uint64_t>(all_.size(), kTestPeopleMax); }

private:
    Status add(std::string_view line, Day today) {
        const auto cells = split(line, ' ');
        const std::string_view d = cells[0];
        if (d.size() != 8 || cells.size() < 2) return fail(Category::invalid, "must be YYYYMMDD and numbers of three digits");
        TRY_ASSIGN(const Day date, read_day(std::string(d.substr(0, 4)) + "-" + std::string(d.substr(4, 2)) + "-" + std::string(d.substr(6))));
        for (std::size_t i = 1; i < cells.size(); ++i) {
            const auto serial = number(cells[i]);
            if (cells[i].size() != 3 || !serial || *serial < 1) return fail(Category::invalid, "must be YYYYMMDD and numbers of three digits");
            if (date <= today) all_.push_back({date, static_cast<std::int16_t>(*serial), 0});
        }
        return {};
    }

    // A weighted sample without replacement, whatever its size: sorted by an exponential time with the weight as rate
    // (Efraimidis and Spirakis). The weight of a number is how many people it stands for.
    void order(const Ages& ages, std::uint64_t seed, Day today) {
        std::vector<std::array<double, 2>> count(200);
        const auto age_of = [&](const One& one) { return std::clamp(age_at(one.date, today), 0, 199); };
        for (const One& one : all_) ++count[static_cast<std::size_t>(age_of(one))][one.serial % 2 == 0];
        for (One& one : all_) {
            const bool woman = one.serial % 2 == 0;
            const int age = age_of(one);
            const double stands_for =
                age > kAgeMax ? 1e-6 : (ages.living(woman, age) + ages.dead(woman, age)) / count[static_cast<std::size_t>(age)][woman];
            Chance chance(seed, static_cast<std::uint64_t>(one.date) * 1000 + static_cast<std::uint64_t>(one.serial), 1);
            one.key = chance.exponential() / std::max(stands_for, 1e-6);
        }
        std::ranges::sort(all_, [](const One& a, const One& b) {
            return a.key != b.key ? a.key < b.key : std::pair(a.date, a.serial) < std::pair(b.date, b.serial);
        });
    }

    std::vector<One> all_;
};

class ShiftedNumbers final : public Numbers {
public:
    ShiftedNumbers(const Ages& ages, std::uint64_t seed, Day today) : seed_(seed), first_(years_after(today, -kAgeMax - kShiftYears)) {
        const Day last = years_after(today, -kShiftYears);
        std::vector<double> weights;
        double all = 0;
        for (Day date = first_; date <= last; ++date) {
            for (const bool woman : {false, true}) {
                const Day born = years_after(date, kShiftYears);
                const int age = age_at(born, today);
                const double weight = born > today ? 0 : (ages.living(woman, age) + ages.dead(woman, age)) / kDaysAYear;
                all += weight;
                weights.push_back(weight);
            }
        }
        double sum = 0;
        cells_.push_back(0);
        for (const double weight : weights) {
            sum += weight;
            const auto next = static_cast<std::uint32_t>(std::llround(sum / all * static_cast<double>(kShiftedPeopleMax)));
            IDUN_CHECK(next - cells_.back() <= kSerials);
            cells_.push_back(next);
        }
    }

    Numbered of(std::uint64_t person) const override {
        IDUN_CHECK(person < kShiftedPeopleMax);
        const std::uint32_t rank = permuted(static_cast<std::uint32_t>(person));
        const auto at = std::ranges::upper_bound(cells_, rank) - 1;
        const auto cell = static_cast<std::uint32_t>(at - cells_.begin());
        const bool woman = cell % 2 == 1;
        const Day date = first_ + static_cast<Day>(cell / 2);
        // 499 is a prime, so that every place below it is met once.
        const std::uint64_t start = Chance::mixed(seed_ ^ cell) % kSerials;
        const auto place = static_cast<int>((start + (rank - *at) * 197ULL) % kSerials);
        return numbered(date, 2 * place + (woman ? 2 : 1), years_after(date, kShiftYears));
    }
    std::uint64_t people_max() const override { return kShiftedPeopleMax; }

private:
    static constexpr std::uint32_t kSerials = 499;
    static constexpr std::uint32_t kHalf = 12;  // bits; two of them hold kShiftedPeopleMax

    // One-to-one on [0, kShiftedPeopleMax): four rounds of Feistel on 24 bits, again while outside.
    std::uint32_t permuted(std::uint32_t value) const {
        do {
            std::uint32_t left = value >> kHalf;
            std::uint32_t right = value & ((1u << kHalf) - 1);
            for (std::uint64_t round = 0; round < 4; ++round) {
                const auto scrambled = static_cast<std::uint32_t>(Chance::mixed(seed_ * 4 + round + (std::uint64_t(right) << 32)) >> (64 - kHalf));
                const std::uint32_t next = left ^ scrambled;
                left = right;
                right = next;
            }
            value = left << kHalf | right;
        } while (value >= kShiftedPeopleMax);
        return value;
    }

    std::uint64_t seed_;
    Day first_;
    std::vector<std::uint32_t> cells_;  // by date and sex: how many people come before
};

}  // namespace

void write_number(char* out, Day date, bool coordination, int serial) {
    const auto ymd = date_of(date);
    char* at = out;
    put(at, static_cast<int>(ymd.year()), 4);
    put(at, static_cast<int>(static_cast<unsigned>(ymd.month())), 2);
    put(at, static_cast<int>(static_cast<unsigned>(ymd.day())) + (coordination ? 60 : 0), 2);
    put(at, serial, 3);
    *at++ = check_digit(out + 2);
    *at = 0;
}

Result<std::unique_ptr<const Numbers>> Numbers::make(NumberKind kind, const Files& files, const Ages& ages, std::uint64_t seed, Day today) {
    if (kind == NumberKind::test) return TestNumbers::make(files, ages, seed, today);
    return std::unique_ptr<const Numbers>(std::make_unique<ShiftedNumbers>(ages, seed, today));
}

}  // namespace idun::synth
