#include "app/demo.h"

#include <cstdio>

#include "app/compressed.h"
#include "base/log.h"
#include "cli/commands.h"
#include "json/writer.h"

namespace idun::cli {
namespace {

std::string ready_json(const app::Demo& demo, std::int64_t ready_ms) {
    json::Writer w;
    w.object().member("hub", demo.url()).name("nodes").array();
    for (const auto& node : demo.nodes())
        w.object().member("provider", node.provider_id).member("name", node.name).member("url", node.url).member("unit", node.unit).end();
    w.end().name("users").array();
    for (const app::DemoUser& user : demo.users()) {
        w.object().member("id", user.id).member("role", user.role).member("name", user.name);
        w.member("provider", user.provider_id).member("token", demo.token(user));
        if (!user.identifier_value.empty()) {
            w.name("identifier").object().member("system", user.identifier_system);
            w.member("value", user.identifier_value).end();
        }
        w.end();
    }
    w.end().member("ready_ms", ready_ms).end();
    return w.take();
}

const app::DemoUser* first_with(const app::Demo& demo, std::string_view role) {
    for (const app::DemoUser& user : demo.users())
        if (user.role == role) return &user;
    return nullptr;
}

void welcome(const app::Demo& demo, std::int64_t ready_ms) {
    std::printf("\nIdun is running: a hub and %zu care providers with %zu synthetic people (ready in %lld ms).\n\n",
                demo.nodes().size(), demo.people(), static_cast<long long>(ready_ms));
    if (demo.refused_count() > 0)
        std::printf("  %zu resources of the data sets are not valid FHIR R4 and were left out.\n\n", demo.refused_count());
    std::printf("  Open     %s\n\n", demo.url().c_str());
    std::printf("  Users\n");
    for (const app::DemoUser& user : demo.users())
        if (user.role != "system")
            std::printf("    %-12s %-10s %s%s%s\n", user.id.c_str(), user.role.c_str(), user.name.c_str(),
                        user.provider_name.empty() ? "" : ", ", user.provider_name.c_str());
    const app::DemoUser* clinician = first_with(demo, "clinician");
    const app::DemoUser* patient = first_with(demo, "patient");
    if (clinician && patient) {
        const std::string url = demo.url();
        std::printf("\n  Try (tokens are handed out by %s/demo/users, in the demo only)\n", url.c_str());
        std::printf("    token() { curl -s %s/demo/users | python3 -c 'import json,sys; print(next(u[\"token\"] for u in "
                    "json.load(sys.stdin)[\"users\"] if u[\"id\"]==sys.argv[1]))' \"$1\"; }\n", url.c_str());
        std::printf("    curl -sG -H \"Authorization: Bearer $(token %s)\" '%s/fhir/Patient/$gather' -d careRelation=true "
                    "--data-urlencode 'identifier=%s|%s'\n", clinician->id.c_str(), url.c_str(),
                    patient->identifier_system.c_str(), patient->identifier_value.c_str());
        std::printf("    curl -s -H \"Authorization: Bearer $(token %s)\" %s/fhir/AuditEvent\n", patient->id.c_str(), url.c_str());
    }
    std::printf("\n  Stop with Ctrl-C.\n\n");
    std::fflush(stdout);
}

}  // namespace

int demo(app::DemoOptions options, const std::string& ready_file) {
    const auto started = std::chrono::steady_clock::now();
    hold_signals();
    log::set_level(log::Level::warn);
    const bool given = !options.load.empty();
    app::Runtime runtime;
    auto demo = app::Demo::start(runtime, std::move(options));
    if (!demo) return complain(demo.error());
    if (given)
        for (const app::Refused& one : (*demo)->refused())
            std::fprintf(stderr, "%s, %s: %s\n", one.file.c_str(), one.place.c_str(), one.reason.c_str());
    const auto ready_ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started);
    if (!ready_file.empty())
        if (const Status written = app::write_file(ready_file, ready_json(**demo, ready_ms.count()) + "\n"); !written)
            return complain(written.error());
    welcome(**demo, ready_ms.count());
    wait_for_stop();
    (*demo)->stop(std::chrono::milliseconds(5'000));
    return kOk;
}

}  // namespace idun::cli
