#include "api/pointer_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "api/subject.h"
#include "fhir/category.h"
#include "fhir/definitions.h"
#include "index/fhir_pointer.h"
#include "search/date.h"

namespace idun::api {
namespace {

constexpr std::size_t kValuesMax = 32;  // of one parameter, by comma
constexpr std::size_t kValueBytesMax = 256;
constexpr std::string_view kStatuses[] = {"current", "superseded"};

tl::unexpected<Error> refused(std::string_view name, std::string_view what) {
    return fail(Category::invalid, fmt::format("{} {}", name, what), std::string(name));
}

Result<std::vector<std::string_view>> values_of(std::string_view name, std::string_view text) {
    std::vector<std::string_view> out;
    for (;;) {
        const std::size_t comma = text.find(',');
        const std::string_view one = text.substr(0, comma);
        if (one.empty() || one.size() > kValueBytesMax || out.size() == kValuesMax)
            return refused(name, "is one to 32 values, separated by commas");
        out.push_back(one);
        if (comma == std::string_view::npos) return out;
        text.remove_prefix(comma + 1);
    }
}

// "code", "system|code", "system|" or "|code", which is a code without a system.
struct Token {
    std::optional<std::string> system;
    std::string code;

    bool fits(std::string_view in, std::string_view found) const {
        return !found.empty() && (!system || *system == in) && (code.empty() || code == found);
    }
};

Result<std::vector<Token>> tokens_of(std::string_view name, std::string_view text) {
    TRY_ASSIGN(const auto values, values_of(name, text));
    std::vector<Token> out;
    for (const std::string_view value : values) {
        const std::size_t bar = value.find('|');
        if (bar == std::string_view::npos) out.push_back({std::nullopt, std::string(value)});
        else out.push_back({std::string(value.substr(0, bar)), std::string(value.substr(bar + 1))});
        if (value == "|") return refused(name, "is a code, SYSTEM|CODE, SYSTEM| or |CODE");
    }
    return out;
}

bool any_fits(const std::vector<Token>& tokens, std::string_view system, std::string_view code) {
    return std::ranges::any_of(tokens, [&](const Token& token) { return token.fits(system, code); });
}

using Condition = std::function<bool(const FoundPointer&, Instant)>;

Status by_content_key(PointerQuery& query, std::string_view name, std::string_view text) {
    TRY_ASSIGN(const auto tokens, tokens_of(name, text));
    query.conditions.push_back([tokens](const FoundPointer& one, Instant) { return any_fits(tokens, index::kPointerSystem, one.id); });
    return {};
}

Status by_id(PointerQuery& query, std::string_view name, std::string_view text) {
    TRY_ASSIGN(const auto values, values_of(name, text));
    query.conditions.push_back([ids = std::vector<std::string>(values.begin(), values.end())](const FoundPointer& one, Instant) {
        return std::ranges::find(ids, one.id) != ids.end();
    });
    return {};
}

bool in_category(const Token& token, std::string_view category) {
    return token.fits(index::kCategorySystem, category) || token.fits(index::kEuropeanSystem, index::codes_of(category).european);
}

bool of_type(const Token& token, std::string_view category) { return token.fits(index::kLoinc, index::codes_of(category).loinc); }

// A code that no pointer can have is a mistake of the asker; an empty answer would read as "nothing there".
Status by_codes(PointerQuery& query, std::string_view name, std::string_view text, bool (*fits)(const Token&, std::string_view)) {
    TRY_ASSIGN(const auto tokens, tokens_of(name, text));
    for (const Token& token : tokens)
        if (std::ranges::none_of(fhir::kPriorityCategories, [&](auto known) { return fits(token, fhir::to_string(known)); }))
            return refused(name, "has a code that no pointer has; see the documentation of this parameter");
    query.conditions.push_back([tokens, fits](const FoundPointer& one, Instant) {
        return std::ranges::any_of(tokens, [&](const Token& token) { return fits(token, one.category); });
    });
    return {};
}
Status by_category(PointerQuery& query, std::string_view name, std::string_view text) { return by_codes(query, name, text, in_category); }
Status by_type(PointerQuery& query, std::string_view name, std::string_view text) { return by_codes(query, name, text, of_type); }

Status by_status(PointerQuery& query, std::string_view name, std::string_view text) {
    TRY_ASSIGN(const auto tokens, tokens_of(name, text));
    for (const Token& token : tokens)
        if (std::ranges::none_of(kStatuses, [&](std::string_view known) { return token.fits(index::kStatusSystem, known); }))
            return refused(name, "is current or superseded");
    // What is shown is current.
    query.conditions.push_back([current = any_fits(tokens, index::kStatusSystem, "current")](const FoundPointer&, Instant) { return current; });
    return {};
}

Status by_organization(PointerQuery& query, std::string_view name, std::string_view text) {
    TRY_ASSIGN(const auto values, values_of(name, text));
    std::vector<std::string> ids;
    for (const std::string_view value : values) {
        constexpr std::string_view kType = "Organization/";
        const std::string_view id = value.starts_with(kType) ? value.substr(kType.size()) : value;
        if (id.empty() || id.find('/') != std::string_view::npos) return refused(name, "is Organization/ID of this hub's directory");
        ids.emplace_back(id);
    }
    query.conditions.push_back([ids](const FoundPointer& one, Instant) { return std::ranges::find(ids, one.provider) != ids.end(); });
    return {};
}

Status by_custodian(PointerQuery& query, std::string_view name, std::string_view text) {
    TRY_ASSIGN(const auto tokens, tokens_of(name, text));
    query.conditions.push_back([tokens](const FoundPointer& one, Instant) { return any_fits(tokens, "", one.provider); });
    return {};
}

Status by_time(PointerQuery& query, std::string_view name, std::string_view text, Instant FoundPointer::* time) {
    TRY_ASSIGN(const auto values, values_of(name, text));
    std::vector<search::DateCriterion> criteria;
    for (const std::string_view value : values) {
        const auto criterion = search::date_criterion(value);
        if (!criterion) return refused(name, "is a date or an instant, with a prefix such as ge or lt before it or without");
        criteria.push_back(*criterion);
    }
    query.conditions.push_back([criteria, time](const FoundPointer& one, Instant now) {
        // Pointers know their times to the second.
        const search::Interval when{(one.*time).ms, (one.*time).ms + 1000};
        return std::ranges::any_of(criteria, [&](const auto& criterion) { return search::matches(criterion, when, now); });
    });
    return {};
}
Status by_date(PointerQuery& query, std::string_view name, std::string_view text) { return by_time(query, name, text, &FoundPointer::newest); }
Status by_last_updated(PointerQuery& query, std::string_view name, std::string_view text) { return by_time(query, name, text, &FoundPointer::learned); }

Status take_person(PointerQuery& query, std::string_view name, std::string_view text) {
    if (text.find(',') != std::string_view::npos) return refused(name, "is one person; ask for many with a batch");
    if (!query.asked.value.empty()) return refused(name, "is given once");
    TRY_ASSIGN(const auto who, identifier_from(text, name));
    query.asked.system = who.system;
    query.asked.value = who.value;
    return {};
}

Status take_reason(PointerQuery& query, std::string_view name, std::string_view text) { return take_asked(query.asked, name, text); }

Status take_count(PointerQuery& query, std::string_view name, std::string_view text) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), query.count);
    if (error != std::errc() || end != text.data() + text.size() || query.count > kPointersPageMax)
        return refused(name, fmt::format("is a number up to {}", kPointersPageMax));
    if (query.count == 0) query.only_count = true;
    return {};
}

