// Search in the directory: tables of what finds what, and a slow twin that knows nothing of rows, views and pages.
#include "directory/find.h"

#include <doctest/doctest.h>

#include <random>

#include "json/writer.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::directory;

namespace {

const std::string kBase = "http://hub/fhir";

const Finder& finder() {
    static const Finder made(kBase);
    return made;
}

std::string ids(const Rows& rows) {
    std::string out;
    for (const ResourcePtr& one : rows) out += (out.empty() ? "" : " ") + one->id;
    return out;
}

Result<Found> ask(const View& view, Type type, const Parameters& parameters, std::size_t offset = 0) {
    const auto query = finder().parse(type, parameters, false);
    if (!query) return fail(query.error().front());
    return finder().find(*query, view, offset, Instant{1'800'000'000'000});
}

struct Town {
    store::TemporaryStore temporary;
    ManualClock clock{Instant{1'800'000'000'000}};
    std::unique_ptr<Directory> directory = *Directory::open(*temporary.store, clock);

    Town() {
        for (const char* body :
             {R"({"resourceType":"Organization","id":"R","active":true,"name":"Region Norr","alias":["Nordan"],"identifier":[{"system":"urn:o","value":"232100"}],"type":[{"coding":[{"system":"t","code":"prov"}]}]})",
              R"({"resourceType":"Organization","id":"RA","active":true,"name":"Akuten Älvsbyn","partOf":{"reference":"Organization/R"},"type":[{"coding":[{"system":"t","code":"dept"}]}]})",
              R"({"resourceType":"Organization","id":"RB","active":false,"name":"Barnkliniken","partOf":{"reference":"Organization/R"}})",
              R"({"resourceType":"Organization","id":"K","name":"Kliniken AB"})",
              R"({"resourceType":"Location","id":"L1","status":"active","name":"Hus 1","managingOrganization":{"reference":"Organization/RA"},"position":{"longitude":18.06,"latitude":59.33}})",
              R"({"resourceType":"Location","id":"L2","name":"Plan 2","partOf":{"reference":"Location/L1"},"managingOrganization":{"reference":"Organization/RA"}})",
              R"({"resourceType":"HealthcareService","id":"H1","name":"Dialys","active":true,"providedBy":{"reference":"Organization/RA"},"location":[{"reference":"Location/L1"}],"type":[{"coding":[{"system":"s","code":"dialysis"}]}]})",
              R"({"resourceType":"OrganizationAffiliation","id":"C1","active":true,"organization":{"reference":"Organization/R"},"participatingOrganization":{"reference":"Organization/K"},"healthcareService":[{"reference":"HealthcareService/H1"}],"period":{"start":"2025-01-01","end":"2026-06-30"},"code":[{"coding":[{"system":"r","code":"provider"}]}]})",
              R"({"resourceType":"Endpoint","id":"K","status":"active","connectionType":{"system":"c","code":"hl7-fhir-rest"},"managingOrganization":{"reference":"Organization/K"},"payloadType":[{"coding":[{"system":"urn:idun:interface","code":"1"}]}],"address":"https://k.example/fhir"})"}) {
            const auto document = *json::Document::parse(body);
            const Write write{.type = *type_from(document.root()["resourceType"].text()), .id = std::string(document.root()["id"].text()), .resource = document.root()};
            REQUIRE(directory->write({&write, 1}, {Writer::Kind::operator_, "ada"}));
        }
    }
};

}  // namespace

TEST_CASE("what finds what") {
    const Town town;
    const View view = town.directory->view();
    struct Row {
        Type type;
        Parameters asked;
        const char* found;
    };
    using enum Type;
    for (const Row& row :
         {Row{organization, {}, "K R RA RB"}, Row{organization, {{"_id", "RA,K,X"}}, "K RA"}, Row{organization, {{"active", "true"}}, "R RA"},
          Row{organization, {{"identifier", "urn:o|232100"}}, "R"}, Row{organization, {{"identifier", "232100"}}, "R"},
          Row{organization, {{"name", "alvs"}}, ""}, Row{organization, {{"name", "akuten a"}}, "RA"}, Row{organization, {{"name:contains", "LVSB"}}, "RA"},
          Row{organization, {{"name:exact", "Kliniken AB"}}, "K"}, Row{organization, {{"name:exact", "kliniken ab"}}, ""}, Row{organization, {{"name", "nordan"}}, "R"},
          Row{organization, {{"partof", "Organization/R"}}, "RA RB"}, Row{organization, {{"partof", "R"}}, "RA RB"},
          Row{organization, {{"partof", kBase + "/Organization/R"}, {"active", "true"}}, "RA"}, Row{organization, {{"type", "t|dept"}}, "RA"},
          Row{organization, {{"partof:missing", "true"}}, "K R"}, Row{organization, {{"partof.name", "region"}}, "RA RB"},
          Row{organization, {{"_has:Location:organization:name", "hus"}}, "RA"}, Row{organization, {{"_lastUpdated", "ge2027"}}, "K R RA RB"},
          Row{organization, {{"_lastUpdated", "lt2027"}}, ""}, Row{organization, {{"_sort", "-name"}}, "R K RB RA"},
          Row{location, {{"organization", "Organization/RA"}}, "L1 L2"}, Row{location, {{"status", "active"}}, "L1"}, Row{location, {{"partof", "L1"}}, "L2"},
          Row{location, {{"near", "59.3|18.1|10|km"}}, "L1"}, Row{healthcare_service, {{"organization", "RA"}}, "H1"},
          Row{healthcare_service, {{"service-type", "dialysis"}}, "H1"}, Row{healthcare_service, {{"location", "Location/L2"}}, ""},
          Row{healthcare_service, {{"organization.partof.identifier", "232100"}}, "H1"},
          Row{affiliation, {{"participating-organization", "Organization/K"}}, "C1"}, Row{affiliation, {{"primary-organization", "Organization/R"}}, "C1"},
          Row{affiliation, {{"role", "r|provider"}}, "C1"}, Row{affiliation, {{"service", "HealthcareService/H1"}}, "C1"},
          Row{affiliation, {{"date", "le2026-06-30T12:00:00Z"}, {"date", "ge2026-06-30T12:00:00Z"}}, "C1"}, Row{affiliation, {{"date", "le2026-07-01T12:00:00Z"}, {"date", "ge2026-07-01T12:00:00Z"}}, ""},
          Row{endpoint, {{"organization", "Organization/K"}, {"status", "active"}}, "K"}, Row{endpoint, {{"status", "off"}}, ""},
          Row{endpoint, {{"payload-type", "urn:idun:interface|1"}}, "K"}, Row{endpoint, {{"payload-type", "urn:idun:interface|2"}}, ""},
          Row{endpoint, {{"payload-type:not", "urn:idun:interface|1"}}, ""}}) {
        INFO(std::string(to_string(row.type)), " ", row.asked.empty() ? "" : row.asked.front().first, " ", row.asked.empty() ? "" : row.asked.front().second);
        const auto found = ask(view, row.type, row.asked);
        REQUIRE(found);
        CHECK(ids(found->matches) == row.found);
        CHECK(found->total == found->matches.size());
    }
}

TEST_CASE("includes bring along what is referred to, and what refers") {
    const Town town;
    const View view = town.directory->view();
    const auto included = [&](Type type, const Parameters& asked) { return ids(ask(view, type, asked)->included); };
    CHECK(included(Type::healthcare_service, {{"_include", "HealthcareService:location"}}) == "L1");
    CHECK(included(Type::healthcare_service, {{"_include", "HealthcareService:*"}}) == "L1 RA");
    CHECK(included(Type::affiliation, {{"_include", "OrganizationAffiliation:participating-organization"}, {"_include", "OrganizationAffiliation:primary-organization"}}) == "K R");
    CHECK(included(Type::organization, {{"_id", "RA"}, {"_revinclude", "Location:organization"}}) == "L1 L2");
    CHECK(included(Type::organization, {{"_id", "R"}, {"_revinclude", "Organization:partof"}, {"_include", "Organization:partof"}}) == "RA RB");
    CHECK(included(Type::organization, {{"_include", "Organization:partof"}}) == "");  // is among the matches
}

TEST_CASE("what is not understood is refused, or ignored and named for the lenient") {
    for (const Parameters& asked : {Parameters{{"colour", "red"}}, Parameters{{"_list", "x"}}, Parameters{{"name:fuzzy", "x"}}, Parameters{{"_include:iterate", "Organization:partof"}}}) {
        CHECK(!finder().parse(Type::organization, asked, false));
        const auto lenient = finder().parse(Type::organization, asked, true);
        REQUIRE(lenient);
        CHECK(lenient->ignored.size() == 1);
    }
    // A malformed value is refused in any case: leaving a filter out would show too much.
    CHECK(!finder().parse(Type::organization, {{"_lastUpdated", "yesterday"}}, true));
}

TEST_CASE("pages together are the whole, once") {
    const Town town;
    const View view = town.directory->view();
    std::string all;
    std::size_t offset = 0;
    do {
        const auto page = *ask(view, Type::organization, {{"_count", "3"}}, offset);
        all += ids(page.matches) + ";";
        offset = page.next;
    } while (offset != 0);
    CHECK(all == "K R RA;RB;");
    CHECK(ask(view, Type::organization, {{"_count", "0"}})->matches.empty());
    CHECK(ask(view, Type::organization, {{"_summary", "count"}})->total == 4);
    CHECK(ask(view, Type::organization, {}, 1'000'000)->matches.empty());
}

namespace {

// All that was ever written, as a list; what is asked is answered by reading all of it.
struct Twin {
    struct Line {
        std::uint64_t number;
        Instant time;
        std::string id, name, part_of;
        bool active = false, deleted = false;
    };
    std::vector<Line> lines;

