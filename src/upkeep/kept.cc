#include "upkeep/kept.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "json/document.h"
#include "json/writer.h"
#include "ledger/file_system.h"

namespace idun::upkeep {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRemoved = ".removed";
constexpr std::string_view kPartial = ".partial";

// "20261126T164000Z"
bool is_backup_name(std::string_view name) {
    if (name.size() != 16 || name[8] != 'T' || name[15] != 'Z') return false;
    for (std::size_t i = 0; i < 15; ++i)
        if (i != 8 && (name[i] < '0' || name[i] > '9')) return false;
    return true;
}

Status remove_whole(const KeptBackup& backup) {
    const std::string away = backup.path + std::string(kRemoved);
    std::error_code error;
    fs::rename(backup.path, away, error);  // from here on it is none
    if (!error) fs::remove_all(away, error);
    return error ? fail(Category::unavailable, "an old backup cannot be removed: " + error.message()) : Status{};
}

}  // namespace

Result<std::vector<KeptBackup>> kept_backups(const std::string& folder) {
    std::vector<KeptBackup> out;
    auto names = ledger::system_files().list(folder);
    if (!names && names.error().category == Category::not_found) return out;
    if (!names) return fail(names.error());
    for (std::string& name : *names)
        if (is_backup_name(name)) out.push_back({name, folder + "/" + name});
    return out;
}

Status keep_newest(const std::string& folder, std::size_t keep) {
    if (keep == 0) return {};
    TRY_ASSIGN(const auto all, kept_backups(folder));
    for (std::size_t i = 0; i + keep < all.size(); ++i) TRY(remove_whole(all[i]));
    return {};
}

Status clear_unfinished(const std::string& folder) {
    TRY_ASSIGN(const auto names, ledger::system_files().list(folder));
    for (const std::string& name : names) {
        const bool ours = name.size() > 16 && is_backup_name(std::string_view(name).substr(0, 16));
        if (!ours || !(name.ends_with(kPartial) || name.ends_with(kRemoved))) continue;
        std::error_code error;
        fs::remove_all(folder + "/" + name, error);
        if (error) return fail(Category::unavailable, "what is left of an earlier backup cannot be removed: " + error.message());
    }
    return {};
}

Status note_drill(const std::string& folder, const LastDrill& drill) {
    json::Writer w;
    w.object().member("backup", drill.backup).member("time", to_iso(drill.time)).member("ok", drill.ok);
    w.name("seconds").raw(std::to_string(drill.seconds)).end();
    return ledger::system_files().write_whole(folder + "/drill.json", w.take() + "\n", true);
}

std::optional<LastDrill> last_drill(const std::string& folder) {
    const auto text = ledger::system_files().read(folder + "/drill.json", 0, 4096);
    const auto document = text ? json::Document::parse(*text) : Result<json::Document>(fail(text.error()));
    if (!document) return std::nullopt;
    const json::Value root = document->root();
    const auto time = from_iso(root["time"].text());
    if (!time) return std::nullopt;
    return LastDrill{std::string(root["backup"].text()), *time, root["ok"].boolean(), std::strtod(std::string(root["seconds"].text()).c_str(), nullptr)};
}

}  // namespace idun::upkeep
