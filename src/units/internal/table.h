// UCUM's atoms and prefixes, each atom resolved to base units.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/decimal.h"
#include "base/result.h"
#include "units/internal/essence.h"
#include "units/ucum.h"

namespace idun::units {

enum class Function { none, celsius, fahrenheit, reaumur, tan100, ph, ln, lg, lg2, ld, sqrt, hp_x, hp_c, hp_m, hp_q };

struct Atom {
    EssenceUnit source;
    Function function = Function::none;
    Unit unit;           // what one of it is; of a special unit the proper unit its function gives
    bool resolved = false;
};

struct Prefix {
    std::string code, name;
    Decimal value;
};

class Table {
public:
    static const Table& get();

    const Atom* find_atom(std::string_view code) const;
    // The longest prefix of the code whose rest is a metric atom.
    const Atom* find_prefixed(std::string_view code, const Prefix*& prefix) const;
    // The code that was probably meant; "" when nothing is near.
    std::string_view near(std::string_view code) const;

    std::size_t base_count() const { return bases_.size(); }
    const std::vector<std::size_t>& bases_by_code() const { return sorted_bases_; }
    std::string_view base_code(std::size_t i) const { return bases_[i]->source.code; }
    const std::deque<Atom>& atoms() const { return atoms_; }
    const Essence& essence() const { return essence_; }

private:
    explicit Table(std::string_view xml);
    bool resolve(Atom& atom);

    Essence essence_;
    std::deque<Atom> atoms_;  // never moves
    std::vector<Prefix> prefixes_;
    std::unordered_map<std::string_view, const Atom*> by_code_;
    std::vector<const Atom*> bases_;
    std::vector<std::size_t> sorted_bases_;
};

// A value of the special unit as a value of its proper unit, and back. Category::invalid where there is none.
Result<Decimal> apply(Function function, const Decimal& value);
Result<Decimal> unapply(Function function, const Decimal& value);

}  // namespace idun::units
