#include "ledger/verify.h"

#include <algorithm>
#include <map>

#include "crypto/encoding.h"
#include "ledger/internal/checkpoint_file.h"
#include "ledger/internal/walk.h"

namespace idun::ledger {
namespace {

// A hash that the chain must have at some size, and who says so.
struct Expected {
    crypto::Hash hash;
    std::string who;
};

class Verification {
public:
    Verification(const std::string& folder, const crypto::KeySet& keys, FileSystem& files)
        : folder_(folder), keys_(keys), files_(files) {}

    Result<Report> run(const std::vector<Checkpoint>& known, const std::vector<Receipt>& receipts) {
        TRY_ASSIGN(const std::vector<std::string> names, segments());
        if (names.empty()) {
            problem({"", 0, "there is no log in this folder"});
            return std::move(report_);
        }
        TRY(find_log_id(names.front()));
        TRY(read_slots());
        expect(known, receipts);
        ChainState state;
        state.log_id = report_.log_id;
        state.head = chain_start(report_.log_id);
        expected_at(state.size, state.head);
        for (std::size_t i = 0; i < names.size(); ++i) TRY(segment(names[i], state, i + 1 == names.size()));
        for (const auto& [size, expected] : expected_)
            problem({names.back(), 0, "the log is shorter than " + expected.who + " says"});
        return std::move(report_);
    }

private:
    void problem(Problem found) {
        whole_ = false;
        if (report_.problems.size() < kProblemsMax) report_.problems.push_back(std::move(found));
    }

    Result<std::vector<std::string>> segments() {
        TRY_ASSIGN(const std::vector<std::string> all, files_.list(folder_));
        std::vector<std::string> out;
        for (const std::string& name : all) {
            if (segment_first(name))
                out.push_back(name);
            else if (name != kCheckpointFile && name != kLockFile)
                problem({name, 0, "does not belong here"});
        }
        return out;
    }

    Status find_log_id(const std::string& first) {
        const std::string path = folder_ + "/" + first;
        TRY_ASSIGN(const std::uint64_t bytes, files_.size(path));
        SegmentReader reader(files_, path, 0, bytes);
        TRY_ASSIGN(const SegmentReader::Step step, reader.next());
        const auto start = step.state == FrameState::whole ? decode_segment_start(step.frame.payload) : std::nullopt;
        if (start) report_.log_id = start->log_id;
        return {};
    }

    Status read_slots() {
        TRY_ASSIGN(const Slots slots, ledger::read_slots(files_, folder_, report_.log_id, keys_));
        const std::string file(kCheckpointFile);
        if (!slots.present)
            problem({file, 0, "is missing"});
        else if (slots.damaged > 0)
            problem({file, 0, "holds something else than this log's signed checkpoints"});
        if (slots.newest) {
            expected_.emplace(slots.newest->size, Expected{slots.newest->hash, "its checkpoint file"});
            report_.newest = slots.newest;
        }
        return {};
    }

    void expect(const std::vector<Checkpoint>& known, const std::vector<Receipt>& receipts) {
        for (const Checkpoint& checkpoint : known) {
            if (checkpoint.log_id == report_.log_id)
                expected_.emplace(checkpoint.size, Expected{checkpoint.hash, "a known checkpoint"});
            else
                problem({"", 0, "a known checkpoint is of another log"});
        }
        for (const Receipt& receipt : receipts) {
            if (receipt.log_id == report_.log_id)
                expected_.emplace(receipt.index + 1, Expected{receipt.hash, "a receipt"});
            else
                problem({"", 0, "a receipt is of another log"});
        }
    }

    void expected_at(std::uint64_t size, const crypto::Hash& head) {
        const auto [from, to] = expected_.equal_range(size);
        for (auto it = from; it != to; ++it)
            if (it->second.hash != head)
                problem({name_, 0, "entry " + std::to_string(size) + " is not the one of " + it->second.who});
        expected_.erase(from, to);
    }

    Status segment(const std::string& name, ChainState& state, bool last) {
        name_ = name;
        const WalkVisitor visitor{
            .entry = [&](std::uint64_t index, std::uint64_t, const crypto::Hash&,
                         const crypto::Hash& after) { expected_at(index + 1, after); },
            .checkpoint = [&](std::string_view token, std::uint64_t offset) { checkpoint(token, offset); }};
        const bool trust_start = !whole_chain_;
        TRY_ASSIGN(SegmentWalk walk, walk_segment(files_, folder_, name, state, visitor, trust_start));
        whole_chain_ = walk.finished();
        if (walk.damage)
            problem(std::move(*walk.damage));
        else if (!walk.finished())
            problem({name, walk.good_end, last ? "an unfinished group" : "entries without a checkpoint"});
        return {};
    }

    void checkpoint(std::string_view token, std::uint64_t offset) {
        const auto said = verify_checkpoint(token, keys_);
        if (!said) return problem({name_, offset, "checkpoint: " + said.error().message});
        if (said->time < newest_time_) problem({name_, offset, "checkpoint is older than the one before it"});
        newest_time_ = said->time;
        if (!whole_) return;
        report_.entries = said->size;
        report_.head = said->hash;
        if (!report_.newest || said->size >= report_.newest->size) report_.newest = *said;
    }

    const std::string& folder_;
    const crypto::KeySet& keys_;
    FileSystem& files_;
    Report report_;
    std::multimap<std::uint64_t, Expected> expected_;
    std::string name_;
    Instant newest_time_;
    bool whole_ = true;        // no problem so far
    bool whole_chain_ = true;  // the segment before ended as it should
};

}  // namespace

Result<Report> verify_log(const std::string& folder, const crypto::KeySet& keys, FileSystem& files,
                          const std::vector<Checkpoint>& known, const std::vector<Receipt>& receipts) {
    return Verification(folder, keys, files).run(known, receipts);
}

}  // namespace idun::ledger
