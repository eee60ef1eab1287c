#include "api/task.h"

#include <fmt/format.h>

#include "api/strict.h"
#include "index/fhir_pointer.h"
#include "json/writer.h"

namespace idun::api {
namespace {

constexpr std::string_view kCode = "urn:idun:task";
constexpr std::string_view kInput = "urn:idun:task-input";
constexpr std::size_t kInputsMax = 30;

tl::unexpected<Error> wrong(std::string message, std::string path) {
    return fail(Category::invalid, std::move(message), std::move(path));
}

Status take_input(json::Value input, const std::string& path, Complaint& out) {
    TRY(only(input, {"type", "valueString", "valueCode", "valueIdentifier"}, path));
    if (input.size() != 2) return wrong("an input has a type and one value", path);
    TRY_ASSIGN(const std::string_view type, code_of(input["type"], kInput, path + ".type"));
    if (type == "complainant") {
        TRY_ASSIGN(out.complainants.emplace_back(), identifier_of(input["valueIdentifier"], path + ".valueIdentifier"));
        if (out.complainants.size() > exchange::kComplainantsMax) return wrong("over 20 complainants", path);
        return {};
    }
    std::string* const place = type == "category"       ? &out.category
                               : type == "provider"     ? &out.provider_id
                               : type == "organisation" ? &out.organisation
                                                        : nullptr;
    if (!place) return wrong("an input is category, provider, organisation or complainant", path + ".type");
    const std::string_view text = type == "category" ? input["valueCode"].text() : input["valueString"].text();
    if (text.empty() || text.size() > kNameBytesMax || !place->empty())
        return wrong("given once, of 1 to 200 bytes", path);
    *place = text;
    return {};
}

class Writer {
public:
    explicit Writer(const exchange::Case& one) : c_(one) {}

    std::string write(bool names_person) {
        const std::string number = std::to_string(c_.number);
        w_.object().member("resourceType", "Task").member("id", number);
        w_.name("identifier").array().object().member("system", "urn:idun:case").member("value", number).end().end();
        w_.member("status", exchange::to_string(c_.status())).member("intent", "order").name("code");
        concept_of(kCode, exchange::to_string(c_.kind));
        w_.member("description", c_.text);
        if (names_person) {
            w_.name("for").object().name("identifier").object().member("system", index::kPseudonymSystem);
            w_.member("value", c_.person.text()).end().end();
        }
        w_.member("authoredOn", to_iso(c_.steps.front().time)).member("lastModified", to_iso(c_.steps.back().time));
        notes();
        inputs();
        if (!c_.forwarded.empty()) {
            w_.name("output").array().object().name("type");
            concept_of("urn:idun:task-output", "forwarded-to");
            w_.member("valueString", c_.forwarded).end().end();
        }
        w_.end();
        return w_.take();
    }

private:
    void concept_of(std::string_view system, std::string_view code) {
        w_.object().name("coding").array().object().member("system", system).member("code", code).end().end().end();
    }
    // Each step: who moved it on, when, to what.
    void notes() {
        w_.name("note").array();
        for (const exchange::CaseStep& step : c_.steps) {
            w_.object()
                .member("authorString", step.name.empty() ? step.role : step.name)
                .member("time", to_iso(step.time));
            w_.member("text",
                      std::string(exchange::to_string(step.status)) + (step.note.empty() ? "" : ": " + step.note))
                .end();
        }
        w_.end();
    }
    void input(std::string_view type, std::string_view kind, const std::string& value) {
        if (value.empty()) return;
        w_.object().name("type");
        concept_of(kInput, type);
        w_.member(kind, value).end();
    }
    void inputs() {
        w_.name("input").array();
        input(c_.kind == exchange::CaseKind::complaint ? "category" : "ground", "valueCode", c_.category);
        input("provider", "valueString", c_.provider_id);
        input("organisation", "valueString", c_.organisation);
        input("break-glass", "valueString", c_.break_glass);
        for (const crypto::Pseudonym& other : c_.others) {
            w_.object().name("type");
            concept_of(kInput, "complainant");
            w_.name("valueIdentifier")
                .object()
                .member("system", index::kPseudonymSystem)
                .member("value", other.text())
                .end()
                .end();
        }
        w_.end();
    }

    const exchange::Case& c_;
    json::Writer w_;
};

}  // namespace

Result<Complaint> complaint_from_fhir(json::Value task) {
    if (task["resourceType"].text() != "Task") return wrong("send a Task", "resourceType");
    TRY(only(task, {"resourceType", "status", "intent", "code", "description", "input"}, "Task"));
    if (task["status"].text() != "requested") return wrong("status must be requested", "Task.status");
    if (task["intent"].text() != "order") return wrong("intent must be order", "Task.intent");
    TRY_ASSIGN(const std::string_view code, code_of(task["code"], kCode, "Task.code"));
    if (code != "complaint") return wrong("what people send is a complaint", "Task.code");
    Complaint out;
    out.text = task["description"].text();
    if (out.text.empty() || out.text.size() > exchange::kCaseTextBytesMax)
        return wrong("say what it is about, in 1 to 4000 bytes", "Task.description");
    const json::Value inputs = task["input"];
    if (!inputs.is_array() || inputs.size() > kInputsMax) return wrong("1 to 30 inputs", "Task.input");
    for (std::size_t i = 0; i < inputs.size(); ++i) TRY(take_input(inputs[i], fmt::format("Task.input[{}]", i), out));
    if (out.category != "right" && out.category != "other")
        return wrong("the category is right or other", "Task.input");
    return out;
}

std::string to_fhir(const exchange::Case& one, bool names_person) { return Writer(one).write(names_person); }

}  // namespace idun::api