Status take_sort(PointerQuery& query, std::string_view name, std::string_view text) {
    TRY_ASSIGN(const auto values, values_of(name, text));
    query.sort.clear();
    for (std::string_view value : values) {
        PointerSort key{.descending = value.starts_with('-')};
        if (key.descending) value.remove_prefix(1);
        if (value == "date") key.by = PointerSort::By::date;
        else if (value == "_lastUpdated") key.by = PointerSort::By::last_updated;
        else if (value == "category") key.by = PointerSort::By::category;
        else return refused(name, "is by date, _lastUpdated or category, with - before it for the other way");
        query.sort.push_back(key);
    }
    return {};
}

Status take_summary(PointerQuery& query, std::string_view name, std::string_view text) {
    if (text == "count") query.only_count = true;
    else if (text == "true") query.parts.summary = search::Query::Summary::yes;
    else if (text == "data") query.parts.summary = search::Query::Summary::data;
    else if (text != "false") return refused(name, "is true, data, count or false");
    return {};
}

// Elements of a DocumentReference, also those that no pointer has.
Status take_elements(PointerQuery& query, std::string_view name, std::string_view text) {
    constexpr std::string_view kType = "DocumentReference.";
    const fhir::Shape& shape = *fhir::Definitions::r4().type("DocumentReference")->shape;
    TRY_ASSIGN(const auto values, values_of(name, text));
    for (std::string_view value : values) {
        if (value.starts_with(kType)) value.remove_prefix(kType.size());
        const bool known = shape.find(value) != nullptr || std::ranges::any_of(shape.elements, [&](const fhir::Element& one) { return one.name == value; });
        if (!known) return refused(name, "is elements at the top of DocumentReference");
        query.parts.elements.emplace_back(value);
    }
    std::ranges::sort(query.parts.elements);
    const auto repeated = std::ranges::unique(query.parts.elements);
    query.parts.elements.erase(repeated.begin(), repeated.end());
    return {};
}

