#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "http/message.h"
#include "records/internal/testing.h"

namespace idun::records {
namespace {

// "Patient/p Observation/o+", sorted; "+" behind what is only referred to.
std::string entries(Fixture& f, const Outcome& outcome) {
    if (!outcome.ok()) return "!" + std::to_string(outcome.status);
    const auto document = f.parsed(outcome);
    std::vector<std::string> out;
    for (const json::Value entry : document.root()["entry"].elements()) {
        std::string name = std::string(entry["resource"]["resourceType"].text()) + "/" + std::string(entry["resource"]["id"].text());
        CHECK(entry["fullUrl"].text() == "http://localhost/fhir/" + name);
        out.push_back(name + (entry["search"]["mode"].text() == "include" ? "+" : ""));
    }
    CHECK(outcome.touched.size() == out.size());
    std::ranges::sort(out);
    std::string text;
    for (const std::string& one : out) text += (text.empty() ? "" : " ") + one;
    return text;
}

std::string reference(const std::string& member, const std::string& to) {
    return "\"" + member + R"(":{"reference":")" + to + "\"}";
}

struct Record : Fixture {
    explicit Record(Options given = {}) : Fixture(std::move(given)) {
        const std::string coded = R"("code":{"text":"x"})";
        put("Practitioner", "dr", "");
        put("Organization", "org", "");
        put("Medication", "med", "");
        put("Organization", "unused", "");
        put("Patient", "p", reference("managingOrganization", "Organization/org"));
        put("Patient", "q", "");
        put("Observation", "old", R"("status":"final","effectiveDateTime":"2020-05-01",)" + coded + "," + reference("subject", "Patient/p"));
        put("Observation", "new", R"("status":"final","effectiveDateTime":"2025-05-01",)" + coded + "," + reference("subject", "Patient/p") +
                                      R"(,"performer":[{"reference":"http://localhost/fhir/Practitioner/dr"}])");
        clock.advance(std::chrono::hours(1));
        put("MedicationRequest", "m", R"("status":"active","intent":"order",)" + reference("medicationReference", "Medication/med") + "," +
                                          reference("subject", "Patient/p") + "," + reference("requester", "Practitioner/gone"));
        put("Observation", "theirs", R"("status":"final",)" + coded + "," + reference("subject", "Patient/q"));
        put("Condition", "c", reference("subject", "Patient/p") + R"(,"note":[{"text":"\"reference\":\"Organization/unused\""}],)" +
                                  R"("evidence":[{"detail":[{"reference":"Observation/theirs"},{"reference":"Observation/old"}]}])");
    }
    Outcome ask(const Parameters& parameters = {}, const Context& context = {}, const std::string& id = "p") {
        return records->everything(id, parameters, context);
    }
};

const std::string kAll = "Condition/c Medication/med+ MedicationRequest/m Observation/new Observation/old Organization/org+ Patient/p Practitioner/dr+";

TEST_CASE("everything: the patient's own and what it refers to, nobody else's") {
    Record f;
    const Outcome all = f.ask();
    CHECK(entries(f, all) == kAll);
    CHECK(f.parsed(all).root()["entry"][std::size_t{0}]["resource"]["resourceType"].text() == "Patient");
    CHECK(f.parsed(all).root()["link"].size() == 1);
    CHECK(entries(f, f.ask({}, {}, "q")) == "Observation/theirs Patient/q");
    f.records->remove("Observation", "old", {});
    f.records->remove("Practitioner", "dr", {});
    CHECK(entries(f, f.ask({{"_type", "Observation,Practitioner"}})) == "Observation/new");
}

TEST_CASE("everything: start, end, _since, _type") {
    Record f;
    CHECK(entries(f, f.ask({{"start", "2021"}, {"_type", "Observation"}})) == "Observation/new");
    CHECK(entries(f, f.ask({{"end", "2021"}, {"_type", "Observation"}})) == "Observation/old");
    CHECK(entries(f, f.ask({{"start", "2020-05-01"}, {"end", "2020-05-01"}, {"_type", "Observation"}})) == "Observation/old");
    CHECK(entries(f, f.ask({{"start", "2030"}, {"_type", "Patient,Condition,Observation"}})) == "Condition/c Patient/p");
    CHECK(entries(f, f.ask({{"_since", "2026-01-01T00:30:00Z"}})) == "Condition/c MedicationRequest/m");
    CHECK(entries(f, f.ask({{"_type", "Condition"}, {"_type", "MedicationRequest,Medication"}})) == "Condition/c Medication/med+ MedicationRequest/m");
    CHECK(entries(f, f.ask({{"_type", "Immunization"}})).empty());
    for (const Parameters& wrong : {Parameters{{"start", "x"}}, Parameters{{"end", "2026-13"}}, Parameters{{"_since", ""}}, Parameters{{"_type", "Nonsense"}},
                                    Parameters{{"_type", ""}}, Parameters{{"_count", "0"}}, Parameters{{"_count", "x"}}, Parameters{{"_after", "x"}},
                                    Parameters{{"_after", "1.Patient"}}, Parameters{{"_after", "1.Patient.a_b"}}, Parameters{{"start", "2020"}, {"start", "2021"}},
                                    Parameters{{"_include", "*"}}}) {
        CAPTURE(wrong[0].first);
        CAPTURE(wrong[0].second);
        CHECK(f.ask(wrong).status == 400);
    }
    CHECK(f.ask({{"_after", "999999.Condition.c"}}).status == 410);
    CHECK(f.ask({}, {}, "nobody").status == 404);
    CHECK(f.ask({}, {}, "no_id").status == 404);
    CHECK(f.ask({}, {}, "dr").status == 404);
    f.records->remove("Patient", "q", {});
    CHECK(f.ask({}, {}, "q").status == 410);
}

TEST_CASE("everything in pages, on the version of the first") {
    Options options;
    Record f(options);
    for (const std::string count : {"1", "2", "3"}) {
        std::set<std::string> got;
        Parameters parameters = {{"_count", count}};
        int pages = 0;
        for (; pages < 20 && !parameters.empty(); ++pages) {
            const Outcome out = f.ask(parameters);
            REQUIRE(out.ok());
            const auto document = f.parsed(out);
            std::size_t own = 0;
            for (const json::Value entry : document.root()["entry"].elements()) {
                if (entry["search"]["mode"].text() == "match") {
                    ++own;
                    // Own resources come once.
                    CHECK(got.insert(std::string(entry["resource"]["id"].text())).second);
                }
            }
            CHECK(own <= std::stoul(count));
            parameters.clear();
            for (const json::Value link : document.root()["link"].elements()) {
                const std::string url(link["url"].text());
                if (link["relation"].text() == "next") parameters = *http::parameters(std::string_view(url).substr(url.find('?') + 1));
            }
            f.put("Observation", "late-" + count + std::to_string(pages), R"("status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p"})");
        }
        CAPTURE(count);
        for (const std::string own : {"c", "m", "new", "old", "p"}) CHECK(got.contains(own));
        CHECK(std::ranges::none_of(got, [&](const std::string& id) { return id.starts_with("late-" + count); }));
    }
}

TEST_CASE("everything without _count ends at a bound and goes on") {
    Options options;
    options.everything_bytes_max = 300;
    Record f(options);
    const Outcome first = f.ask();
    CHECK(f.parsed(first).root()["link"].size() == 2);
    options.everything_bytes_max = 32u << 20;
    options.everything_entries_max = 2;
    Record g(options);
    CHECK(g.parsed(g.ask()).root()["link"].size() == 2);
}

TEST_CASE("everything: what the caller may not see leaves no trace") {
    Record f;
    Context context;
    context.visible = [](const Touched& t) { return t.type != "Condition" && t.type != "Practitioner"; };
    CHECK(entries(f, f.ask({}, context)) == "Medication/med+ MedicationRequest/m Observation/new Observation/old Organization/org+ Patient/p");
    context.visible = [](const Touched&) { return false; };
    CHECK(f.ask({}, context).status == 404);
}

TEST_CASE("everything: an appointment of two people belongs to both") {
    Record f;
    f.put("Appointment", "two", R"("status":"booked","participant":[{"actor":{"reference":"Patient/q"},"status":"accepted"},)"
                                R"({"actor":{"reference":"Patient/p"},"status":"accepted"}])");
    CHECK(entries(f, f.ask({{"_type", "Appointment"}})) == "Appointment/two");
    CHECK(entries(f, f.ask({{"_type", "Appointment"}}, {}, "q")) == "Appointment/two");
}

TEST_CASE("everything: what there is no room for among what the record refers to is told") {
    const auto with = [](std::size_t bytes_max, std::size_t entries_max) {
        Options options;
        options.everything_bytes_max = bytes_max;
        options.everything_entries_max = entries_max;
        Fixture f(options);
        f.put("Patient", "p", "");
        std::string performers;
        for (int i = 0; i < 40; ++i) {
            const std::string id = "pr" + std::to_string(i);
            f.put("Practitioner", id, R"("name":[{"text":")" + std::string(500, 'x') + "\"}]");
            performers += (i == 0 ? "" : ",") + std::string(R"({"reference":"Practitioner/)") + id + "\"}";
        }
        f.put("Observation", "o", R"("status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p"},"performer":[)" + performers + "]");
        return f.records->everything("p", {}, {});
    };
    const auto told = [](const Outcome& out) { return out.body->find("not all that the record refers to is here") != std::string::npos; };
    const Outcome whole = with(1u << 20, 100);
    CHECK(whole.touched.size() == 42);
    CHECK(!told(whole));
    const Outcome cut = with(8'000, 100);
    CHECK(told(cut));
    CHECK(cut.touched.size() > 4);
    CHECK(cut.body->size() < 10'000);
    const Outcome few = with(1u << 20, 10);
    CHECK(told(few));
    CHECK(few.touched.size() == 12);
}

}  // namespace
}  // namespace idun::records
