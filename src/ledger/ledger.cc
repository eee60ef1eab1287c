#include "ledger/ledger.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "ledger/internal/checkpoint_file.h"
#include "ledger/internal/recovery.h"
#include "ledger/internal/segment.h"

namespace idun::ledger {
namespace {

constexpr std::size_t kReadBytesMax = 4u << 20;
constexpr std::chrono::seconds kSlotSyncEvery{1};

struct Instruments {
    explicit Instruments(Metrics& m, const std::string& log_id)
        : entries(m.counter("idun_ledger_entries_total", "Log entries made durable", {{"log", log_id}})),
          groups(m.counter("idun_ledger_groups_total", "Group commits of the log", {{"log", log_id}})),
          refused(
              m.counter("idun_ledger_busy_total", "Log entries refused because the queue was full", {{"log", log_id}})),
          write(m.seconds("idun_ledger_write_seconds", "Writing and syncing one group", {{"log", log_id}})),
          failed(m.gauge("idun_ledger_failed", "1 once a write has failed", {{"log", log_id}})) {}
    Counter& entries;
    Counter& groups;
    Counter& refused;
    Histogram& write;
    Gauge& failed;
};

struct Pending {
    std::string payload;
    crypto::Hash leaf;
    Appended done;
};

// One write: the bytes, and what the log is once they are durable.
struct Group {
    std::vector<Pending> entries;
    std::vector<crypto::Hash> hashes;  // of the chain after each entry
    std::string bytes;
    bool new_segment = false;
    std::uint64_t segment_first = 0;
    std::vector<Point> points;
    ChainState after;
};

class FileLedger final : public Ledger {
public:
    FileLedger(std::string folder, std::string log_id, const crypto::SigningKey& key, FileSystem& files,
               const Clock& clock, Metrics* metrics, Options options)
        : folder_(std::move(folder)),
          log_id_(std::move(log_id)),
          key_(key),
          files_(files),
          clock_(clock),
          options_(std::move(options)) {
        if (metrics != nullptr) instruments_.emplace(*metrics, log_id_);
    }

    Status start() {
        if (!is_log_id(log_id_)) return fail(Category::invalid, "log: id must be letters, digits and -._");
        TRY(files_.create_folder(folder_));
        TRY_ASSIGN(lock_, files_.lock(folder_));
        crypto::KeySet keys = options_.former_keys;
        keys.add(key_.public_key());
        TRY_ASSIGN(Recovered recovered, recover(files_, folder_, log_id_, keys));
        state_ = std::move(recovered.state);
        segments_ = std::move(recovered.segments);
        if (segments_.empty())
            TRY(write_first());
        else
            TRY(open_last());
        TRY_ASSIGN(CheckpointFile slots, CheckpointFile::reset(files_, folder_, state_.token));
        slots_.emplace(std::move(slots));
        writer_ = std::thread([this] { write_groups(); });
        return {};
    }

    ~FileLedger() override {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_all();
        if (writer_.joinable()) writer_.join();
        // The checkpoint file is an aid: the entries are durable whether or not this succeeds.
        if (slots_) (void)slots_->sync();
    }

    using Ledger::append;
    void append(const Access& access, Appended done) override {
        auto payload = encode(access);
        if (!payload) return done(fail(payload.error()));
        Pending pending{std::move(*payload), {}, std::move(done)};
        pending.leaf = leaf_hash(FrameType::entry, pending.payload);
        if (const Status queued = enqueue(pending); !queued) return pending.done(fail(queued.error()));
        wake_.notify_one();
    }

    const std::string& log_id() const override { return log_id_; }
    std::uint64_t size() const override {
        const std::lock_guard lock(mutex_);
        return state_.size;
    }
    std::string checkpoint() const override {
        const std::lock_guard lock(mutex_);
        return state_.token;
    }
    Status healthy() const override {
        const std::lock_guard lock(mutex_);
        if (failure_) return fail(*failure_);
        return {};
    }

    Result<std::vector<Entry>> read(std::uint64_t first, std::size_t count_max) const override {
        std::vector<Entry> out;
        std::size_t bytes = 0;
        while (out.size() < count_max && (out.empty() || bytes < kReadBytesMax)) {
            const std::uint64_t next = first + out.size();
            const auto place = place_of(next);
            if (!place) break;
            TRY(read_segment(*place, next, count_max, out, bytes));
        }
        return out;
    }

private:
    struct Place {
        std::string path;
        Point from;
        std::uint64_t bytes;  // durable, of the segment
    };

