#include "records/internal/extract.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "records/internal/bytes.h"
#include "search/date.h"
#include "search/fold.h"
#include "search/values.h"

namespace idun::records {
namespace {

using fhir::SearchType;
using search::Interval;
using search::Leaf;
using search::Parameter;

constexpr std::size_t kResponsibleMax = 16;
constexpr std::size_t kUnitBytesMax = 256;
constexpr std::size_t kTextStarts[] = {3, 6};

// The members that name who answers for a resource, in R4's clinical resources.
constexpr std::array<std::string_view, 12> kResponsibleMembers = {
    "author",    "custodian", "managingOrganization", "organization", "performer",  "recorder",
    "requester", "asserter",  "serviceProvider",      "sender",       "dispenser",  "interpreter"};
// Names and titles that are asked for without more; the table of docs/formats/records.md.
constexpr std::array<std::string_view, 5> kIndexedTexts = {"family", "given", "name", "title", "address-postalcode"};

ExtractPlan::Item item_of(const Parameter& parameter, const Parameter* code) {
    ExtractPlan::Item out;
    out.parameter = &parameter;
    switch (parameter.type) {
        case SearchType::token:
            out.marks = true;
            if (&parameter == code) out.kinds.push_back(IndexKind::code);
            if (parameter.path.may_end_at("Identifier") || parameter.path.may_end_at("ContactPoint")) out.kinds.push_back(IndexKind::identifier);
            break;
        case SearchType::reference:
            out.marks = true;
            out.kinds.push_back(IndexKind::reference);
            out.names_patient = parameter.name == "patient" || parameter.name == "subject";
            break;
        case SearchType::uri:
            // meta.profile and meta.source are the same for very many.
            out.marks = true;
            if (!parameter.name.starts_with('_')) out.kinds.push_back(IndexKind::uri);
            break;
        case SearchType::string:
            if (std::ranges::find(kIndexedTexts, parameter.name) != kIndexedTexts.end()) out.kinds.push_back(IndexKind::text);
            break;
        case SearchType::date:
            out.dates = parameter.name == "date";
            if (parameter.name == "birthdate") out.kinds.push_back(IndexKind::date);
            break;
        default: break;
    }
    return out;
}

ExtractPlan plan_of(const search::Registry& known, std::string_view type) {
    ExtractPlan out;
    out.code = known.find(type, "code");
    if (out.code == nullptr) out.code = known.find(type, "vaccine-code");
    if (out.code != nullptr && out.code->type != SearchType::token) out.code = nullptr;
    for (const Parameter& parameter : known.of(type)) {
        // What several parameters read in the same way is read once.
        const bool again = std::ranges::any_of(out.items, [&](const ExtractPlan::Item& other) {
            return other.parameter->path == parameter.path && other.parameter->type == parameter.type && !other.names_patient &&
                   other.parameter != out.code;
        });
        const bool person = parameter.name == "patient" || parameter.name == "subject";
        if (again && !person && &parameter != out.code && parameter.name != "date") continue;
        ExtractPlan::Item item = item_of(parameter, out.code);
        if (item.marks || !item.kinds.empty() || item.dates) out.items.push_back(std::move(item));
    }
    // `patient` says more surely than `subject` whose a resource is.
    const auto patient = std::ranges::find_if(out.items, [](const ExtractPlan::Item& item) { return item.parameter->name == "patient"; });
    if (patient != out.items.end()) std::rotate(out.items.begin(), patient, patient + 1);
    return out;
}

}  // namespace

class Extraction {
public:
    Extraction(const Extractor& by, std::string_view type, std::string_view id, const EntryReferences& references)
        : by_(by), references_(references), type_(type) {
        if (type == "Patient") header_.patient = id;
    }

