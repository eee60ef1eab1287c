// The search parameters that are supported, by resource type, compiled from the R4 definitions. Which codes
// are offered is the list kSearchCodes; where they point in each type is what the definitions say.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "search/path.h"

namespace idun::search {

// The numbers reach disk: a number keeps its code for ever.
enum class SearchCode : std::uint8_t {
    identifier = 1,
    code = 2,
    category = 3,
    status = 4,
    date = 5,
    patient = 6,
    subject = 7,
    type = 8,
    clinical_status = 9,
    encounter = 10,
    authoredon = 11,
    period = 12,
    whenhandedover = 13,
    recorded_date = 14,
    onset_date = 15,
    started = 16,
    intent = 17,
    vaccine_code = 18,
    birthdate = 19,
};
struct SearchCodeName {
    SearchCode code;
    std::string_view name;
};
inline constexpr std::array<SearchCodeName, 19> kSearchCodes = {{
    {SearchCode::identifier, "identifier"},
    {SearchCode::code, "code"},
    {SearchCode::category, "category"},
    {SearchCode::status, "status"},
    {SearchCode::date, "date"},
    {SearchCode::patient, "patient"},
    {SearchCode::subject, "subject"},
    {SearchCode::type, "type"},
    {SearchCode::clinical_status, "clinical-status"},
    {SearchCode::encounter, "encounter"},
    {SearchCode::authoredon, "authoredon"},
    {SearchCode::period, "period"},
    {SearchCode::whenhandedover, "whenhandedover"},
    {SearchCode::recorded_date, "recorded-date"},
    {SearchCode::onset_date, "onset-date"},
    {SearchCode::started, "started"},
    {SearchCode::intent, "intent"},
    {SearchCode::vaccine_code, "vaccine-code"},
    {SearchCode::birthdate, "birthdate"},
}};

// One parameter of one resource type.
struct SearchField {
    SearchCode code{};
    std::string_view name;
    fhir::SearchType type{};                       // token, date or reference
    std::string_view definition;             // canonical url
    std::vector<std::string_view> targets;   // resource types a reference may have; sorted; empty: any
    SearchPath path;

    bool may_point_at(std::string_view resource_type) const;
};

// Immutable once made; any thread may read. The Definitions outlive it.
class SearchFields {
public:
    // What does not compile, or has a type that is not offered, is left out.
    explicit SearchFields(const fhir::Definitions& definitions);

    // In the order of kSearchCodes.
    std::span<const SearchField> of(std::string_view resource_type) const;
    const SearchField* find(std::string_view resource_type, std::string_view name) const;

private:
    std::map<std::string_view, std::vector<SearchField>> by_type_;
};

}  // namespace idun::search
