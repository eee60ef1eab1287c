#include "app/role_care.h"

#include <charconv>
#include <filesystem>

#include "app/role_asker.h"
#include "app/role_tables.h"
#include "app/runtime.h"
#include "base/log.h"
#include "json/writer.h"
#include "ledger/file_system.h"

namespace idun::app {
namespace {

constexpr double kScanShare = 0.25;  // of a thread's time, beside the role's own work
constexpr std::string_view kScans = "/upkeep/scans";
constexpr std::string_view kCompactions = "/upkeep/compactions";

double seconds_since(Instant began, const Clock& clock) { return static_cast<double>((clock.now() - began).count()) / 1000; }

std::string scan_file(const std::string& folder) { return folder + "/scan.json"; }

std::uint64_t whole_number(json::Value value) {
    std::uint64_t out = 0;
    const std::string_view digits = value.text();
    std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return out;
}

std::uint64_t rows_in(const store::ScanReport& report) {
    std::uint64_t out = 0;
    for (const auto& sum : report.tables) out += sum.rows;
    return out;
}

// What was found is told all the same where it cannot be written.
void note_scan(const std::string& folder, const LastScan& last) {
    json::Writer w;
    w.object().member("time", to_iso(last.time)).member("rows", last.rows).member("found", last.found).end();
    const Status noted = ledger::system_files().write_whole(scan_file(folder), w.take() + "\n", true);
    if (!noted) log::warn("scan.json cannot be written: the role's metrics know nothing of this scan", {{"error", noted.error().message}});
}

std::string encode_report(const store::ScanReport& report, double seconds) {
    json::Writer w;
    w.object().member("version", report.version.number).name("seconds").raw(std::to_string(seconds)).member("found", report.found);
    w.name("tables").array();
    for (const auto& sum : report.tables)
        w.object().member("name", sum.table).member("form", std::uint64_t{sum.form}).member("rows", sum.rows).member("bytes", sum.bytes).member("findings", sum.findings).end();
    w.end().name("findings").array();
    for (const store::ScanFinding& one : report.findings)
        w.object().member("table", one.table).member("other", one.other).member("row", one.row).member("mark", one.mark).member("says", one.says).end();
    w.end().end();
    return w.take();
}

ScannedRole decode_report(json::Value last) {
    ScannedRole out;
    out.running = true;
    out.seconds = std::strtod(std::string(last["seconds"].text()).c_str(), nullptr);
    out.report.version = {whole_number(last["version"])};
    out.report.found = whole_number(last["found"]);
    for (const json::Value one : last["tables"].elements())
        out.report.tables.push_back({.table = std::string(one["name"].text()), .form = static_cast<unsigned>(whole_number(one["form"])), .rows = whole_number(one["rows"]),
                                     .bytes = whole_number(one["bytes"]), .findings = whole_number(one["findings"])});
    for (const json::Value one : last["findings"].elements())
        out.report.findings.push_back({.table = std::string(one["table"].text()), .other = std::string(one["other"].text()), .row = whole_number(one["row"]),
                                       .mark = std::string(one["mark"].text()), .says = std::string(one["says"].text())});
    return out;
}

}  // namespace

std::optional<LastScan> last_scan(const std::string& folder) {
    const auto text = ledger::system_files().read(scan_file(folder), 0, 4096);
    const auto document = text ? json::Document::parse(*text) : Result<json::Document>(fail(text.error()));
    const auto time = document ? from_iso(document->root()["time"].text()) : std::nullopt;
    if (!time) return std::nullopt;
    return LastScan{*time, whole_number(document->root()["rows"]), whole_number(document->root()["found"])};
}

RoleCare::RoleCare(RolePlace place, store::Store& store, const Clock& clock, Metrics& metrics)
    : place_(std::move(place)),
      store_(store),
      clock_(clock),
      scanned_(metrics.gauge("idun_scan_newest_timestamp_seconds", "When the newest scan of the store ended; 0: there was none")),
      rows_(metrics.gauge("idun_scan_rows", "Rows that the newest scan read")),
      found_(metrics.gauge("idun_scan_findings", "What the newest scan found")),
      rewritten_(metrics.counter("idun_rows_rewritten_total", "Rows of an older form that were rewritten")),
      scans_("the scan", [this](std::stop_token stop, std::atomic<std::uint64_t>& done) { return scan(std::move(stop), done); }),
      compactions_("the compaction", [this](std::stop_token stop, std::atomic<std::uint64_t>&) { return compact(std::move(stop)); }),
      forms_(role_forms(place_)) {
    if (const auto last = last_scan(place_.folder)) show(*last);
    if (!forms_.empty())
        rewriter_.emplace(RoundsOptions{.failing = "rows of an older form are not rewritten", .again = "rows of an older form are rewritten again", .about = {"role", place_.name}},
                          clock_, [this] { return rewrite(); });
}

// A batch of one table, then of the next, with time for the role in between.
Result<std::chrono::milliseconds> RoleCare::rewrite() {
    constexpr std::chrono::milliseconds kBetween{20};
    if (rewriting_ == forms_.size()) return kUntilNudged;
    TRY_ASSIGN(const store::Rewritten some, store::rewrite_some(store_, forms_[rewriting_]));
    rewritten_.add(static_cast<double>(some.rows));
    if (!some.more) ++rewriting_;
    return kBetween;
}

void RoleCare::add_routes(http::Router& router, const api::Operators& operators) {
    scans_.add_routes(router, operators, std::string(kScans));
    compactions_.add_routes(router, operators, std::string(kCompactions));
}

void RoleCare::show(const LastScan& last) {
    scanned_.set(static_cast<double>(last.time.ms) / 1000);
    rows_.set(static_cast<double>(last.rows));
    found_.set(static_cast<double>(last.found));
}

Result<std::string> RoleCare::scan(std::stop_token stop, std::atomic<std::uint64_t>& done) {
    const Instant began = clock_.now();
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto report, scan_role(place_, *snapshot, {.share = kScanShare, .stop = std::move(stop), .progress = [&](std::uint64_t rows) { done = rows; }}));
    const LastScan last{clock_.now(), rows_in(report), report.found};
    show(last);
    note_scan(place_.folder, last);
    if (report.found > 0) log::error("the scan of the store has findings", {{"role", place_.role}, {"findings", report.found}});
    else log::info("store scanned", {{"role", place_.role}, {"rows", last.rows}, {"ms", (last.time - began).count()}});
    return encode_report(report, seconds_since(began, clock_));
}

