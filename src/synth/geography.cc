#include "synth/geography.h"

#include <algorithm>
#include <cmath>

#include "synth/table.h"

namespace idun::synth {
namespace {

constexpr double kMeanAge = 41.9;       // of the country
constexpr double kAgeVariance = 576.0;  // of its ages, years squared

Result<std::vector<Region>> read_regions(const Files& files) {
    TRY_ASSIGN(const auto rows, table(files, "regions.tsv", 4));
    std::vector<Region> out;
    for (const Row& row : rows) {
        const auto county = number(row.cells[0]);
        const auto age = number(row.cells[2]);
        if (!county || !age || *county < 1 || *county > 99) return wrong("regions.tsv", row.line, "county code and mean age are numbers");
        out.push_back({static_cast<int>(*county), std::string(row.cells[1]), *age, 0, 0});
    }
    for (std::size_t place = 0; place < out.size(); ++place) {
        const auto county = number(rows[place].cells[3]);
        const auto at = std::ranges::find(out, county ? static_cast<int>(*county) : 0, &Region::county);
        if (at == out.end()) return wrong("regions.tsv", rows[place].line, "the county of the university hospital is none of these");
        out[place].university = static_cast<std::uint16_t>(at - out.begin());
    }
    return out;
}

}  // namespace

Result<Geography> Geography::read(const Files& files, const std::vector<int>& counties, const std::vector<int>& municipalities) {
    Geography out;
    TRY_ASSIGN(out.regions_, read_regions(files));
    TRY_ASSIGN(const auto rows, table(files, "municipalities.tsv", 3));
    for (const Row& row : rows) {
        const auto code = number(row.cells[0]);
        const auto people = number(row.cells[2]);
        if (!code || !people || *people < 1) return wrong("municipalities.tsv", row.line, "code and people are numbers");
        const auto region = std::ranges::find(out.regions_, static_cast<int>(*code) / 100, &Region::county);
        if (region == out.regions_.end()) return wrong("municipalities.tsv", row.line, "its county is not in regions.tsv");
        region->people += *people;
        out.municipalities_.push_back(
            {static_cast<int>(*code), std::string(row.cells[1]), static_cast<std::uint16_t>(region - out.regions_.begin()), *people, {}});
    }
    TRY_ASSIGN(const auto postcodes, table(files, "postcodes.tsv", 3));
    for (const Row& row : postcodes) {
        const auto code = number(row.cells[0]);
        const auto at = std::ranges::find(out.municipalities_, code ? static_cast<int>(*code) : 0, &Municipality::code);
        if (at == out.municipalities_.end()) return wrong("postcodes.tsv", row.line, "no such municipality");
        at->postcodes.push_back({std::string(row.cells[1]), std::string(row.cells[2])});
    }
    for (const int county : counties)
        if (std::ranges::find(out.regions_, county, &Region::county) == out.regions_.end())
            return fail(Category::invalid, "no region has the county code " + std::to_string(county));
    for (const int code : municipalities)
        if (std::ranges::find(out.municipalities_, code, &Municipality::code) == out.municipalities_.end())
            return fail(Category::invalid, "no municipality has the code " + std::to_string(code));
    const auto named = [](const std::vector<int>& codes, int code) { return std::ranges::find(codes, code) != codes.end(); };
    const bool everywhere = counties.empty() && municipalities.empty();
    for (const Municipality& one : out.municipalities_) {
        if (one.postcodes.empty()) return fail(Category::invalid, "postcodes.tsv: none of municipality " + std::to_string(one.code));
        out.lived_in_.push_back(everywhere || named(counties, one.code / 100) || named(municipalities, one.code));
    }
    for (int band = 0; band < kBands; ++band) {
        double sum = 0;
        for (std::size_t place = 0; place < out.municipalities_.size(); ++place) {
            const Municipality& one = out.municipalities_[place];
            // An exponential tilt moves the mean of a distribution by its factor times the variance.
            const double tilt = (out.regions_[one.region].mean_age - kMeanAge) / kAgeVariance;
            if (out.lived_in_[place]) sum += one.people * std::exp(tilt * (band * 5 + 2.5 - kMeanAge));
            out.sums_[static_cast<std::size_t>(band)].push_back(sum);
        }
    }
    return out;
}

std::uint16_t Geography::draw(int age, Chance& chance) const {
    const auto& sums = sums_[static_cast<std::size_t>(std::clamp(age / 5, 0, kBands - 1))];
    const auto at = std::ranges::upper_bound(sums, chance.unit() * sums.back());
    return static_cast<std::uint16_t>(std::min<std::ptrdiff_t>(at - sums.begin(), std::ssize(sums) - 1));
}

}  // namespace idun::synth
