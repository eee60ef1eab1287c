#include "app/role_backups.h"

#include <filesystem>
#include <mutex>
#include <stop_token>
#include <thread>

#include "app/role_place.h"
#include "base/log.h"
#include "base/rounds.h"
#include "upkeep/kept.h"
#include "upkeep/take.h"

namespace idun::app {
namespace {

constexpr std::chrono::seconds kLook{10};  // between two looks at what lies there

struct BackupGauges {
    explicit BackupGauges(Metrics& m)
        : newest(m.gauge("idun_backup_newest_timestamp_seconds", "When the newest backup began; 0: there is none")),
          bytes(m.gauge("idun_backup_newest_bytes", "Size of the newest backup")),
          kept(m.gauge("idun_backups_kept", "Backups that lie in the configured folder")),
          drill(m.gauge("idun_backup_drill_timestamp_seconds", "When the last restore drill ended; 0: there was none")),
          drill_ok(m.gauge("idun_backup_drill_ok", "1 when the last restore drill found everything well")),
          failures(m.counter("idun_backup_failures_total", "Backups that were not made")) {}
    Gauge& newest;
    Gauge& bytes;
    Gauge& kept;
    Gauge& drill;
    Gauge& drill_ok;
    Counter& failures;
};

double seconds_of(Instant time) { return static_cast<double>(time.ms) / 1000; }

Result<trust::ProviderKeys> own_key(const std::string& id, const crypto::SigningKey& key) {
    trust::ProviderKeys out;
    TRY(out.add(id, key.public_key()));
    return out;
}

}  // namespace

struct RoleBackups::Impl {
    Impl(RolePlace r, BackedParts p, trust::ProviderKeys keys)
        : role(std::move(r)),
          parts(p),
          operators(role.audience(), std::move(keys), p.clock),
          gauges(p.metrics),
          looks({.failing = "the folder of backups cannot be read", .again = "the folder of backups can be read again",
                 .about = {"role", role.role}},
                parts.clock, [this]() -> Result<std::chrono::milliseconds> {
                    TRY(look());
                    return kLook;
                }) {}

    ~Impl() {
        looks.stop();
        stopping.request_stop();
        if (thread.joinable()) thread.join();
    }

    Status look() {
        if (role.backups.empty()) return {};
        TRY_ASSIGN(const auto all, upkeep::kept_backups(role.backups));
        gauges.kept.set(static_cast<double>(all.size()));
        if (all.empty()) {
            gauges.newest.set(0);
        } else {
            TRY_ASSIGN(const upkeep::Manifest newest, upkeep::read_manifest(all.back().path));
            gauges.newest.set(seconds_of(newest.began));
            gauges.bytes.set(static_cast<double>(newest.bytes()));
        }
        if (const auto drill = upkeep::last_drill(role.backups)) {
            gauges.drill.set(seconds_of(drill->time));
            gauges.drill_ok.set(drill->ok ? 1 : 0);
        }
        return {};
    }

    Status begin(std::size_t keep) {
        if (role.backups.empty()) return fail(Category::not_found, "the configuration names no folder for backups: backups = \"…\"");
        const std::lock_guard lock(mutex);
        if (!state.running.empty()) return fail(Category::conflict, "a backup is being made");
        if (thread.joinable()) thread.join();
        state.running = upkeep::backup_name(parts.clock.now());
        thread = std::thread([this, keep] { make(keep); });
        return {};
    }

    void make(std::size_t keep) {
        const Instant began = parts.clock.now();
        const auto made = take(keep);
        api::BackupState::Last last;
        last.seconds = static_cast<double>((parts.clock.now() - began).count()) / 1000;
        if (made) {
            last.name = std::filesystem::path(made->path).filename().string();
            last.bytes = made->manifest.bytes();
            log::info("backup made", {{"role", role.role}, {"backup", last.name}, {"bytes", last.bytes}, {"ms", (parts.clock.now() - began).count()}});
            if (!made->tidied) {
                last.warning = made->tidied.error().message;
                log::warn("older backups stay", {{"role", role.role}, {"error", last.warning}});
            }
        } else {
            last.error = made.error().message;
            gauges.failures.add();
            log::error("backup not made", {{"role", role.role}, {"error", last.error}});
        }
        {
            const std::lock_guard lock(mutex);
            state = {"", std::move(last)};
        }
        looks.nudge();
    }

    Result<upkeep::TakenBackup> take(std::size_t keep) {
        TRY_ASSIGN(const auto logs, logs_of(role.folder, role.id));
        upkeep::Source source{.role = role.role,
                              .id = role.id,
                              .store = parts.store,
                              .ledger = parts.ledger,
                              .folder = role.folder,
                              .closed_logs = {},
                              .key = parts.key,
                              .clock = parts.clock,
                              .stop = stopping.get_token()};
        for (const RoleLog& log : logs.first)
            source.closed_logs.push_back(std::filesystem::path(log.folder).filename().string());
        source.current_log = std::filesystem::path(logs.second.folder).filename().string();
        return upkeep::take_backup(source, role.backups, keep);
    }

    const RolePlace role;
    const BackedParts parts;
    const api::Operators operators;
    BackupGauges gauges;
    std::stop_source stopping;
    std::mutex mutex;  // of the state and the thread
    api::BackupState state;
    std::thread thread;
    Rounds looks;
};

RoleBackups::RoleBackups(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RoleBackups::~RoleBackups() = default;

Result<std::unique_ptr<RoleBackups>> RoleBackups::of(RolePlace role, BackedParts parts) {
    TRY_ASSIGN(auto keys, own_key(role.id, parts.key));
    return std::unique_ptr<RoleBackups>(new RoleBackups(std::make_unique<Impl>(std::move(role), parts, std::move(keys))));
}

const api::Operators& RoleBackups::operators() const { return impl_->operators; }

void RoleBackups::add_routes(http::Router& router) {
    api::add_upkeep_routes(router, {.operators = impl_->operators,
                                    .begin_backup = [this](std::size_t keep) { return impl_->begin(keep); },
                                    .backup_state = [this] {
                                        const std::lock_guard lock(impl_->mutex);
                                        return impl_->state;
                                    }});
}

}  // namespace idun::app
