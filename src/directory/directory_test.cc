#include "directory/directory.h"

#include <doctest/doctest.h>

#include "directory/fhir_directory.h"
#include "directory/snapshot.h"
#include "json/writer.h"
#include "store/faulty.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::directory;

namespace {

const Writer kOperator{Writer::Kind::operator_, "ada"};

struct Books {
    store::TemporaryStore temporary;
    ManualClock clock{Instant{1'800'000'000'000}};
    std::unique_ptr<Directory> directory = *Directory::open(*temporary.store, clock);

    void reopen() {
        directory.reset();
        temporary.reopen();
        directory = *Directory::open(*temporary.store, clock);
    }
    tl::expected<std::vector<Written>, std::vector<Refused>> put_all(const std::vector<std::string>& bodies, Writer writer = kOperator) {
        std::vector<json::Document> documents;
        std::vector<Write> writes;
        for (const std::string& body : bodies) documents.push_back(*json::Document::parse(body));
        for (const json::Document& one : documents)
            writes.push_back({.type = *type_from(one.root()["resourceType"].text()), .id = std::string(one.root()["id"].text()), .resource = one.root()});
        return directory->write(writes, writer);
    }
    Written put(const std::string& body) {
        const auto written = put_all({body});
        if (!written) MESSAGE(written.error().front().error.message << " " << written.error().front().error.path);
        REQUIRE(written);
        return written->front();
    }
    Error refused(const std::string& body) {
        const auto written = put_all({body});
        REQUIRE(!written);
        return written.error().front().error;
    }
    tl::expected<std::vector<Written>, std::vector<Refused>> remove(Type type, const std::string& id) {
        const Write write{.type = type, .id = id};
        return directory->write({&write, 1}, kOperator);
    }
};

std::string organization(const std::string& id, const std::string& name, const std::string& part_of = "") {
    return R"({"resourceType":"Organization","id":")" + id + R"(","name":")" + name + "\"" +
           (part_of.empty() ? "" : R"(,"partOf":{"reference":"Organization/)" + part_of + "\"}") + "}";
}
std::string contract(const std::string& id, const std::string& by, const std::string& for_whom) {
    return R"({"resourceType":"OrganizationAffiliation","id":")" + id + R"(","organization":{"reference":"Organization/)" + for_whom +
           R"("},"participatingOrganization":{"reference":"Organization/)" + by + R"("},"period":{"start":"2026-01-01","end":"2027-12-31"}})";
}