Status take_total(PointerQuery&, std::string_view name, std::string_view text) {
    if (text != "none" && text != "estimate" && text != "accurate") return refused(name, "is none, estimate or accurate");
    return {};
}

Status take_page(PointerQuery& query, std::string_view name, std::string_view text) {
    if (text.empty() || text.size() > kValueBytesMax) return refused(name, "is of a next link only");
    query.page = text;
    return {};
}

// What a parameter is for: it finds, names the person, says why, or shapes the answer.
enum class For : std::uint8_t { finding, whom, why, result };

struct Row {
    PointerParameter shown;
    For use;
    Status (*take)(PointerQuery&, std::string_view name, std::string_view text);
};

#define R4 "http://hl7.org/fhir/SearchParameter/"
constexpr Row kRows[] = {
    {{"_id", "token", R4 "Resource-id", "The content key; together with whose it is."}, For::finding, by_id},
    {{"_lastUpdated", "date", R4 "Resource-lastUpdated", "When the index was told what the pointer says."}, For::finding, by_last_updated},
    {{"category", "token", R4 "DocumentReference-category",
      "patient-summary, eprescription, edispensation, imaging, test-result, discharge-report, other; or a code of the European code system for priority categories."},
     For::finding, by_category},
    {{"custodian", "reference", R4 "DocumentReference-custodian", "Organization/ID of this hub's directory."}, For::finding, by_organization},
    {{"custodian.identifier", "token", "", "The provider's id."}, For::finding, by_custodian},
    {{"custodian:identifier", "token", R4 "DocumentReference-custodian", "The same."}, For::finding, by_custodian},
    {{"date", "date", R4 "DocumentReference-date", "The newest update of that category at that provider."}, For::finding, by_date},
    {{"identifier", "token", R4 "clinical-identifier", "The content key, of the system urn:idun:pointer."}, For::finding, by_content_key},
    {{"patient.identifier", "token", "", "Whose: SYSTEM|VALUE, one person; a patient who asks about herself may leave it out."}, For::whom, take_person},
    {{"patient:identifier", "token", R4 "clinical-patient", "The same."}, For::whom, take_person},
    {{"status", "token", R4 "DocumentReference-status", "current; superseded finds nothing."}, For::finding, by_status},
    {{"type", "token", R4 "clinical-type", "LOINC: 60591-5, 57833-6, 60593-1, 18748-4, 11502-2, 18842-5, for the six priority categories."}, For::finding, by_type},
    {{"asOf", "date", "", "An instant: what the index said then."}, For::why, take_reason},
    {{"breakGlass", "token", "", "The id that $break-glass gave."}, For::why, take_reason},
    {{"careRelation", "token", "", "true: the caller declares that she takes part in the person's care."}, For::why, take_reason},
    {{"purpose", "token", "", "PurposeOfUse; TREAT unless it is said."}, For::why, take_reason},
    {{"_count", "", "", ""}, For::result, take_count},
    {{"_elements", "", "", ""}, For::result, take_elements},
    {{"_sort", "", "", ""}, For::result, take_sort},
    {{"_summary", "", "", ""}, For::result, take_summary},
    {{"_total", "", "", ""}, For::result, take_total},
    {{"_page", "", "", ""}, For::result, take_page}};
#undef R4

}  // namespace

Result<PointerQuery> pointer_query(const http::Parameters& parameters) {
    PointerQuery out;
    std::set<std::string_view> seen;
    for (const auto& [name, value] : parameters) {
        const Row* const row = std::ranges::find(kRows, std::string_view(name), [](const Row& one) { return one.shown.name; });
        if (row == std::end(kRows)) return fail(Category::invalid, "unknown parameter; allowed are " + pointer_names(), "DocumentReference");
        if (!seen.insert(row->shown.name).second && row->use != For::finding) return refused(row->shown.name, "is given once");
        TRY(row->take(out, row->shown.name, value));
        if (row->use == For::whom || row->take == take_page) continue;
        out.self.append(out.self.empty() ? "?" : "&").append(name).append("=").append(http::percent_encoded(value));
    }
    return out;
}

std::vector<PointerParameter> pointer_parameters() {
    std::vector<PointerParameter> out;
    for (const Row& row : kRows)
        if (row.use != For::result) out.push_back(row.shown);
    return out;
}

std::string pointer_names() {
    std::string out;
    for (const Row& row : kRows)
        if (row.take != take_page) out.append(out.empty() ? "" : ", ").append(row.shown.name);
    return out;
}

}  // namespace idun::api
