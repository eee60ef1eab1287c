// What code systems and value sets say, as FHIRPath and validation ask it. `terms` answers; here stands only the
// question, so that what asks does not depend on how it is answered.
//
//     if (terminology.member_of("http://hl7.org/fhir/ValueSet/observation-status", {.code = "final"}) == Membership::out) ...
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace idun::fhir {

// A Coding, or a bare code (system ""). Views are borrowed for the call.
struct Coded {
    std::string_view system = {};
    std::string_view version = {};
    std::string_view code = {};
    std::string_view display = {};
};

// `unknown`: the value set, or a code system that it draws on, is not at hand or not whole.
enum class Membership : std::uint8_t { in, out, unknown };

// What a code system says of one of its codes.
struct CodeCheck {
    enum class Verdict : std::uint8_t {
        known,           // the code is in the system
        unknown_code,    // the system is here whole, the code is not in it
        unknown_system,  // nothing is known of the system, or only a part of it without this code
        malformed,       // the code cannot be one of the system's, by its grammar (UCUM)
    };
    Verdict verdict = Verdict::unknown_system;
    bool display_wrong = false;  // a display was given, and it is none of the code's names
    bool inactive = false;       // retired, or not to be chosen
    std::string display;         // the system's own name for the code; "" when it has none
};

// Implementations are immutable or locked inside: any thread may ask.
class Terminology {
public:
    virtual ~Terminology() = default;

    // Is the code in the value set? `value_set` is a canonical, with or without "|version". A Coded without a
    // system is a member when some system of the value set has the code.
    virtual Membership member_of(std::string_view value_set, const Coded& coded) const = 0;
    virtual CodeCheck check(const Coded& coded) const = 0;
    // Is `a` the same as `b` or above it? `unknown` when the system or one of the codes is.
    virtual Membership subsumes(std::string_view system, std::string_view a, std::string_view b) const = 0;
    virtual bool knows_value_set(std::string_view value_set) const = 0;
};

}  // namespace idun::fhir
