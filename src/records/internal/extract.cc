#include "records/internal/extract.h"

#include <algorithm>
#include <array>

#include "search/values.h"

namespace idun::records {
namespace {

using search::Interval;
using search::SearchCode;
using search::SearchField;
using fhir::SearchType;

constexpr std::size_t kResponsibleMax = 16;
constexpr std::size_t kOtherPatientsMax = 64;

// The members that name who answers for a resource, in R4's clinical resources.
constexpr std::array<std::string_view, 12> kResponsibleMembers = {
    "author",    "custodian", "managingOrganization", "organization", "performer",  "recorder",
    "requester", "asserter",  "serviceProvider",      "sender",       "dispenser",  "interpreter"};

class Extraction {
public:
    Extraction(const Extractor& by, std::string_view type, std::string_view id, const EntryReferences& references)
        : by_(by), references_(references), type_(type) {
        if (type == "Patient") header_.patient = id;
    }

    Result<Header> run(json::Value resource) {
        header_.category = fhir::category_of(resource);
        for (const SearchField& field : by_.fields.of(type_)) collect(field, resource);
        if (header_.items.size() > kSearchItemsMax) {
            return fail(Category::too_large,
                        "a resource may hold at most " + std::to_string(kSearchItemsMax) + " searched values");
        }
        std::ranges::sort(header_.items);
        const auto rest = std::ranges::unique(header_.items);
        header_.items.erase(rest.begin(), rest.end());
        for (const std::string_view member : kResponsibleMembers) responsible(resource[member]);
        if (type_ == "Patient") pseudonyms(resource);
        return std::move(header_);
    }

private:
    void collect(const SearchField& field, json::Value resource) {
        const auto number = static_cast<std::uint8_t>(field.code);
        field.path.collect(resource, [&](json::Value element, std::string_view target) {
            switch (field.type) {
                case SearchType::token:
                    search::each_token(element, [&](search::TokenValue value) {
                        header_.items.push_back({number, by_.hash(value.system), by_.hash(value.code)});
                    });
                    return;
                case SearchType::date:
                    search::each_interval(element, [&](Interval value) { date(field.code, number, value); });
                    return;
                default: reference(field, number, element, target); return;
            }
        });
    }

    void date(SearchCode code, std::uint8_t number, Interval value) {
        header_.items.push_back({number, static_cast<std::uint64_t>(value.from), static_cast<std::uint64_t>(value.to)});
        if (code != SearchCode::date) return;
        if (!header_.date) header_.date = std::pair(Instant{value.from}, Instant{value.to});
        header_.date->first.ms = std::min(header_.date->first.ms, value.from);
        header_.date->second.ms = std::max(header_.date->second.ms, value.to);
    }

    void reference(const SearchField& field, std::uint8_t number, json::Value element, std::string_view target) {
        const std::string_view text = resolved(element.is_string() ? element.text() : element["reference"].text());
        const auto value = search::reference_value(text, by_.base_url);
        if (!value) return;
        if (!target.empty() && value->type != target) return;
        // `patient` may stand on an element that points at more than patients; only they are its values.
        if (target.empty() && !value->type.empty() && !field.may_point_at(value->type)) return;
        header_.items.push_back({number, by_.hash(value->type), by_.hash(value->id)});
        const bool person = field.code == SearchCode::patient || field.code == SearchCode::subject;
        if (person && value->type == "Patient") patient(value->id);
    }

    void patient(std::string_view id) {
        if (header_.patient.empty()) header_.patient = id;
        if (header_.patient == id || header_.other_patients.size() >= kOtherPatientsMax) return;
        if (std::ranges::find(header_.other_patients, id) == header_.other_patients.end()) {
            header_.other_patients.emplace_back(id);
        }
    }

    std::string_view resolved(std::string_view text) const {
        if (references_.map == nullptr) return text;
        const std::string_view target = references_.map->target(text, references_.full_url);
        return target.empty() ? text : target;
    }

    // A Reference, a list of them, or parts that hold one as `actor`.
    void responsible(json::Value value) {
        if (value.is_array()) {
            for (const json::Value element : value.elements()) responsible(element);
            return;
        }
        if (!value.is_object() || header_.responsible.size() >= kResponsibleMax) return;
        if (value["actor"]) return responsible(value["actor"]);
        std::string name;
        if (const std::string_view text = resolved(value["reference"].text()); !text.empty()) {
            const auto parsed = search::reference_value(text, by_.base_url);
            if (!parsed || parsed->type == "Patient" || parsed->type == "RelatedPerson") return;
            if (!parsed->type.empty()) name.append(parsed->type).append("/");
            name.append(parsed->id);
        } else if (const json::Value identifier = value["identifier"]) {
            const std::string_view system = identifier["system"].text();
            const std::string_view number = identifier["value"].text();
            if (number.empty() || (by_.person_key && by_.person_key(system, number))) return;
            name.append(system).append("|").append(number);
        }
        if (name.empty() || name.size() > 512) return;
        if (std::ranges::find(header_.responsible, name) == header_.responsible.end()) {
            header_.responsible.push_back(std::move(name));
        }
    }

    void pseudonyms(json::Value resource) {
        if (!by_.person_key) return;
        auto& out = header_.pseudonyms;
        for (const json::Value identifier : resource["identifier"].elements()) {
            auto made = by_.person_key(identifier["system"].text(), identifier["value"].text());
            if (made && !made->empty() && made->size() <= 255) out.push_back(std::move(*made));
        }
        std::ranges::sort(out);
        const auto rest = std::ranges::unique(out);
        out.erase(rest.begin(), rest.end());
    }

    const Extractor& by_;
    const EntryReferences& references_;
    std::string_view type_;
    Header header_;
};

}  // namespace

Result<Header> Extractor::header(std::string_view type, std::string_view id, json::Value resource,
                                 const EntryReferences& references) const {
    return Extraction(*this, type, id, references).run(resource);
}

bool is_inverted(const SearchItem& item, const TextHash& hash, std::string_view patient) {
    switch (static_cast<SearchCode>(item.number)) {
        case SearchCode::identifier:
        case SearchCode::code: return true;
        case SearchCode::patient:
        case SearchCode::subject:
            return patient.empty() || item.a != hash("Patient") || item.b != hash(patient);
        default: return false;
    }
}

}  // namespace idun::records