    Result<Extracted> run(json::Value resource) {
        header_.category = fhir::category_of(resource);
        header_.element = fhir::summary_element_of(resource);
        header_.labels = fhir::security_labels_of(resource);
        guards(resource["meta"]);
        for (const ExtractPlan::Item& item : by_.plan(type_).items) collect(item, resource);
        if (index_.size() > kIndexValuesMax) {
            return fail(Category::too_large, "a resource may hold at most " + std::to_string(kIndexValuesMax) + " searched values");
        }
        if (!header_.patient.empty()) {
            const IndexValue own = by_.reference_value("Patient", header_.patient);
            std::erase(index_, own);
        }
        distinct(index_);
        distinct(header_.signature);
        if (header_.signature.size() > kSignatureMax) {
            header_.signature.clear();
            header_.signature_whole = false;
        }
        for (const std::string_view member : kResponsibleMembers) responsible(resource[member]);
        if (type_ == "Patient") pseudonyms(resource);
        return Extracted{std::move(header_), std::move(index_)};
    }

private:
    template <typename T>
    static void distinct(std::vector<T>& all) {
        std::ranges::sort(all);
        const auto rest = std::ranges::unique(all);
        all.erase(rest.begin(), rest.end());
    }
    void mark(std::string_view text) { header_.signature.push_back(by_.mark(text)); }

    void collect(const ExtractPlan::Item& item, json::Value resource) {
        item.parameter->path.collect(resource, [&](json::Value element, const Leaf& leaf) {
            switch (item.parameter->type) {
                case SearchType::token: token(item, element, leaf); return;
                case SearchType::reference: reference(item, element, leaf); return;
                case SearchType::date: search::each_interval(element, [&](Interval value) { date(item, value); }); return;
                case SearchType::string: search::each_string(element, [&](std::string_view text) { this->text(text); }); return;
                case SearchType::uri:
                    mark(element.text());
                    if (!item.kinds.empty()) index_.push_back(by_.uri_value(element.text()));
                    return;
                default: return;
            }
        });
    }

    void token(const ExtractPlan::Item& item, json::Value element, const Leaf& leaf) {
        search::each_token(element, leaf, [&](search::TokenValue value) {
            // Where case does not count the folded text stands for all.
            const std::string plain = value.folds ? search::folded(value.code) : std::string();
            const std::string_view code = value.folds ? std::string_view(plain) : value.code;
            mark(code);
            for (const IndexKind kind : item.kinds) {
                index_.push_back(kind == IndexKind::code ? by_.code_value(value.system, code) : by_.identifier_value(value.system, code));
            }
        });
    }

    void text(std::string_view text) {
        const std::string plain = search::folded(text);
        for (const std::size_t size : kTextStarts) {
            if (plain.size() >= size) index_.push_back(by_.text_value(std::string_view(plain).substr(0, size)));
        }
    }

    void date(const ExtractPlan::Item& item, Interval value) {
        if (!item.kinds.empty()) index_.push_back(by_.date_value(value.from));
        if (!item.dates) return;
        if (!header_.date) header_.date = std::pair(Instant{value.from}, Instant{value.to});
        header_.date->first.ms = std::min(header_.date->first.ms, value.from);
        header_.date->second.ms = std::max(header_.date->second.ms, value.to);
    }

    void reference(const ExtractPlan::Item& item, json::Value element, const Leaf& leaf) {
        if (element.is_object() && element["resourceType"]) {
            // A resource inside the resource (the first of a document) counts by its own name.
            mark(element["id"].text());
            index_.push_back(by_.reference_value(element["resourceType"].text(), element["id"].text()));
            return;
        }
        const std::string_view text = resolved(search::reference_text(element));
        const auto value = search::reference_value(text, by_.base_url_);
        if (!value) return;
        if (value->type.empty()) {
            // A canonical is found with and without its version.
            const std::string_view plain = value->id.substr(0, value->id.find('|'));
            for (const std::string_view one : {value->id, plain}) {
                mark(one);
                index_.push_back(by_.reference_value("", one));
            }
            return;
        }
        mark(value->id);
        index_.push_back(by_.reference_value(value->type, value->id));
        const bool asked = leaf.target.empty() ? item.parameter->may_point_at(value->type) : leaf.target == value->type;
        if (item.names_patient && asked && value->type == "Patient") patient(value->id);
    }

    void patient(std::string_view id) {
        if (header_.patient.empty()) header_.patient = id;
        // All of them, for the log names them all; as values of a search parameter they are bounded.
        if (header_.patient != id && others_.emplace(id).second) header_.other_patients.emplace_back(id);
    }

    std::string_view resolved(std::string_view text) const {
        if (references_.map == nullptr) return text;
        const std::string_view target = references_.map->target(text, references_.full_url);
        return target.empty() ? text : target;
    }

