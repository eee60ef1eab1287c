#include "ledger/internal/recovery.h"

#include <fmt/format.h>

#include "base/log.h"
#include "ledger/internal/checkpoint_file.h"

namespace idun::ledger {
namespace {

constexpr std::size_t kTokenBytesMax = 4096;

tl::unexpected<Error> corrupt(const Problem& problem) {
    return fail(Category::corrupt, fmt::format("log: {} at byte {}: {}", problem.file, problem.offset, problem.what));
}

Problem wrong_key(const std::string& file) {
    return {file, 0, "the newest checkpoint is not signed by this log's key"};
}

class Recovery {
public:
    Recovery(FileSystem& files, const std::string& folder, const std::string& log_id, const crypto::KeySet& keys)
        : files_(files), folder_(folder), keys_(keys) {
        out_.state.log_id = log_id;
        out_.state.head = chain_start(log_id);
    }

    Result<Recovered> run() {
        TRY_ASSIGN(const std::vector<std::string> names, segments());
        TRY_ASSIGN(slots_, read_slots(files_, folder_, out_.state.log_id, keys_));
        if (names.empty()) {
            if (slots_.newest) return corrupt({std::string(kCheckpointFile), 0, "knows entries, but there are none"});
            return std::move(out_);
        }
        for (std::size_t i = 0; i < names.size(); ++i) TRY(segment(names[i], i + 1 == names.size()));
        if (out_.segments.empty()) return std::move(out_);
        TRY(check_end());
        return std::move(out_);
    }

private:
    Result<std::vector<std::string>> segments() {
        TRY_ASSIGN(const std::vector<std::string> all, files_.list(folder_));
        std::vector<std::string> out;
        for (const std::string& name : all)
            if (segment_first(name)) out.push_back(name);
        return out;
    }

    Status segment(const std::string& name, bool last) {
        SegmentIndex index;
        index.first = out_.state.size;
        ChainState state = out_.state;
        const WalkVisitor visitor{
            .entry =
                [&](std::uint64_t place, std::uint64_t offset, const crypto::Hash& before, const crypto::Hash& after) {
                    if ((place - index.first) % kPointEvery == 0) index.points.push_back({place, offset, before});
                    if (slots_.newest && slots_.newest->size == place + 1) slot_fits_ = slots_.newest->hash == after;
                },
            .checkpoint = nullptr};
        TRY_ASSIGN(const SegmentWalk walk, walk_segment(files_, folder_, name, state, visitor));
        if (!walk.finished()) {
            const Problem problem = walk.damage.value_or(Problem{name, walk.good_end, "entries without a checkpoint"});
            if (!last) return corrupt(problem);
            TRY(cut(name, walk, problem));
            if (walk.good_end == 0) return {};
        }
        out_.state = walk.at_good_end;
        index.bytes = walk.good_end;
        while (!index.points.empty() && index.points.back().index >= out_.state.size) index.points.pop_back();
        out_.segments.push_back(std::move(index));
        return {};
    }

    // Groups are written one after the other, each when the one before is durable. So an unfinished write can
    // only concern the last group, and a checkpoint of a later group behind the damage means that what
    // is damaged was whole once.
    Status cut(const std::string& name, const SegmentWalk& walk, const Problem& problem) {
        const ChainState& good = walk.good_end == 0 ? out_.state : walk.at_good_end;
        const std::uint64_t checkpointed = good.checkpointed;
        // Nothing is cut off a log that these keys did not sign: its later checkpoints would not be recognised.
        if (!good.token.empty() && !verify_checkpoint(good.token, keys_)) return corrupt(wrong_key(name));
        TRY_ASSIGN(const bool later, has_later_checkpoint(name, walk, checkpointed));
        const bool acknowledged = slots_.newest && slots_.newest->size > checkpointed;
        // The checkpoint file is made when the log's start is durable.
        const bool start_lost = good.token.empty() && slots_.present;
        if (later || acknowledged || start_lost) return corrupt(problem);
        log::warn("cut an unfinished group off the log",
                  {{"file", name}, {"offset", walk.good_end}, {"bytes", walk.bytes - walk.good_end}});
        const std::string path = folder_ + "/" + name;
        if (walk.good_end > 0) return files_.truncate(path, walk.good_end);
        TRY(files_.remove(path));
        return files_.sync_folder(folder_);
    }

    Result<bool> has_later_checkpoint(const std::string& name, const SegmentWalk& walk, std::uint64_t checkpointed) {
        TRY_ASSIGN(const std::string tail, files_.read(folder_ + "/" + name, walk.good_end,
                                                       static_cast<std::size_t>(walk.bytes - walk.good_end)));
        std::string_view rest = tail;
        for (; rest.size() > kFrameHeaderBytes; rest.remove_prefix(1)) {
            if (rest[4] != static_cast<char>(FrameType::checkpoint) || rest[5] != 0 || rest[6] != 0 || rest[7] != 0 ||
                rest[2] != 0 || rest[3] != 0)
                continue;
            const FrameRead read = read_frame(rest.substr(0, kTokenBytesMax));
            const auto frame =
                read.state == FrameState::whole ? decode_checkpoint_frame(read.frame.payload) : std::nullopt;
            if (!frame || frame->before == checkpointed) continue;
            const auto said = verify_checkpoint(frame->token, keys_);
            if (said && said->log_id == out_.state.log_id && said->size > checkpointed) return true;
        }
        return false;
    }

    Status check_end() {
        const std::string last = segment_name(out_.segments.back().first);
        if (!verify_checkpoint(out_.state.token, keys_)) return corrupt(wrong_key(last));
        if (out_.state.size == 0) return {};
        const std::string file(kCheckpointFile);
        if (!slots_.present) return corrupt({file, 0, "is missing"});
        if (!slots_.newest) {
            log::warn("the log's checkpoint file was damaged and is made anew", {{"file", file}});
            return {};
        }
        if (slots_.newest->size > out_.state.size)
            return corrupt({last, out_.segments.back().bytes, "the log is shorter than its own checkpoint"});
        if (!slot_fits_) return corrupt({file, 0, "does not fit the log"});
        return {};
    }

    FileSystem& files_;
    const std::string& folder_;
    const crypto::KeySet& keys_;
    Slots slots_;
    bool slot_fits_ = true;
    Recovered out_;
};

}  // namespace

Result<Recovered> recover(FileSystem& files, const std::string& folder, const std::string& log_id,
                          const crypto::KeySet& keys) {
    return Recovery(files, folder, log_id, keys).run();
}

}  // namespace idun::ledger
