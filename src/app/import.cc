#include "app/import.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "crypto/encoding.h"
#include "crypto/hash.h"
#include "fhir/resource_id.h"
#include "json/writer.h"

namespace idun::app {
namespace {

constexpr std::string_view kUrn = "urn:uuid:";

std::string id_of(json::Value resource, std::string_view full_url) {
    const std::string_view own = resource["id"].text();
    if (fhir::valid_id(own)) return std::string(own);
    if (full_url.starts_with(kUrn) && fhir::valid_id(full_url.substr(kUrn.size())))
        return std::string(full_url.substr(kUrn.size()));
    return crypto::hex(crypto::sha256(json::to_text(resource)).view().substr(0, 16));
}

using Targets = std::map<std::string, std::string, std::less<>>;  // fullUrl or relative form -> "Type/id"

// Copies a resource, setting its id and rewriting references to other entries.
class Rewriter {
public:
    Rewriter(const Targets& targets, std::vector<std::string>& references)
        : targets_(targets), references_(references) {}

    std::string resource(json::Value value, std::string_view id) {
        w_.object().member("resourceType", value["resourceType"].text()).member("id", id);
        for (const json::Member& member : value.members())
            if (member.name != "resourceType" && member.name != "id") this->member(member);
        w_.end();
        return w_.take();
    }

private:
    void member(const json::Member& m) {
        w_.name(m.name);
        if (m.name == "reference" && m.value.is_string()) return reference(m.value.text());
        copy(m.value);
    }

    void copy(json::Value value) {
        if (value.is_object()) {
            w_.object();
            for (const json::Member& m : value.members()) member(m);
            w_.end();
        } else if (value.is_array()) {
            w_.array();
            for (const json::Value element : value.elements()) copy(element);
            w_.end();
        } else {
            w_.value(value);
        }
    }

    void reference(std::string_view text) {
        const auto found = targets_.find(text);
        if (found == targets_.end()) {
            w_.value(text);
            return;
        }
        references_.push_back(found->second);
        w_.value(found->second);
    }

