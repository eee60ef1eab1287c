#include "app/demo.h"

#include <cstdio>
#include <fstream>

#include "base/log.h"
#include "cli/commands.h"
#include "json/writer.h"

namespace idun::cli {
namespace {

std::string ready_json(const app::Demo& demo, std::int64_t ready_ms) {
    json::Writer w;
    w.object().member("hub", demo.url()).name("nodes").array();
    for (const auto& node : demo.nodes())
        w.object().member("provider", node.provider_id).member("name", node.name).member("url", node.url).end();
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

Status write_ready(const std::string& file, const std::string& text) {
    const std::string part = file + ".part";
    std::ofstream out(part, std::ios::trunc);
    out << text << '\n';
    out.close();
    if (!out || std::rename(part.c_str(), file.c_str()) != 0)
        return fail(Category::unavailable, file + ": cannot be written");
    return {};
}

const app::DemoUser* first_with(const app::Demo& demo, std::string_view role) {
    for (const app::DemoUser& user : demo.users())
        if (user.role == role) return &user;
    return nullptr;
}

void welcome(const app::Demo& demo, std::int64_t ready_ms) {
    std::printf("\nIdun is running: a hub and %zu care providers with %zu synthetic people (ready in %lld ms).\n\n",
                demo.nodes().size(), demo.people(), static_cast<long long>(ready_ms));
    if (demo.refused() > 0)
        std::printf("  %zu resources of the data sets are not valid FHIR R4 and were left out.\n\n", demo.refused());
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

int demo(app::DemoOptions options) {
    const auto started = std::chrono::steady_clock::now();
    hold_signals();
    log::set_level(log::Level::warn);
    const std::string ready_file = options.ready_file;
    app::Runtime runtime;
    auto demo = app::Demo::start(runtime, std::move(options));
    if (!demo) return complain(demo.error());
    const auto ready_ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started);
    if (!ready_file.empty())
        if (const Status written = write_ready(ready_file, ready_json(**demo, ready_ms.count())); !written)
            return complain(written.error());
    welcome(**demo, ready_ms.count());
    wait_for_stop();
    (*demo)->stop(std::chrono::milliseconds(5'000));
    return kOk;
}

}  // namespace idun::cli
