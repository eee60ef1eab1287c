#include "directory/fhir_directory.h"

#include "json/writer.h"

namespace idun::directory {
namespace {

constexpr std::string_view kOrganizationTypes = "http://terminology.hl7.org/CodeSystem/organization-type";
constexpr std::string_view kConnections = "http://terminology.hl7.org/CodeSystem/endpoint-connection-type";
constexpr std::size_t kTextMax = 256;

void coding(json::Writer& w, std::string_view system, std::string_view code) {
    w.object().member("system", system).member("code", code).end();
}

// "Organization/x" -> "x".
std::string_view organisation_id(json::Value reference) {
    std::string_view text = reference["reference"].text();
    constexpr std::string_view kPrefix = "Organization/";
    if (!text.starts_with(kPrefix)) return {};
    text.remove_prefix(kPrefix.size());
    return text;
}

// The hub will call this address with tickets: only what looks like a FHIR base, and never in the clear over a network.
bool is_address(std::string_view url) {
    constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_~:/[]";
    if (url.size() > kTextMax || url.ends_with('/') || url.find_first_not_of(kAllowed) != std::string_view::npos) return false;
    if (url.starts_with("https://")) return true;
    for (const std::string_view local : {"http://127.0.0.1", "http://localhost", "http://[::1]"}) {
        if (!url.starts_with(local)) continue;
        const std::string_view rest = url.substr(local.size());
        return rest.empty() || rest.starts_with(':') || rest.starts_with('/');
    }
    return false;
}

Status check_id(json::Value resource, std::string_view type, std::string_view id) {
    if (resource["resourceType"].text() != type)
        return fail(Category::invalid, "the body must be a resource of the type in the address", "resourceType");
    if (resource["id"].text() != id) return fail(Category::invalid, "the id must be the one in the address", "id");
    return {};
}

}  // namespace

std::string to_fhir(const Organisation& o) {
    json::Writer w;
    w.object().member("resourceType", "Organization").member("id", o.id);
    w.name("identifier").array();
    w.object().member("system", kHsaId).member("value", o.id).end();
    if (!o.organisation_number.empty())
        w.object().member("system", kOrganisationNumber).member("value", o.organisation_number).end();
    w.end().member("active", true);
    w.name("type").array().object().name("coding").array();
    coding(w, kOrganizationTypes, o.part_of.empty() ? "prov" : "dept");
    w.end().end().end().member("name", o.name);
    if (!o.part_of.empty()) w.name("partOf").object().member("reference", "Organization/" + o.part_of).end();
    w.end();
    return w.take();
}

std::string to_fhir(const Endpoint& e) {
    json::Writer w;
    w.object().member("resourceType", "Endpoint").member("id", e.id);
    write_in_endpoint(w, e.speaks);
    w.member("status", "active");
    w.name("connectionType");
    coding(w, kConnections, "hl7-fhir-rest");
    w.name("managingOrganization").object().member("reference", "Organization/" + e.provider).end();
    w.name("payloadMimeType").array().value("application/fhir+json").end();
    w.member("address", e.url).end();
    return w.take();
}

Result<Organisation> organisation_from_fhir(json::Value resource, std::string_view id) {
    TRY(check_id(resource, "Organization", id));
    Organisation o{.id = std::string(id), .name = std::string(resource["name"].text()), .part_of = {},
                   .organisation_number = {}};
    if (o.name.empty() || o.name.size() > kTextMax)
        return fail(Category::invalid, "an organisation has a name of 1 to 256 bytes", "Organization.name");
    if (resource["partOf"]) {
        o.part_of = organisation_id(resource["partOf"]);
        if (o.part_of.empty())
            return fail(Category::invalid, "partOf must refer to Organization/ID", "Organization.partOf");
    }
    for (const json::Value identifier : resource["identifier"].elements())
        if (identifier["system"].text() == kOrganisationNumber) o.organisation_number = identifier["value"].text();
    if (o.organisation_number.size() > kTextMax)
        return fail(Category::invalid, "the organisation number is too long", "Organization.identifier");
    return o;
}

Result<Endpoint> endpoint_from_fhir(json::Value resource, std::string_view id) {
    TRY(check_id(resource, "Endpoint", id));
    Endpoint e{.id = std::string(id),
               .provider = std::string(organisation_id(resource["managingOrganization"])),
               .url = std::string(resource["address"].text()),
               .lease_until = {},
               .speaks = {}};
    if (e.provider.empty())
        return fail(Category::invalid, "managingOrganization must refer to Organization/ID",
                    "Endpoint.managingOrganization");
    if (!is_address(e.url))
        return fail(Category::invalid,
                    "address must be an https URL (http on this machine only) of at most 256 bytes, without user, query "
                    "or a slash at the end",
                    "Endpoint.address");
    TRY_ASSIGN(e.speaks, speaks_of_endpoint(resource));
    return e;
}

}  // namespace idun::directory
