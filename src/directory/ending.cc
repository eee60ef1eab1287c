#include "directory/ending.h"

#include "directory/internal/shown.h"
#include "json/writer.h"

namespace idun::directory {
namespace {

// Is the organisation that provider, or part of it?
bool is_of(const View& view, std::string_view organisation, std::string_view provider) {
    ResourcePtr one;  // keeps what the name lies in
    for (int depth = 0; depth <= kPartOfDepthMax; ++depth) {
        const auto name = name_from(organisation);
        if (!name || name->type != Type::organization) return false;
        if (name->id == provider) return true;
        one = view.find(Type::organization, name->id);
        if (!one) return false;
        organisation = one->root()["partOf"]["reference"].text();
    }
    return false;
}

bool is_active(const Resource& organization) {
    const json::Value active = organization.root()["active"];
    return active.kind() != json::Kind::boolean || active.boolean();
}

}  // namespace

std::vector<ResourcePtr> holding_through(const View& view, std::string_view provider) {
    std::vector<ResourcePtr> out;
    if (const ResourcePtr own = view.find(Type::organization, provider); own && is_active(*own)) out.push_back(own);
    for (const ResourcePtr& one : view.of(Type::endpoint))
        if (one->root()["status"].text() != "off" && is_of(view, one->root()["managingOrganization"]["reference"].text(), provider)) out.push_back(one);
    return out;
}

std::string ended_body(const Resource& resource, Instant at) {
    if (resource.type == Type::endpoint) return endpoint_off(resource.root(), at);
    json::Writer w;
    w.object();
    for (const json::Member& member : resource.root().members())
        if (member.name != "active") w.name(member.name).value(member.value);
    w.member("active", false).end();
    return w.take();
}

}  // namespace idun::directory
