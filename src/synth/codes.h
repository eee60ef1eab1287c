// What modules name: analytes, medicines, vaccines and other coded things, from the tables of data/se.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "synth/files.h"

namespace idun::synth {

enum class AnalyteKind : std::uint8_t { lab, vital, home };

struct Measured {
    std::string code;
    std::string name;
    std::string unit;  // UCUM
    double factor = 1;
    double offset = 0;
    int decimals = 0;
};
struct Analyte {
    std::string key;
    AnalyteKind kind = AnalyteKind::lab;
    std::string_view system;  // of its codes
    std::array<Measured, 2> as;           // at two kinds of laboratories; the same where all measure alike
    std::array<double, 2> low{}, high{};  // reference range as the first measures, of men and women
};
struct Medicine {
    std::string key;  // ATC
    std::string name;
    std::string form;
    std::string dose;
    double doses_a_day = 1;
    int package_days = 90;
    int package_doses = 90;
};
struct Coded {
    std::string key;
    std::string code;
    std::string name;
    std::string more;  // vaccines: disease; allergies: category; findings: category
    int since = 0;     // vaccines: the first year in which they were given
    std::string swedish = {};  // allergies, findings: what people say, where the code's own name is English
};
// Texts of which one is drawn by weight.
struct Weighted {
    std::vector<std::string> texts;
    std::vector<double> sums;  // running sums of weights

    // `drawn` is in [0, 1).
    std::size_t at(double drawn) const { return static_cast<std::size_t>(std::ranges::upper_bound(sums, drawn * sums.back()) - sums.begin()); }
};
struct Image {
    std::string key;
    std::string modality;
    std::string name;
    std::string site_code;
    std::string site;
    int series = 1;
    int instances = 1;
    Weighted findings;  // of the report
};
struct Finding {
    Coded code;
    Weighted answers;
};
struct Questionnaire {
    std::string key;
    std::string title;
    int item_max = 3;
    std::vector<std::string> items;
};

// Immutable.
struct Codes {
    static Result<Codes> read(const Files& files);

    std::vector<Analyte> analytes;
    std::vector<Medicine> medicines;
    std::vector<Coded> diagnoses;   // key: ICD-10-SE without dot
    std::vector<Coded> vaccines;
    std::vector<Coded> procedures;  // KVÅ
    std::vector<Coded> allergies;
    std::vector<Image> images;
    std::vector<Finding> findings;
    std::vector<Questionnaire> questionnaires;
};

// The place of the key; nothing when there is none.
template <typename T>
std::optional<std::uint16_t> place_of(const std::vector<T>& all, std::string_view key) {
    for (std::size_t place = 0; place < all.size(); ++place) {
        if constexpr (requires { all[place].code.key; }) {
            if (all[place].code.key == key) return static_cast<std::uint16_t>(place);
        } else {
            if (all[place].key == key) return static_cast<std::uint16_t>(place);
        }
    }
    return std::nullopt;
}

}  // namespace idun::synth
