#include "app/backup_drill.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "ledger/receipt.h"
#include "ledger/verify.h"
#include "store/embedded.h"
#include "upkeep/kept.h"
#include "upkeep/restore.h"
#include "upkeep/room.h"
#include "upkeep/verified.h"

namespace idun::app {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr std::size_t kSampleEvery = 997;  // rows
constexpr std::size_t kSampleMax = 10'000;

double since(steady_clock::time_point began) { return std::chrono::duration<double>(steady_clock::now() - began).count(); }

// Goes with what is in it.
class DrillFolder {
public:
    static Result<DrillFolder> make(const std::string& in) {
        std::error_code error;
        const fs::path place = in.empty() ? fs::temp_directory_path(error) : fs::path(in);
        std::string path = (place / "idun-drill-XXXXXX").string();
        if (error || ::mkdtemp(path.data()) == nullptr) return fail(Category::unavailable, "a drill needs a folder to restore into: name one with --in");
        return DrillFolder(std::move(path));
    }
    DrillFolder(DrillFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    DrillFolder& operator=(DrillFolder&&) = delete;
    ~DrillFolder() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    std::string role() const { return path_ + "/role"; }

private:
    explicit DrillFolder(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

// The backup itself, or the newest of a folder.
Result<std::string> chosen(std::string folder) {
    while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
    std::error_code error;
    if (fs::exists(folder + "/manifest.json", error)) return folder;
    TRY_ASSIGN(const auto all, upkeep::kept_backups(folder));
    if (all.empty()) return fail(Category::not_found, folder + " is no backup, and holds none");
    return all.back().path;
}

class Drilling {
public:
    Drilling(DrillReport& report, const DrillWish& wish, const Clock& clock, std::string role)
        : report_(report), wish_(wish), clock_(clock), role_(std::move(role)) {}

    void run() {
        const auto began = steady_clock::now();
        report_.ok = step([this] { return verify(); }) && step([this] { return restore(); }) && step([this] { return open(); });
        report_.restore_seconds = since(began);
        report_.ok = report_.ok && step([this] { return read_rows(); }) && step([this] { return read_sample(); }) && step([this] { return check_logs(); });
        store_.reset();
        report_.seconds = since(began);
    }

private:
    template <typename Work>
    bool step(Work work) {
        const auto began = steady_clock::now();
        const Result<std::string> said = work();
        report_.steps.push_back({said ? *said : said.error().message, said.has_value(), since(began)});
        return said.has_value();
    }

    Result<std::string> verify() {
        TRY_ASSIGN(manifest_, upkeep::verified_backup(report_.backup));
        const std::string what = fmt::format("the backup of {} {} of {}", manifest_.role, manifest_.id, to_iso(manifest_.ended));
        if (wish_.keys.empty()) return fmt::format("{} is whole, and signed by {}; whose key that is was not checked", what, manifest_.key);
        TRY_ASSIGN(const auto signer, crypto::PublicKey::from_base64url(manifest_.key));
        if (wish_.keys.find(signer.id().text) == nullptr) return fail(Category::forbidden, fmt::format("{} is signed by {}, which is none of the keys given", what, manifest_.key));
        return fmt::format("{} is whole, and signed by {}, which is one of the keys given", what, manifest_.key);
    }

    Result<std::string> restore() {
        const auto put_store = [](const std::string& backup, const std::string& sha256, const std::string& role) {
            return store::restore_embedded(backup, role + "/store", sha256);
        };
        const upkeep::RestoreTo to{.folder = role_,
                                   .restore_store = put_store,
                                   .keys = {}};
        TRY(upkeep::restore_role(report_.backup, manifest_, to));
        return fmt::format("store and {} are restored", manifest_.logs.size() == 1 ? "log" : fmt::format("{} logs", manifest_.logs.size()));
    }

    Result<std::string> open() {
        store::EmbeddedOptions options;
        options.folder = role_ + "/store";
        TRY_ASSIGN(store_, store::open_embedded(options, clock_));
        TRY_ASSIGN(snapshot_, store_->snapshot());
        if (snapshot_->version().number != manifest_.version) return fail(Category::corrupt, "the restored store is of another version than the manifest says");
        return fmt::format("the store opens at version {}", manifest_.version);
    }

    // Every block through its checksum.
    Result<std::string> read_rows() {
        std::uint64_t rows = 0, bytes = 0;
        const auto each = [&](std::string_view key, std::string_view value) {
            if (rows++ % kSampleEvery == 0 && sample_.size() < kSampleMax) sample_.push_back({std::string(key), std::string(value)});
            bytes += key.size() + value.size();
            return store::Onward{};
        };
        TRY(snapshot_->walk({}, each));
        if (rows != manifest_.entries) return fail(Category::corrupt, fmt::format("the store has {} rows, and the manifest says {}", rows, manifest_.entries));
        TRY_ASSIGN(const std::uint64_t notes, count_notes());
        if (notes != manifest_.notes) return fail(Category::corrupt, fmt::format("the change feed has {} notes, and the manifest says {}", notes, manifest_.notes));
        return fmt::format("all {} rows ({:.1f} MiB) and {} notes are there", rows, static_cast<double>(bytes) / (1 << 20), notes);
    }

    Result<std::uint64_t> count_notes() {
        std::uint64_t out = 0;
        for (store::Version after;;) {
            TRY_ASSIGN(const auto some, store_->changes(after, 1000));
            if (some.empty()) return out;
            out += some.size();
            after = some.back().version;
        }
    }

    // As a request reads them: by key.
    Result<std::string> read_sample() {
        for (const store::Entry& row : sample_) {
            TRY_ASSIGN(const auto value, snapshot_->get(row.key));
            if (value != row.value) return fail(Category::corrupt, "a row that a walk shows is not found by its key");
        }
        return fmt::format("a sample of {} rows is found by key", sample_.size());
    }

    Result<std::string> check_logs() {
        crypto::KeySet keys = wish_.keys;
        TRY_ASSIGN(const auto signer, crypto::PublicKey::from_base64url(manifest_.key));
        keys.add(signer);
        std::uint64_t entries = 0;
        for (const upkeep::BackedUpLog& log : manifest_.logs) {
            const auto known = ledger::peek_checkpoint(log.checkpoint);
            if (!known || known->size != log.size || known->log_id != log.id) return fail(Category::corrupt, "the manifest's checkpoint of the log " + log.id + " is none");
            TRY_ASSIGN(const auto report, ledger::verify_log(role_ + "/" + log.folder, keys, ledger::system_files(), {*known}));
            if (!report.ok()) return fail(Category::corrupt, "the log " + log.id + ": " + report.problems.front());
            entries += report.entries;
        }
        return fmt::format("the log's {} entries have the root that was signed", entries);
    }

    DrillReport& report_;
    const DrillWish& wish_;
    const Clock& clock_;
    const std::string role_;
    upkeep::Manifest manifest_;
    std::unique_ptr<store::Store> store_;
    std::shared_ptr<const store::Snapshot> snapshot_;
    std::vector<store::Entry> sample_;
};

}  // namespace

Result<DrillReport> drill(const DrillWish& wish, const Clock& clock) {
    DrillReport report;
    TRY_ASSIGN(report.backup, chosen(wish.backup));
    TRY_ASSIGN(const DrillFolder folder, DrillFolder::make(wish.in));
    // Too little room says nothing of the backup. One whose manifest cannot be read fails in the drill.
    if (const auto manifest = upkeep::read_manifest(report.backup))
        TRY(upkeep::has_room(fs::path(folder.role()).parent_path().string(), upkeep::kRestoredPerByte * manifest->bytes(), "a drill of this backup"));
    Drilling(report, wish, clock, folder.role()).run();
    const fs::path path(report.backup);
    const std::string beside = path.parent_path().empty() ? "." : path.parent_path().string();
    report.noted = upkeep::note_drill(beside, {path.filename().string(), clock.now(), report.ok, report.seconds});
    return report;
}

}  // namespace idun::app
