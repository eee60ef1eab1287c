// Pieces of JSON text that resources are put together from.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "synth/resources.h"

namespace idun::synth {

inline constexpr std::string_view kQuestionnaires = "http://idun.example/fhir/Questionnaire/";

// The tag that names the unit which made an entry, as nodes read it (records/outcome.h).
inline constexpr std::string_view kUnitTag = R"(,"meta":{"tag":[{"system":"urn:idun:unit","code":")";

std::string in_quotes(std::string_view text);
// A CodeableConcept with one coding, its display as text.
// `text`: what people say, where that is not the display.
std::string concept_of(std::string_view system, std::string_view code, std::string_view display, std::string_view text = {});
// An Identifier as the Swedish base profiles have them.
std::string hsa_identifier(const std::string& id);
void append_base32(std::string& out, std::uint64_t value, int digits);
void append_number(std::string& out, std::uint64_t value);
void append_decimal(std::string& out, double value, int decimals);
void append_base64(std::string& out, std::string_view bytes);
// A Narrative of one paragraph.
std::string narrative(std::string_view text);
std::string escaped_xhtml(std::string_view text);
// "p215-0-1": the third of that role at that unit has the id of a Practitioner.
void append_staff_id(std::string& out, std::uint16_t unit, std::uint16_t role, std::uint8_t staff);

// What never changes, escaped once.
struct Resources::Texts {
    struct Measured {
        std::array<std::string, 2> code;      // CodeableConcept, at the two kinds of laboratories
        std::string category;
        std::array<std::string, 2> name, unit;  // within a narrative
        std::array<std::string, 2> quantity;  // what follows a value
        std::array<std::array<std::string, 2>, 2> range;  // by sex and laboratory
    };
    std::vector<std::string> diagnoses, procedures, medicines, doses, vaccines, diseases, allergies, allergy_rest, findings, finding_categories;
    std::vector<std::vector<std::string>> answers;
    std::vector<Measured> measured;
    std::vector<std::string> units;       // "Organization/…","display":"…" of each unit
    std::vector<std::string> providers;
    std::vector<std::string> modules;     // wordings, quoted
    std::vector<std::vector<std::string>> images;  // wordings of reports
    std::vector<std::vector<std::string>> image_narratives;  // the same as Narrative
    std::vector<std::string> image_types;          // CodeableConcept of the report
};

}  // namespace idun::synth