    Status enqueue(Pending& pending) {
        const std::lock_guard lock(mutex_);
        if (failure_) return fail(*failure_);
        if (queue_.size() >= options_.queue_entries_max ||
            queue_bytes_ + pending.payload.size() > options_.queue_bytes_max) {
            if (instruments_) instruments_->refused.add();
            return fail(Category::busy, "log: too many entries wait to be written");
        }
        queue_bytes_ += pending.payload.size();
        queue_.push_back(std::move(pending));
        return {};
    }

    // A new log: its start and a checkpoint without entries.
    Status write_first() {
        Group group;
        group.new_segment = true;
        begin_segment(group, state_);
        finish(group, state_);
        TRY(write(group));
        publish(group);
        return {};
    }

    Status open_last() {
        TRY_ASSIGN(file_, files_.open(folder_ + "/" + segment_name(segments_.back().first)));
        return {};
    }

    void write_groups() {
        while (auto group = next_group()) {
            const auto began = std::chrono::steady_clock::now();
            const Status written = write(*group);
            if (!written) {
                give_up(*group, written.error());
                continue;
            }
            publish(*group);
            Status slot = slots_->write(group->after.token);
            if (instruments_) {
                instruments_->entries.add(static_cast<double>(group->entries.size()));
                instruments_->groups.add();
                instruments_->write.observe(
                    std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
            }
            for (std::size_t i = 0; i < group->entries.size(); ++i)
                group->entries[i].done(
                    Receipt{log_id_, group->after.size - group->entries.size() + i, group->hashes[i]});
            if (slot && std::chrono::steady_clock::now() - slots_synced_ > kSlotSyncEvery) {
                slot = slots_->sync();
                slots_synced_ = std::chrono::steady_clock::now();
            }
            if (!slot) give_up({}, slot.error());
        }
    }

    // Waits for entries and lays them out; nothing when the ledger closes and all is written.
    std::optional<Group> next_group() {
        Group group;
        ChainState state;
        std::uint64_t segment_bytes = 0;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            if (queue_.empty()) return std::nullopt;
            std::size_t bytes = 0;
            while (!queue_.empty() &&
                   (group.entries.empty() || bytes + queue_.front().payload.size() <= options_.group_bytes_max)) {
                bytes += queue_.front().payload.size() + kFrameHeaderBytes;
                queue_bytes_ -= queue_.front().payload.size();
                group.entries.push_back(std::move(queue_.front()));
                queue_.pop_front();
            }
            state = state_;
            segment_bytes = segments_.back().bytes;
            group.segment_first = segments_.back().first;
            group.new_segment = segment_bytes + bytes > options_.segment_bytes_max && state.size > group.segment_first;
        }
        if (group.new_segment) {
            begin_segment(group, state);
            segment_bytes = 0;
        }
        for (const Pending& entry : group.entries) {
            if ((state.size - group.segment_first) % kPointEvery == 0)
                group.points.push_back({state.size, segment_bytes + group.bytes.size(), state.head});
            append_frame(group.bytes, FrameType::entry, entry.payload, entry.leaf);
            state.head = chain_next(state.head, entry.leaf);
            group.hashes.push_back(state.head);
            ++state.size;
        }
        finish(group, std::move(state));
        return group;
    }

    void begin_segment(Group& group, const ChainState& state) const {
        group.segment_first = state.size;
        const std::string start = encode(SegmentStart{log_id_, state.size, state.head});
        append_frame(group.bytes, FrameType::segment, start, leaf_hash(FrameType::segment, start));
    }

    void finish(Group& group, ChainState state) const {
        state.token = sign_checkpoint(key_, {log_id_, state.size, state.head, clock_.now()});
        const std::string payload = encode(CheckpointFrame{state.checkpointed, state.token});
        append_frame(group.bytes, FrameType::checkpoint, payload, leaf_hash(FrameType::checkpoint, payload));
        state.checkpointed = state.size;
        group.after = std::move(state);
    }

    Status write(const Group& group) {
        if (const Status fine = healthy(); !fine) return fine;
        if (group.new_segment) {
            TRY_ASSIGN(file_, files_.open(folder_ + "/" + segment_name(group.segment_first)));
        }
        TRY(file_->append(group.bytes));
        TRY(file_->sync());
        if (group.new_segment) TRY(files_.sync_folder(folder_));
        return {};
    }

