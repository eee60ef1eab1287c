#include "people/internal/schemes.h"

namespace idun::people {
namespace {

// Swedish systems: HL7 Sweden base profiles (URLs) and the OIDs of the national service contracts.
// The others: systems that published profiles and examples give for national patient identifiers.
// The shape of reserve numbers is all that is checked of them; their check character is not published.
constexpr Scheme kSchemes[] = {
    {"http://electronichealth.se/identifier/personnummer", "urn:oid:1.2.752.129.2.1.3.1", Kind::personal_number, "SE",
     "personnummer", ""},
    {"http://electronichealth.se/identifier/samordningsnummer", "urn:oid:1.2.752.129.2.1.3.3",
     Kind::coordination_number, "SE", "samordningsnummer", ""},
    {"http://electronichealth.se/identifier/nationelltReservnummer", "urn:oid:1.2.752.74.9.1",
     Kind::national_reserve_number, "SE", "nationelltReservnummer", "99999999AX99"},
    {"urn:oid:1.2.752.97.3.1.3", "", Kind::regional_reserve_number, "SE", "reservnummer-stockholm", "99XXXXXXXXXX"},
    {"urn:oid:1.2.752.113.11.0.2.1.1.1", "", Kind::regional_reserve_number, "SE", "reservnummer-vastra-gotaland",
     "XXXXXXXXXXXX"},

    {"http://ec.europa.eu/identifier/eci", "", Kind::foreign, "EU", "eci", "9999-999999-9"},
    {"http://hl7.org/fhir/sid/us-ssn", "urn:oid:2.16.840.1.113883.4.1", Kind::foreign, "US", "ssn", "999-99-9999"},
    {"urn:oid:1.2.208.176.1.2", "", Kind::foreign, "DK", "cpr", "999999-9999"},
    {"urn:oid:1.2.246.21", "", Kind::foreign, "FI", "hetu", "999999X999X"},
    {"urn:oid:2.16.578.1.12.4.1.4.1", "", Kind::foreign, "NO", "fnr", "99999999999"},
    {"http://fhir.nl/fhir/NamingSystem/bsn", "urn:oid:2.16.840.1.113883.2.4.6.3", Kind::foreign, "NL", "bsn",
     "999999999"},
    {"http://fhir.de/sid/gkv/kvid-10", "", Kind::foreign, "DE", "kvid", "A999999999"},
    {"urn:oid:2.16.840.1.113883.2.9.4.3.2", "http://hl7.it/sid/codiceFiscale", Kind::foreign, "IT", "cf",
     "AAAAAAXXAXXAXXXA"},
};

}  // namespace

std::span<const Scheme> schemes() { return kSchemes; }

const Scheme* find_scheme(std::string_view system) {
    if (system.empty()) return nullptr;
    for (const Scheme& scheme : kSchemes)
        if (scheme.system == system || scheme.alias == system) return &scheme;
    return nullptr;
}

}  // namespace idun::people
