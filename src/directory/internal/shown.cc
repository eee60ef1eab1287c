#include "directory/internal/shown.h"

#include "json/writer.h"
#include "search/date.h"

namespace idun::directory {

std::string endpoint_off(json::Value endpoint, std::optional<Instant> since) {
    const json::Value period = endpoint["period"];
    const auto own = search::interval_of(period["end"].text());
    const bool ends = since && !(own && own->to <= since->ms);
    json::Writer w;
    w.object();
    for (const json::Member& member : endpoint.members())
        if (member.name != "status" && !(ends && member.name == "period")) w.name(member.name).value(member.value);
    w.member("status", "off");
    if (ends) {
        w.name("period").object();
        if (period["start"]) w.member("start", period["start"].text());
        w.member("end", to_iso(*since)).end();
    }
    w.end();
    return w.take();
}

Result<ResourcePtr> shown_off(const Resource& endpoint) {
    Version version = endpoint;
    version.body = endpoint_off(endpoint.root(), std::nullopt);
    return resource_of(std::move(version));
}

}  // namespace idun::directory
