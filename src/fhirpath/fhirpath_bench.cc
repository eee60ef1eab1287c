// Compiling, invariants as the base types of R4 have them, and collecting along plain paths, beside search::Path.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "search/path.h"
#include "fhirpath/expression.h"

namespace {

using namespace idun;
using namespace idun::fhirpath;

constexpr std::string_view kPatient = R"({"resourceType":"Patient","id":"p1",
 "identifier":[{"system":"urn:oid:1.2.3","value":"0f2a6b5e"},{"system":"http://hospital.example.org","value":"1"}],
 "active":true,"name":[{"use":"official","family":"Made","given":["Up","Once"],"prefix":["Ms."]},{"use":"usual","given":["Upsi"]}],
 "telecom":[{"system":"phone","value":"555-0100","use":"home"}],"gender":"female","birthDate":"1987-05-14",
 "address":[{"line":["1 Example Street"],"city":"Kiruna","postalCode":"98100","country":"SE"}],
 "contact":[{"name":{"family":"Near"},"period":{"start":"2012-01-01","end":"2013-01-01"}}],
 "generalPractitioner":[{"reference":"Practitioner/p9"}]})";
constexpr std::string_view kObservation = R"({"resourceType":"Observation","id":"o1","status":"final",
 "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs","display":"vital-signs"}]}],
 "code":{"coding":[{"system":"http://loinc.org","code":"8302-2","display":"Body Height"}],"text":"Body Height"},
 "subject":{"reference":"Patient/p1"},"effectiveDateTime":"2012-04-05T10:20:30+02:00",
 "valueQuantity":{"value":171.40,"unit":"cm","system":"http://unitsofmeasure.org","code":"cm"}})";

json::Document parsed(std::string_view text) {
    auto document = json::Document::parse(text);
    if (!document) std::abort();
    return std::move(*document);
}

Expression compiled(std::string_view text, std::string_view type) {
    auto out = Expression::compile(text, {.context = fhir::Definitions::r4().type(type)});
    if (!out) std::abort();
    return std::move(*out);
}

void compile(benchmark::State& state, std::string_view text) {
    std::size_t hash = 0;
    for (auto _ : state) hash += compiled(text, "Patient").text().size();
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
    state.SetLabel("hash " + std::to_string(hash / static_cast<std::size_t>(state.iterations())));
}

