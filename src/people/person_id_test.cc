#include "people/person_id.h"

#include <doctest/doctest.h>

#include <set>

#include "people/internal/schemes.h"

using namespace idun;
using namespace idun::people;

namespace {

const Instant kNow = *from_iso("2026-11-23T10:00:00Z");
constexpr const char* kPersonal = "http://electronichealth.se/identifier/personnummer";
constexpr const char* kCoordination = "http://electronichealth.se/identifier/samordningsnummer";
constexpr const char* kReserve = "http://electronichealth.se/identifier/nationelltReservnummer";
constexpr const char* kSsn = "http://hl7.org/fhir/sid/us-ssn";

}  // namespace

TEST_CASE("identifiers come to one canonical form") {
    struct Row {
        const char *system, *value;
        Kind kind;
        const char *canonical, *masked;
    };
    for (const Row& row :
         {Row{kPersonal, "19121212-1212", Kind::personal_number, "SE|personnummer|191212121212", "19121212-****"},
          Row{"urn:oid:1.2.752.129.2.1.3.1", "191212121212", Kind::personal_number, "SE|personnummer|191212121212",
              "19121212-****"},
          Row{kPersonal, "20000101T220", Kind::interim_number, "SE|personnummer|20000101T220", "20000101-****"},
          Row{kCoordination, "730288-9931", Kind::coordination_number, "SE|samordningsnummer|197302889931",
              "19730288-****"},
          Row{"urn:oid:1.2.752.129.2.1.3.3", "197302889931", Kind::coordination_number,
              "SE|samordningsnummer|197302889931", "19730288-****"},
          Row{kReserve, "20210325K069", Kind::national_reserve_number, "SE|nationelltReservnummer|20210325K069",
              "20210325-****"},
          Row{kReserve, "98240301AA06", Kind::national_reserve_number, "SE|nationelltReservnummer|98240301AA06",
              "98240301-****"},
          Row{"urn:oid:1.2.752.74.9.1", "98240301AA06", Kind::national_reserve_number,
              "SE|nationelltReservnummer|98240301AA06", "98240301-****"},
          Row{kSsn, "999-12-3456", Kind::foreign, "US|ssn|999123456", "US ****"},
          Row{kSsn, "999123456", Kind::foreign, "US|ssn|999123456", "US ****"},
          Row{"http://ec.europa.eu/identifier/eci", "1298-659206-6", Kind::foreign, "EU|eci|12986592066", "EU ****"}}) {
        const auto id = identify(row.system, row.value, kNow);
        REQUIRE_MESSAGE(id, row.value << ": " << id.error().message);
        CHECK(id->kind() == row.kind);
        CHECK(id->canonical() == row.canonical);
        CHECK(id->masked() == row.masked);
        CHECK(id->canonical().substr(0, 2) == id->country());
        // What we tell others comes back to the same person.
        CHECK(identify(id->system(), id->value(), kNow).value() == *id);
    }
}

TEST_CASE("values that are not of their system are refused") {
    struct Row {
        const char *system, *value;
        Category category;
    };
    for (const Row& row :
         {Row{kPersonal, "", Category::invalid},
          Row{kPersonal, "191212121213", Category::invalid},
          Row{kPersonal, "197302889931", Category::invalid},
          Row{kCoordination, "191212121212", Category::invalid},
          Row{kCoordination, "20000101T220", Category::invalid},
          Row{kReserve, "191212121212", Category::invalid},
          Row{kReserve, "98240301aa06", Category::invalid},
          Row{kReserve, "98240301AA0", Category::invalid},
          Row{kSsn, "999-123456", Category::invalid},
          Row{kSsn, "99-9123-456", Category::invalid},
          Row{kSsn, "999-12-345", Category::invalid},
          Row{kSsn, "999-12-34567", Category::invalid},
          Row{kSsn, "999 12 3456", Category::invalid},
          Row{"http://ec.europa.eu/identifier/eci", "1298-6592066", Category::invalid},
          Row{"", "191212121212", Category::unsupported},
          Row{"urn:oid:1.2.3", "191212121212", Category::unsupported},
          Row{"http://hospital.smarthealthit.org", "x", Category::unsupported},
          Row{"http://local.setting.eu/identifier", "x", Category::unsupported},
          Row{"http://electronichealth.se/identifier/personnummer/", "191212121212", Category::unsupported},
          Row{"HTTP://electronichealth.se/identifier/personnummer", "191212121212", Category::unsupported}}) {
        const auto id = identify(row.system, row.value, kNow);
        REQUIRE_MESSAGE(!id, row.system << " " << row.value);
        CHECK_MESSAGE(id.error().category == row.category, row.system << " " << row.value);
        if (std::string_view(row.value).size() > 3) CHECK(id.error().message.find(row.value) == std::string::npos);
    }
    CHECK(!identify(kSsn, std::string(65, '9'), kNow));
}

TEST_CASE("no two schemes share a system or a canonical name") {
    std::set<std::string_view> systems;
    std::set<std::string> names;
    for (const Scheme& scheme : schemes()) {
        CHECK(systems.insert(scheme.system).second);
        if (!scheme.alias.empty()) CHECK(systems.insert(scheme.alias).second);
        CHECK(names.insert(std::string(scheme.country) + "|" + std::string(scheme.name)).second);
        CHECK(scheme.country.size() == 2);
        CHECK((scheme.kind == Kind::foreign) == (scheme.country != "SE"));
    }
}

TEST_CASE("of several identifiers the preferred one counts") {
    const Named personal{kPersonal, "191212121212"}, other{kPersonal, "20121212-1212"},
        coordination{kCoordination, "197302889931"}, reserve{kReserve, "98240301AA06"},
        record{"http://hospital.smarthealthit.org", "123"}, ssn{kSsn, "999-12-3456"}, bad{kSsn, "999"},
        same{"urn:oid:1.2.752.129.2.1.3.1", "19121212-1212"};
    const auto any = [](std::initializer_list<Named> list) { return identify_any({list.begin(), list.size()}, kNow); };
    CHECK(any({record, ssn})->canonical() == "US|ssn|999123456");
    CHECK(any({reserve, coordination, personal})->kind() == Kind::personal_number);
    CHECK(any({reserve, coordination})->kind() == Kind::coordination_number);
    CHECK(any({personal, same})->canonical() == "SE|personnummer|191212121212");
    CHECK(any({personal, other}).error().category == Category::conflict);
    CHECK(any({}).error().category == Category::invalid);
    CHECK(any({record}).error().category == Category::invalid);
    CHECK(any({personal, bad}).error().category == Category::invalid);
}
