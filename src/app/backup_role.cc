#include "app/backup_role.h"

#include <filesystem>

#include "app/compressed.h"
#include "app/role_asker.h"
#include "json/document.h"
#include "store/embedded.h"
#include "store/postgres.h"
#include "upkeep/restore.h"
#include "upkeep/room.h"
#include "upkeep/take.h"
#include "upkeep/verified.h"

namespace idun::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBackups = "/upkeep/backups";
constexpr std::string_view kPseudonymKey = "pseudonym.key";

std::string file_name(const std::string& path) { return fs::path(path).filename().string(); }

struct Made {
    std::string path;
    std::string warning;
};

// What the role says when none is being made. Of backups of an earlier process it says nothing.
Result<Made> how_it_ended(const RolePlace& place, json::Value last) {
    if (!last) return fail(Category::unavailable, place.name + " was started again while it made its backup: no backup was made");
    if (last["error"]) return fail(Category::unavailable, std::string(last["error"].text()));
    return Made{place.backups + "/" + std::string(last["name"].text()), std::string(last["warning"].text())};
}

// Begins one and waits for its end.
Result<Made> ask_running(const RolePlace& place, const BackupWish& wish, const Clock& clock, Random& random) {
    if (!wish.folder.empty() && wish.folder + "/" + place.name != place.backups)
        return fail(Category::conflict, place.name + " runs, and writes its backups only where its configuration says: backups = \"…\"; leave the folder out");
    TRY_ASSIGN(const RoleKeys keys, keys_of(place));
    RoleAsker role(place, keys.key(), clock, random);
    TRY(role.begin(kBackups, wish.keep == 0 ? std::string() : "{\"keep\":" + std::to_string(wish.keep) + "}"));
    for (;;) {
        const auto answer = role.ask_again(kBackups);
        if (!answer) return fail(answer.error().within(place.name + " does not say how its backup ended; what is not in " + place.backups + " was not made"));
        TRY_ASSIGN(const auto document, json::Document::parse(*answer));
        const json::Value root = document.root();
        if (!root["running"]) return how_it_ended(place, root["last"]);
    }
}

Result<Made> make_stopped(const RolePlace& place, const std::string& folder, const BackupWish& wish, const Clock& clock) {
    TRY_ASSIGN(const OpenedRole role, open_role(place, clock));
    upkeep::Source source{.role = place.role, .id = place.id, .store = *role.store, .ledger = *role.ledger, .folder = place.folder,
                          .closed_logs = {}, .current_log = file_name(role.log.folder), .key = role.keys->key(), .clock = clock};
    for (const RoleLog& log : role.closed) source.closed_logs.push_back(file_name(log.folder));
    TRY_ASSIGN(auto made, upkeep::take_backup(source, folder, wish.keep));
    return Made{std::move(made.path), made.tidied ? std::string() : made.tidied.error().message};
}

// The key, the next one, and the changes that were announced: every file, by its path.
Result<upkeep::KeyTexts> key_texts(const std::string& folder) {
    upkeep::KeyTexts out;
    std::error_code error;
    for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
        if (it->is_regular_file(error)) {
            TRY_ASSIGN(out["keys/" + fs::path(it->path()).lexically_relative(folder).string()], read_file(it->path().string()));
        }
    if (error) return fail(Category::unavailable, "the keys cannot be read: " + error.message());
    return out;
}

Result<std::string> seal_beside(const RolePlace& place, const std::string& folder, const BackupWish& wish, Random& random) {
    TRY_ASSIGN(const std::string passphrase, upkeep::passphrase_in(wish.passphrase_file));
    TRY_ASSIGN(upkeep::KeyTexts keys, key_texts(place.folder + "/keys"));
    TRY_ASSIGN(keys[std::string(kPseudonymKey)], read_file(place.blind_key.file));
    TRY_ASSIGN(const std::string sealed, upkeep::seal_keys(keys, passphrase, random));
    const std::string file = folder + ".keys";
    TRY(ledger::system_files().write_whole(file, sealed, true));
    return file;
}

// The sealed keys of the role. Next to a signing key that followed the sealed one its next key is none.
Result<upkeep::KeyTexts> sealed_keys(const RolePlace& place, const RestoreWish& wish) {
    TRY_ASSIGN(const std::string passphrase, upkeep::passphrase_in(wish.passphrase_file));
    TRY_ASSIGN(const std::string sealed, read_file(wish.keys_file));
    TRY_ASSIGN(upkeep::KeyTexts keys, upkeep::open_keys(sealed, passphrase));
    const std::string name = "keys/" + place.keys().name;
    const auto signing = keys.find(name);
    if (signing == keys.end()) return fail(Category::invalid, "the sealed keys are not those of " + place.name);
    std::error_code error;
    if (fs::exists(place.keys().file(), error)) {
        TRY_ASSIGN(const std::string there, read_file(place.keys().file()));
        if (there != signing->second) keys.erase(name + ".next");
    }
    return keys;
}