// At the element that `at` finds in the resource.
void invariant(benchmark::State& state, std::string_view resource, std::string_view at, std::string_view text) {
    const json::Document document = parsed(resource);
    Environment environment;
    const Item root = Item::resource(document.root());
    environment.resource = root;
    environment.root_resource = root;
    const auto found = compiled(at, root.type()->name).evaluate(root, environment);
    if (!found || found->size() != 1) std::abort();
    const Item element = (*found)[0];
    const Expression expression = compiled(text, element.type()->name);
    std::uint64_t holds = 0;
    for (auto _ : state) {
        const auto result = expression.test(element, environment);
        if (!result) std::abort();
        holds += result->value_or(false) ? 1 : 0;
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
    state.SetLabel(holds == static_cast<std::uint64_t>(state.iterations()) ? "holds" : "is violated");
}

void evaluate(benchmark::State& state, std::string_view resource, std::string_view text) {
    const json::Document document = parsed(resource);
    const Environment environment;
    const Item root = Item::resource(document.root());
    const Expression expression = compiled(text, root.type()->name);
    std::size_t hash = 0;
    for (auto _ : state) {
        const auto result = expression.evaluate(root, environment);
        if (!result) std::abort();
        for (const Item& item : *result) hash += item.value().offset();
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
    state.SetLabel("hash " + std::to_string(hash / static_cast<std::size_t>(state.iterations())));
}

void collect(benchmark::State& state, std::string_view resource, std::string_view text) {
    const json::Document document = parsed(resource);
    Environment environment;
    environment.resolve_to_types = true;
    const Item root = Item::resource(document.root());
    const Expression expression = compiled(text, root.type()->name);
    if (!expression.is_paths()) std::abort();
    std::size_t hash = 0;
    for (auto _ : state) {
        if (!expression.collect(root, environment, [&](const Item& item) { hash += item.value().offset(); })) std::abort();
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
    state.SetLabel("hash " + std::to_string(hash / static_cast<std::size_t>(state.iterations())));
}

void search_path(benchmark::State& state, std::string_view resource, std::string_view text) {
    const json::Document document = parsed(resource);
    const auto path = search::Path::compile(fhir::Definitions::r4(), text, document.root()["resourceType"].text());
    if (!path) std::abort();
    std::size_t hash = 0;
    for (auto _ : state) path->collect(document.root(), [&](json::Value v, const search::Leaf&) { hash += v.offset(); });
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
    state.SetLabel("hash " + std::to_string(hash / static_cast<std::size_t>(state.iterations())));
}

BENCHMARK_CAPTURE(compile, path, "Patient.name.given");
BENCHMARK_CAPTURE(compile, invariant, "name.exists() or telecom.exists() or address.exists() or organization.exists()");

BENCHMARK_CAPTURE(invariant, ele_1, kPatient, "name[0]", "hasValue() or (children().count() > id.count())");
BENCHMARK_CAPTURE(invariant, pat_1, kPatient, "contact", "name.exists() or telecom.exists() or address.exists() or organization.exists()");
BENCHMARK_CAPTURE(invariant, dom_2, kPatient, "$this", "contained.contained.empty()");
BENCHMARK_CAPTURE(invariant, dom_6, kPatient, "$this", "text.`div`.exists().not()");
BENCHMARK_CAPTURE(invariant, per_1, kPatient, "contact.period", "start.hasValue().not() or end.hasValue().not() or (start <= end)");
BENCHMARK_CAPTURE(invariant, qty_3, kObservation, "value", "code.empty() or system.exists()");
BENCHMARK_CAPTURE(invariant, cpt_2, kPatient, "telecom", "value.empty() or system.exists()");
BENCHMARK_CAPTURE(invariant, ref_1, kObservation, "subject", "reference.startsWith('#').not() or (reference.substring(1).trace('url') in %rootResource.contained.id.trace('ids'))");
BENCHMARK_CAPTURE(invariant, obs_6, kObservation, "$this", "dataAbsentReason.empty() or value.empty()");
BENCHMARK_CAPTURE(invariant, obs_7, kObservation, "$this", "value.empty() or component.code.where(coding.intersect(%resource.code.coding).exists()).empty()");
BENCHMARK_CAPTURE(invariant, count, kPatient, "$this", "name.given.count() = 3");

BENCHMARK_CAPTURE(evaluate, given, kPatient, "Patient.name.given");
BENCHMARK_CAPTURE(evaluate, birth_date, kPatient, "Patient.birthDate");
BENCHMARK_CAPTURE(evaluate, code, kObservation, "Observation.code");
BENCHMARK_CAPTURE(evaluate, value, kObservation, "(Observation.value as Quantity)");
BENCHMARK_CAPTURE(collect, given, kPatient, "Patient.name.given");
BENCHMARK_CAPTURE(collect, birth_date, kPatient, "Patient.birthDate");
BENCHMARK_CAPTURE(collect, code, kObservation, "Observation.code");
BENCHMARK_CAPTURE(collect, value, kObservation, "(Observation.value as Quantity)");
BENCHMARK_CAPTURE(collect, patient, kObservation, "Observation.subject.where(resolve() is Patient)");
BENCHMARK_CAPTURE(search_path, given, kPatient, "Patient.name.given");
BENCHMARK_CAPTURE(search_path, birth_date, kPatient, "Patient.birthDate");
BENCHMARK_CAPTURE(search_path, code, kObservation, "Observation.code");
BENCHMARK_CAPTURE(search_path, value, kObservation, "(Observation.value as Quantity)");

}  // namespace
