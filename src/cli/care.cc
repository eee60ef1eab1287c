// `idun scan` and `idun compact`.
#include <unistd.h>

#include <cstdio>
#include <optional>

#include "app/role_care.h"
#include "cli/commands.h"
#include "cli/each_role.h"

namespace idun::cli {
namespace {

void print_scan(const std::string& name, const app::ScannedRole& scanned) {
    std::uint64_t rows = 0;
    int empty = 0;
    std::printf("%s: version %llu of the store%s\n%-24s %4s %12s %14s %9s\n", name.c_str(), static_cast<unsigned long long>(scanned.report.version.number),
                scanned.running ? ", looked through by the role itself" : "", "table", "form", "rows", "bytes", "findings");
    for (const auto& sum : scanned.report.tables) {
        rows += sum.rows;
        if (sum.rows == 0 && sum.findings == 0) {
            ++empty;
            continue;
        }
        std::printf("%-24s %4u %12llu %14llu %9llu\n", sum.table.empty() ? "(of no table)" : sum.table.c_str(), sum.form, static_cast<unsigned long long>(sum.rows),
                    static_cast<unsigned long long>(sum.bytes), static_cast<unsigned long long>(sum.findings));
    }
    if (empty > 0) std::printf("%d other tables have no rows\n", empty);
    for (const store::ScanFinding& one : scanned.report.findings) std::printf("%s\n", one.sentence().c_str());
    if (scanned.report.found > scanned.report.findings.size())
        std::printf("and %llu more\n", static_cast<unsigned long long>(scanned.report.found - scanned.report.findings.size()));
    std::printf("%s: %llu rows in %.1f s, %s\n", name.c_str(), static_cast<unsigned long long>(rows), scanned.seconds,
                scanned.report.found == 0 ? "nothing found" : (std::to_string(scanned.report.found) + " findings").c_str());
}

}  // namespace

int scan(const CareCommand& command) {
    return each_role(command.config, command.role, [](const app::RolePlace& place) -> Result<int> {
        const auto scanned = app::scan_role(place, system_clock(), system_random(), [&](std::uint64_t rows) { show_rows(place.name, rows); });
        if (::isatty(STDERR_FILENO) != 0) std::fputs("\r\033[K", stderr);
        if (!scanned) return fail(scanned.error());
        print_scan(place.name, *scanned);
        return scanned->report.found > 0 ? kUntrue : kOk;
    });
}

int compact(const CareCommand& command) {
    return each_role(command.config, command.role, [](const app::RolePlace& place) -> Result<int> {
        auto running = std::make_optional<StillRuns>(place.name + ": compacting");
        TRY_ASSIGN(const auto done, app::compact_role(place, system_clock(), system_random()));
        running.reset();
        const auto mib = [](std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); };
        std::printf("%s: %.1f MiB before, %.1f MiB after, in %.1f s\n", place.name.c_str(), mib(done.bytes.before), mib(done.bytes.after), done.seconds);
        if (done.bytes.reusable >= 1 << 20) std::printf("%s: of it about %.1f MiB are free for new rows\n", place.name.c_str(), mib(done.bytes.reusable));
        return kOk;
    });
}

}  // namespace idun::cli
