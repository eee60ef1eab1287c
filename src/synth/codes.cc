#include "synth/codes.h"

#include "synth/table.h"

namespace idun::synth {
namespace {

constexpr std::string_view kNpu = "urn:oid:1.2.752.108.1";
constexpr std::string_view kLoinc = "http://loinc.org";

// The cells of one row as numbers; the first that is none is an error with its line.
class Cells {
public:
    Cells(std::string_view file, const Row& row) : file_(file), row_(row) {}
    std::string text(std::size_t cell) const { return std::string(row_.cells[cell]); }
    Result<double> value(std::size_t cell) const {
        if (const auto out = number(row_.cells[cell])) return *out;
        return wrong(file_, row_.line, "column " + std::to_string(cell + 1) + " is a number");
    }
    tl::unexpected<Error> refuse(std::string_view what) const { return wrong(file_, row_.line, what); }

private:
    std::string_view file_;
    const Row& row_;
};

// The code, with the name after it; the unit, with its decimals after it.
Result<Measured> measured(const Cells& cells, std::size_t code, std::size_t unit) {
    TRY_ASSIGN(const double count, cells.value(unit + 1));
    if (count < 0 || count > 4) return cells.refuse("0 to 4 decimals");
    return Measured{cells.text(code), cells.text(code + 1), cells.text(unit), 1, 0, static_cast<int>(count)};
}

Result<Analyte> analyte(const Cells& cells) {
    Analyte out;
    out.key = cells.text(0);
    const std::string kind = cells.text(1);
    out.kind = kind == "vital" ? AnalyteKind::vital : kind == "home" ? AnalyteKind::home : AnalyteKind::lab;
    if (out.kind == AnalyteKind::lab && kind != "lab") return cells.refuse("the kind is lab, vital or home");
    const std::string system = cells.text(2);
    if (system != "npu" && system != "loinc") return cells.refuse("the code system is npu or loinc");
    out.system = system == "npu" ? kNpu : kLoinc;
    TRY_ASSIGN(out.as[0], measured(cells, 3, 5));
    out.as[1] = out.as[0];
    for (std::size_t sex = 0; sex < 2; ++sex) {
        TRY_ASSIGN(out.low[sex], cells.value(7 + 2 * sex));
        TRY_ASSIGN(out.high[sex], cells.value(8 + 2 * sex));
    }
    if (cells.text(11) == "-") return out;
    TRY_ASSIGN(out.as[1], measured(cells, 11, 15));
    TRY_ASSIGN(out.as[1].factor, cells.value(13));
    TRY_ASSIGN(out.as[1].offset, cells.value(14));
    const bool same_quantity = out.as[1].factor == 1 && out.as[1].offset == 0;
    if (out.as[1].code == out.as[0].code && !same_quantity) return cells.refuse("another quantity has another code");
    return out;
}

Result<Medicine> medicine(const Cells& cells) {
    Medicine out{cells.text(0), cells.text(1), cells.text(2), cells.text(3)};
    TRY_ASSIGN(out.doses_a_day, cells.value(4));
    TRY_ASSIGN(const double days, cells.value(5));
    TRY_ASSIGN(const double doses, cells.value(6));
    if (days < 1 || days > 1000 || doses < 1 || doses > 10'000) return cells.refuse("a package lasts 1 to 1,000 days and has 1 to 10,000 doses");
    out.package_days = static_cast<int>(days);
    out.package_doses = static_cast<int>(doses);
    return out;
}

std::vector<std::string> wordings(std::string_view text) {
    std::vector<std::string> out;
    for (const std::string_view one : split(text, '|'))
        if (!trimmed(one).empty()) out.emplace_back(trimmed(one));
    return out;
}

Result<Weighted> weighted(const Cells& cells, std::size_t cell, char between) {
    Weighted out;
    double sum = 0;
    const std::string text = cells.text(cell);
    for (const std::string_view one : split(text, between)) {
        const std::size_t colon = one.rfind(':');
        const auto weight = colon == std::string_view::npos ? std::nullopt : number(trimmed(one.substr(colon + 1)));
        if (!weight || *weight <= 0) return cells.refuse("what is drawn is written TEXT:WEIGHT with " + std::string(1, between) + " between");
        out.texts.emplace_back(trimmed(one.substr(0, colon)));
        out.sums.push_back(sum += *weight);
    }
    return out;
}

Result<Image> image(const Cells& cells) {
    Image out{cells.text(0), cells.text(1), cells.text(2), cells.text(3), cells.text(4), 1, 1, {}};
    TRY_ASSIGN(const double series, cells.value(5));
    TRY_ASSIGN(const double instances, cells.value(6));
    if (series < 1 || series > 20 || instances < 1 || instances > 200) return cells.refuse("1 to 20 series of 1 to 200 instances");
    out.series = static_cast<int>(series);
    out.instances = static_cast<int>(instances);
    TRY_ASSIGN(out.findings, weighted(cells, 7, '|'));
    return out;
}

Result<Finding> finding(const Cells& cells) {
    Finding out{{cells.text(0), cells.text(1), cells.text(2), cells.text(3), 0, cells.text(5)}, {}};
    TRY_ASSIGN(out.answers, weighted(cells, 4, ';'));
    return out;
}

Result<Questionnaire> questionnaire(const Cells& cells) {
    Questionnaire out{cells.text(0), cells.text(1), 3, {}};
    TRY_ASSIGN(const double most, cells.value(2));
    out.item_max = static_cast<int>(most);
    out.items = wordings(cells.text(3));
    if (most < 1 || most > 10 || out.items.empty()) return cells.refuse("items, with answers up to 1 to 10");
    return out;
}

template <typename T, typename Make>
Status read_all(const Files& files, std::string_view name, std::size_t columns, std::vector<T>& out, const Make& make) {
    TRY_ASSIGN(const auto rows, table(files, name, columns));
    for (const Row& row : rows) {
        TRY_ASSIGN(T one, make(Cells(name, row)));
        out.push_back(std::move(one));
    }
    return {};
}

Result<Coded> coded(const Cells& cells) { return Coded{cells.text(0), cells.text(0), cells.text(1), "", 0, ""}; }

Result<Coded> vaccine(const Cells& cells) {
    TRY_ASSIGN(const double since, cells.value(4));
    return Coded{cells.text(0), cells.text(1), cells.text(2), cells.text(3), static_cast<int>(since), ""};
}

}  // namespace

Result<Codes> Codes::read(const Files& files) {
    Codes out;
    TRY(read_all(files, "analytes.tsv", 17, out.analytes, analyte));
    TRY(read_all(files, "medicines.tsv", 7, out.medicines, medicine));
    TRY(read_all(files, "icd-10-se.tsv", 2, out.diagnoses, coded));
    TRY(read_all(files, "vaccines.tsv", 5, out.vaccines, vaccine));
    TRY(read_all(files, "procedures.tsv", 2, out.procedures, coded));
    TRY(read_all(files, "allergies.tsv", 6, out.allergies, [](const Cells& cells) -> Result<Coded> {
        return Coded{cells.text(0), cells.text(1), cells.text(2), cells.text(3) + " " + cells.text(4), 0, cells.text(5)};
    }));
    TRY(read_all(files, "images.tsv", 8, out.images, image));
    TRY(read_all(files, "findings.tsv", 6, out.findings, finding));
    TRY(read_all(files, "questionnaires.tsv", 4, out.questionnaires, questionnaire));
    return out;
}

}  // namespace idun::synth
