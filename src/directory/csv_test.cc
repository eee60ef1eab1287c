#include "directory/csv.h"

#include <doctest/doctest.h>

#include "store/testing.h"

using namespace idun;
using namespace idun::directory;

namespace {

const std::string kTable =
    "kind,id,name,active,organisation_number,part_of,organisation,participating,service,location,start,end,address,connection\n"
    "unit,SE1-U1,\"Akuten, \"\"stora\"\" huset\",true,,SE1-N1,,,,,,,,\n"
    "provider,SE1-N1,Region Norr,,2321000016,,,,,,,,,\n"
    "location,hus-1,Hus 1,,,,SE1-U1,,,,,,,\n"
    "service,dialys,Dialys,,,,SE1-U1,,,hus-1,,,,\n"
    "provider,SE2,Kliniken AB,,,,,,,,,,,\n"
    "contract,avtal,,,,,SE1-N1,SE2,dialys,,2026-01-01,2027-12-31,,\n"
    "endpoint,lab,Lab,,,,SE2,,,,,,https://lab.example/dicom,dicom-wado-rs\n";

std::vector<WrongLine> wrong(const std::string& text) {
    const auto table = read_csv(text);
    return table ? std::vector<WrongLine>() : table.error();
}

}  // namespace

TEST_CASE("a table becomes the directory, and the same table again changes nothing") {
    store::TemporaryStore temporary;
    auto directory = *Directory::open(*temporary.store);
    const Writer writer{Writer::Kind::operator_, "ada"};
    const auto table = read_csv(kTable);
    REQUIRE(table);
    const auto written = directory->write(table->writes(), writer);
    REQUIRE(written);
    CHECK(written->size() == 7);
    CHECK(directory->name_of("SE1-U1") == "Akuten, \"stora\" huset");
    CHECK(directory->organisation("SE1-N1")->organisation_number == "2321000016");
    CHECK(directory->view().find("OrganizationAffiliation/avtal")->root()["period"]["end"].text() == "2027-12-31");
    CHECK(directory->view().find("HealthcareService/dialys")->references == std::vector<std::string>{"Location/hus-1", "Organization/SE1-U1"});
    const std::uint64_t number = directory->number();
    const auto again = directory->write(read_csv(kTable)->writes(), writer);
    REQUIRE(again);
    for (const Written& one : *again) CHECK(one.did == Did::unchanged);
    CHECK(directory->number() == number);
}

TEST_CASE("a table says what an endpoint speaks, and nothing where it is silent") {
    const auto table = read_csv("kind,id,organisation,address,interface,software,fhir_version\nendpoint,A,SE1,https://a.example,1 2,idun 0.1.0,4.0.1\nendpoint,B,SE1,https://b.example,,,\n");
    REQUIRE(table);
    const auto speaks = [&](std::size_t row) { return *speaks_of_endpoint(table->rows()[row].document.root()); };
    CHECK(speaks(0) == Speaks{.interfaces = {1, 2}, .software = "idun 0.1.0", .fhir = "4.0.1"});
    CHECK(speaks(1) == Speaks{});
    CHECK(table->rows()[1].document.root()["payloadType"][0]["coding"][0]["code"].text() == "any");
    const std::string head = "kind,id,name,organisation,address,interface,software,fhir_version\n";
    for (const auto& [line, says] : {std::pair{"endpoint,A,x,SE1,https://a.example,one,,", "interface is a number"}, {"endpoint,A,x,SE1,https://a.example,1,id<un,", "software is"},
                                     {"endpoint,A,x,SE1,https://a.example,1,,4 0 1", "FHIR version"}, {"provider,A,x,,,1,,", "has no interface"}}) {
        const auto told = wrong(head + line + "\n");
        REQUIRE(told.size() == 1);
        CHECK_MESSAGE(told[0].problem.find(says) != std::string::npos, told[0].problem);
    }
}

TEST_CASE("semicolons, carriage returns, a byte order mark and empty lines are well") {
    const auto table = read_csv("\xEF\xBB\xBFid;kind;name\r\n\r\nA;provider;\"A\nB\"\r\nB;provider;C\r\n");
    REQUIRE(table);
    REQUIRE(table->rows().size() == 2);
    CHECK(table->rows()[0].document.root()["name"].text() == "A\nB");
    CHECK(table->rows()[1].line == 5);
}

TEST_CASE("every wrong line is named") {
    CHECK(wrong("kind,id,name\nprovider,A,x\nclinic,B,x\nprovider,C\nunit,D,x\nprovider,E_,x\nprovider,A,x\nprovider,\"F,x\n").size() == 6);
    struct Row {
        const char* line;
        std::size_t at;
        const char* says;
    };
    const std::string head = "kind,id,name,active,part_of,organisation,address,start\n";
    for (const Row& row : {Row{"provider,A,,,,,,\n", 2, "name"}, Row{"provider,A,x,yes,,,,\n", 2, "active"}, Row{"provider,A,x,,,SE1,,\n", 2, "has no organisation"},
                           Row{"location,L,x,,,,,\n", 2, "managingOrganization"}, Row{"endpoint,E,x,,,SE1,ftp://x,\n", 2, "address"},
                           Row{"endpoint,E,x,,,SE1,http://10.0.0.1,\n", 2, "address"}, Row{"\nprovider,A,\xff,,,,,\n", 3, "UTF-8"},
                           Row{"provider,A,x\"y,,,,,\n", 2, "quotation"}, Row{"unit,U,x,,Organization/P,,,\n", 2, "eference"}}) {
        INFO(std::string(row.line));
        const auto told = wrong(head + row.line);
        REQUIRE(told.size() == 1);
        CHECK(told[0].line == row.at);
        CHECK(told[0].problem.find(row.says) != std::string::npos);
    }
    CHECK(wrong("")[0].line == 1);
    CHECK(wrong("kind,id,colour\n")[0].problem.find("column 3") != std::string::npos);
    CHECK(wrong("kind,id,id\n")[0].problem.find("twice") != std::string::npos);
    CHECK(wrong("kind,name\n")[0].problem.find("id") != std::string::npos);
    CHECK(wrong("kind,id,name\nprovider,A," + std::string(5'000, 'x') + "\n").size() == 1);
}
