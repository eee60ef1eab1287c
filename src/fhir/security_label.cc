#include "fhir/security_label.h"

#include <algorithm>
#include <array>

namespace idun::fhir {
namespace {

constexpr std::string_view kConfidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
constexpr std::string_view kActCode = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

// By number.
constexpr std::array<std::string_view, kSecurityLabels> kCodes = {
    "N",   "R",   "V",   "ETH",     "ETHUD", "OPIOIDUD", "SUD", "GDIS", "HIV", "STD", "SEX", "PREGNANT",
    "SDV", "VIO", "PSY", "PSYTHPN", "MH",    "BH",       "SCA", "TBOO", "SPI", "PRS", "CEL", "EMP"};

bool is_confidentiality(SecurityLabel label) { return label <= SecurityLabel::V; }

}  // namespace

std::string_view to_string(SecurityLabel label) { return kCodes[static_cast<std::size_t>(label)]; }

std::optional<SecurityLabel> security_label(std::string_view code) {
    const auto at = std::ranges::find(kCodes, code);
    if (at == kCodes.end()) return std::nullopt;
    return static_cast<SecurityLabel>(at - kCodes.begin());
}

LabelSet security_labels_of(json::Value resource) {
    LabelSet out;
    for (const json::Value coding : resource["meta"]["security"].elements()) {
        const auto label = security_label(coding["code"].text());
        if (label && coding["system"].text() == (is_confidentiality(*label) ? kConfidentiality : kActCode))
            out |= *label;
    }
    return out;
}

}  // namespace idun::fhir
