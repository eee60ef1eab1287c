// Whatever is taken as a unit has a normal form that is a unit, comparable with it, and its words.
#include <cstdint>
#include <string_view>

#include "units/ucum.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace idun;
    const std::string_view code(reinterpret_cast<const char*>(data), size);
    const auto unit = units::Unit::parse(code);
    if (!unit) {
        IDUN_CHECK(unit.error().category == Category::invalid && unit.error().message.size() < 200);
        return 0;
    }
    const auto base = units::Unit::parse(unit->base());
    IDUN_CHECK(units::describe(code).has_value());
    // A product of many units may have larger exponents than may be written.
    if (base) IDUN_CHECK(units::comparable(*unit, *base));
    const auto form = units::canonical(Decimal::scaled(15, -1), *unit);
    if (form && base) {
        const auto again = units::canonical(form->value, *base);
        IDUN_CHECK(again && again->value == form->value && again->unit == form->unit);
    }
    return 0;
}
