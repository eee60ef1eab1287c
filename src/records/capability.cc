#include "records/capability.h"

#include <array>

#include "fhir/definitions.h"
#include "json/writer.h"
#include "search/parameters.h"
#include "search/query.h"

namespace idun::records {
namespace {

void write_search_parameters(json::Writer& w, const fhir::Definitions& definitions, const search::Registry& known,
                             std::string_view type) {
    const auto one = [&](std::string_view name, std::string_view kind, std::string_view definition) {
        w.object().member("name", name).member("definition", definition).member("type", kind).end();
    };
    w.name("searchParam").array();
    for (const std::string_view name : {"_id", "_lastUpdated"}) {
        const fhir::SearchParameter* parameter = definitions.search_parameter(type, name);
        if (parameter != nullptr) one(name, fhir::to_string(parameter->type), parameter->url);
    }
    for (const search::Parameter& parameter : known.of(type)) one(parameter.name, fhir::to_string(parameter.type), parameter.definition);
    w.end();
}

// "Observation:subject" for each reference of the type itself, and of all types that may point at it.
void write_includes(json::Writer& w, const fhir::Definitions& definitions, const search::Registry& known, std::string_view type) {
    w.name("searchInclude").array().value("*");
    for (const search::Parameter& parameter : known.of(type)) {
        if (search::is_includable(parameter)) w.value(std::string(type) + ":" + std::string(parameter.name));
    }
    w.end();
    w.name("searchRevInclude").array().value("*");
    for (const fhir::Type* other : definitions.resources()) {
        for (const search::Parameter& parameter : known.of(other->name)) {
            const bool points = search::is_includable(parameter) && !parameter.targets.empty() && parameter.may_point_at(type);
            if (points) w.value(std::string(other->name) + ":" + std::string(parameter.name));
        }
    }
    w.end();
}

void write_operations(json::Writer& w, std::span<const Operation> operations, std::string_view type) {
    w.name("operation").array();
    for (const Operation& one : operations) {
        if (!one.type.empty() && one.type != type) continue;
        w.object().member("name", one.name).member("definition", one.definition).member("documentation", one.documentation).end();
    }
    w.end();
}

}  // namespace

std::string capability(std::span<const Operation> operations) {
    static constexpr std::array<std::string_view, 9> kInteractions = {
        "read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create", "search-type"};
    const search::Registry& known = search::Registry::r4();
    const fhir::Definitions& definitions = known.definitions();
    json::Writer w;
    w.array();
    for (const fhir::Type* type : definitions.resources()) {
        w.object().member("type", type->name).name("interaction").array();
        for (const std::string_view code : kInteractions) w.object().member("code", code).end();
        w.end();
        w.member("versioning", "versioned").member("readHistory", true).member("updateCreate", true);
        w.member("conditionalCreate", true).member("conditionalRead", "full-support");
        w.member("conditionalUpdate", true).member("conditionalDelete", "single");
        w.name("referencePolicy").array().value("literal").value("logical").value("local").end();
        write_includes(w, definitions, known, type->name);
        write_search_parameters(w, definitions, known, type->name);
        write_operations(w, operations, type->name);
        w.end();
    }
    w.end();
    return w.take();
}

}  // namespace idun::records
