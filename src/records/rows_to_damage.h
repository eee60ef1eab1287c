// For tests of tables (store/scan_testing.h): rows of each of the records'.
#pragma once

#include "records/internal/testing.h"
#include "store/scan_testing.h"

namespace idun::records {

inline store::RowsInMemory rows_to_damage() {
    Options options;
    options.base_url = "http://node/fhir";
    options.person_key = [](std::string_view system, std::string_view value) -> std::optional<std::string> {
        if (system != "urn:person") return std::nullopt;
        return "pseudonym-" + std::string(value);
    };
    options.keys = "first";
    Fixture f(options);
    f.put("Patient", "p1", R"("identifier":[{"system":"urn:person","value":"1"}],"name":[{"family":"Eklund","given":["Eva"]}],"birthDate":"1980-01-02")");
    f.put("Patient", "p2", R"("identifier":[{"system":"urn:person","value":"2"}],"name":[{"family":"Lind"}])");
    f.put("Observation", "o1", R"("status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/p1"},"effectiveDateTime":"2026-01-01")");
    f.put("Observation", "o2", R"("status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2345-7"}]},"subject":{"reference":"Patient/p2"})");
    f.put("Observation", "o1", R"("status":"amended","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"http://node/fhir/Patient/p1"},"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]})");
    f.put("Observation", "o1", R"("status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/p2"})");
    f.put("Organization", "org", R"("name":"Region Norr")");
    f.put("Communication", "c1", R"("status":"completed","subject":{"reference":"Patient/p1"},"note":[{"text":")" + std::string(20'000, 'n') + R"("}])");
    f.put("Communication", "c2", R"("status":"completed","subject":{"reference":"Patient/p2"},"note":[{"text":")" + std::string(20'000, 'm') + R"("}])");
    REQUIRE(f.records->remove("Observation", "o2", {}, {}).status == 204);

    for (bool more = true; more;) more = *f.records->rename_some(10);
    return store::RowsInMemory::of(*f.store);
}

}  // namespace idun::records
