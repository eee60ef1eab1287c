#include "api/pointer_shape.h"

#include <doctest/doctest.h>

#include "json/document.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::api;

namespace {

struct Books {
    store::TemporaryStore temporary;
    ManualClock clock{Instant{1'800'000'000'000}};
    std::unique_ptr<directory::Directory> directory = *directory::Directory::open(*temporary.store, clock);
    const PointerShapes shapes{};

    Books() {
        REQUIRE(directory->put(directory::Organisation{"SE1-N1", "Region Norr", "", ""}));
        REQUIRE(directory->put(directory::Endpoint{"SE1-N1", "SE1-N1", "https://n.example/fhir", clock.now() + std::chrono::hours(24)}));
    }
    std::shared_ptr<const std::string> end() const { return shapes.of({})->end_of(*directory, "SE1-N1"); }
    bool has_address() const { return end()->find("https://n.example/fhir") != std::string::npos; }
    // As the operator writes it.
    void set_period(Instant from, Instant to) {
        const auto body = *json::Document::parse(
            R"({"resourceType":"Endpoint","id":"SE1-N1","status":"active","connectionType":{"code":"hl7-fhir-rest"},"managingOrganization":{"reference":"Organization/SE1-N1"},)"
            R"("payloadType":[{"text":"any"}],"address":"https://n.example/fhir","period":{"start":")" + to_iso(from) + R"(","end":")" + to_iso(to) + "\"}}");
        const directory::Write write{.type = directory::Type::endpoint, .id = "SE1-N1", .resource = body.root()};
        REQUIRE(directory->write({&write, 1}, {directory::Writer::Kind::operator_, "ada"}));
    }
};

}  // namespace

TEST_CASE("a source's end is made once, until the directory changes") {
    Books books;
    const auto first = books.end();
    CHECK(books.end() == first);
    REQUIRE(books.directory->put(directory::Organisation{"SE1-N1", "Region Nord", "", ""}));
    CHECK(books.end() != first);
    CHECK(books.end()->find("Region Nord") != std::string::npos);
}

TEST_CASE("an address is shown within its Endpoint's period only, though nothing is written when that begins and ends") {
    Books books;
    const Instant now = books.clock.now();
    books.set_period(now + std::chrono::minutes(1), now + std::chrono::minutes(2));
    const std::uint64_t number = books.directory->number();
    CHECK_FALSE(books.has_address());
    books.clock.advance(std::chrono::seconds(90));
    CHECK(books.has_address());
    books.clock.advance(std::chrono::seconds(60));
    CHECK_FALSE(books.has_address());
    CHECK(books.directory->number() == number);
}
