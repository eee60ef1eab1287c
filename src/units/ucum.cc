#include "units/ucum.h"

#include <algorithm>
#include <cstdlib>

#include "units/internal/parser.h"
#include "units/internal/table.h"

namespace idun::units {
namespace {

constexpr int kDigitsKept = Decimal::kQuotientDigits;

tl::unexpected<Error> out_of_range() { return fail(Category::invalid, "the value is out of range"); }

Result<Decimal> known(const std::optional<Decimal>& value) {
    if (!value) return out_of_range();
    return *value;
}

// value × by / through, exact unless the quotient does not end.
Result<Decimal> times(const Decimal& value, const Decimal& by, const Decimal& through) {
    TRY_ASSIGN(auto product, known(Decimal::multiply(value, by)));
    return known(Decimal::divide(product, through));
}

// At most the digits that are kept, no zeros at the end of the decimals, and written out where that is short.
Decimal tidy(const Decimal& value) {
    auto surplus = value.digits() - kDigitsKept;
    auto kept = surplus > 0 ? value.rounded(-value.exponent() - surplus) : value;
    if (kept.exponent() > 0 && kept.digits() + kept.exponent() <= kDigitsKept) {
        return Decimal::add(kept, Decimal()).value_or(kept);
    }
    return kept.trimmed();
}

// A code that may stand to the right of "/" without parentheses.
bool is_single(std::string_view code) { return code.find_first_of("./") == std::string_view::npos; }

}  // namespace

Result<Unit> Unit::parse(std::string_view code) { return UnitParser(code, Table::get()).run(); }

bool Unit::is_dimensionless() const {
    return arbitrary_.empty() && std::ranges::all_of(dimensions_, [](auto e) { return e == 0; });
}

std::string Unit::base() const {
    std::vector<std::pair<std::string_view, int>> parts;
    const auto& table = Table::get();
    for (auto i : table.bases_by_code())
        if (dimensions_[i] != 0) parts.emplace_back(table.base_code(i), dimensions_[i]);
    for (const auto& [atom, exponent] : arbitrary_) parts.emplace_back(atom->source.code, exponent);
    std::ranges::sort(parts);
    std::string out;
    for (const auto& [code, exponent] : parts) {
        if (!out.empty()) out += '.';
        out += code;
        if (exponent != 1) out += std::to_string(exponent);
    }
    return out.empty() ? "1" : out;
}

Status Unit::scale(const Decimal& factor) {
    auto& target = special_ ? special_scale_ : numerator_;
    TRY_ASSIGN(target, known(Decimal::multiply(target, factor)));
    return {};
}

Result<Unit> Unit::combine(const Unit& a, const Unit& b, int sign) {
    if (a.is_special() || b.is_special()) {
        // Only scaled by a number: 10.Cel. Whatever else has no meaning on such a scale.
        const auto& special = a.is_special() ? a : b;
        const auto& other = a.is_special() ? b : a;
        bool number = sign > 0 && !other.is_special() && other.is_dimensionless();
        if (!number) return fail(Category::invalid, "a special unit such as Cel or [pH] cannot be part of a product or quotient");
        auto out = special;
        TRY_ASSIGN(out.special_scale_, times(out.special_scale_, other.numerator_, other.denominator_));
        return out;
    }
    auto out = a;
    const auto& up = sign > 0 ? b.numerator_ : b.denominator_;
    const auto& down = sign > 0 ? b.denominator_ : b.numerator_;
    TRY_ASSIGN(out.numerator_, known(Decimal::multiply(a.numerator_, up)));
    TRY_ASSIGN(out.denominator_, known(Decimal::multiply(a.denominator_, down)));
    for (std::size_t i = 0; i < out.dimensions_.size(); ++i) {
        auto exponent = out.dimensions_[i] + sign * b.dimensions_[i];
        if (std::abs(exponent) > kExponentMax) return out_of_range();
        out.dimensions_[i] = static_cast<std::int16_t>(exponent);
    }
    for (const auto& [atom, exponent] : b.arbitrary_) {
        auto at = std::ranges::find_if(out.arbitrary_, [&](const auto& p) { return p.first->source.code >= atom->source.code; });
        if (at == out.arbitrary_.end() || at->first != atom) at = out.arbitrary_.insert(at, {atom, std::int16_t{0}});
        auto sum = at->second + sign * exponent;
        if (std::abs(sum) > kExponentMax) return out_of_range();
        at->second = static_cast<std::int16_t>(sum);
        if (sum == 0) out.arbitrary_.erase(at);
    }
    return out;
}

Result<Unit> Unit::multiply(const Unit& a, const Unit& b) { return combine(a, b, 1); }
Result<Unit> Unit::divide(const Unit& a, const Unit& b) { return combine(a, b, -1); }

Result<Unit> Unit::power(int exponent) const {
    if (exponent == 1) return *this;
    if (is_special()) return fail(Category::invalid, "a special unit such as Cel or [pH] has no powers");
    Unit out;
    auto times_written = Decimal::of(std::abs(exponent));
    TRY_ASSIGN(auto up, known(numerator_.power(times_written)));
    TRY_ASSIGN(auto down, known(denominator_.power(times_written)));
    out.numerator_ = exponent < 0 ? down : up;
    out.denominator_ = exponent < 0 ? up : down;
    if (exponent == 0) return out;
    for (std::size_t i = 0; i < dimensions_.size(); ++i) {
        auto scaled = dimensions_[i] * exponent;
        if (std::abs(scaled) > kExponentMax) return out_of_range();
        out.dimensions_[i] = static_cast<std::int16_t>(scaled);
    }
    for (const auto& [atom, e] : arbitrary_) {
        if (std::abs(e * exponent) > kExponentMax) return out_of_range();
        out.arbitrary_.emplace_back(atom, static_cast<std::int16_t>(e * exponent));
    }
    return out;
}

bool comparable(const Unit& a, const Unit& b) { return a.dimensions_ == b.dimensions_ && a.arbitrary_ == b.arbitrary_; }

Result<Decimal> to_base(const Decimal& value, const Unit& unit) {
    if (!unit.special_) return times(value, unit.numerator_, unit.denominator_);
    TRY_ASSIGN(auto scaled, known(Decimal::multiply(value, unit.special_scale_)));
    TRY_ASSIGN(auto proper, apply(unit.special_->function, scaled));
    return times(proper, unit.numerator_, unit.denominator_);
}

Result<Decimal> from_base(const Decimal& value, const Unit& unit) {
    TRY_ASSIGN(auto proper, times(value, unit.denominator_, unit.numerator_));
    if (!unit.special_) return proper;
    TRY_ASSIGN(auto special, unapply(unit.special_->function, proper));
    return known(Decimal::divide(special, unit.special_scale_));
}

Result<Decimal> convert(const Decimal& value, const Unit& from, const Unit& to) {
    if (!comparable(from, to)) {
        return fail(Category::unsupported, "units of " + from.base() + " cannot be converted to units of " + to.base());
    }
    if (from.is_special() || to.is_special()) {
        TRY_ASSIGN(auto base, to_base(value, from));
        TRY_ASSIGN(auto result, from_base(base, to));
        return tidy(result);
    }
    // One division at the end: thirds that cancel leave no trace.
    TRY_ASSIGN(auto one, Unit::divide(from, to));
    TRY_ASSIGN(auto result, to_base(value, one));
    return tidy(result);
}

Result<Quantity> canonical(const Decimal& value, const Unit& unit) {
    TRY_ASSIGN(auto base, to_base(value, unit));
    return Quantity{tidy(base), unit.base()};
}

Result<std::string> product_code(std::string_view a, std::string_view b) {
    TRY_ASSIGN(auto left, Unit::parse(a));
    TRY_ASSIGN(auto right, Unit::parse(b));
    TRY(Unit::multiply(left, right));
    if (a == "1") return std::string(b);
    if (b == "1") return std::string(a);
    bool plain = b.find('/') == std::string_view::npos;
    auto out = b.starts_with('/') ? std::string(a) + std::string(b) : std::string(a) + (plain ? "." + std::string(b) : ".(" + std::string(b) + ")");
    TRY(Unit::parse(out));
    return out;
}

Result<std::string> quotient_code(std::string_view a, std::string_view b) {
    TRY_ASSIGN(auto left, Unit::parse(a));
    TRY_ASSIGN(auto right, Unit::parse(b));
    TRY(Unit::divide(left, right));
    if (a == b) return std::string("1");
    if (b == "1") return std::string(a);
    auto below = std::string(b.starts_with('/') ? "1" : "") + std::string(b);
    auto out = std::string(a) + "/" + (is_single(below) ? below : "(" + below + ")");
    TRY(Unit::parse(out));
    return out;
}

Result<std::string> describe(std::string_view code) {
    if (code.empty()) return std::string("(unity)");
    std::string names;
    TRY(UnitParser(code, Table::get(), &names).run());
    return names;
}

std::pair<std::string, std::string> ucum_version() {
    const auto& essence = Table::get().essence();
    return {essence.version, essence.date};
}

std::vector<std::pair<std::string_view, std::string_view>> atoms() {
    std::vector<std::pair<std::string_view, std::string_view>> out;
    for (const auto& atom : Table::get().atoms()) out.emplace_back(atom.source.code, atom.source.name);
    return out;
}

}  // namespace idun::units
