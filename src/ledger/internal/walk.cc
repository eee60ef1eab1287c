#include "ledger/internal/walk.h"

namespace idun::ledger {
namespace {

class Walk {
public:
    Walk(const std::string& name, ChainState& state, const WalkVisitor& visitor, SegmentWalk& out)
        : name_(name), state_(state), visitor_(visitor), out_(out) {}

    // False when the walk ends here.
    bool step(const SegmentReader::Step& step, bool trust_start) {
        if (step.at_end) {
            if (!started_) return damaged(step, "has no start");
            return false;
        }
        if (step.state == FrameState::cut) return damaged(step, "ends inside a frame");
        if (step.state == FrameState::damaged) return damaged(step, "damaged frame");
        if (!started_) return start(step, trust_start);
        switch (step.frame.type) {
            case FrameType::entry: return entry(step);
            case FrameType::checkpoint: return checkpoint(step);
            case FrameType::segment: return damaged(step, "second start");
        }
        return damaged(step, "damaged frame");
    }

private:
    bool damaged(const SegmentReader::Step& step, std::string what) {
        out_.damage = Problem{name_, step.offset, std::move(what)};
        return false;
    }

    bool start(const SegmentReader::Step& step, bool trust_start) {
        const auto start =
            step.frame.type == FrameType::segment ? decode_segment_start(step.frame.payload) : std::nullopt;
        if (!start || segment_name(start->first) != name_) return damaged(step, "malformed start");
        if (start->log_id != state_.log_id) return damaged(step, "belongs to another log");
        if (trust_start) {
            state_.size = state_.checkpointed = start->first;
            state_.head = start->before;
        }
        if (start->first != state_.size || start->before != state_.head)
            return damaged(step, "does not continue the file before it");
        started_ = true;
        return true;
    }

    bool entry(const SegmentReader::Step& step) {
        const crypto::Hash after = chain_next(state_.head, step.frame.leaf);
        if (visitor_.entry) visitor_.entry(state_.size, step.offset, state_.head, after);
        state_.head = after;
        ++state_.size;
        return true;
    }

    bool checkpoint(const SegmentReader::Step& step) {
        const auto frame = decode_checkpoint_frame(step.frame.payload);
        const auto said = frame ? peek_checkpoint(frame->token) : std::nullopt;
        if (!said) return damaged(step, "malformed checkpoint");
        if (said->log_id != state_.log_id || said->size != state_.size || said->hash != state_.head ||
            frame->before != state_.checkpointed)
            return damaged(step, "checkpoint does not fit the entries before it");
        if (visitor_.checkpoint) visitor_.checkpoint(frame->token, step.offset);
        state_.checkpointed = state_.size;
        state_.token = frame->token;
        out_.good_end = step.offset + step.frame.bytes();
        out_.at_good_end = state_;
        return true;
    }

    const std::string& name_;
    ChainState& state_;
    const WalkVisitor& visitor_;
    SegmentWalk& out_;
    bool started_ = false;
};

}  // namespace

Result<SegmentWalk> walk_segment(FileSystem& files, const std::string& folder, const std::string& name,
                                 ChainState& state, const WalkVisitor& visitor, bool trust_start) {
    const std::string path = folder + "/" + name;
    SegmentWalk out;
    TRY_ASSIGN(out.bytes, files.size(path));
    SegmentReader reader(files, path, 0, out.bytes);
    Walk walk(name, state, visitor, out);
    for (;;) {
        TRY_ASSIGN(const SegmentReader::Step step, reader.next());
        if (!walk.step(step, trust_start)) return out;
    }
}

}  // namespace idun::ledger
