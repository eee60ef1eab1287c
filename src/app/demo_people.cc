#include "app/demo_people.h"

#include "app/compressed.h"
#include "app/loader.h"
#include "json/writer.h"
#include "people/person_id.h"

namespace idun::app {
namespace {

std::string name_of(json::Value patient) {
    const json::Value name = patient["name"][0];
    if (const auto text = name["text"].text(); !text.empty()) return std::string(text);
    std::string out;
    for (const json::Value given : name["given"].elements()) out += std::string(given.text()) + " ";
    return out + std::string(name["family"].text());
}

}  // namespace

Status for_each_bundle(const std::vector<std::string>& paths, const BundleTaker& bundle) {
    TRY_ASSIGN(const auto files, fhir_files(paths));
    for (const std::string& file : files) {
        TRY_ASSIGN(auto bytes, read_file(file));
        TRY_ASSIGN(const auto text, unpacked(std::move(bytes)));
        if (const Status status = bundle(file, text); !status) return fail(status.error().within(file));
    }
    return {};
}

std::vector<DemoPerson> people_in(const std::vector<Imported>& resources, Instant now) {
    std::vector<DemoPerson> out;
    for (const Imported& resource : resources) {
        if (resource.type != "Patient") continue;
        const auto document = json::Document::parse(resource.text);
        if (!document) continue;
        const json::Value patient = document->root();
        for (const json::Value identifier : patient["identifier"].elements()) {
            if (!people::identify(identifier["system"].text(), identifier["value"].text(), now)) continue;
            out.push_back({name_of(patient), std::string(patient["birthDate"].text()), std::string(patient["gender"].text()),
                           std::string(identifier["system"].text()), std::string(identifier["value"].text()), false, ""});
            break;
        }
    }
    return out;
}

std::string to_json(const std::vector<DemoPerson>& people) {
    json::Writer w;
    w.object().name("people").array();
    for (const DemoPerson& person : people) {
        w.object().member("name", person.name).member("birthDate", person.birth_date).member("gender", person.gender);
        w.name("identifier").object().member("system", person.identifier_system);
        w.member("value", person.identifier_value).end();
        if (!person.story.empty()) w.member("story", person.story);
        w.end();
    }
    w.end().end();
    return w.take();
}

Result<std::vector<DemoPerson>> people_from_json(std::string_view text) {
    TRY_ASSIGN(const auto document, json::Document::parse(text));
    std::vector<DemoPerson> out;
    for (const json::Value person : document.root()["people"].elements())
        out.push_back({std::string(person["name"].text()), std::string(person["birthDate"].text()),
                       std::string(person["gender"].text()), std::string(person["identifier"]["system"].text()),
                       std::string(person["identifier"]["value"].text()), false, std::string(person["story"].text())});
    return out;
}

}  // namespace idun::app
