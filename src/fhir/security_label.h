// Security labels of a resource (meta.security): how sensitive it is and why, for the rules of rights.
//
//     const LabelSet labels = security_labels_of(resource);
//     if (labels.any_of(hidden_from_parents)) ...
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "json/document.h"

namespace idun::fhir {

// HL7 v3 Confidentiality (N to V) and the sensitivities of v3 ActCode. The numbers are bits of a LabelSet and reach
// disk (record headers): never reuse one.
enum class SecurityLabel : std::uint8_t {
    N = 0,          // normal
    R = 1,          // restricted
    V = 2,          // very restricted
    ETH = 3,        // substance abuse
    ETHUD = 4,      // alcohol use disorder
    OPIOIDUD = 5,   // opioid use disorder
    SUD = 6,        // substance use disorder
    GDIS = 7,       // genetic disease
    HIV = 8,        // HIV and AIDS
    STD = 9,        // sexually transmitted disease
    SEX = 10,       // sexuality and reproductive health
    PREGNANT = 11,  // pregnancy
    SDV = 12,       // sexual assault, abuse, domestic violence
    VIO = 13,       // violence
    PSY = 14,       // psychiatric care
    PSYTHPN = 15,   // notes of psychotherapy
    MH = 16,        // mental health
    BH = 17,        // behavioural health
    SCA = 18,       // sickle cell anaemia
    TBOO = 19,      // to be talked about with the person first
    SPI = 20,       // specially protected by law
    PRS = 21,       // the person has asked for care with it
    CEL = 22,       // of somebody in the public eye
    EMP = 23,       // of somebody who works there
};
inline constexpr unsigned kSecurityLabels = 24;

// The code: "PSY".
std::string_view to_string(SecurityLabel label);
std::optional<SecurityLabel> security_label(std::string_view code);

struct LabelSet {
    std::uint32_t bits = 0;

    constexpr LabelSet() = default;
    constexpr explicit LabelSet(std::uint32_t b) : bits(b) {}
    constexpr LabelSet(SecurityLabel label) : bits(1u << static_cast<unsigned>(label)) {}
    constexpr bool empty() const { return bits == 0; }
    constexpr bool any_of(LabelSet other) const { return (bits & other.bits) != 0; }
    constexpr LabelSet& operator|=(LabelSet other) {
        bits |= other.bits;
        return *this;
    }
    friend constexpr LabelSet operator|(LabelSet a, LabelSet b) { return LabelSet(a.bits | b.bits); }
    friend constexpr bool operator==(LabelSet, LabelSet) = default;
};

// Those in meta.security that are known here; others are passed over.
LabelSet security_labels_of(json::Value resource);

}  // namespace idun::fhir
