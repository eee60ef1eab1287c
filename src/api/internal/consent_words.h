// The words of Consent, as they are read and written. docs/formats/rights-wire.md.
#pragma once

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "api/consent.h"

namespace idun::api::words {

inline constexpr std::string_view kCategorySystem = "urn:idun:consent-category";
inline constexpr std::string_view kScopeSystem = "http://terminology.hl7.org/CodeSystem/consentscope";
inline constexpr std::string_view kParticipation = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
inline constexpr std::string_view kActReason = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
inline constexpr std::string_view kProvider = "urn:idun:provider";
inline constexpr std::string_view kUnit = "urn:idun:unit";
inline constexpr std::string_view kUser = "urn:idun:user";
inline constexpr std::string_view kCountry = "urn:iso:std:iso:3166";
inline constexpr std::string_view kRecordCategory = "urn:idun:category";
inline constexpr std::string_view kElement = "urn:idun:element";
inline constexpr std::string_view kAction = "urn:idun:mandate-action";
inline constexpr std::string_view kLaw = "SOU 2026:6; Regulation (EU) 2025/327 Art. 4, 8 and 10";

struct KindWord {
    ChoiceKind kind;
    std::string_view word;
    std::string_view type;  // of the provision
};
inline constexpr KindWord kKinds[] = {{ChoiceKind::opt_out, "opt-out", "deny"},
                                      {ChoiceKind::secondary_opt_out, "secondary-opt-out", "deny"},
                                      {ChoiceKind::block, "block", "deny"},
                                      {ChoiceKind::lift, "lift", "permit"},
                                      {ChoiceKind::mandate, "mandate", "permit"}};
inline const KindWord& word_of(ChoiceKind kind) {
    return *std::find_if(std::begin(kKinds), std::end(kKinds), [&](const KindWord& k) { return k.kind == kind; });
}

// The second category of a Consent; the first of each list is what its absence means.
inline constexpr std::pair<rights::Layer, std::string_view> kLayers[] = {{rights::Layer::outer, "block-outer"},
                                                                         {rights::Layer::inner, "block-inner"},
                                                                         {rights::Layer::abroad, "block-abroad"}};
inline constexpr std::pair<rights::MandateKind, std::string_view> kMandateKinds[] = {
    {rights::MandateKind::chosen, "mandate-chosen"},
    {rights::MandateKind::guardian, "mandate-guardian"},
    {rights::MandateKind::parent, "mandate-parent"},
    {rights::MandateKind::foreign, "mandate-foreign"}};

template <typename Enum, std::size_t Size>
std::optional<Enum> from_word(const std::pair<Enum, std::string_view> (&words)[Size], std::string_view word) {
    for (const auto& [value, text] : words)
        if (text == word) return value;
    return std::nullopt;
}
template <typename Enum, std::size_t Size>
std::string_view word_for(const std::pair<Enum, std::string_view> (&words)[Size], Enum wanted) {
    for (const auto& [value, text] : words)
        if (value == wanted) return text;
    return {};
}

}  // namespace idun::api::words
