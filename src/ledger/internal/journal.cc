#include "ledger/internal/journal.h"

#include <fmt/format.h>

#include "base/log.h"
#include "ledger/receipt.h"

namespace idun::ledger {
namespace {

constexpr std::size_t kCheckpointBytesMax = 4096;  // as a frame

tl::unexpected<Error> damaged(const std::string& file, std::uint64_t offset, std::string_view what) {
    return fail(Category::corrupt, fmt::format("log: journal/{} at byte {}: {}", file, offset, what));
}

constexpr const char* kWrongKey = "the newest checkpoint is not signed by this log's key";

// How far a segment is whole.
struct Walked {
    std::uint64_t bytes = 0;     // of the file
    std::uint64_t good_end = 0;  // behind the last checkpoint that fits; 0: there is none
    Journal at_good_end;         // without segments
    std::uint64_t damage_at = 0;
    std::string damage;  // empty: none
    bool older_shape = false;
};

// Checks that every frame is whole and continues the tree.
class Walk {
public:
    Walk(const std::string& name, const std::string& log_id, bool oldest, Journal state)
        : name_(name), log_id_(log_id), oldest_(oldest), state_(std::move(state)) {}

    // False when the walk ends here.
    bool step(const SegmentReader::Step& step) {
        if (step.at_end) return started_ ? false : damage(step, "has no start");
        if (step.state == FrameState::cut) return damage(step, "ends inside a frame");
        if (step.state == FrameState::damaged) return damage(step, "damaged frame");
        if (!started_) return start(step);
        switch (step.frame.type) {
            case FrameType::entry: return entry(step);
            case FrameType::key: return key(step);
            case FrameType::checkpoint: return checkpoint(step);
            case FrameType::segment: return damage(step, "second start");
        }
        return damage(step, "damaged frame");
    }

    Walked take() && {
        if (out_.good_end > 0) {
            // What came after the last checkpoint goes.
            state_.entries.resize(good_entries_);
            state_.keys.resize(good_keys_);
            state_.range = good_range_;
            out_.at_good_end = std::move(state_);
        }
        return std::move(out_);
    }
    std::uint64_t first() const { return first_; }
    Slot slots_before() const { return slots_before_; }

private:
    bool damage(const SegmentReader::Step& step, std::string what) {
        out_.damage_at = step.offset;
        out_.damage = std::move(what);
        return false;
    }

    bool start(const SegmentReader::Step& step) {
        out_.older_shape = step.frame.type == FrameType::segment && is_of_older_shape(step.frame.payload);
        const auto start =
            step.frame.type == FrameType::segment ? decode_segment_start(step.frame.payload) : std::nullopt;
        if (!start || segment_name(start->first) != name_) return damage(step, "malformed start");
        if (start->log_id != log_id_) return damage(step, "belongs to another log");
        if (oldest_) {
            state_.range = state_.before = crypto::CompactRange::from(start->first, start->edge);
            state_.segments.push_back({start->first, 0, start->slots});
        }
        const Slot slots = state_.segments.front().slots + static_cast<Slot>(state_.keys.size());
        const auto edge = state_.range.edge();
        if (start->first != state_.range.size() || !std::equal(edge.begin(), edge.end(), start->edge.begin()) ||
            start->slots != slots)
            return damage(step, "does not continue the file before it");
        checkpointed_ = first_ = start->first;
        slots_before_ = slots;
        started_ = true;
        return true;
    }

    bool entry(const SegmentReader::Step& step) {
        state_.range.append(step.frame.hash);
        state_.entries.emplace_back(step.frame.payload);
        return true;
    }

    bool key(const SegmentReader::Step& step) {
        const auto frame = decode_key_frame(step.frame.payload);
        const Slot next = state_.segments.front().slots + static_cast<Slot>(state_.keys.size());
        if (!frame || frame->slot != next) return damage(step, "a key out of order");
        state_.keys.push_back(frame->key);
        return true;
    }

    bool checkpoint(const SegmentReader::Step& step) {
        const auto frame = decode_checkpoint_frame(step.frame.payload);
        const auto said = frame ? peek_checkpoint(frame->note) : std::nullopt;
        if (!said) return damage(step, "malformed checkpoint");
        if (said->log_id != log_id_ || said->size != state_.range.size() || said->root != state_.range.root() ||
            frame->before != checkpointed_)
            return damage(step, "checkpoint does not fit the entries before it");
        checkpointed_ = said->size;
        state_.note = frame->note;
        good_entries_ = state_.entries.size();
        good_keys_ = state_.keys.size();
        good_range_ = state_.range;
        out_.good_end = step.offset + step.frame.bytes();
        return true;
    }

    const std::string& name_;
    const std::string& log_id_;
    const bool oldest_;
    Journal state_;
    Walked out_;
    bool started_ = false;
    std::uint64_t first_ = 0;
    Slot slots_before_ = 0;
    std::uint64_t checkpointed_ = 0;
    std::size_t good_entries_ = 0;
    std::size_t good_keys_ = 0;
    crypto::CompactRange good_range_;
};

class Reading {
public:
    Reading(FileSystem& files, const std::string& folder, const std::string& log_id, const crypto::KeySet& keys,
            const Known& known, Mend mend)
        : files_(files), folder_(folder), log_id_(log_id), keys_(keys), known_(known), mend_(mend) {}

