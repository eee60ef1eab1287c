// `idun blind-key status`.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "app/role_blind_key_status.h"
#include "cli/commands.h"
#include "cli/each_role.h"

namespace idun::cli {
namespace {

void print_row(const std::string& name, const std::vector<std::uint64_t>& under, const std::string& unknown) {
    std::string line = fmt::format("{:<24}", name);
    for (const std::uint64_t count : under) line += fmt::format(" {:>12}", count);
    std::puts(fmt::format("{} {:>12}", line, unknown).c_str());
}

void print_hub(const people::KeyCounts& stands) {
    std::string head = fmt::format("{:<24}", "rows under the key");
    for (const std::string& key : stands.keys) head += fmt::format(" {:>12}", key);
    std::puts(fmt::format("{} {:>12}", head, "no alias").c_str());
    print_row("(pseudonyms)", stands.pseudonyms, "");
    for (const auto& rows : stands.tables) print_row(rows.table, rows.under, std::to_string(rows.unknown));
}

void print_node(const std::string& name, const app::BlindKeys& keys) {
    const auto say = [&](const std::string& what) { std::puts((name + ": " + what).c_str()); };
    say(keys.named_by.empty() ? "it is not said by which keys patients are named"
                              : "all patients are named by " + keys.named_by + (keys.since.empty() ? "" : ", or were"));
    say(keys.since.empty() ? "no renaming is under way" : "a renaming is under way, by " + keys.since);
    say(keys.told.empty() ? "the hub was not told of all by several keys" : "the hub was told of all by " + keys.told);
}

// A line for each key that is not the one that writes.
bool print_leaving(const std::string& name, const app::BlindKeys& keys) {
    if (keys.others.empty()) std::puts((name + ": there is one key, and none that may leave").c_str());
    bool all = true;
    for (const auto& one : keys.others) {
        std::puts(fmt::format("{}: may the key {} leave? {}: {}", name, one.key, one.may ? "yes" : "no", one.because)
                      .c_str());
        all = all && one.may;
    }
    return all;
}

}  // namespace

int blind_key_status(const CareCommand& command) {
    return each_role(command.config, command.role, [](const app::RolePlace& place) -> Result<int> {
        const auto keys = app::blind_keys_of(place, system_clock(), system_random(),
                                             [&](std::uint64_t rows) { show_rows(place.name, rows); });
        if (::isatty(STDERR_FILENO) != 0) std::fputs("\r\033[K", stderr);
        if (!keys) return fail(keys.error());
        std::string ring = place.name + ": the ring is";
        for (const std::string& key : keys->ring) ring += " " + key + (&key == &keys->ring.front() ? " (writes)" : "");
        std::puts(ring.c_str());
        if (place.role == "hub")
            print_hub(keys->stands);
        else
            print_node(place.name, *keys);
        return print_leaving(place.name, *keys) ? kOk : kUntrue;
    });
}

}  // namespace idun::cli
