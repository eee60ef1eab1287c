// Everything about one patient; moves between patients; who may see what.
#include <doctest/doctest.h>

#include "records/internal/testing.h"

namespace idun::records {
namespace {

std::string everything(Fixture& f, const std::string& patient, const Selection& selection = {}, const Visible& visible = {}) {
    const auto snapshot = f.records->snapshot().value();
    std::string out;
    const Status done = f.records->scan_patient(*snapshot, patient, selection, visible, [&](std::vector<Row> rows) {
        for (const Row& row : rows) {
            out += (out.empty() ? "" : " ") + row.touched.type + "/" + row.touched.id;
            CHECK((row.body != nullptr) == selection.bodies);
            CHECK(row.touched.patient == patient);
        }
        return true;
    });
    CHECK(done);
    return out;
}

void fill(Fixture& f) {
    f.put("Condition", "c", R"("subject":{"reference":"Patient/p"})");
    f.put("AllergyIntolerance", "a", R"("patient":{"reference":"Patient/p"})");
    f.put("Patient", "p", "");
    f.put("MedicationRequest", "m", R"("status":"active","intent":"order","medicationCodeableConcept":{"text":"x"},"subject":{"reference":"Patient/p"})");
    f.put("Condition", "other", R"("subject":{"reference":"Patient/q"})");
    f.put("Organization", "org", R"("name":"x")");
}

TEST_CASE("everything about one patient, the Patient first") {
    Fixture f;
    fill(f);
    CHECK(everything(f, "p") == "Patient/p AllergyIntolerance/a Condition/c MedicationRequest/m");
    CHECK(everything(f, "q") == "Condition/other");
    CHECK(everything(f, "nobody") == "");
    CHECK(everything(f, "p", {.types = {"Condition"}, .categories = {}, .since = {}}) == "Condition/c");
    CHECK(everything(f, "p", {.types = {}, .categories = {fhir::PriorityCategory::eprescription}, .since = {}}) == "MedicationRequest/m");
    CHECK(everything(f, "p", {.types = {"Condition"}, .categories = {}, .since = {}, .bodies = false}) == "Condition/c");
    const auto not_a = [](const Touched& t) { return t.type != "AllergyIntolerance"; };
    CHECK(everything(f, "p", {}, not_a) == "Patient/p Condition/c MedicationRequest/m");
    f.clock.advance(std::chrono::hours(1));
    const Instant since = f.clock.now();
    f.put("Condition", "late", R"("subject":{"reference":"Patient/p"})");
    CHECK(everything(f, "p", {.types = {}, .categories = {}, .since = since}) == "Condition/late");
}

TEST_CASE("a resource that moves leaves nothing behind") {
    Fixture f;
    fill(f);
    f.put("Condition", "c", R"("subject":{"reference":"Patient/q"},"code":{"coding":[{"code":"k"}]})");
    CHECK(everything(f, "p") == "Patient/p AllergyIntolerance/a MedicationRequest/m");
    CHECK(everything(f, "q") == "Condition/c Condition/other");
    CHECK(f.search_ids("Condition", "patient=p") == "");
    CHECK(f.search_ids("Condition", "patient=q") == "c other");
    CHECK(f.search_ids("Condition", "code=k") == "c");
    CHECK(f.records->vread("Condition", "c", 1, {}).touched.at(0).patient == "p");
    CHECK(f.records->read("Condition", "c", {}).touched.at(0).patient == "q");
    // To nobody and back.
    f.put("Condition", "c", R"("subject":{"reference":"Group/g"},"code":{"coding":[{"code":"k"}]})");
    CHECK(everything(f, "q") == "Condition/other");
    CHECK(f.search_ids("Condition", "code=k") == "c");
    CHECK(f.search_ids("Condition", "subject=Group/g") == "c");
    f.put("Condition", "c", R"("subject":{"reference":"Patient/p"})");
    CHECK(f.search_ids("Condition", "code=k") == "");
    CHECK(f.search_ids("Condition", "subject=Group/g") == "");
    CHECK(f.search_ids("Condition", "subject=p") == "c");
    CHECK(f.parsed(f.records->history("Condition", "c", {}, {})).root()["entry"].size() == 4);
}

TEST_CASE("categories of a patient") {
    Fixture f;
    fill(f);
    f.clock.advance(std::chrono::seconds(5));
    f.put("Condition", "c", R"("subject":{"reference":"Patient/p"})");
    const auto summaries = f.records->categories_of("p", *f.records->snapshot().value()).value();
    REQUIRE(summaries.size() == 2);
    CHECK(summaries[0].category == fhir::PriorityCategory::patient_summary);
    CHECK(summaries[0].count == 2);
    CHECK(summaries[0].newest == f.clock.now());
    CHECK(summaries[1].category == fhir::PriorityCategory::eprescription);
    CHECK(summaries[1].count == 1);
    CHECK(f.records->categories_of("nobody", *f.records->snapshot().value()).value().empty());
}

TEST_CASE("what is hidden leaves no trace") {
    Fixture f;
    fill(f);
    Context context;
    context.visible = [](const Touched& t) { return t.id != "c"; };
    CHECK(f.records->read("Condition", "c", context).status == 404);
    CHECK(f.records->vread("Condition", "c", 1, context).status == 404);
    CHECK(f.records->history("Condition", "c", {}, context).status == 404);
    CHECK(f.search_ids("Condition", "patient=p", context) == "");
    const auto count = f.parsed(f.search("Condition", "patient=p&_summary=count", context));
    CHECK(count.root()["total"].text() == "0");
    Context blind;
    blind.visible = [](const Touched& t) { return t.type != "Patient"; };
    f.put("Patient", "p", R"("identifier":[{"value":"v"}])");
    CHECK(f.search_ids("Condition", "patient.identifier=v") == "c");
    CHECK(f.search_ids("Condition", "patient.identifier=v", blind) == "");
    CHECK(f.records->remove("Condition", "c", {}).status == 204);
    CHECK(f.records->read("Condition", "c", context).status == 404);
}

TEST_CASE("what a decision needs to know") {
    Fixture f;
    f.put("Observation", "o", R"("status":"final","code":{"text":"t"},"subject":{"reference":"Patient/p"},
        "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],
        "effectivePeriod":{"start":"2026-01-02","end":"2026-01-03"},
        "performer":[{"reference":"Organization/o1"},{"identifier":{"system":"urn:hsa","value":"SE1"}}])");
    const Touched t = f.records->read("Observation", "o", {}).touched.at(0);
    CHECK(t.category == fhir::PriorityCategory::test_result);
    REQUIRE(t.date);
    CHECK(to_iso(t.date->first) == "2026-01-02T00:00:00.000Z");
    CHECK(to_iso(t.date->second) == "2026-01-04T00:00:00.000Z");
    CHECK(t.responsible == std::vector<std::string>{"Organization/o1", "urn:hsa|SE1"});
    f.put("Appointment", "x", R"("status":"booked","start":"2026-01-01T00:00:00Z","end":"2026-01-01T01:00:00Z","participant":[
        {"status":"accepted","actor":{"reference":"Patient/a"}},{"status":"accepted","actor":{"reference":"Patient/b"}}])");
    const Touched two = f.records->read("Appointment", "x", {}).touched.at(0);
    CHECK(two.patient == "a");
    CHECK(two.other_patients == std::vector<std::string>{"b"});
    CHECK(f.search_ids("Appointment", "patient=a") == "x");
    CHECK(f.search_ids("Appointment", "patient=b") == "x");
}

}  // namespace
}  // namespace idun::records
