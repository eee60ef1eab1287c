// `idun backup` and `idun restore`.
#include <cstdio>
#include <optional>

#include "app/backup_drill.h"
#include "app/backup_role.h"
#include "cli/commands.h"
#include "cli/each_role.h"

namespace idun::cli {
namespace {

void print_backup(const app::RolePlace& place, const app::MadeBackup& made) {
    const upkeep::Manifest& m = made.manifest;
    std::printf("%s: %s holds version %llu of the store (%llu rows) and the log until entry %llu, %.1f MiB, in %.1f s.\n", place.name.c_str(),
                made.path.c_str(), static_cast<unsigned long long>(m.version), static_cast<unsigned long long>(m.entries),
                static_cast<unsigned long long>(m.logs.back().size), static_cast<double>(m.bytes()) / (1 << 20),
                static_cast<double>((m.ended - m.began).count()) / 1000);
    if (!made.warning.empty()) {
        std::fflush(stdout);
        std::fprintf(stderr, "idun: %s: the backup is complete, but %s\n", place.name.c_str(), made.warning.c_str());
    }
    if (!made.keys_file.empty())
        std::printf("%s: its keys are in %s, sealed. Keep the passphrase elsewhere.\n", place.name.c_str(), made.keys_file.c_str());
    for (const std::string& file : made.key_files)
        std::printf("%s: not in the backup, and needed to restore it: %s\n", place.name.c_str(), file.c_str());
}

}  // namespace

int backup(const BackupCommand& command) {
    return each_role(command.config, command.role, [&](const app::RolePlace& place) -> Result<int> {
        auto running = std::make_optional<StillRuns>(place.name + ": copying");
        TRY_ASSIGN(const auto made, app::back_up(place, {command.folder, command.keep, command.passphrase_file}, system_clock(), system_random()));
        running.reset();
        print_backup(place, made);
        return kOk;
    });
}

int backup_drill(const DrillCommand& command) {
    app::DrillWish wish{command.backup, command.in, {}};
    for (const std::string& text : command.keys) {
        auto key = crypto::PublicKey::from_base64url(text);
        if (!key) return complain(Error(Category::invalid, "--key takes an Ed25519 public key in base64url"));
        wish.keys.add(std::move(*key));
    }
    auto running = std::make_optional<StillRuns>("restoring, and looking at all of it");
    const auto report = app::drill(wish, system_clock());
    running.reset();
    if (!report) return complain(report.error());
    std::printf("Drill of %s\n", report->backup.c_str());
    for (const app::DrillStep& step : report->steps) std::printf("%s %7.2f s  %s\n", step.ok ? "ok  " : "FAIL", step.seconds, step.said.c_str());
    if (!report->noted) {
        std::fflush(stdout);
        std::fprintf(stderr, "idun: drill.json cannot be written beside the backup (%s): the role's metrics do not tell of this drill\n", report->noted.error().message.c_str());
    }
    if (!report->ok) {
        std::printf("This backup cannot be relied on: take another one, and look at the disk it lies on.\n");
        return kUntrue;
    }
    std::printf("A role could be started from it after %.1f s; all of it was looked at in %.1f s.\n", report->restore_seconds, report->seconds);
    return kOk;
}

int restore(const RestoreCommand& command) {
    const auto config = read_config(command.config);
    if (!config) return complain(config.error());
    const auto place = app::role_place(*config, command.role);
    if (!place) return complain(place.error());
    auto running = std::make_optional<StillRuns>(place->name + ": restoring");
    const auto restored = app::restore(*place, {command.backup, command.keys_file, command.passphrase_file});
    running.reset();
    if (!restored) return complain(restored.error());
    const upkeep::Manifest& m = restored->manifest;
    for (const std::string& key : restored->keys_left)
        std::printf("%s: %s was there and stays; the sealed one is another.\n", place->name.c_str(), key.c_str());
    std::printf(
        "%s is as it was at %s: version %llu of the store, the log until entry %llu. What came after is not here: %s\n",
        place->name.c_str(), to_iso(m.began).c_str(), static_cast<unsigned long long>(m.version),
        static_cast<unsigned long long>(m.logs.back().size),
        place->role == "node" ? "start it; where its log was written on since, it says so and `idun log renew` goes on."
                              : "start it; nodes send what it has not got. Where its witnesses know more of its log, "
                                "it says so and `idun log renew` goes on.");
    return kOk;
}

}  // namespace idun::cli
