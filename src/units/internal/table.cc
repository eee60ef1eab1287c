#include "units/internal/table.h"

#include <algorithm>
#include <utility>

#include "units/internal/embedded.h"
#include "units/internal/parser.h"

namespace idun::units {
namespace {

constexpr std::size_t kPrefixMax = 2;

constexpr std::pair<std::string_view, Function> kFunctions[] = {
    {"cel", Function::celsius}, {"degf", Function::fahrenheit}, {"degre", Function::reaumur}, {"100tan", Function::tan100},
    {"pH", Function::ph},       {"ln", Function::ln},           {"lg", Function::lg},         {"2lg", Function::lg2},
    {"ld", Function::ld},       {"sqrt", Function::sqrt},       {"hpX", Function::hp_x},      {"hpC", Function::hp_c},
    {"hpM", Function::hp_m},    {"hpQ", Function::hp_q},
};

Function function_named(std::string_view name) {
    for (const auto& [known, function] : kFunctions)
        if (known == name) return function;
    IDUN_CHECK(name.empty());
    return Function::none;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// The letters and digits of a code, small: "[IU]" and "iu" are alike.
std::string letters(std::string_view code) {
    std::string out;
    for (char c : code)
        if (lower(c) != c || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += lower(c);
    return out;
}

}  // namespace

const Table& Table::get() {
    static const Table table(embedded_essence());
    return table;
}

Table::Table(std::string_view xml) {
    auto essence = read_essence(xml);
    IDUN_CHECK(essence.has_value());
    essence_ = *std::move(essence);
    for (const auto& p : essence_.prefixes) {
        auto value = Decimal::parse(p.value);
        IDUN_CHECK(value && p.code.size() <= kPrefixMax);
        prefixes_.push_back({p.code, p.name, *value});
    }
    for (const auto& unit : essence_.units) {
        auto& atom = atoms_.emplace_back();
        atom.source = unit;
        atom.function = function_named(unit.function);
        by_code_.emplace(atom.source.code, &atom);
        if (!unit.base) continue;
        IDUN_CHECK(bases_.size() < atom.unit.dimensions_.size());
        atom.unit.dimensions_[bases_.size()] = 1;
        atom.resolved = true;
        sorted_bases_.push_back(bases_.size());
        bases_.push_back(&atom);
    }
    std::ranges::sort(sorted_bases_, {}, [this](std::size_t i) { return base_code(i); });
    // Definitions refer to others before and after them: again and again, until all are known.
    std::size_t open = atoms_.size();
    for (std::size_t before = open + 1; open > 0 && open < before;) {
        before = open;
        open = 0;
        for (auto& atom : atoms_)
            if (!atom.resolved && !resolve(atom)) ++open;
    }
    IDUN_CHECK(open == 0);
}

bool Table::resolve(Atom& atom) {
    auto proper = UnitParser(atom.source.definition, *this).run();
    if (!proper) return false;
    auto value = Decimal::parse(atom.source.value);
    IDUN_CHECK(value && proper->scale(*value));
    atom.unit = *std::move(proper);
    if (atom.source.arbitrary && atom.unit.arbitrary_.empty()) atom.unit.arbitrary_.emplace_back(&atom, std::int16_t{1});
    if (atom.function != Function::none) atom.unit.special_ = &atom;
    atom.resolved = true;
    return true;
}

const Atom* Table::find_atom(std::string_view code) const {
    auto found = by_code_.find(code);
    return found == by_code_.end() || !found->second->resolved ? nullptr : found->second;
}

const Atom* Table::find_prefixed(std::string_view code, const Prefix*& prefix) const {
    for (std::size_t length = std::min(kPrefixMax, code.size() - 1); length > 0; --length) {
        const auto* atom = find_atom(code.substr(length));
        if (!atom || !atom->source.metric) continue;
        auto found = std::ranges::find(prefixes_, code.substr(0, length), &Prefix::code);
        if (found == prefixes_.end()) continue;
        prefix = &*found;
        return atom;
    }
    return nullptr;
}

std::string_view Table::near(std::string_view code) const {
    auto wanted = letters(code);
    if (wanted.empty()) return {};
    for (const auto& atom : atoms_)
        if (letters(atom.source.code) == wanted) return atom.source.code;
    for (const auto& atom : atoms_)
        if (atom.source.name == wanted || atom.source.name + "s" == wanted) return atom.source.code;
    return {};
}

}  // namespace idun::units