    const Targets& targets_;
    std::vector<std::string>& references_;
    json::Writer w_;
};

std::string target(const Targets& targets, json::Value reference) {
    const auto found = targets.find(reference["reference"].text());
    return found == targets.end() ? std::string() : found->second;
}

// "Encounter/x" that the resource belongs to; "" when it names none.
std::string encounter_of(json::Value r, const Targets& targets) {
    for (const json::Value candidate : {r["encounter"], r["context"], r["context"]["encounter"][0]})
        if (const std::string found = target(targets, candidate); found.starts_with("Encounter/")) return found;
    return {};
}

// "Organization/x" that the resource itself names as responsible.
std::string organisation_of(json::Value r, const Targets& targets) {
    for (const json::Value candidate : {r["serviceProvider"], r["custodian"], r["managingOrganization"]})
        if (const std::string found = target(targets, candidate); found.starts_with("Organization/")) return found;
    return {};
}

struct Entry {
    json::Value resource;
    std::string_view full_url;
};

Result<std::vector<Entry>> entries_of(json::Value root) {
    std::vector<Entry> out;
    const std::string_view type = root["resourceType"].text();
    if (type.empty()) return fail(Category::invalid, "not a FHIR resource: resourceType is missing", "resourceType");
    if (type != "Bundle") return std::vector<Entry>{{root, {}}};
    std::size_t place = 0;
    for (const json::Value entry : root["entry"].elements()) {
        if (entry["resource"]["resourceType"].text().empty())
            return fail(Category::invalid, "an entry without a resource", fmt::format("Bundle.entry[{}]", place));
        out.push_back({entry["resource"], entry["fullUrl"].text()});
        ++place;
    }
    return out;
}

bool goes_along(const Imported& r) {
    static const std::set<std::string_view> kTypes = {"Organization", "Practitioner", "PractitionerRole", "Location",
                                                      "HealthcareService", "Endpoint", "Medication", "Device",
                                                      "Substance", "RelatedPerson", "Specimen"};
    return kTypes.contains(r.type);
}

// Who answers for what no organisation is named for: the one with most records, else any of the bundle.
std::string home_of(const std::vector<Imported>& resources) {
    std::map<std::string, std::size_t> counts;
    std::string home;
    for (const Imported& r : resources)
        if (!r.organisation.empty() && ++counts[r.organisation] > counts[home]) home = r.organisation;
    if (!home.empty() || resources.empty()) return home;
    for (const Imported& r : resources)
        if (r.type == "Organization") return "Organization/" + r.id;
    return resources.front().type + "/" + resources.front().id;
}

}  // namespace

Result<std::vector<Imported>> import_resources(json::Value root) {
    TRY_ASSIGN(const auto entries, entries_of(root));
    Targets targets;
    std::vector<std::string> ids;
    for (const Entry& entry : entries) {
        ids.push_back(id_of(entry.resource, entry.full_url));
        const std::string relative = std::string(entry.resource["resourceType"].text()) + "/" + ids.back();
        if (!entry.full_url.empty()) targets.emplace(entry.full_url, relative);
        targets.emplace(relative, relative);
    }
    std::map<std::string, std::string> organisation_of_encounter;
    for (std::size_t i = 0; i < entries.size(); ++i)
        if (entries[i].resource["resourceType"].text() == "Encounter")
            organisation_of_encounter["Encounter/" + ids[i]] = organisation_of(entries[i].resource, targets);

    std::vector<Imported> out;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const json::Value resource = entries[i].resource;
        Imported imported{.type = std::string(resource["resourceType"].text()), .id = ids[i], .text = {},
                          .organisation = organisation_of(resource, targets), .references = {}};
        if (imported.organisation.empty())
            if (const auto encounter = organisation_of_encounter.find(encounter_of(resource, targets));
                encounter != organisation_of_encounter.end())
                imported.organisation = encounter->second;
        imported.text = Rewriter(targets, imported.references).resource(resource, ids[i]);
        out.push_back(std::move(imported));
    }
    return out;
}

std::string put_bundle(std::span<const Imported> resources, std::string_view type) {
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", type).name("entry").array();
    for (const Imported& r : resources) {
        w.object().name("resource").raw(r.text);
        w.name("request").object().member("method", "PUT").member("url", r.type + "/" + r.id).end().end();
    }
    w.end().end();
    return w.take();
}

std::size_t Spreader::place_of(const std::string& organisation) {
    return places_.emplace(organisation, places_.size() % nodes_).first->second;
}

std::vector<std::vector<Imported>> Spreader::spread(const std::vector<Imported>& resources) {
    std::map<std::string, std::size_t> by_name;
    for (std::size_t i = 0; i < resources.size(); ++i) by_name[resources[i].type + "/" + resources[i].id] = i;
    const std::string home = home_of(resources);
    std::vector<std::set<std::size_t>> held(nodes_);
    for (std::size_t i = 0; i < resources.size(); ++i) {
        const Imported& r = resources[i];
        if (r.type != "Patient" && !goes_along(r)) held[place_of(r.organisation.empty() ? home : r.organisation)].insert(i);
    }
    std::vector<std::vector<Imported>> out(nodes_);
    for (std::size_t node = 0; node < nodes_; ++node) {
        std::vector<std::size_t> open(held[node].begin(), held[node].end());
        while (!open.empty()) {
            const Imported& r = resources[open.back()];
            open.pop_back();
            for (const std::string& reference : r.references) {
                const auto found = by_name.find(reference);
                if (found == by_name.end()) continue;
                const Imported& other = resources[found->second];
                if ((other.type == "Patient" || goes_along(other)) && held[node].insert(found->second).second)
                    open.push_back(found->second);
            }
        }
        for (const std::size_t i : held[node]) out[node].push_back(resources[i]);
    }
    return out;
}

}  // namespace idun::app