    std::string found(Instant at, const std::string& name, const std::string& part_of, std::optional<bool> active) const {
        std::map<std::string, const Line*> newest;
        for (const Line& line : lines)
            if (line.time <= at) newest[line.id] = &line;
        std::string out;
        for (const auto& [id, line] : newest) {
            if (line->deleted || !line->name.starts_with(name)) continue;
            if (!part_of.empty() && line->part_of != part_of) continue;
            if (active && line->active != *active) continue;
            out += (out.empty() ? "" : " ") + id;
        }
        return out;
    }
};

}  // namespace

TEST_CASE("search and _at answer as a slow twin does, whatever is written, also after a restart") {
    const auto seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937 random(seed);
    const auto pick = [&](unsigned n) { return random() % n; };
    store::TemporaryStore temporary;
    ManualClock clock(Instant{1'800'000'000'000});
    auto directory = *Directory::open(*temporary.store, clock);
    Twin twin;
    const std::string names[] = {"akut", "akutmottagning", "barn", "bb"};
    std::vector<Instant> times{clock.now()};
    for (int step = 0; step < 400; ++step) {
        if (pick(2) == 0) clock.advance(std::chrono::milliseconds(pick(50)));
        const std::string id = "O" + std::to_string(pick(12));
        Write write{.type = Type::organization, .id = id};
        Twin::Line line{0, clock.now(), id, names[pick(4)], pick(2) ? "O" + std::to_string(pick(12)) : "", pick(2) == 0, pick(4) == 0};
        json::Writer w;
        w.object().member("resourceType", "Organization").member("id", id).member("active", line.active).member("name", line.name);
        if (!line.part_of.empty()) w.name("partOf").object().member("reference", "Organization/" + line.part_of).end();
        w.end();
        const auto document = *json::Document::parse(w.take());
        if (!line.deleted) write.resource = document.root();
        const auto written = directory->write({&write, 1}, {Writer::Kind::operator_, "ada"});
        if (written && written->front().did != Did::unchanged) {
            line.number = directory->number();
            twin.lines.push_back(line);
            REQUIRE(twin.lines.size() == line.number);
        }
        times.push_back(clock.now());
        if (step == 250) {
            directory.reset();
            temporary.reopen();
            directory = *Directory::open(*temporary.store, clock);
        }
        const Instant at = times[pick(static_cast<unsigned>(times.size()))];
        const std::string name = pick(2) ? names[pick(4)] : "";
        const std::string part_of = pick(3) == 0 ? "O" + std::to_string(pick(12)) : "";
        const std::optional<bool> active = pick(3) == 0 ? std::optional(pick(2) == 0) : std::nullopt;
        Parameters asked;
        if (!name.empty()) asked.emplace_back("name", name);
        if (!part_of.empty()) asked.emplace_back("partof", part_of);
        if (active) asked.emplace_back("active", *active ? "true" : "false");
        const View view = *directory->view_at(directory->number_at(at));
        CHECK(ids(ask(view, Type::organization, asked)->matches) == twin.found(at, name, part_of, active));
        // One alone, and the newest of all.
        const auto one = *directory->version_at(Type::organization, id, directory->number_at(at));
        CHECK((one && !one->deleted) == (view.find(Type::organization, id) != nullptr));
        CHECK(ids(ask(directory->view(), Type::organization, {})->matches) == twin.found(clock.now(), "", "", {}));
    }
    CHECK(directory->history({}, "", {}, 0, 10'000)->versions.size() == twin.lines.size());
}
