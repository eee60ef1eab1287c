// Code systems that a grammar or a standard describes, and that do not ship as lists of FHIR concepts: MIME types,
// languages, URIs, units; and the short lists that every system needs: countries and currencies.
#pragma once

#include <string_view>
#include <utility>
#include <span>
#include <string>

namespace idun::terms {

struct Grammar {
    std::string_view system;
    std::string_view name;
    bool (*accepts)(std::string_view code);
};

// Null when the system has no grammar here.
//
//     http://unitsofmeasure.org  units of measure, UCUM
//     urn:ietf:bcp:13            MIME types, RFC 6838, with parameters
//     urn:ietf:bcp:47            language tags, RFC 5646: well formed; the registry is not asked
//     urn:ietf:rfc:3986          URIs with a scheme
const Grammar* grammar_of(std::string_view system);

// urn:iso:std:iso:3166 (two letters, three letters, numbers) and urn:iso:std:iso:4217 as texts of CodeSystem resources,
// with file names. Codes only: the names are ISO's.
std::span<const std::pair<std::string, std::string>> listed_systems();

}  // namespace idun::terms