Organisation norr() { return {"SE1-N1", "Region Norr", "", "2321000016"}; }
Endpoint norr_endpoint() { return {"SE1-N1", "SE1-N1", "http://127.0.0.1:8081/fhir", {1'000}}; }

}  // namespace

TEST_CASE("what was put is found, also after a restart") {
    store::TemporaryStore temporary;
    {
        auto directory = *Directory::open(*temporary.store);
        REQUIRE(directory->put(norr()));
        REQUIRE(directory->put(Organisation{"SE1-U1", "Akuten", "SE1-N1", ""}));
        REQUIRE(directory->put(norr_endpoint()));
    }
    temporary.reopen();
    auto directory = *Directory::open(*temporary.store);
    CHECK(directory->organisation("SE1-N1") == norr());
    CHECK(directory->endpoint_of("SE1-N1") == norr_endpoint());
    CHECK(directory->organisations().size() == 2);
    CHECK(directory->name_of("SE1-U1") == "Akuten");
    CHECK(directory->name_of("SE9") == "SE9");
    CHECK(!directory->endpoint_of("SE9"));
}

TEST_CASE("a later value replaces the one before") {
    store::TemporaryStore temporary;
    auto directory = *Directory::open(*temporary.store);
    REQUIRE(directory->put(norr()));
    Organisation renamed = norr();
    renamed.name = "Region Norra";
    REQUIRE(directory->put(renamed));
    CHECK(directory->organisations().size() == 1);
    CHECK(directory->name_of("SE1-N1") == "Region Norra");
}

TEST_CASE("values survive the way over FHIR") {
    const auto organisation = *json::Document::parse(to_fhir(norr()));
    CHECK(*organisation_from_fhir(organisation.root(), "SE1-N1") == norr());
    Endpoint endpoint = norr_endpoint();
    endpoint.speaks = own_speech();
    const auto document = *json::Document::parse(to_fhir(endpoint));
    CHECK(document.root()["status"].text() == "active");
    CHECK(check_resource(document.root(), Type::endpoint, "SE1-N1"));
    const Endpoint back = *endpoint_from_fhir(document.root(), "SE1-N1");
    CHECK(back.url == norr_endpoint().url);
    CHECK(back.speaks == own_speech());
    CHECK(back.lease_until == Instant{0});  // the hub's to give
}

TEST_CASE("what a node speaks is a version when it changes, is found, and stands in the past as it was") {
    Books books;
    REQUIRE(books.directory->put(norr()));
    Endpoint endpoint = norr_endpoint();  // of before, when nobody said it
    REQUIRE(books.directory->put(endpoint));
    const std::uint64_t before = books.directory->number();
    books.clock.advance(std::chrono::hours(1));
    endpoint.speaks = own_speech();
    for (int i = 0; i < 3; ++i) REQUIRE(books.directory->put(endpoint));
    CHECK(books.directory->number() == before + 1);
    CHECK(books.directory->endpoint_of("SE1-N1")->speaks == own_speech());
    books.clock.advance(std::chrono::hours(1));
    endpoint.speaks = {.interfaces = {2, 3}, .software = "idun 9.0.0", .fhir = "4.0.1"};
    REQUIRE(books.directory->put(endpoint));
    CHECK(books.directory->number() == before + 2);
    books.reopen();
    CHECK(books.directory->endpoint_of("SE1-N1")->speaks == endpoint.speaks);
    const auto then = [&](std::uint64_t number) { return *endpoint_from_fhir(books.directory->view_at(number)->find("Endpoint/SE1-N1")->root(), "SE1-N1"); };
    CHECK(then(before).speaks == Speaks{});
    CHECK(then(before + 1).speaks == own_speech());
    // What the operator has written stays, and is called by.
    const auto body = *json::Document::parse(to_fhir(endpoint));
    const Write write{.type = Type::endpoint, .id = "SE1-N1", .resource = body.root()};
    REQUIRE(books.directory->write({&write, 1}, {Writer::Kind::operator_, "ada"}));
    endpoint.speaks = own_speech();
    REQUIRE(books.directory->put(endpoint));
    const auto called = books.directory->to_call("SE1-N1");
    REQUIRE(!called);
    CHECK(called.error().category == Category::unsupported);
    CHECK(called.error().message.find("its node speaks interface 2 3 (idun 9.0.0), this program (idun ") != std::string::npos);
    CHECK(books.directory->to_call("SE9").error().category == Category::not_found);
}

TEST_CASE("malformed organisations and endpoints are refused with their path") {
    struct Row {
        const char* json;
        const char* path;
    };
    for (const Row& row : {Row{R"({"resourceType":"Patient","id":"a"})", "resourceType"},
                           Row{R"({"resourceType":"Organization","id":"b","name":"x"})", "id"},
                           Row{R"({"resourceType":"Organization","id":"a"})", "Organization.name"},
                           Row{R"({"resourceType":"Organization","id":"a","name":"x","partOf":{"reference":"Patient/1"}})",
                               "Organization.partOf"}}) {
        const auto document = *json::Document::parse(row.json);
        CHECK(organisation_from_fhir(document.root(), "a").error().path == row.path);
    }
    for (const Row& row :
         {Row{R"({"resourceType":"Endpoint","id":"a","address":"http://x"})", "Endpoint.managingOrganization"},
          Row{R"({"resourceType":"Endpoint","id":"a","managingOrganization":{"reference":"Organization/a"},"address":"ftp://x"})",
              "Endpoint.address"},
          Row{R"({"resourceType":"Endpoint","id":"a","managingOrganization":{"reference":"Organization/a"},"address":"http://127.0.0.1/"})",
              "Endpoint.address"},
          Row{R"({"resourceType":"Endpoint","id":"a","managingOrganization":{"reference":"Organization/a"},"address":"http://10.0.0.1/fhir"})",
              "Endpoint.address"},
          Row{R"({"resourceType":"Endpoint","id":"a","managingOrganization":{"reference":"Organization/a"},"address":"https://u@x/fhir"})",
              "Endpoint.address"},
          Row{R"({"resourceType":"Endpoint","id":"a","managingOrganization":{"reference":"Organization/a"},"address":"https://x/fhir?a=b"})",
              "Endpoint.address"},
          Row{R"({"resourceType":"Endpoint","id":"a","managingOrganization":{"reference":"Organization/a"},"address":"https://x","payloadType":[{"coding":[{"system":"urn:idun:interface","code":"two"}]}]})",
              "Endpoint.payloadType"}}) {
        const auto document = *json::Document::parse(row.json);
        CHECK(endpoint_from_fhir(document.root(), "a").error().path == row.path);
    }
}

TEST_CASE("every version stays: the newest is read, older ones by number and by time, and all again after a restart") {
    Books books;
    CHECK(books.put(organization("A", "First")).did == Did::created);
    const Instant first = books.clock.now();
    books.clock.advance(std::chrono::hours(1));
    CHECK(books.put(organization("A", "Second")).version == 2);
    books.clock.advance(std::chrono::hours(1));
    REQUIRE(books.remove(Type::organization, "A"));
    books.clock.advance(std::chrono::hours(1));
    CHECK(books.put(organization("A", "Third")).version == 4);

    const auto check = [&] {
        const Directory& d = *books.directory;
        CHECK(d.name_of("A") == "Third");
        CHECK(d.number() == 4);
        CHECK(d.number_at(first) == 1);
        CHECK(d.number_at(first - std::chrono::milliseconds(1)) == 0);
        CHECK(d.view_at(1)->find("Organization/A")->root()["name"].text() == "First");
        CHECK(d.view_at(2)->find("Organization/A")->root()["name"].text() == "Second");
        CHECK(!d.view_at(3)->find("Organization/A"));
        CHECK(d.view_at(0)->of(Type::organization).empty());
        CHECK(d.view_at(5).error().category == Category::not_found);
        CHECK((*d.version(Type::organization, "A", 3))->deleted);
        CHECK(!*d.version(Type::organization, "A", 5));
        CHECK(!*d.version(Type::organization, std::string("A\0", 2), 1));
        CHECK((*d.version_at(Type::organization, "A", 2))->version == 2);
        CHECK(!*d.version_at(Type::organization, "A", 0));
        const auto history = *d.history(Type::organization, "A", {}, 0, 10);
        REQUIRE(history.versions.size() == 4);
        CHECK(history.versions[0].version == 4);
        CHECK(history.versions[1].deleted);
    };
    check();
    books.reopen();
    check();
}

TEST_CASE("the update feed tells everything once, newest first, in pages, also what was deleted") {
    Books books;
    for (int i = 0; i < 10; ++i) {
        books.put(organization("O" + std::to_string(i), "x"));
        books.clock.advance(std::chrono::minutes(1));
    }
    const Instant since = books.clock.now();
    REQUIRE(books.remove(Type::organization, "O3"));
    books.put(R"({"resourceType":"Location","id":"L","managingOrganization":{"reference":"Organization/O1"}})");
    books.put(organization("O4", "y"));

    std::vector<std::string> told;
    std::uint64_t before = 0;
    do {
        const auto page = *books.directory->history({}, "", {}, before, 3);
        for (const Version& one : page.versions) told.push_back(one.name() + (one.deleted ? " gone" : ""));
        REQUIRE(page.versions.size() <= 3);
        before = page.before.value_or(0);
    } while (before != 0);
    REQUIRE(told.size() == 13);
    CHECK(told[0] == "Organization/O4");
    CHECK(told[1] == "Location/L");
    CHECK(told[2] == "Organization/O3 gone");
    CHECK(told[12] == "Organization/O0");

    CHECK(books.directory->history({}, "", since, 0, 100)->versions.size() == 3);
    const auto of_type = *books.directory->history(Type::organization, "", since, 0, 100);
    CHECK(of_type.versions.size() == 2);
    CHECK(!of_type.before);
    CHECK(books.directory->history({}, "", since + std::chrono::hours(1), 0, 100)->versions.empty());
    CHECK(books.directory->history(Type::location, "nobody", {}, 0, 100)->versions.empty());
}

TEST_CASE("times never fall, even when the clock does") {
    Books books;
    books.put(organization("A", "x"));
    const Instant first = books.directory->view().find("Organization/A")->time;
    books.clock.advance(std::chrono::hours(-1));
    books.put(organization("A", "y"));
    CHECK(books.directory->view().find("Organization/A")->time == first);
    CHECK(books.directory->number_at(first) == 2);
}

TEST_CASE("a write happens as a whole or not at all, and says everything that is wrong") {
    Books books;
    const auto written = books.put_all({organization("U", "unit", "P"), organization("P", "provider"), contract("C", "P", "U")});
    REQUIRE(written);  // what is written together may refer to each other, in any order
    const auto refused = books.put_all({organization("Q", "fine"), organization("R", "", ""), organization("S", "x", "nobody"), organization("Q", "again")});
    REQUIRE(!refused);
    CHECK(refused.error().size() == 2);  // the reference is not judged yet: R and the second Q are wrong by themselves
    CHECK(refused.error()[0].place == 1);
    CHECK(refused.error()[1].place == 3);
    CHECK(books.directory->number() == 3);
    CHECK(!books.directory->organisation("Q"));
}

TEST_CASE("to write the same again changes nothing; the operator takes over what a node wrote") {
    Books books;
    REQUIRE(books.directory->put(norr()));
    REQUIRE(books.directory->put(norr()));
    CHECK(books.directory->number() == 1);
    const std::string same = to_fhir(norr());
    CHECK(books.put(same).did == Did::changed);
    CHECK(books.put(same).did == Did::unchanged);
    CHECK(books.directory->number() == 2);
    Organisation renamed = norr();
    renamed.name = "Something else";
    REQUIRE(books.directory->put(renamed));  // heard, and left
    CHECK(books.directory->name_of("SE1-N1") == "Region Norr");
}

TEST_CASE("a version that the caller does not know is not written over") {
    Books books;
    books.put(organization("A", "x"));
    const auto document = *json::Document::parse(organization("A", "y"));
    Write write{.type = Type::organization, .id = "A", .resource = document.root(), .if_match = 2};
    CHECK(books.directory->write({&write, 1}, kOperator).error().front().precondition);
    write.if_match = 1;
    CHECK(books.directory->write({&write, 1}, kOperator)->front().version == 2);
    write.if_match = {};
    write.if_none_match = true;
    CHECK(books.directory->write({&write, 1}, kOperator).error().front().precondition);
}

TEST_CASE("nothing dangles: what is referred to is there, and is not deleted before") {
    Books books;
    books.put(organization("P", "provider"));
    books.put(organization("U", "unit", "P"));
    CHECK(books.refused(organization("V", "x", "nobody")).path == "Organization.partOf");
    CHECK(books.refused(contract("C", "P", "nobody")).path == "OrganizationAffiliation.organization");
    CHECK(books.remove(Type::organization, "P").error().front().error.category == Category::conflict);
    CHECK(books.remove(Type::organization, "U"));
    CHECK(books.remove(Type::organization, "P"));
    CHECK(books.remove(Type::organization, "P")->front().did == Did::unchanged);
    CHECK(!books.directory->organisation("P"));
}

TEST_CASE("no organisation is a part of itself, however far around") {
    Books books;
    books.put(organization("A", "a"));
    books.put(organization("B", "b", "A"));
    books.put(organization("C", "c", "B"));
    CHECK(books.refused(organization("A", "a", "A")).path == "Organization.partOf");
    CHECK(books.refused(organization("A", "a", "C")).path == "Organization.partOf");
    CHECK(!books.put_all({organization("X", "x", "Y"), organization("Y", "y", "X")}));
    std::string above = "C";
    for (int i = 0; i < 13; ++i) {
        books.put(organization("D" + std::to_string(i), "d", above));
        above = "D" + std::to_string(i);
    }
    books.put(organization("E", "e", above));
    CHECK(books.refused(organization("F", "f", "E")).path == "Organization.partOf");
}

TEST_CASE("what the directory does not understand is refused with its path") {
    Books books;
    books.put(organization("P", "provider"));
    struct Row {
        const char* json;
        const char* path;
    };
    const std::string long_text(70'000, 'x');
    const std::string big = R"({"resourceType":"Organization","id":"a","name":"x","alias":[")" + long_text + R"("]})";
    CHECK(books.refused(big).category == Category::too_large);
    for (const Row& row :
         {Row{R"({"resourceType":"Organization","id":"a","name":"x","colour":"red"})", "Organization.colour"},
          Row{R"({"resourceType":"Organization","id":"a","name":"x","contained":[{"resourceType":"Location","id":"l"}]})", "Organization.contained"},
          Row{R"({"resourceType":"Organization","id":"a","name":"x","implicitRules":"http://x"})", "Organization.implicitRules"},
          Row{R"({"resourceType":"Organization","id":"a","name":"x","modifierExtension":[{"url":"http://x","valueBoolean":true}]})", "Organization.modifierExtension"},
          Row{R"({"resourceType":"Organization","id":"a","name":"x","endpoint":[{"reference":"http://elsewhere/Endpoint/1"}]})", "Organization"},
          Row{R"({"resourceType":"HealthcareService","id":"a"})", "HealthcareService.providedBy"},
          Row{R"({"resourceType":"Location","id":"a","name":"x"})", "Location.managingOrganization"},
          Row{R"({"resourceType":"OrganizationAffiliation","id":"a","organization":{"reference":"Organization/P"}})", "OrganizationAffiliation.participatingOrganization"},
          Row{R"({"resourceType":"OrganizationAffiliation","id":"a","organization":{"reference":"Organization/P"},"participatingOrganization":{"reference":"Organization/P"},"period":{"start":"2026-02-01","end":"2026-01-01"}})", "OrganizationAffiliation.period"}}) {
        INFO(std::string(row.json));
        CHECK(books.refused(row.json).path == row.path);
    }
    CHECK(books.directory->number() == 1);
}

TEST_CASE("a lease is no version: it shows in what is read now, and stays over a restart") {
    Books books;
    REQUIRE(books.directory->put(norr()));
    Endpoint endpoint = norr_endpoint();
    for (int i = 0; i < 5; ++i) {
        endpoint.lease_until = books.clock.now() + std::chrono::minutes(5);
        REQUIRE(books.directory->put(endpoint));
        books.clock.advance(std::chrono::minutes(1));
    }
    CHECK(books.directory->number() == 2);
    const auto status = [&] { return std::string(books.directory->view().find("Endpoint/SE1-N1")->root()["status"].text()); };
    CHECK(status() == "active");
    books.reopen();
    CHECK(status() == "active");
    CHECK(books.directory->endpoint_of("SE1-N1")->lease_until == endpoint.lease_until);
    books.clock.advance(std::chrono::minutes(10));
    CHECK(status() == "off");
    CHECK(books.directory->endpoint_of("SE1-N1") == endpoint);  // a late node may well answer
}

TEST_CASE("an endpoint is asked within its own period only, whatever its node renews") {
    struct Row {
        const char* period;
        bool holds;
    };
    Books books;  // whose clock stands in 2026
    const std::string year = to_iso(books.clock.now()).substr(0, 4), day = to_iso(books.clock.now()).substr(0, 10);
    REQUIRE(books.directory->put(norr()));
    REQUIRE(books.directory->put(norr_endpoint()));
    for (const Row& row : {Row{R"({"start":"2019","end":"2020"})", false}, Row{R"({"start":"2020"})", true}, Row{R"({"end":"2021-01-01"})", false}, Row{R"({"start":"2999"})", false},
                           Row{R"({"end":"YEAR"})", true}, Row{R"({"end":"DAY"})", true}, Row{R"({"start":"DAY","end":"DAY"})", true}}) {
        std::string period = row.period;
        for (const auto& [word, text] : {std::pair<std::string, std::string>{"YEAR", year}, {"DAY", day}})
            while (period.find(word) != std::string::npos) period.replace(period.find(word), word.size(), text);
        CAPTURE(period);
        books.put(R"({"resourceType":"Endpoint","id":"SE1-N1","status":"active","connectionType":{"code":"hl7-fhir-rest"},"managingOrganization":{"reference":"Organization/SE1-N1"},)"
                  R"("payloadType":[{"text":"any"}],"address":"http://127.0.0.1:8081/fhir","period":)" + period + "}");
        for (const bool again : {false, true}) {
            if (again) books.reopen();
            Endpoint renewed = norr_endpoint();
            renewed.lease_until = books.clock.now() + std::chrono::minutes(5);
            REQUIRE(books.directory->put(renewed));
            CHECK(books.directory->endpoint_of("SE1-N1").has_value() == row.holds);
            const View view = books.directory->view();
            CHECK(view.find("Endpoint/SE1-N1")->root()["status"].text() == (row.holds ? "active" : "off"));
            CHECK(json::to_text(view.find("Endpoint/SE1-N1")->root()["period"]) == period);
            CHECK(snapshot_of(view, "hub", {}, books.clock.now()).addresses.size() == (row.holds ? 1 : 0));
        }
    }
}

TEST_CASE("an endpoint that nobody renews ends with its period") {
    Books books;
    REQUIRE(books.directory->put(norr()));
    const auto put = [&](const std::string& period) {
        books.put(R"({"resourceType":"Endpoint","id":"mail","status":"active","connectionType":{"code":"direct-project"},"managingOrganization":{"reference":"Organization/SE1-N1"},)"
                  R"("payloadType":[{"text":"any"}],"address":"https://mail.example/in")" + period + "}");
    };
    const auto status = [&] { return std::string(books.directory->view().find("Endpoint/mail")->root()["status"].text()); };
    put(R"(,"period":{"end":")" + to_iso(books.clock.now() + std::chrono::minutes(1)) + "\"}");
    CHECK(status() == "active");
    books.clock.advance(std::chrono::minutes(2));
    CHECK(status() == "off");
    books.reopen();
    CHECK(status() == "off");
    put("");
    CHECK(status() == "active");
}

TEST_CASE("the operator has the last word: what is closed a node does not open, nor move") {
    Books books;
    REQUIRE(books.directory->put(norr()));
    REQUIRE(books.directory->put(norr_endpoint()));
    std::string body = books.directory->view_at(2)->find("Endpoint/SE1-N1")->body;
    books.put(body);
    Endpoint moved = norr_endpoint();
    moved.url = "https://evil.example/fhir";
    CHECK(books.directory->put(moved).error().category == Category::forbidden);
    CHECK(books.directory->put(norr_endpoint()));
    body.replace(body.find("\"active\""), 8, "\"suspended\"");
    books.put(body);
    CHECK(!books.directory->endpoint_of("SE1-N1"));
    CHECK(books.directory->put(norr_endpoint()));
    CHECK(books.directory->view().find("Endpoint/SE1-N1")->root()["status"].text() == "suspended");

    books.put(R"({"resourceType":"Organization","id":"SE1-N1","active":false,"name":"Region Norr"})");
    CHECK(books.directory->put(norr()).error().category == Category::forbidden);
    CHECK(books.directory->put(norr_endpoint()).error().category == Category::forbidden);
    CHECK(books.directory->put(Organisation{"SE1-U9", "new unit", "SE1-N1", ""}).error().category == Category::forbidden);
}

TEST_CASE("when the store fails nothing is believed to have changed, and what was written all the same is found before the next write") {
    using Next = store::FaultyStore::Next;
    store::TemporaryStore temporary;
    store::FaultyStore faulty(*temporary.store);
    auto directory = *Directory::open(faulty);
    REQUIRE(directory->put(norr()));
    for (const Next how : {Next::fails, Next::fails_though_written}) {
        const std::uint64_t before = directory->number();
        const Organisation unit{how == Next::fails ? "SE1-U1" : "SE1-U2", "unit", "SE1-N1", ""};
        faulty.next = how;
        CHECK(directory->put(unit).error().category == Category::unavailable);
        CHECK(!directory->organisation(unit.id));
        CHECK(directory->number() == before);
        REQUIRE(directory->put(Organisation{unit.id + "b", "other", "SE1-N1", ""}));
        CHECK(directory->organisation(unit.id).has_value() == (how == Next::fails_though_written));
        CHECK(directory->number() == before + (how == Next::fails ? 1 : 2));
    }
    faulty.next = Next::fails;
    CHECK(!directory->put(norr_endpoint()));
    CHECK(!directory->endpoint_of("SE1-N1"));
    REQUIRE(directory->put(norr_endpoint()));
    faulty.next = Next::fails_though_written;
    Endpoint renewed = norr_endpoint();
    renewed.lease_until = {5'000};
    CHECK(!directory->put(renewed));
    const auto again = *Directory::open(*temporary.store);
    CHECK(again->number() == directory->number());
    CHECK(again->endpoint_of("SE1-N1") == renewed);
}

TEST_CASE("rows that had no versions become first versions") {
    store::TemporaryStore temporary;
    const auto text = [](std::string& out, std::string_view t) {
        for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(t.size() >> shift);
        out += t;
    };
    store::Batch batch;
    std::string unit("\1"), provider("\1"), endpoint("\1");
    for (const char* t : {"SE1-A", "Unit", "SE1-N1", ""}) text(unit, t);
    for (const char* t : {"SE1-N1", "Region Norr", "", "2321000016"}) text(provider, t);
    for (const char* t : {"SE1-N1", "SE1-N1", "http://127.0.0.1:8081/fhir"}) text(endpoint, t);
    endpoint += std::string("\0\0\0\0\0\0\x03\xe8", 8);
    batch.put("directorOSE1-A", unit);
    batch.put("directorOSE1-N1", provider);
    batch.put("directorESE1-N1", endpoint);
    REQUIRE(temporary.store->commit(std::move(batch)));
    for (int round = 0; round < 2; ++round) {
        const auto directory = *Directory::open(*temporary.store);
        CHECK(directory->organisation("SE1-N1") == norr());
        CHECK(directory->organisation("SE1-A")->part_of == "SE1-N1");
        CHECK(directory->endpoint_of("SE1-N1") == norr_endpoint());
        CHECK(directory->number() == 3);
    }
}

TEST_CASE("what names no provider is written by nobody") {
    Books books;
    books.put(organization("SE1-N1", "Region Norr"));
    REQUIRE(books.directory->put(norr_endpoint()));
    Reserved reserved;
    REQUIRE(reserved.add("idun-hub"));
    REQUIRE(reserved.add("http://127.0.0.1:8081"));
    books.directory->reserve(std::move(reserved));
    CHECK(books.directory->is_reserved("idun-hub"));
    CHECK(books.refused(organization("idun-hub", "The hub")).category == Category::forbidden);
    CHECK(books.directory->put(Organisation{"idun-hub", "The hub", "", ""}).error().category == Category::forbidden);
    // Also where it stood before it was reserved: the lease is not renewed.
    CHECK(books.directory->put(norr_endpoint()).error().category == Category::forbidden);
    Endpoint other = norr_endpoint();
    other.url = "http://127.0.0.1:8082/fhir";
    CHECK(books.directory->put(other));
}
