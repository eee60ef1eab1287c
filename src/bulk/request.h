// What an export is asked for: the parameters of FHIR Bulk Data Access 2.0, read strictly.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "fhir/definitions.h"
#include "json/document.h"
#include "json/writer.h"
#include "records/records.h"

namespace idun::bulk {

enum class Level { system, patient, group };

// A search query that resources of its type must fit. Several of one type: one of them.
struct TypeFilter {
    std::string type;
    records::Parameters query;
    friend bool operator==(const TypeFilter&, const TypeFilter&) = default;
};

struct ExportRequest {
    Level level = Level::system;
    std::string group;                  // id, at group level
    std::vector<std::string> types;     // sorted; empty: all
    std::optional<Instant> since;
    std::vector<TypeFilter> filters;
    std::vector<std::string> patients;  // ids, sorted; empty: all (of the group)
    friend bool operator==(const ExportRequest&, const ExportRequest&) = default;
};

inline constexpr std::size_t kFiltersMax = 100;
inline constexpr std::size_t kPatientsMax = 10'000;

// `invalid` names the parameter. What is not supported is refused too, unless lenient: then it is left out.
Result<ExportRequest> read_request(Level level, std::string group, const records::Parameters& parameters,
                                   const fhir::Definitions& definitions, bool lenient);

// A Parameters resource as name and value: strings, instants and references.
Result<records::Parameters> parameters_of(json::Value resource);

// Whether every filter can be asked of one resource alone.
Status check_filters(const ExportRequest& request, const records::Records& records);

// As it is kept on disk. decode: nothing when it is not that.
void encode(json::Writer& writer, const ExportRequest& request);
std::optional<ExportRequest> decode_request(json::Value value);

}  // namespace idun::bulk
