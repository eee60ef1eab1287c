// One person's resources, item by item. The pieces of a resource are written where it stands: `out_` is the text of the provider at hand.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "synth/internal/text.h"
#include "synth/resources.h"

namespace idun::synth {

class Resources::Writer {
public:
    // All of it lives longer.
    Writer(const Resources& resources, const Person& person, std::span<const Person> parish, const Life& life, Lines& lines);
    // Her Patient at each provider, then every item.
    void all();

private:
    struct Seen {
        std::uint16_t provider;
        Day last;
        std::string patient;  // id
    };

    std::uint16_t provider_of(const Item& item) const { return lives_.providers().units()[item.unit].provider; }
    std::size_t laboratory(const Item& item) const { return lives_.providers().laboratory_variant(provider_of(item)); }
    const Seen& seen(const Item& item) const { return *std::ranges::find(last_day_, provider_of(item), &Seen::provider); }
    const std::string& wording(std::uint32_t text) const { return texts_.modules[text]; }

    // Pieces.
    void id(std::size_t item);
    void begin(std::string_view type, std::size_t item);
    void patient_reference(std::string_view name, const Item& item);
    void subject(const Item& item);
    void encounter(const Item& item);
    void time(std::string_view name, Day day, int minute);
    void date(std::string_view name, Day day);
    void unit_reference(const Item& item) { *out_ += texts_.units[item.unit]; }
    void staff_reference(const Item& item);
    void identifier(std::string_view system, std::string_view value, std::string_view use);
    void address();
    void quantity(const Item& item, double value);

    // People, care and medicines (resources.cc).
    void one(std::size_t place);
    void patient(const Seen& seen);
    void write_encounter(const Item& item, std::size_t place);
    void write_condition(const Item& item, std::size_t place);
    void write_measured(const Item& item, std::size_t place);
    void write_blood_pressure(const Item& item, std::size_t place);
    void write_finding(const Item& item, std::size_t place);
    // The sum is spread over the items, as evenly as whole numbers allow, from a place that the person gives.
    void write_answers(const Item& item, std::size_t place);
    void write_prescription(const Item& item, std::size_t place);
    void write_dispense(const Item& item, std::size_t place);
    void write_immunization(const Item& item, std::size_t place);
    void write_procedure(const Item& item, std::size_t place);
    void write_allergy(const Item& item, std::size_t place);
    void write_referral(const Item& item, std::size_t place);
    void write_guardian(const Item& item, std::size_t place);

    // Reports and documents (report_resources.cc).
    // What names the report or document elsewhere: an identifier that stays when it is stored under another id.
    void identifier_of(std::size_t item);
    // The European reports name the document that holds them; Composition and report of one item have one id.
    void composition_reference(std::size_t item);
    // A line of its own for the document that holds the report of the item; what is open before it is closed.
    void begin_composition(const Item& item, std::size_t place, std::string_view type, std::string_view title);
    // The results of a report, each by its place, and whether it is the first.
    void results_of(const Item& report, std::size_t place, FunctionRef<void(std::size_t at, bool first)> each);
    void result_references(const Item& report, std::size_t place);
    void write_lab_report(const Item& item, std::size_t place);
    // A DICOM UID made from a number of 64 bits (ISO/IEC 9834-8: 2.25 and a number).
    void uid(std::uint64_t number);
    void write_imaging(const Item& item, std::size_t place);
    void write_imaging_report(const Item& item, std::size_t place);
    // One that the European report of images must have, and of which the synthetic one says nothing.
    void empty_section(std::string_view title, std::string_view code);
    void write_document(const Item& item, std::size_t place, std::string_view type);
    void write_discharge(const Item& item, std::size_t place);

    const Texts& texts_;
    const Lives& lives_;
    const Resources& resources_;
    const Person& person_;
    const std::span<const Person> parish_;
    const Life& life_;
    Lines& lines_;
    const std::uint64_t key_;
    std::string* out_ = nullptr;
    std::vector<Seen> last_day_;
};

}  // namespace idun::synth
