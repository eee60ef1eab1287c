#include "records/capability.h"

#include <array>

#include "search/fields.h"

namespace idun::records {
namespace {

void write_search_parameters(json::Writer& w, const fhir::Definitions& definitions, const search::SearchFields& fields,
                             std::string_view type) {
    const auto one = [&](std::string_view name, std::string_view kind, std::string_view definition) {
        w.object().member("name", name).member("definition", definition).member("type", kind).end();
    };
    w.name("searchParam").array();
    for (const std::string_view name : {"_id", "_lastUpdated"}) {
        const fhir::SearchParameter* parameter = definitions.search_parameter(type, name);
        if (parameter != nullptr) one(name, fhir::to_string(parameter->type), parameter->url);
    }
    for (const search::SearchField& field : fields.of(type)) one(field.name, fhir::to_string(field.type), field.definition);
    w.end();
}

}  // namespace

void write_capability(json::Writer& w, const fhir::Definitions& definitions) {
    static constexpr std::array<std::string_view, 7> kInteractions = {"read",   "vread",  "update",          "delete",
                                                                      "create", "search-type", "history-instance"};
    const search::SearchFields fields(definitions);
    w.array();
    for (const fhir::Type* type : definitions.resources()) {
        w.object().member("type", type->name).name("interaction").array();
        for (const std::string_view code : kInteractions) w.object().member("code", code).end();
        w.end();
        w.member("versioning", "versioned-update").member("readHistory", true).member("updateCreate", true);
        w.member("conditionalCreate", true);
        w.name("referencePolicy").array().value("literal").value("logical").value("local").end();
        write_search_parameters(w, definitions, fields, type->name);
        w.end();
    }
    w.end();
}

}  // namespace idun::records
