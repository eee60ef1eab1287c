#include "directory/resource.h"

#include <fmt/format.h>

#include <algorithm>

#include "directory/fhir_directory.h"
#include "fhir/definitions.h"
#include "fhir/resource_id.h"
#include "fhir/structure.h"
#include "json/writer.h"
#include "search/date.h"

namespace idun::directory {
namespace {

// Every text of a member `reference`, however deep: R4 has that name in References only.
void collect_references(json::Value value, std::vector<std::string>& out) {
    for (const json::Member& member : value.members()) {
        if (member.name == "reference" && member.value.is_string()) out.emplace_back(member.value.text());
        else collect_references(member.value, out);
    }
    for (const json::Value element : value.elements()) collect_references(element, out);
}

bool has_modifier_extension(json::Value value) {
    for (const json::Member& member : value.members())
        if (member.name == "modifierExtension" || has_modifier_extension(member.value)) return true;
    for (const json::Value element : value.elements())
        if (has_modifier_extension(element)) return true;
    return false;
}

// "Organization/x" of a type that is held here.
bool is_own_reference(std::string_view text) {
    const std::size_t slash = text.find('/');
    return slash != std::string_view::npos && type_from(text.substr(0, slash)) && fhir::valid_id(text.substr(slash + 1));
}

Status need(json::Value resource, std::string_view type, std::string_view element, std::string_view target) {
    if (resource[element]["reference"].text().starts_with(std::string(target) + "/")) return {};
    return fail(Category::invalid, fmt::format("{} must refer to {}/ID", element, target), fmt::format("{}.{}", type, element));
}

Status check_period(json::Value period, std::string_view type) {
    const auto start = search::interval_of(period["start"].text());
    const auto end = search::interval_of(period["end"].text());
    if (start && end && end->to <= start->from)
        return fail(Category::invalid, "the period ends before it begins", fmt::format("{}.period", type));
    return {};
}

Status check_type(json::Value resource, Type type, std::string_view id) {
    switch (type) {
        case Type::organization:
            if (const auto read = organisation_from_fhir(resource, id); !read) return fail(read.error());
            return {};
        case Type::endpoint:
            if (const auto read = endpoint_from_fhir(resource, id); !read) return fail(read.error());
            return check_period(resource["period"], "Endpoint");
        case Type::healthcare_service: return need(resource, "HealthcareService", "providedBy", "Organization");
        case Type::location: return need(resource, "Location", "managingOrganization", "Organization");
        case Type::affiliation:
            TRY(need(resource, "OrganizationAffiliation", "organization", "Organization"));
            TRY(need(resource, "OrganizationAffiliation", "participatingOrganization", "Organization"));
            return check_period(resource["period"], "OrganizationAffiliation");
    }
    return {};
}

}  // namespace

bool is_in_force(const Resource& resource, Instant time) {
    const json::Value period = resource.root()["period"];
    const auto start = search::interval_of(period["start"].text());
    const auto end = search::interval_of(period["end"].text());
    return (!start || start->from <= time.ms) && (!end || time.ms < end->to);
}

std::string_view to_string(Type type) {
    switch (type) {
        case Type::organization: return "Organization";
        case Type::healthcare_service: return "HealthcareService";
        case Type::location: return "Location";
        case Type::affiliation: return "OrganizationAffiliation";
        case Type::endpoint: return "Endpoint";
    }
    return "";
}

std::optional<Type> type_from(std::string_view name) {
    for (const Type type : kTypes)
        if (to_string(type) == name) return type;
    return std::nullopt;
}

std::optional<Name> name_from(std::string_view reference) {
    const std::size_t slash = reference.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto type = type_from(reference.substr(0, slash));
    if (!type) return std::nullopt;
    return Name{*type, reference.substr(slash + 1)};
}

std::size_t place_of(Type type) { return static_cast<std::size_t>(std::ranges::find(kTypes, type) - kTypes.begin()); }

Result<ResourcePtr> resource_of(Version version) {
    auto document = json::Document::parse(version.body);
    if (!document) return fail(Category::corrupt, "directory: the body of a version cannot be read");
    auto made = std::make_shared<Resource>(std::move(version), std::move(*document));
    collect_references(made->root(), made->references);
    std::ranges::sort(made->references);
    const auto rest = std::ranges::unique(made->references);
    made->references.erase(rest.begin(), rest.end());
    return made;
}

std::string body_of(json::Value resource, std::string_view id, std::uint64_t version, Instant time) {
    json::Writer w;
    w.object().member("resourceType", resource["resourceType"].text()).member("id", id);
    w.name("meta").object().member("versionId", std::to_string(version)).member("lastUpdated", to_iso(time));
    for (const json::Member& member : resource["meta"].members())
        if (member.name != "versionId" && member.name != "lastUpdated") w.name(member.name).value(member.value);
    w.end();
    for (const json::Member& member : resource.members())
        if (member.name != "resourceType" && member.name != "id" && member.name != "meta") w.name(member.name).value(member.value);
    w.end();
    return w.take();
}

Status check_resource(json::Value resource, Type type, std::string_view id) {
    const std::string name(to_string(type));
    if (!fhir::valid_id(id)) return fail(Category::invalid, "an id is 1 to 64 letters, digits, '-' and '.'", "id");
    if (resource["resourceType"].text() != name)
        return fail(Category::invalid, "the body must be a resource of the type in the address", "resourceType");
    if (resource["id"].text() != id) return fail(Category::invalid, "the id must be the one in the address", "id");
    for (const std::string_view refused : {"contained", "implicitRules"})
        if (resource[refused])
            return fail(Category::invalid, fmt::format("the directory takes no {}", refused), fmt::format("{}.{}", name, refused));
    for (const fhir::Issue& issue : fhir::check_structure(fhir::Definitions::r4(), resource))
        if (fhir::has_errors({issue})) return fail(Category::invalid, issue.text, issue.path);
    if (has_modifier_extension(resource))
        return fail(Category::invalid, "modifier extensions are not understood here", name + ".modifierExtension");
    TRY(check_type(resource, type, id));
    std::vector<std::string> references;
    collect_references(resource, references);
    for (const std::string& reference : references)
        if (!is_own_reference(reference))
            return fail(Category::invalid,
                        "references name an Organization, HealthcareService, Location, OrganizationAffiliation or Endpoint of this "
                        "directory, as TYPE/ID",
                        name);
    if (body_of(resource, id, 1, {}).size() > kResourceBytesMax)
        return fail(Category::too_large, fmt::format("a resource of the directory has at most {} bytes", kResourceBytesMax));
    return {};
}

}  // namespace idun::directory
