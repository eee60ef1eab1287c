#include "ledger/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "ledger/internal/recovery.h"
#include "ledger/internal/sealed.h"
#include "ledger/tiles.h"

namespace idun::ledger {
namespace {

constexpr std::size_t kEntriesAtOnce = 256;

class Verification {
public:
    Verification(const std::string& folder, const crypto::KeySet& keys, FileSystem& files,
                 const std::function<void(const Entry&)>& visit)
        : folder_(folder), keys_(keys), files_(files), visit_(visit), tiles_(files, folder + "/public") {}

    // What the log must have had, and who says so.
    void expect(const Checkpoint& checkpoint, std::string who) { expected_.emplace_back(checkpoint, std::move(who)); }

    Result<Report> run() {
        TRY(files_.list(folder_));
        TRY(find_log_id());
        if (report_.log_id.empty()) {
            problem("there is no log");
            return std::move(report_);
        }
        auto recovered = recover(files_, folder_, report_.log_id, keys_, ring_, Mend::no);
        if (!recovered) problem(recovered.error().message);
        if (ring_.size() > 0) mask_.emplace(ring_.at(0));
        walk_tiles();
        if (recovered && whole_) walk_journal(*recovered);
        check_expected();
        return std::move(report_);
    }

private:
    void problem(std::string what) {
        if (report_.problems.size() < kProblemsMax) report_.problems.push_back(std::move(what));
    }

    Status find_log_id() {
        const auto note = tiles_.checkpoint();
        const auto said = note ? peek_checkpoint(*note) : std::nullopt;
        if (said) {
            report_.log_id = said->log_id;
            published_ = said->size;
            root_ = said->root;
            if (open_checkpoint(*note, keys_)) report_.newest = said;
            return {};
        }
        problem("public/checkpoint: missing or damaged");
        // So the journal must say which log it is.
        TRY_ASSIGN(const auto names, files_.list(folder_ + "/journal"));
        for (const std::string& name : names) {
            if (!segment_first(name)) continue;
            const std::string path = folder_ + "/journal/" + name;
            TRY_ASSIGN(const std::uint64_t size, files_.size(path));
            SegmentReader reader(files_, path, 0, size);
            TRY_ASSIGN(const auto step, reader.next());
            const auto start = step.state == FrameState::whole ? decode_segment_start(step.frame.payload) : std::nullopt;
            if (start) report_.log_id = start->log_id;
            return {};
        }
        return {};
    }

    void walk_tiles() {
        while (range_.size() < published_) {
            const auto some = tiles_.entries(range_.size(), kEntriesAtOnce, published_);
            if (!some) {
                whole_ = false;
                return problem(some.error().message);
            }
            for (const std::string& entry : *some) add(entry);
        }
        if (published_ == 0) return;
        if (range_.root() == root_) {
            if (report_.newest) covered();
            return;
        }
        whole_ = false;
        problem("public/checkpoint: its root is not the one of the entries in the tiles");
    }

    void walk_journal(const Recovered& recovered) {
        const Batch& batch = recovered.batch;
        if (range_.size() < batch.first) return;  // the tiles do not reach it, as was said
        for (std::uint64_t i = range_.size(); i < batch.end(); ++i)
            add(batch.entries[static_cast<std::size_t>(i - batch.first)]);
        if (range_.root() != recovered.journal.range.root())
            return problem("journal: it does not go on where the tiles end");
        covered();
        report_.newest = peek_checkpoint(recovered.journal.note);
    }

    void covered() { report_.entries = range_.size(); }

    void add(const std::string& entry) {
        const std::uint64_t index = range_.size();
        range_.append(crypto::leaf_hash(entry));
        roots_wanted(index + 1);
        const auto head = read_head(entry);
        if (!head) return problem(fmt::format("log: entry {}: malformed", index));
        if (head->sealed < newest_) ++report_.clock_back;
        newest_ = head->sealed;
        Entry out{index, head->kind, head->sealed, entry, std::nullopt, 0, 0};
        if (head->kind == Kind::person || head->kind == Kind::nobody) open(*head, out);
        if (visit_) visit_(out);
    }

    void open(const EntryHead& head, Entry& entry) {
        if (!mask_) return;
        const auto key = ring_.find(mask_->apply(head.masked, entry.index));
        if (!key) {
            ++report_.forgotten;
            return;
        }
        auto opened = open_entry(entry.bytes, entry.index, report_.log_id, *key);
        if (!opened) return problem(opened.error().message);
        entry.access = std::move(opened->access);
        entry.sequence = opened->sequence;
        entry.distance = opened->distance;
    }

    // Keeps the roots that somebody will ask for.
    void roots_wanted(std::uint64_t size) {
        for (const auto& [checkpoint, who] : expected_)
            if (checkpoint.size == size) roots_[size] = range_.root();
    }

    void check_expected() {
        roots_[0] = crypto::empty_root();
        for (const auto& [checkpoint, who] : expected_) {
            if (checkpoint.log_id != report_.log_id) {
                problem(who + " is of another log");
            } else if (checkpoint.size > range_.size()) {
                problem(fmt::format("the log is shorter than {} says: it was cut back or set back", who));
            } else if (roots_.at(checkpoint.size) != checkpoint.root) {
                problem(fmt::format("the log of {} entries is not the one of {}: it was forked", checkpoint.size, who));
            }
        }
    }

    const std::string& folder_;
    const crypto::KeySet& keys_;
    FileSystem& files_;
    const std::function<void(const Entry&)>& visit_;
    const TileReader tiles_;
    std::vector<std::pair<Checkpoint, std::string>> expected_;
    KeyRing ring_;
    std::optional<SlotMask> mask_;
    std::uint64_t published_ = 0;
    crypto::Hash root_ = crypto::empty_root();
    crypto::CompactRange range_;
    std::map<std::uint64_t, crypto::Hash> roots_;
    bool whole_ = true;
    Instant newest_;
    Report report_;
};

}  // namespace

Result<Report> verify_log(const std::string& folder, const crypto::KeySet& keys, FileSystem& files,
                          const std::vector<Checkpoint>& known, const std::vector<Receipt>& receipts,
                          const std::function<void(const Entry&)>& visit) {
    Verification verification(folder, keys, files, visit);
    for (const Checkpoint& checkpoint : known) verification.expect(checkpoint, "a known checkpoint");
    std::size_t unsigned_receipts = 0;
    for (const Receipt& receipt : receipts) {
        if (!open_checkpoint(receipt.note(), keys)) ++unsigned_receipts;
        verification.expect({receipt.log_id, receipt.size, receipt.root}, "a receipt");
    }
    TRY_ASSIGN(Report report, verification.run());
    if (unsigned_receipts > 0) report.problems.push_back("a receipt is not signed by the log's key");
    return report;
}

}  // namespace idun::ledger