    // What decides who may see it. A delay without an end is refused before (docs/formats/records.md).
    void guards(json::Value meta) {
        for (const json::Value tag : meta["tag"].elements()) {
            const std::string_view code = tag["code"].text();
            if (header_.unit.empty() && tag["system"].text() == kUnitSystem && code.size() <= kUnitBytesMax)
                header_.unit = code;
        }
        for (const json::Value extension : meta["extension"].elements()) {
            if (extension["url"].text() != kDelayUrl) continue;
            if (const auto until = search::interval_of(extension["valueDateTime"].text()))
                header_.delayed_until = Instant{until->from};
        }
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
            const auto parsed = search::reference_value(text, by_.base_url_);
            if (!parsed || parsed->type == "Patient" || parsed->type == "RelatedPerson") return;
            if (!parsed->type.empty()) name.append(parsed->type).append("/");
            name.append(parsed->id);
        } else if (const json::Value identifier = value["identifier"]) {
            const std::string_view system = identifier["system"].text();
            const std::string_view number = identifier["value"].text();
            if (number.empty() || (by_.person_key_ && by_.person_key_(system, number))) return;
            name.append(system).append("|").append(number);
        }
        if (name.empty() || name.size() > 512) return;
        if (std::ranges::find(header_.responsible, name) == header_.responsible.end()) {
            header_.responsible.push_back(std::move(name));
        }
    }

    void pseudonyms(json::Value resource) {
        if (!by_.person_key_) return;
        auto& out = header_.pseudonyms;
        for (const json::Value identifier : resource["identifier"].elements()) {
            const std::string_view system = identifier["system"].text(), value = identifier["value"].text();
            auto made = by_.person_key_(system, value);
            if (!made || made->empty() || made->size() > 255) continue;
            out.push_back(std::move(*made));
            if (by_.other_keys_ == nullptr || !*by_.other_keys_) continue;
            for (std::string& other : (*by_.other_keys_)(system, value)) out.push_back(std::move(other));
        }
        distinct(out);
    }

    const Extractor& by_;
    const EntryReferences& references_;
    std::string_view type_;
    Header header_;
    std::vector<IndexValue> index_;
    std::set<std::string, std::less<>> others_;  // patients beside the first
};

Extractor::Extractor(const search::Registry& known, const TextHash& hash, std::string_view base_url, const PersonKey& person_key,
                     const OtherKeys* other_keys)
    : known_(known), hash_(hash), base_url_(base_url), person_key_(person_key), other_keys_(other_keys) {
    plans_.emplace_back();
    for (const fhir::Type* type : known.definitions().resources()) plans_.push_back(plan_of(known, type->name));
}

Result<Extracted> Extractor::extract(std::string_view type, std::string_view id, json::Value resource,
                                     const EntryReferences& references) const {
    return Extraction(*this, type, id, references).run(resource);
}

const ExtractPlan& Extractor::plan(std::string_view type) const { return plans_[type_number(type)]; }

std::uint16_t Extractor::mark(std::string_view text) const { return static_cast<std::uint16_t>(hash_(text)); }

IndexValue Extractor::code_value(std::string_view system, std::string_view code) const {
    return {IndexKind::code, hash_(code), hash_(system)};
}
IndexValue Extractor::identifier_value(std::string_view system, std::string_view value) const {
    return {IndexKind::identifier, hash_(value), hash_(system)};
}
IndexValue Extractor::reference_value(std::string_view type, std::string_view id) const {
    ShortText text;
    text.append(type);
    text.append("/");
    text.append(id);
    return {IndexKind::reference, hash_(text.view()), 0};
}
IndexValue Extractor::uri_value(std::string_view text) const { return {IndexKind::uri, hash_(text), 0}; }
IndexValue Extractor::date_value(std::int64_t from_ms) const {
    ShortText text;
    text.append_u64(static_cast<std::uint64_t>(from_ms));
    return {IndexKind::date, hash_(text.view()), 0};
}
std::optional<std::string_view> Extractor::text_start(std::string_view folded) {
    if (folded.size() >= kTextStarts[1]) return folded.substr(0, kTextStarts[1]);
    if (folded.size() >= kTextStarts[0]) return folded.substr(0, kTextStarts[0]);
    return std::nullopt;
}
IndexValue Extractor::text_value(std::string_view start) const { return {IndexKind::text, hash_(start), 0}; }

}  // namespace idun::records
