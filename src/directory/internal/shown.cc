#include "directory/internal/shown.h"

#include "json/writer.h"

namespace idun::directory {

std::string endpoint_body(json::Value endpoint, std::string_view status, std::optional<Instant> until) {
    json::Writer w;
    w.object();
    for (const json::Member& member : endpoint.members())
        if (member.name != "status" && member.name != "period") w.name(member.name).value(member.value);
    w.member("status", status);
    const std::string_view start = endpoint["period"]["start"].text();
    if (until) {
        w.name("period").object();
        if (!start.empty()) w.member("start", start);
        w.member("end", to_iso(*until)).end();
    }
    w.end();
    return w.take();
}

Result<ResourcePtr> endpoint_shown(const Resource& endpoint, std::string_view status, Instant until) {
    Version version = endpoint;
    version.body = endpoint_body(endpoint.root(), status, until);
    return resource_of(std::move(version));
}

}  // namespace idun::directory