Result<std::string> RoleCare::compact(std::stop_token stop) {
    const Instant began = clock_.now();
    TRY_ASSIGN(const store::Compacted bytes, store::compact(store_, std::move(stop)));
    log::info("store compacted", {{"role", place_.role}, {"before", bytes.before}, {"after", bytes.after}});
    json::Writer w;
    w.object().member("before", bytes.before).member("after", bytes.after).member("reusable", bytes.reusable).name("seconds").raw(std::to_string(seconds_since(began, clock_))).end();
    return w.take();
}

Result<ScannedRole> scan_role(const RolePlace& place, const Clock& clock, Random& random, const std::function<void(std::uint64_t)>& progress) {
    if (runs(place)) {
        TRY_ASSIGN(const auto document, ask_task(place, kScans, clock, random, progress));
        return decode_report(document.root()["last"]);
    }
    const Instant began = clock.now();
    TRY_ASSIGN(const auto store, stopped_store(place));
    TRY_ASSIGN(const auto snapshot, store->snapshot());
    TRY_ASSIGN(auto report, scan_role(place, *snapshot, {.progress = progress}));
    const LastScan last{clock.now(), rows_in(report), report.found};
    note_scan(place.folder, last);
    return ScannedRole{std::move(report), false, seconds_since(began, clock)};
}

Result<CompactedRole> compact_role(const RolePlace& place, const Clock& clock, Random& random) {
    if (runs(place)) {
        TRY_ASSIGN(const auto document, ask_task(place, kCompactions, clock, random, {}));
        const json::Value last = document.root()["last"];
        return CompactedRole{{whole_number(last["before"]), whole_number(last["after"]), whole_number(last["reusable"])}, std::strtod(std::string(last["seconds"].text()).c_str(), nullptr)};
    }
    const Instant began = clock.now();
    TRY_ASSIGN(const auto store, stopped_store(place));
    TRY_ASSIGN(const store::Compacted bytes, store::compact(*store));
    return CompactedRole{bytes, seconds_since(began, clock)};
}

}  // namespace idun::app