    Result<Journal> run() {
        TRY_ASSIGN(const std::vector<std::string> all, files_.list(folder_));
        std::vector<std::string> names;
        for (const std::string& name : all)
            if (segment_first(name)) names.push_back(name);
        for (std::size_t i = 0; i < names.size(); ++i) TRY(segment(names[i], i == 0, i + 1 == names.size()));
        if (out_.segments.empty()) {
            if (known_.existed) return fail(Category::corrupt, "log: the journal is missing");
            return std::move(out_);
        }
        const std::string last = segment_name(out_.segments.back().first);
        if (!open_checkpoint(out_.note, keys_)) return damaged(last, 0, kWrongKey);
        if (out_.range.size() < known_.size)
            return damaged(last, out_.segments.back().bytes, "the log is shorter than its own checkpoint");
        return std::move(out_);
    }

private:
    Status segment(const std::string& name, bool oldest, bool newest) {
        Journal before = newest ? out_ : Journal{};
        std::vector<Journal::Segment> segments = out_.segments;
        const std::string path = folder_ + "/" + name;
        TRY_ASSIGN(const std::uint64_t bytes, files_.size(path));
        SegmentReader reader(files_, path, 0, bytes);
        Walk walk(name, log_id_, oldest, std::move(out_));
        for (bool more = true; more;) {
            TRY_ASSIGN(const SegmentReader::Step step, reader.next());
            more = walk.step(step);
        }
        const std::uint64_t first = walk.first();
        const Slot slots = walk.slots_before();
        Walked walked = std::move(walk).take();
        walked.bytes = bytes;
        if (walked.older_shape)
            return fail(Category::unsupported,
                        "log: the folder holds a log of an older shape, which this version does not read; keep it elsewhere "
                        "and begin anew");
        bool finished = walked.damage.empty() && walked.good_end == bytes;
        if (!finished && walked.good_end > 0 && walked.damage_at == walked.good_end) {
            TRY_ASSIGN(finished, only_room(path, walked.good_end, bytes));
        }
        if (!finished) {
            if (walked.damage.empty()) {
                walked.damage = "entries without a checkpoint";
                walked.damage_at = walked.good_end;
            }
            if (!newest || mend_ == Mend::no) return damaged(name, walked.damage_at, walked.damage);
            TRY(cut(name, walked, walked.good_end == 0 ? before : walked.at_good_end));
        }
        out_ = walked.good_end == 0 ? std::move(before) : std::move(walked.at_good_end);
        out_.segments = std::move(segments);
        if (walked.good_end > 0) out_.segments.push_back({first, walked.good_end, slots});
        return {};
    }

    // Zeros up to the end, which were written ahead.
    Result<bool> only_room(const std::string& path, std::uint64_t from, std::uint64_t end) {
        constexpr std::size_t kAtOnce = 1u << 20;
        while (from < end) {
            TRY_ASSIGN(const std::string bytes, files_.read(path, from, kAtOnce));
            if (bytes.empty() || bytes.find_first_not_of('\0') != std::string::npos) return false;
            from += bytes.size();
        }
        return true;
    }

    // Groups are written one after the other, each when the one before is durable. So an unfinished write can
    // only concern the last group, and a checkpoint of a later group behind the damage means that what
    // is damaged was whole once.
    Status cut(const std::string& name, const Walked& walked, const Journal& good) {
        const std::uint64_t size = good.range.size();
        // Nothing is cut off a log that these keys did not sign: its later checkpoints would not be recognised.
        if (!good.note.empty() && !open_checkpoint(good.note, keys_)) return damaged(name, 0, kWrongKey);
        TRY_ASSIGN(const bool later, has_later_checkpoint(name, walked, size));
        const bool start_lost = good.note.empty() && known_.existed;
        if (later || known_.size > size || start_lost) return damaged(name, walked.damage_at, walked.damage);
        log::warn("cut an unfinished group off the log",
                  {{"file", name}, {"offset", walked.good_end}, {"bytes", walked.bytes - walked.good_end}});
        const std::string path = folder_ + "/" + name;
        if (walked.good_end > 0) return files_.truncate(path, walked.good_end);
        TRY(files_.remove(path));
        return files_.sync_folder(folder_);
    }

    Result<bool> has_later_checkpoint(const std::string& name, const Walked& walked, std::uint64_t size) {
        TRY_ASSIGN(const std::string tail, files_.read(folder_ + "/" + name, walked.good_end,
                                                       static_cast<std::size_t>(walked.bytes - walked.good_end)));
        std::string_view rest = tail;
        for (; rest.size() > kFrameHeaderBytes; rest.remove_prefix(1)) {
            if (rest[4] != static_cast<char>(FrameType::checkpoint) || rest[5] != 0 || rest[6] != 0 || rest[7] != 0 ||
                rest[2] != 0 || rest[3] != 0)
                continue;
            const FrameRead read = read_frame(rest.substr(0, kCheckpointBytesMax));
            const auto frame =
                read.state == FrameState::whole ? decode_checkpoint_frame(read.frame.payload) : std::nullopt;
            if (!frame || frame->before == size) continue;
            const auto said = open_checkpoint(frame->note, keys_);
            if (said && said->log_id == log_id_ && said->size > size) return true;
        }
        return false;
    }

    FileSystem& files_;
    const std::string& folder_;
    const std::string& log_id_;
    const crypto::KeySet& keys_;
    const Known& known_;
    const Mend mend_;
    Journal out_;
};

}  // namespace

Result<Journal> read_journal(FileSystem& files, const std::string& folder, const std::string& log_id,
                             const crypto::KeySet& keys, const Known& known, Mend mend) {
    return Reading(files, folder, log_id, keys, known, mend).run();
}

}  // namespace idun::ledger
