#include "upkeep/restore.h"

#include <fcntl.h>
#include <stdio.h>

#include <filesystem>
#include <set>

#include "base/file.h"
#include "upkeep/archive.h"

namespace idun::upkeep {
namespace {

namespace fs = std::filesystem;

// What a role may have before it has ever run: keys, which `idun keys` makes.
Status nothing_in_the_way(const std::string& folder) {
    std::error_code error;
    if (!fs::exists(folder, error)) return {};
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
        const std::string name = entry.path().filename().string();
        if (name != "keys" && name != "witness")
            return fail(Category::conflict, folder + " holds " + name + ": a restore overwrites nothing; move it away first");
    }
    return error ? fail(Category::unavailable, folder + " cannot be read: " + error.message()) : Status{};
}

Status keep_keys(const std::string& from, const std::string& to) {
    std::error_code error;
    if (fs::exists(from + "/keys", error)) fs::copy(from + "/keys", to + "/keys", fs::copy_options::recursive, error);
    if (!error && !fs::exists(to + "/keys", error)) fs::create_directory(to + "/keys", error);
    return error ? fail(Category::unavailable, "restore: the keys cannot be copied: " + error.message()) : Status{};
}

Result<bool> holds(const std::string& path, std::string_view text) {
    TRY_ASSIGN(InFile file, InFile::open(path));
    if (file.left() != text.size()) return false;
    TRY_ASSIGN(const std::string bytes, file.read(text.size()));
    return bytes == text;
}

// A key that is there may be newer than the one given, and the only copy of it. Names those that differ.
Result<std::vector<std::string>> put_keys(const KeyTexts& keys, const std::string& folder) {
    std::vector<std::string> others;
    for (const auto& [name, text] : keys) {
        if (!is_archive_name(name)) return fail(Category::corrupt, "restore: a key has a name that no key has");
        const std::string path = folder + "/" + name;
        std::error_code error;
        if (fs::exists(path, error)) {
            TRY_ASSIGN(const bool same, holds(path, text));
            if (!same) others.push_back(name);
            continue;
        }
        fs::create_directories(fs::path(path).parent_path(), error);
        TRY_ASSIGN(OutFile file, OutFile::create(path));
        TRY(file.write(text));
        TRY(file.finish());
    }
    return others;
}

// In one step; what was there before goes.
Status take_place(const std::string& made, const std::string& folder) {
    std::error_code error;
    if (!fs::exists(folder, error)) {
        fs::rename(made, folder, error);
        if (error) return fail(Category::unavailable, "restore: the folder cannot take its name: " + error.message());
    } else {
        if (::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) != 0)
            return fail(Category::unavailable, "restore: the folder cannot take its place");
        fs::remove_all(made, error);
    }
    return sync_folder(fs::path(folder).parent_path().string());
}

// The files are read again, from a place that others may write to: what is hashed is what is put here.
Status put_logs(const std::string& backup, const Manifest& manifest, const std::string& made) {
    std::set<std::string, std::less<>> folders;
    for (const BackedUpLog& log : manifest.logs) folders.insert(log.folder);
    FolderFiller filler(made, std::move(folders));
    TRY_ASSIGN(const std::string sha256, read_archive(backup + "/log.backup", filler));
    return sha256 == manifest.log_file().sha256 ? Status{} : fail(Category::corrupt, "restore: log.backup is not the file that was verified");
}

Result<std::vector<std::string>> fill(const std::string& backup, const Manifest& manifest, const RestoreTo& to, const std::string& made) {
    std::error_code error;
    fs::remove_all(made, error);
    fs::create_directories(made, error);
    if (!error) fs::permissions(made, fs::perms::owner_all, error);
    if (error) return fail(Category::unavailable, "restore: the folder cannot be made: " + error.message());
    TRY(keep_keys(to.folder, made));
    TRY_ASSIGN(std::vector<std::string> others, put_keys(to.keys, made));
    if (to.keys_fit) TRY(to.keys_fit(made));
    TRY(put_logs(backup, manifest, made));
    TRY(to.restore_store(backup + "/store", manifest.store_file().sha256, made));
    TRY(sync_all(made));
    return others;
}

}  // namespace

Result<std::vector<std::string>> restore_role(const std::string& backup, const Manifest& manifest, const RestoreTo& to) {
    TRY(nothing_in_the_way(to.folder));
    const std::string made = to.folder + ".restored";
    auto filled = fill(backup, manifest, to, made);
    const Status done = filled ? take_place(made, to.folder) : fail(filled.error());
    if (done) return filled;
    std::error_code ignored;
    fs::remove_all(made, ignored);
    return fail(done.error());
}

}  // namespace idun::upkeep
