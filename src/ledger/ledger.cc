#include "ledger/ledger.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <thread>

#include "base/bytes.h"
#include "base/log.h"
#include "ledger/internal/group.h"
#include "ledger/internal/log_copy.h"
#include "ledger/internal/map_keeper.h"
#include "ledger/internal/person_history.h"
#include "ledger/internal/recovery.h"
#include "ledger/internal/sealed.h"
#include "ledger/internal/teller.h"
#include "ledger/tiles.h"

namespace idun::ledger {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kReadBytesMax = 4u << 20;
constexpr std::uint64_t kRoomShare = 16;  // of a journal file is written ahead
constexpr std::chrono::milliseconds kProofPatience{500};
constexpr std::chrono::milliseconds kMapPatience{2'000};

struct Instruments {
    explicit Instruments(Metrics& m, const std::string& log_id)
        : entries(m.counter("idun_ledger_entries_total", "Log entries made durable", {{"log", log_id}})),
          groups(m.counter("idun_ledger_groups_total", "Group commits of the log", {{"log", log_id}})),
          refused(
              m.counter("idun_ledger_busy_total", "Log entries refused because the queue was full", {{"log", log_id}})),
          clock_back(m.counter("idun_ledger_clock_back_total", "Times that the log's clock jumped back",
                               {{"log", log_id}})),
          write(m.seconds("idun_ledger_write_seconds", "Writing and syncing one group", {{"log", log_id}})),
          failed(m.gauge("idun_ledger_failed", "1 once a write has failed", {{"log", log_id}})) {}
    Counter& entries;
    Counter& groups;
    Counter& refused;
    Counter& clock_back;
    Histogram& write;
    Gauge& failed;
};

class FileLedger final : public Ledger {
public:
    FileLedger(std::string folder, std::string log_id, const crypto::SigningKey& key, FileSystem& files,
               const Clock& clock, Metrics* metrics, Options options)
        : folder_(std::move(folder)),
          log_id_(std::move(log_id)),
          files_(files),
          clock_(clock),
          options_(std::move(options)),
          random_(options_.random == nullptr ? system_random() : *options_.random),
          keys_(options_.former_keys),
          tiles_(files, folder_ + "/public"),
          queue_(options_.queue_entries_max, options_.queue_bytes_max),
          groups_({log_id_, key, ring_, random_}, ByteReader(random_.bytes(4)).be<std::uint32_t>()) {
        keys_.add(key.public_key());
        if (metrics != nullptr) instruments_.emplace(*metrics, log_id_);
    }

    Status start() {
        if (!is_log_id(log_id_)) return fail(Category::invalid, "log: id must be letters, digits and -._");
        if (options_.retention_years < kRetentionYearsMin)
            return fail(Category::invalid, "log: the law asks for at least three years of retention");
        TRY(files_.create_folder(folder_));
        TRY(files_.create_folder(folder_ + "/journal"));
        TRY(files_.create_folder(folder_ + "/public"));
        TRY_ASSIGN(lock_, files_.lock(folder_));
        TRY_ASSIGN(Recovered recovered, recover(files_, folder_, log_id_, keys_, ring_, Mend::yes));
        TRY_ASSIGN(TileWriter tiles, TileWriter::open(files_, folder_ + "/public", recovered.journal.before));
        TRY_ASSIGN(KeyFiles kept, KeyFiles::open(files_, folder_, recovered.kept));
        std::vector<std::uint64_t> segments;
        for (const auto& segment : recovered.journal.segments) segments.push_back(segment.first);
        if (segments.empty()) {
            TRY(write_first(recovered.batch));
            segments.push_back(0);
        } else {
            TRY(open_last(recovered));
        }
        mask_ = &groups_.mask();
        integrator_ = std::make_unique<Integrator>(IntegratorParts{
            .files = files_, .folder = folder_, .ring = ring_, .tiles = std::move(tiles), .keys = std::move(kept),
            .segments = std::move(segments), .delay = options_.tiles_after,
            .failed = [this](const Error& error) { give_up(nullptr, error); }});
        integrator_->add(std::move(recovered.batch));
        map_ = std::make_unique<MapKeeper>(
            MapKeeperParts{.log_id = log_id_, .every = options_.map_root_every,
                           .append = [this](const MapRoot& root, Appended done) { append_map_root(root, std::move(done)); }},
            ring_.people(), state_.size());
        writer_ = std::thread([this] { write_groups(); });
        return {};
    }

    ~FileLedger() override {
        if (map_) map_->stop();
        queue_.close();
        if (writer_.joinable()) writer_.join();
        teller_.stop();
        close_file();
        // Not reset(): its thread may look at the pointer when it fails.
        if (integrator_) integrator_->stop();
    }

    using Ledger::append;
    void append(const Access& access, Appended done) override {
        auto parts = encode_parts(access, log_id_);
        if (!parts) return done(fail(parts.error()));
        Wanted wanted;
        wanted.person = access.person;
        wanted.time = access.time;
        wanted.parts = std::move(*parts);
        wanted.retention_years = options_.retention_of
                                     ? std::max(options_.retention_of(access), kRetentionYearsMin)
                                     : options_.retention_years;
        wanted.done = std::move(done);
        push(std::move(wanted));
    }

    Result<Receipt> forget(const crypto::Pseudonym& person, const std::string& decision_id) override {
        return forget_while([&] { return !ring_.of(person, 1).empty(); }, person, decision_id);
    }
    Result<Receipt> forget_expired(const std::string& decision_id) override {
        const std::uint16_t year = year_of(clock_.now());
        return forget_while([&] { return !ring_.expired(year, 1).empty(); }, std::nullopt, decision_id, year);
    }

    const std::string& log_id() const override { return log_id_; }
    std::uint64_t size() const override {
        const std::lock_guard lock(mutex_);
        return state_.size();
    }
    std::uint64_t published() const override { return integrator_->published(); }
    std::string checkpoint() const override {
        const std::lock_guard lock(mutex_);
        return state_.note;
    }
    std::string published_checkpoint() const override { return integrator_->published_checkpoint(); }
    Status hold_checkpoint(std::optional<std::string> note) override {
        if (!note) return integrator_->hold(std::nullopt, 0);
        TRY_ASSIGN(const Checkpoint said, open_checkpoint(*note, keys_));
        if (said.log_id != log_id_ || said.size > published())
            return fail(Category::invalid, "log: it has published no such checkpoint");
        return integrator_->hold(std::move(note), said.size);
    }
    Status healthy() const override {
        const std::lock_guard lock(mutex_);
        if (failure_) return fail(*failure_);
        return {};
    }

    Result<std::vector<Entry>> read(std::uint64_t first, std::size_t count_max) const override {
        const std::uint64_t end = size();
        std::vector<Entry> out;
        std::size_t bytes = 0;
        while (out.size() < count_max && (out.empty() || bytes < kReadBytesMax)) {
            const std::uint64_t next = first + out.size();
            if (next >= end || next < first) break;
            const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(count_max - out.size(), end - next));
            TRY_ASSIGN(std::vector<std::string> some, read_raw(next, most));
            out.reserve(out.size() + some.size());
            for (std::string& one : some) {
                bytes += one.size();
                TRY_ASSIGN(Entry entry, open_entry_at(first + out.size(), std::move(one)));
                out.push_back(std::move(entry));
                if (bytes >= kReadBytesMax) break;
            }
        }
        return out;
    }

    Result<Receipt> receipt(std::uint64_t index) const override {
        const std::lock_guard lock(mutex_);
        auto out = receipt_under(state_.note, index);
        if (!out) return fail(Category::invalid, "log: no such entry");
        return std::move(*out);
    }

    Result<std::vector<crypto::Hash>> inclusion_proof(std::uint64_t index, std::uint64_t size) const override {
        TRY(wait_for(size));
        if (index >= size) return fail(Category::invalid, "log: no such entry in a tree of that size");
        return tiles_.inclusion_proof(index, size);
    }
    Result<std::vector<crypto::Hash>> consistency_proof(std::uint64_t first, std::uint64_t second) const override {
        TRY(wait_for(second));
        if (first > second) return fail(Category::invalid, "log: the first tree is larger than the second");
        return tiles_.consistency_proof(first, second);
    }

    Result<PersonProof> prove(const crypto::Pseudonym& person, std::optional<std::uint64_t> before) const override {
        TRY_ASSIGN(MapKeeper::Proof map, map_->prove(person, kMapPatience));
        const HistoryParts parts{log_id_, ring_, *mask_, [this](std::uint64_t index) { return read_one(index); }};
        TRY_ASSIGN(PersonProof out, history_of(parts, person, {map.index, std::move(map.way)}, before));
        std::string under = checkpoint();
        TRY(wait_for(peek_checkpoint(under)->size));
        TRY(prove_leaves(out, std::move(under), tiles_));
        return out;
    }

    Result<crypto::Hash> root(std::uint64_t size) const override {
        if (size == 0) return crypto::empty_root();
        TRY(wait_for(size));
        TRY_ASSIGN(const crypto::CompactRange range, tiles_.range(size));
        return range.root();
    }
    Result<CopiedLog> copy(CopyTo& to) const override {
        const std::shared_ptr<void> kept = integrator_->keep_files();
        TRY_ASSIGN(const std::string shown, shown_checkpoint(files_, folder_));
        const LogState end = state_of();  // after the checkpoint: the journal reaches as far as the tiles, or further
        TRY(copy_files(files_, folder_, shown, JournalEnd{end.segment, end.segment_bytes}, to));
        return CopiedLog{log_id_, end.size(), end.note};
    }
    void freeze(const Error& why) override {
        {
            const std::lock_guard lock(mutex_);
            if (failure_) return;
            failure_ = why;
        }
        if (instruments_) instruments_->failed.set(1);
        for (const Wanted& one : queue_.close(why)) one.done(fail(why));
    }

    Status check(const Receipt& receipt) const override {
        TRY(open_checkpoint(receipt.note(), keys_));
        if (receipt.log_id != log_id_) return fail(Category::invalid, "log: the receipt is of another log");
        if (receipt.index >= receipt.size) return fail(Category::invalid, "log: the receipt is malformed");
        const std::uint64_t now = size();
        if (receipt.size > now)
            return fail(Category::corrupt, "log: it was cut back: it has " + std::to_string(now) +
                                               " entries, and a signed receipt knows " + std::to_string(receipt.size));
        TRY_ASSIGN(const std::vector<crypto::Hash> path, inclusion_proof(receipt.index, receipt.size));
        TRY_ASSIGN(const std::vector<std::string> entry, read_raw(receipt.index, 1));
        const Status holds = crypto::verify_inclusion(receipt.index, receipt.size, crypto::leaf_hash(entry.at(0)), path,
                                                      receipt.root);
        if (!holds)
            return fail(Category::corrupt, "log: it is not the one that signed a receipt of entry " +
                                               std::to_string(receipt.index) + ": another root at that size");
        return {};
    }

private:
    Result<std::string> read_one(std::uint64_t index) const {
        if (index >= size()) return fail(Category::not_found, "log: no such entry");
        TRY_ASSIGN(std::vector<std::string> some, read_raw(index, 1));
        return std::move(some.at(0));
    }

    void append_map_root(const MapRoot& root, Appended done) {
        Wanted wanted;
        wanted.map_root = root;
        wanted.done = std::move(done);
        push(std::move(wanted));
    }

    void push(Wanted wanted) {
        const Status queued = queue_.push(wanted);
        if (queued) return;
        if (queued.error().category == Category::busy && instruments_) instruments_->refused.add();
        wanted.done(fail(queued.error()));
    }

    // A new log: its own key and a checkpoint without entries.
    Status write_first(Batch& batch) {
        Group group = groups_.first();
        TRY(write(group));
        state_ = group.after;
        batch = std::move(group.batch);
        batch.segment.reset();  // the integrator is told of it when it is made
        return {};
    }

    Status open_last(const Recovered& recovered) {
        const Journal::Segment& last = recovered.journal.segments.back();
        TRY_ASSIGN(file_, files_.open(journal_path(last.first)));
        TRY_ASSIGN(file_bytes_, files_.size(journal_path(last.first)));
        state_ = {recovered.journal.range, recovered.journal.note, last.first, last.bytes};
        newest_ = recovered.newest;
        return {};
    }

    void write_groups() {
        std::size_t expected = 0;
        std::chrono::microseconds patience{0};
        for (;;) {
            std::vector<Wanted> wanted = queue_.take(options_.group_bytes_max, expected, patience);
            if (wanted.empty()) return;
            expected = wanted.size();
            const bool forgets = std::any_of(wanted.begin(), wanted.end(), [](const Wanted& w) { return w.forget; });
            Group group = groups_.make(std::move(wanted), state_of(), options_.segment_bytes_max, now());
            const std::size_t entries = group.batch.entries.size();
            const auto began = steady_clock::now();
            if (!commit(group)) continue;
            const auto took = steady_clock::now() - began;
            // Those who wait for this group come back at once: a moment's patience lets one sync do for all of them.
            patience = std::min(std::chrono::duration_cast<std::chrono::microseconds>(took) / 8,
                                std::chrono::microseconds(500));
            observe(entries, took);
            teller_.tell({std::move(group.wanted), std::move(group.last), group.after.note});
            // What was forgotten must leave the journal, so nothing more is written to this file.
            if (forgets) {
                Group next = groups_.rotation(state_of());
                (void)commit(next);
            }
        }
    }

    bool commit(Group& group) {
        const Status written = write(group);
        if (!written) {
            give_up(&group, written.error());
            return false;
        }
        std::vector<PersonCount> people = std::move(group.batch.people);
        const std::vector<Forgetting> forgotten = group.batch.forgotten;
        integrator_->add(std::move(group.batch));
        {
            const std::lock_guard lock(mutex_);
            state_ = group.after;
        }
        ring_.forget(forgotten);  // whoever finds an entry closed finds the one that says why
        map_->note(std::move(people), group.after.size());
        return true;
    }

    Status write(Group& group) {
        TRY(healthy());
        if (group.new_segment) {
            TRY_ASSIGN(file_, files_.open(journal_path(group.after.segment)));
            file_bytes_ = 0;
        }
        const std::uint64_t end = group.after.segment_bytes;
        const std::uint64_t begin = end - group.bytes.size();
        // Zeros ahead: to sync what later comes in their place changes only data, and takes a fraction of what it takes where a
        // file grows.
        if (end > file_bytes_) {
            const auto room = static_cast<std::size_t>(options_.segment_bytes_max / kRoomShare);
            file_bytes_ = end + room;
            group.bytes.append(room, '\0');
        }
        TRY(file_->write_at(begin, group.bytes));
        TRY(file_->sync());
        if (group.new_segment) TRY(files_.sync_folder(folder_ + "/journal"));
        return {};
    }

    std::string journal_path(std::uint64_t first) const { return folder_ + "/journal/" + segment_name(first); }

    // A log that is closed has no room behind its end.
    void close_file() {
        if (!file_ || !healthy() || file_bytes_ == state_.segment_bytes) return;
        if (const Status cut = files_.truncate(journal_path(state_.segment), state_.segment_bytes); !cut)
            log::warn("the log's newest file keeps its room", {{"log", log_id_}, {"error", cut.error().message}});
    }

    void observe(std::size_t entries, steady_clock::duration took) {
        if (!instruments_) return;
        instruments_->entries.add(static_cast<double>(entries));
        instruments_->groups.add();
        instruments_->write.observe(std::chrono::duration<double>(took).count());
    }

    // The clock, and a word when it goes back: the times in the log then do too, for everybody to see.
    Instant now() {
        const Instant out = clock_.now();
        if (out < newest_) {
            log::warn("the log's clock jumped back", {{"log", log_id_}, {"ms", (newest_ - out).count()}});
            if (instruments_) instruments_->clock_back.add();
        }
        newest_ = out;
        return out;
    }

    // What was written of the group, if anything, is in doubt: nobody gets a receipt until the log is opened again.
    void give_up(const Group* group, const Error& error) {
        Error failure(Category::unavailable, "log: a write failed; open it again: " + error.message);
        {
            const std::lock_guard lock(mutex_);
            if (failure_) failure = *failure_;
            else failure_ = failure;
        }
        if (instruments_) instruments_->failed.set(1);
        if (integrator_) integrator_->give_up(failure);
        const std::vector<Wanted> waiting = queue_.close(failure);
        if (group != nullptr)
            for (const Wanted& one : group->wanted) one.done(fail(failure));
        for (const Wanted& one : waiting) one.done(fail(failure));
    }

    Result<Receipt> forget_while(const std::function<bool()>& more, const std::optional<crypto::Pseudonym>& person,
                                 const std::string& decision_id, std::uint16_t before_year = 0) {
        if (decision_id.empty() || decision_id.size() > kTextBytesMax)
            return fail(Category::invalid, "log: forgetting needs the id of a decision, of at most 1024 bytes");
        Result<Receipt> newest = fail(Category::not_found, "log: there is nothing to forget");
        while (more()) {
            std::promise<Result<Receipt>> promise;
            Wanted wanted;
            wanted.person = person;
            wanted.forget = true;
            wanted.before_year = before_year;
            wanted.decision = decision_id;
            wanted.done = [&promise](Result<Receipt> receipt) { promise.set_value(std::move(receipt)); };
            push(std::move(wanted));
            newest = promise.get_future().get();
            if (!newest) break;
            TRY(integrator_->wait_retired(newest->size));
        }
        return newest;
    }

    Status wait_for(std::uint64_t size) const {
        if (size > this->size()) return fail(Category::invalid, "log: it has not so many entries");
        return integrator_->wait_published(size, kProofPatience);
    }

    LogState state_of() const {
        const std::lock_guard lock(mutex_);
        return state_;
    }

    // Some durable entries from `first` on, one at least.
    Result<std::vector<std::string>> read_raw(std::uint64_t first, std::size_t count_max) const {
        for (;;) {
            const std::uint64_t published = integrator_->published();
            if (first < published) return tiles_.entries(first, count_max, published);
            auto out = integrator_->waiting(first, count_max);
            if (!out.empty()) return out;  // else it was published in between
        }
    }

    Result<Entry> open_entry_at(std::uint64_t index, std::string bytes) const {
        const auto head = read_head(bytes);
        if (!head) return fail(Category::corrupt, "log: entry " + std::to_string(index) + ": malformed");
        Entry out{index, head->kind, head->sealed, std::move(bytes), std::nullopt, 0, 0};
        if (out.kind != Kind::person && out.kind != Kind::nobody) return out;
        const auto key = ring_.find(mask_->apply(head->masked, index));
        if (!key) return out;
        TRY_ASSIGN(Opened opened, open_entry(out.bytes, index, log_id_, *key));
        out.access = std::move(opened.access);
        out.encoded = std::move(opened.encoded);
        out.sequence = opened.sequence;
        out.distance = opened.distance;
        return out;
    }

    const std::string folder_;
    const std::string log_id_;
    FileSystem& files_;
    const Clock& clock_;
    const Options options_;
    Random& random_;
    crypto::KeySet keys_;
    const TileReader tiles_;
    std::optional<Instruments> instruments_;
    std::shared_ptr<void> lock_;
    KeyRing ring_;
    WriterQueue queue_;
    std::unique_ptr<Integrator> integrator_;
    std::unique_ptr<MapKeeper> map_;

    // The writer's own.
    GroupMaker groups_;
    const SlotMask* mask_ = nullptr;  // of groups_; thread-safe
    std::unique_ptr<File> file_;
    std::uint64_t file_bytes_ = 0;  // of it, with the zeros behind the newest group
    Instant newest_;  // when the newest entry was sealed
    std::thread writer_;
    Teller teller_;

    mutable std::mutex mutex_;  // all below
    std::optional<Error> failure_;
    LogState state_;  // durable
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
