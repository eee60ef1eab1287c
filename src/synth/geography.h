// Where people live: regions, municipalities, postcodes.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "synth/chance.h"
#include "synth/files.h"

namespace idun::synth {

struct Region {
    int county = 0;       // 1..25, the first two digits of its municipalities' codes
    std::string name;     // "Region Skåne"
    double mean_age = 0;  // years
    std::uint16_t university = 0;  // place of the region whose university hospital takes its rare cases
    double people = 0;
};

struct Postcode {
    std::string code;  // "12345"
    std::string place;
};

struct Municipality {
    int code = 0;  // 180
    std::string name;
    std::uint16_t region = 0;  // place in Geography::regions
    double people = 0;
    std::vector<Postcode> postcodes;
};

// Immutable after reading; any thread may read it.
class Geography {
public:
    // `counties`, `municipalities`: only in these, by code, does somebody live; both empty: everywhere. `invalid` names the file and
    // line, the county or the municipality.
    static Result<Geography> read(const Files& files, const std::vector<int>& counties = {}, const std::vector<int>& municipalities = {});

    const std::vector<Region>& regions() const { return regions_; }
    const std::vector<Municipality>& municipalities() const { return municipalities_; }
    // Where somebody of that age lives: by population, and by how old the region is.
    std::uint16_t draw(int age, Chance& chance) const;
    bool lived_in(std::uint16_t municipality) const { return lived_in_[municipality]; }

private:
    static constexpr int kBands = 22;  // of five years
    std::vector<Region> regions_;
    std::vector<Municipality> municipalities_;
    std::vector<bool> lived_in_;
    std::array<std::vector<double>, kBands> sums_;  // by age band: running sums of weights
};

}  // namespace idun::synth