    void publish(const Group& group) {
        const std::lock_guard lock(mutex_);
        if (group.new_segment) segments_.push_back({group.segment_first, 0, {}});
        SegmentIndex& segment = segments_.back();
        segment.bytes += group.bytes.size();
        segment.points.insert(segment.points.end(), group.points.begin(), group.points.end());
        state_ = group.after;
    }

    // What was written of the group, if anything, is in doubt: nobody gets a receipt until the log is opened again.
    void give_up(const Group& group, const Error& error) {
        std::deque<Pending> waiting;
        {
            const std::lock_guard lock(mutex_);
            if (!failure_)
                failure_ = Error(Category::unavailable, "log: a write failed; open it again: " + error.message);
            waiting.swap(queue_);
            queue_bytes_ = 0;
        }
        if (instruments_) instruments_->failed.set(1);
        for (const Pending& entry : group.entries) entry.done(fail(*failure_));
        for (const Pending& entry : waiting) entry.done(fail(*failure_));
    }

    std::optional<Place> place_of(std::uint64_t index) const {
        const std::lock_guard lock(mutex_);
        if (index >= state_.size) return std::nullopt;
        const auto after = [](std::uint64_t wanted, const auto& it) { return wanted < it.first; };
        const SegmentIndex& segment = *std::prev(std::upper_bound(segments_.begin(), segments_.end(), index, after));
        const auto behind = [](std::uint64_t wanted, const Point& point) { return wanted < point.index; };
        const Point& point = *std::prev(std::upper_bound(segment.points.begin(), segment.points.end(), index, behind));
        return Place{folder_ + "/" + segment_name(segment.first), point, segment.bytes};
    }

    Status read_segment(const Place& place, std::uint64_t first, std::size_t count_max, std::vector<Entry>& out,
                        std::size_t& bytes) const {
        SegmentReader reader(files_, place.path, place.from.offset, place.bytes);
        std::uint64_t index = place.from.index;
        crypto::Hash head = place.from.before;
        while (out.size() < count_max && (out.empty() || bytes < kReadBytesMax)) {
            TRY_ASSIGN(const SegmentReader::Step step, reader.next());
            if (step.at_end) return {};
            if (step.state != FrameState::whole)
                return fail(Category::corrupt, "log: " + place.path.substr(folder_.size() + 1) + " at byte " +
                                                   std::to_string(step.offset) + ": damaged frame");
            if (step.frame.type != FrameType::entry) continue;
            head = chain_next(head, step.frame.leaf);
            if (index++ < first) continue;
            bytes += step.frame.payload.size();
            out.push_back({index - 1, head, std::string(step.frame.payload)});
        }
        return {};
    }

    const std::string folder_;
    const std::string log_id_;
    const crypto::SigningKey& key_;
    FileSystem& files_;
    const Clock& clock_;
    const Options options_;
    std::optional<Instruments> instruments_;

    // The writer's own.
    std::shared_ptr<void> lock_;
    std::unique_ptr<File> file_;
    std::optional<CheckpointFile> slots_;
    std::chrono::steady_clock::time_point slots_synced_ = std::chrono::steady_clock::now();
    std::thread writer_;

    mutable std::mutex mutex_;  // all below
    std::condition_variable wake_;
    std::deque<Pending> queue_;
    std::size_t queue_bytes_ = 0;
    bool stopping_ = false;
    std::optional<Error> failure_;
    ChainState state_;  // durable
    std::vector<SegmentIndex> segments_;
};

}  // namespace

Result<std::unique_ptr<Ledger>> Ledger::open(std::string folder, std::string log_id, const crypto::SigningKey& key,
                                             FileSystem& files, const Clock& clock, Metrics* metrics, Options options) {
    auto ledger = std::make_unique<FileLedger>(std::move(folder), std::move(log_id), key, files, clock, metrics,
                                               std::move(options));
    TRY(ledger->start());
    return ledger;
}

Result<Receipt> Ledger::append(const Access& access) {
    std::promise<Result<Receipt>> promise;
    auto future = promise.get_future();
    append(access, [&promise](Result<Receipt> receipt) { promise.set_value(std::move(receipt)); });
    return future.get();
}

Status Ledger::for_each(std::uint64_t first, const std::function<Status(const Entry&)>& visit) const {
    constexpr std::size_t kAtOnce = 1024;
    for (;;) {
        TRY_ASSIGN(const std::vector<Entry> entries, read(first, kAtOnce));
        if (entries.empty()) return {};
        for (const Entry& entry : entries) TRY(visit(entry));
        first += entries.size();
    }
}

}  // namespace idun::ledger
