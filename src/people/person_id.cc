#include "people/person_id.h"

#include <optional>

#include "people/internal/schemes.h"
#include "people/person_number.h"

namespace idun::people {
namespace {

constexpr std::size_t kValueBytesMax = 64;

bool fits(char shape, char c) {
    const bool digit = c >= '0' && c <= '9';
    const bool letter = c >= 'A' && c <= 'Z';
    if (shape == '9') return digit;
    if (shape == 'A') return letter;
    return digit || letter;
}

bool is_class(char shape) { return shape == '9' || shape == 'A' || shape == 'X'; }

// The value without punctuation, if it has the shape with all of its punctuation or with none.
std::optional<std::string> normalise(std::string_view value, std::string_view shape) {
    const bool punctuated = value.size() == shape.size();
    std::string out;
    std::size_t at = 0;
    for (const char expected : shape) {
        if (!is_class(expected)) {
            if (punctuated && value[at++] != expected) return std::nullopt;
        } else {
            if (at == value.size() || !fits(expected, value[at])) return std::nullopt;
            out += value[at++];
        }
    }
    return at == value.size() ? std::optional(out) : std::nullopt;
}

bool is_person_number(Kind kind) { return kind == Kind::personal_number || kind == Kind::coordination_number; }

struct Normalised {
    Kind kind;
    std::string value;
};

// A coordination number is not a personal number, even where systems mix them: each has its own system.
Result<Normalised> read_person_number(Kind wanted, std::string_view value, Instant now) {
    TRY_ASSIGN(PersonNumber number, parse_person_number(value, now));
    if ((number.kind == NumberKind::coordination) != (wanted == Kind::coordination_number))
        return fail(Category::invalid, wanted == Kind::coordination_number
                                           ? "person number: not a coordination number"
                                           : "person number: a coordination number has a system of its own");
    const Kind kind = number.kind == NumberKind::interim ? Kind::interim_number : wanted;
    return Normalised{kind, std::move(number.digits)};
}

Result<Normalised> read_value(const Scheme& scheme, std::string_view value, Instant now) {
    if (value.empty()) return fail(Category::invalid, "person identifier: has no value");
    if (value.size() > kValueBytesMax) return fail(Category::invalid, "person identifier: value over 64 bytes");
    if (is_person_number(scheme.kind)) return read_person_number(scheme.kind, value, now);
    auto normalised = normalise(value, scheme.shape);
    if (!normalised) return fail(Category::invalid, "person identifier: value does not have the form of its system");
    return Normalised{scheme.kind, std::move(*normalised)};
}

}  // namespace

struct PersonIdMaker {
    static PersonId make(const Scheme& scheme, const Normalised& normalised) {
        PersonId out;
        out.kind_ = normalised.kind;
        out.canonical_ = std::string(scheme.country) + '|' + std::string(scheme.name) + '|';
        out.value_at_ = out.canonical_.size();
        out.canonical_ += normalised.value;
        out.system_ = scheme.system;
        return out;
    }
};

std::string_view to_string(Kind kind) {
    switch (kind) {
        case Kind::personal_number: return "personal-number";
        case Kind::coordination_number: return "coordination-number";
        case Kind::interim_number: return "interim-number";
        case Kind::national_reserve_number: return "national-reserve-number";
        case Kind::regional_reserve_number: return "regional-reserve-number";
        case Kind::foreign: return "foreign";
    }
    return "";
}

std::string PersonId::masked() const {
    if (kind_ == Kind::regional_reserve_number || kind_ == Kind::foreign) return std::string(country()) + " ****";
    return std::string(value().substr(0, 8)) + "-****";
}

Result<PersonId> identify(std::string_view system, std::string_view value, Instant now) {
    const Scheme* const scheme = find_scheme(system);
    if (scheme == nullptr)
        return fail(Category::unsupported, "person identifier: this system does not identify persons nationally");
    TRY_ASSIGN(const Normalised normalised, read_value(*scheme, value, now));
    return PersonIdMaker::make(*scheme, normalised);
}

bool identifies_persons(std::string_view system) { return find_scheme(system) != nullptr; }

Result<PersonId> identify_any(std::span<const Named> identifiers, Instant now) {
    std::optional<PersonId> best;
    bool two = false;
    for (const Named& named : identifiers) {
        if (!identifies_persons(named.system)) continue;
        TRY_ASSIGN(PersonId id, identify(named.system, named.value, now));
        if (!best || id.kind() < best->kind()) {
            best = std::move(id);
            two = false;
        } else if (id.kind() == best->kind() && id != *best) {
            two = true;
        }
    }
    if (!best) return fail(Category::invalid, "person identifier: none of a system that identifies persons nationally");
    if (two) return fail(Category::conflict, "person identifier: two different ones of the same kind");
    return std::move(*best);
}

}  // namespace idun::people
