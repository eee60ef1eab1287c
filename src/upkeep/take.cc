#include "upkeep/take.h"

#include "base/file.h"
#include "base/program.h"
#include "store/backup_summary.h"
#include "upkeep/archive.h"
#include "upkeep/kept.h"
#include "upkeep/verified.h"

namespace idun::upkeep {
namespace {

// The copy holds the records of many people: that it was made is in the log, and so in the copy.
Status log_copying(const Source& source, const std::string& name, Instant now) {
    ledger::Access access;
    access.time = now;
    access.action = ledger::Action::export_data;
    access.requester = {source.id, "", "system", "", ""};
    access.purpose = "HOPERAT";
    access.query = "backup " + name;
    TRY(source.ledger.append(access));
    return {};
}

Status copy_logs(const Source& source, const std::string& path, Manifest& manifest) {
    TRY_ASSIGN(ArchiveWriter archive, ArchiveWriter::create(path, source.stop));
    for (const std::string& folder : source.closed_logs) {
        archive.within(folder);
        TRY_ASSIGN(auto log, ledger::copy_closed_log(ledger::system_files(), source.folder + "/" + folder, archive));
        manifest.logs.push_back({std::move(log.log_id), folder, log.size, std::move(log.checkpoint)});
    }
    TRY(source.ledger.root(source.ledger.size()));  // waits until tiles hold what is there
    archive.within(source.current_log);
    TRY_ASSIGN(auto log, source.ledger.copy(archive));
    manifest.logs.push_back({std::move(log.log_id), source.current_log, log.size, std::move(log.checkpoint)});
    return archive.finish();
}

// For one as large as the newest and a quarter more.
Status room_for_another(const Source& source, const std::string& folder) {
    TRY_ASSIGN(const auto all, kept_backups(folder));
    if (all.empty()) return has_room(folder, 0, "a backup", source.free);
    const auto newest = read_manifest(all.back().path);
    return has_room(folder, newest ? newest->bytes() + newest->bytes() / 4 : 0, "a backup", source.free);
}

// Copied, read back and signed.
Result<Manifest> fill(const Source& source, const std::string& at, const std::string& name, Instant began) {
    Manifest manifest;
    manifest.began = began;
    TRY(log_copying(source, name, manifest.began));
    TRY(source.store.backup(at + "/store", source.stop));
    TRY(copy_logs(source, at + "/log.backup", manifest));
    TRY_ASSIGN(const store::BackupSummary summary, store::summary_of_backup(at + "/store", source.stop));
    for (const char* file : {"store/store.backup", "log.backup"}) {
        TRY_ASSIGN(BackedUpFile one, digest_of(at, file, source.stop));
        manifest.files.push_back(std::move(one));
    }
    manifest.program = kProgram;
    manifest.role = source.role;
    manifest.id = source.id;
    manifest.key = source.key.public_key().base64url();
    manifest.version = summary.version.number;
    manifest.entries = summary.entries;
    manifest.notes = summary.notes;
    manifest.ended = source.clock.now();
    TRY(write_manifest(at, manifest, source.key));
    return manifest;
}

}  // namespace

std::string backup_name(Instant time) {
    std::string out;
    for (const char c : to_iso(time).substr(0, 19))
        if (c != '-' && c != ':') out += c;
    return out + "Z";
}

Result<TakenBackup> take_backup(const Source& source, const std::string& folder, std::size_t keep) {
    ledger::FileSystem& files = ledger::system_files();
    TRY(files.create_folder(folder));
    const auto lock = files.lock(folder);
    if (!lock)
        return fail(lock.error().category == Category::conflict ? Error(Category::conflict, "a backup is being made there already")
                                                                : lock.error());
    TRY(clear_unfinished(folder));
    TRY(room_for_another(source, folder));
    const Instant began = source.clock.now();
    const std::string name = backup_name(began);
    TRY_ASSIGN(NewFolder made, NewFolder::make(folder + "/" + name));
    RoomWatch room(folder, "a backup", source.free, source.stop);
    Source watched = source;
    watched.stop = room.token();
    auto manifest = fill(watched, made.partial(), name, began);
    TRY(room.found());
    if (!manifest) return fail(manifest.error());
    TRY(made.finish());
    return TakenBackup{folder + "/" + name, std::move(*manifest), keep_newest(folder, keep)};
}

}  // namespace idun::upkeep
