#include "app/role_log.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <set>

namespace idun::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFollowing = "log-";

std::string folder_of(const std::string& role_folder, std::uint32_t place) {
    return place < 2 ? role_folder + "/log" : fmt::format("{}/{}{}", role_folder, kFollowing, place);
}

// Of "log-7"; 0 for other names.
std::uint32_t place_in(std::string_view name) {
    if (!name.starts_with(kFollowing)) return 0;
    name.remove_prefix(kFollowing.size());
    std::uint32_t place = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), place);
    return error == std::errc() && end == name.data() + name.size() ? place : 0;
}

// In a folder that does not count yet.
Result<std::uint64_t> write_new(const ledger::Ledger& log, const std::string& folder, const ledger::Succession& before,
                                std::uint64_t carry_from, const crypto::SigningKey& key, const Clock& clock,
                                const ledger::Options& options) {
    const std::string id =
        ledger::log_id_of(ledger::owner_of(log.log_id()), ledger::place_of(before.shipped.log_id) + 1);
    TRY_ASSIGN(const auto fresh,
               ledger::Ledger::open(folder, id, key, ledger::system_files(), clock, nullptr, options));
    TRY(fresh->append(ledger::access_of(before, clock.now())));
    std::uint64_t carried = 0;
    TRY(log.for_each(carry_from, [&](const ledger::Entry& entry) -> Status {
        if (!entry.access) return {};
        TRY(fresh->append(*entry.access));
        ++carried;
        return {};
    }));
    return carried;
}

}  // namespace

Result<std::vector<RoleLog>> all_logs(const std::string& role_folder, const std::string& owner) {
    std::set<std::uint32_t> places{1};
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(role_folder, error))
        if (const std::uint32_t place = place_in(entry.path().filename().string()); place > 1) places.insert(place);
    if (error) return fail(Category::unavailable, "cannot read the folder " + role_folder + ": " + error.message());
    std::vector<RoleLog> out;
    for (const std::uint32_t place : places)
        out.push_back({folder_of(role_folder, place), ledger::log_id_of(owner, place)});
    // After the first one's disk was set back behind a later one there may be none of it.
    if (out.size() > 1 && !fs::exists(out.front().folder, error)) out.erase(out.begin());
    return out;
}

Result<std::pair<std::vector<RoleLog>, RoleLog>> logs_of(const std::string& role_folder, const std::string& owner) {
    TRY_ASSIGN(auto all, all_logs(role_folder, owner));
    RoleLog current = std::move(all.back());
    all.pop_back();
    return std::pair{std::move(all), std::move(current)};
}

Result<RoleLog> current_log(const std::string& role_folder, const std::string& owner) {
    TRY_ASSIGN(auto logs, logs_of(role_folder, owner));
    return std::move(logs.second);
}

Result<std::vector<std::shared_ptr<const ledger::ClosedLog>>> closed_logs(const std::string& role_folder,
                                                                          const std::string& owner,
                                                                          const crypto::KeySet& keys) {
    TRY_ASSIGN(const auto logs, logs_of(role_folder, owner));
    std::vector<std::shared_ptr<const ledger::ClosedLog>> out;
    for (const RoleLog& one : logs.first)
        out.push_back(std::make_shared<const ledger::ClosedLog>(one.folder, one.id, keys, ledger::system_files()));
    return out;
}

Status begin_log_after(const ledger::Ledger& log, const std::string& role_folder, const ledger::Succession& before,
                       std::uint64_t carry_from, const crypto::SigningKey& key, const Clock& clock,
                       const ledger::Options& options, RenewedLog& out) {
    out.closed = before.shipped.log_id;
    out.log_id = ledger::log_id_of(ledger::owner_of(log.log_id()), ledger::place_of(out.closed) + 1);
    const std::string folder = folder_of(role_folder, ledger::place_of(out.log_id));
    const std::string unfinished = folder + ".new";  // what a crash left of it is made anew
    std::error_code error;
    fs::remove_all(unfinished, error);
    TRY_ASSIGN(out.carried, write_new(log, unfinished, before, carry_from, key, clock, options));
    fs::rename(unfinished, folder, error);
    if (error) return fail(Category::unavailable, "cannot name the new log " + folder + ": " + error.message());
    return ledger::system_files().sync_folder(role_folder);
}

}  // namespace idun::app
