#include "synth/ages.h"

#include <algorithm>

#include "synth/table.h"

namespace idun::synth {

Result<Ages> Ages::read(const Files& files) {
    TRY_ASSIGN(const auto rows, table(files, "ages.tsv", 5));
    Ages out;
    int expected = 0;
    for (const auto& row : rows) {
        std::array<double, 5> cell{};
        for (std::size_t i = 0; i < cell.size(); ++i) {
            const auto value = number(row.cells[i]);
            if (!value || *value < 0) return wrong("ages.tsv", row.line, "every column is a number of 0 or more");
            cell[i] = *value;
        }
        if (cell[0] != expected || expected > kAgeMax || cell[2] > 100)
            return wrong("ages.tsv", row.line, "ages come in steps of five from 0, men in per cent");
        const bool last = expected == 100;
        const int years = last ? kAgeMax - 99 : 5;
        for (int i = 0; i < years; ++i) {
            const int age = expected + i;
            // The oldest become fewer each year.
            const double share = last ? (i == 0 ? 0.5 : i == 1 ? 0.25 : i == 2 ? 0.13 : i == 3 ? 0.07 : 0.05 / (years - 4)) : 0.2;
            const auto at = static_cast<std::size_t>(age);
            out.living_[0][at] = cell[1] * 1000 * share * cell[2] / 100;
            out.living_[1][at] = cell[1] * 1000 * share * (1 - cell[2] / 100);
            out.mortality_[0][at] = cell[3] / 1000;
            out.mortality_[1][at] = cell[4] / 1000;
        }
        expected += 5;
    }
    if (expected != 105) return fail(Category::invalid, "ages.tsv: must have the ages 0, 5, … 100");
    for (const bool woman : {false, true})
        for (int age = 0; age <= kAgeMax; ++age)
            for (int ago = 0; ago < kDeadYears; ++ago)
                if (const int then = age - ago; then >= 0)
                    out.dead_[woman][static_cast<std::size_t>(age)] += out.living(woman, then) * out.mortality(woman, then);
    return out;
}

Day Ages::death(bool woman, Day born, Day today, Chance& chance) const {
    const int age = age_at(born, today);
    const Day first = born + static_cast<Day>(kAgeMax * kDaysAYear);
    if (age > kAgeMax) return born + static_cast<Day>((60 + chance.below(45)) * kDaysAYear) + chance.between(0, 365);
    // Which of the last years, by how many died in each.
    std::array<double, kDeadYears> sums{};
    double sum = 0;
    for (int ago = 0; ago < kDeadYears; ++ago) {
        const int then = age - ago;
        sum += then >= 0 ? living(woman, then) * mortality(woman, then) : 0;
        sums[static_cast<std::size_t>(ago)] = sum;
    }
    const double drawn = chance.unit() * sum;
    int ago = 0;
    while (ago < kDeadYears - 1 && sums[static_cast<std::size_t>(ago)] <= drawn) ++ago;
    const Day day = today - static_cast<Day>((ago + chance.unit()) * kDaysAYear) - 1;
    return std::clamp(day, born, std::min(today - 1, first));
}

}  // namespace idun::synth