// Whoever can write where backups lie can sign one with a key of his own.
Status signed_by_role(RolePlace place, const std::string& folder, const upkeep::Manifest& manifest) {
    place.folder = folder;
    TRY_ASSIGN(const RoleKeys keys, keys_of(place));
    TRY_ASSIGN(const auto signer, crypto::PublicKey::from_base64url(manifest.key));
    if (keys.all().find(signer.id().text) != nullptr) return {};
    return fail(Category::forbidden, "the backup was signed by " + manifest.key + ", which is no key of " + place.name + ", nor one that it followed or that follows it");
}

// To its own place, before the role has its folder. True when another one lies there.
Result<bool> put_pseudonym_key(const RolePlace& place, const std::string& text) {
    std::error_code error;
    if (fs::exists(place.blind_key.file, error)) {
        TRY_ASSIGN(const std::string there, read_file(place.blind_key.file));
        return there != text;
    }
    const fs::path folder = fs::absolute(place.blind_key.file, error).parent_path();
    if (!fs::exists(folder, error)) TRY(make_folder(folder.string()));  // one that is there may hold what others read
    TRY(ledger::system_files().write_whole(place.blind_key.file, text, true));
    return false;
}

constexpr std::string_view kPostgres = "postgresql:";
bool in_postgres(const RolePlace& place) { return place.store.starts_with(kPostgres); }

Status restore_store(const RolePlace& place, const std::string& backup, const std::string& sha256, const std::string& folder) {
    if (in_postgres(place))
        return store::restore_postgres(backup, {.connection = place.store.substr(kPostgres.size()), .schema = place.schema}, sha256);
    return store::restore_embedded(backup, folder + "/store", sha256);
}

}  // namespace

Result<MadeBackup> back_up(const RolePlace& place, const BackupWish& wish, const Clock& clock, Random& random) {
    const std::string folder = wish.folder.empty() ? place.backups : wish.folder + "/" + place.name;
    if (folder.empty()) return fail(Category::invalid, "where to? name a folder, or set backups = \"…\" in the configuration");
    if (!wish.passphrase_file.empty()) {  // before an hour of copying
        TRY(upkeep::passphrase_in(wish.passphrase_file));
        TRY(read_blind_key(place.blind_key, random));
    }
    MadeBackup out;
    TRY_ASSIGN(Made made, runs(place) ? ask_running(place, wish, clock, random) : make_stopped(place, folder, wish, clock));
    out.path = std::move(made.path);
    out.warning = std::move(made.warning);
    TRY_ASSIGN(out.manifest, upkeep::read_manifest(out.path));
    if (!wish.passphrase_file.empty()) {
        TRY_ASSIGN(out.keys_file, seal_beside(place, folder, wish, random));
    } else {
        out.key_files = {place.keys().file(), place.blind_key.file};
        const Status found = lies_there(place.blind_key);
        if (!found && out.warning.empty()) out.warning = found.error().message;
    }
    return out;
}

Result<RestoredRole> restore(const RolePlace& place, const RestoreWish& wish) {
    RestoredRole out;
    TRY_ASSIGN(out.manifest, upkeep::verified_backup(wish.backup));
    if (out.manifest.role != place.role || out.manifest.id != place.id)
        return fail(Category::conflict, "this is a backup of " + out.manifest.role + " " + out.manifest.id + ", not of " + place.name);
    TRY(upkeep::has_room(place.folder, upkeep::kRestoredPerByte * (in_postgres(place) ? out.manifest.log_file().bytes : out.manifest.bytes()), "a restore of this backup"));
    upkeep::KeyTexts keys;
    if (wish.keys_file.empty()) {
        TRY(keys_of(place));  // says where it should lie
    } else {
        TRY_ASSIGN(keys, sealed_keys(place, wish));
        TRY(lies_apart(place.blind_key));
    }
    const auto pseudonym = keys.extract(std::string(kPseudonymKey));
    bool other_pseudonym = false;
    const auto keys_fit = [&](const std::string& folder) -> Status {
        TRY(signed_by_role(place, folder, out.manifest));
        if (!pseudonym) return {};
        TRY_ASSIGN(other_pseudonym, put_pseudonym_key(place, pseudonym.mapped()));
        return {};
    };
    const auto put_store = [&](const std::string& backup, const std::string& sha256, const std::string& folder) {
        return restore_store(place, backup, sha256, folder);
    };
    const upkeep::RestoreTo to{.folder = place.folder,
                               .restore_store = put_store,
                               .keys = std::move(keys),
                               .keys_fit = keys_fit};
    TRY_ASSIGN(out.keys_left, upkeep::restore_role(wish.backup, out.manifest, to));
    if (other_pseudonym) out.keys_left.push_back(file_name(place.blind_key.file));
    return out;
}

}  // namespace idun::app
