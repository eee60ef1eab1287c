#include "store/postgres.h"

#include <algorithm>

#include "base/random.h"
#include "store/internal/backup.h"
#include "store/internal/pg_rows.h"
#include "store/internal/postgres_store.h"

namespace idun::store {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kSweepEvery{500};
constexpr std::int64_t kSweepRows = 2000;

std::int64_t signed_number(Version version) { return static_cast<std::int64_t>(version.number); }

const std::string kBegin = "BEGIN";
const std::string kCommit = "COMMIT";
const std::string kRollback = "ROLLBACK";

// Only the last write of a key in a group is ever visible, as no snapshot falls between two of its batches.
PgGroup rows_of(const Admitted& admitted) {
    PgGroup group;
    Version version = admitted.first;
    for (const Pending* pending : admitted.batches) {
        for (const Batch::Write& write : pending->batch.writes()) group.writes.push_back({&write, version});
        if (const auto& note = pending->batch.noted()) group.notes.push_back({version, *note});
        ++version.number;
    }
    group.keep_last_of_each_key();
    return group;
}

}  // namespace

Result<std::unique_ptr<Store>> open_postgres(const PostgresOptions& options, const Clock& clock) {
    TRY(check_schema_name(options.schema));
    if (options.connections == 0) return fail(Category::invalid, "a store on PostgreSQL needs a connection for reads");
    auto core = std::make_shared<PgCore>(options, uuid(system_random()));
    TRY_ASSIGN(core->writing, PgConnection::open(options));
    PgConnection& writing = *core->writing;
    TRY(lock_schema(writing, core->sql, options.schema, options.lock_patience));
    for (const std::string& sql : core->sql.make) TRY(writing.query(sql));
    PgParams claim;
    claim.text(core->writer);
    TRY(writing.query(core->sql.claim, claim));
    TRY_ASSIGN(const auto head, read_head(writing, core->sql));
    if (!head) return fail(Category::corrupt, "the schema has no head row");
    return std::make_unique<PostgresStore>(std::move(core), clock, head->version, head->trimmed);
}

PostgresStore::PostgresStore(std::shared_ptr<PgCore> core, const Clock& clock, Version newest, Version trimmed)
    : core_(std::move(core)),
      holds_(clock),
      newest_(std::make_shared<PgSnapshot>(core_, newest)),
      trimmed_(trimmed.number),
      sweeper_([this] { sweep_on(); }),
      committer_([this](std::span<Pending> group) { write_group(group); }) {}

PostgresStore::~PostgresStore() {
    {
        std::lock_guard lock(sweep_mutex_);
        stopping_.request_stop();
    }
    sweep_wake_.notify_all();
    sweeper_.join();
}

std::shared_ptr<const Snapshot> PostgresStore::newest() const {
    std::lock_guard lock(newest_mutex_);
    return newest_;
}

void PostgresStore::publish(Version version) {
    std::shared_ptr<const Snapshot> next = std::make_shared<PgSnapshot>(core_, version);
    std::lock_guard lock(newest_mutex_);
    newest_.swap(next);
}

Result<std::shared_ptr<const Snapshot>> PostgresStore::snapshot_at(Version version) {
    if (auto now = newest(); now->version() == version) return now;
    if (auto held = holds_.find(version)) return held;
    return fail(Category::gone, "that version of the store is no longer open");
}

void PostgresStore::hold(std::shared_ptr<const Snapshot> snapshot, std::chrono::milliseconds time) {
    holds_.hold(std::move(snapshot), time);
}

void PostgresStore::commit(Batch batch, Committed done) { committer_.submit(std::move(batch), std::move(done)); }

Status PostgresStore::healthy() const {
    std::lock_guard lock(health_mutex_);
    return health_;
}

void PostgresStore::set_health(const Status& status) {
    std::lock_guard lock(health_mutex_);
    health_ = status;
}

void PostgresStore::write_group(std::span<Pending> group) {
    holds_.sweep();
    const Status written = write_admitted(group);
    set_health(written);
    if (!written) settle(group, written.error());
}

Status PostgresStore::write_admitted(std::span<Pending> group) {
    if (taken_over_) return fail(Category::unavailable, "another process has taken the store over");
    // The outcome of an earlier group that nobody could learn comes first: it decides the next number.
    if (!core_->writing || core_->writing->lost()) TRY(reconnect(Steady::now() + core_->options.patience));
    const Version before = newest()->version();
    TRY_ASSIGN(const Admitted admitted,
               admit(group, before, [&](std::span<const std::string> keys) { return core_->multi_get(before, keys); }));
    if (admitted.batches.empty()) return {};
    TRY(write(admitted));
    Version version = admitted.first;
    for (Pending* pending : admitted.batches) {
        pending->outcome = version;
        ++version.number;
    }
    return {};
}

Status PostgresStore::write(const Admitted& admitted) {
    const PgGroup rows = rows_of(admitted);
    const Version before{admitted.first.number - 1};
    const auto deadline = Steady::now() + core_->options.patience;
    for (;;) {
        PgConnection& connection = *core_->writing;
        connection.queue(kBegin);
        rows.queue_ends(connection, core_->sql);
        rows.queue_inserts(connection, core_->sql);
        PgParams head;
        head.number(signed_number(admitted.last())).number(signed_number(before)).text(core_->writer);
        connection.queue(core_->sql.advance, head);
        connection.queue(kCommit);
        const auto done = connection.sync();
        if (done) {
            if (!rows.writes.empty()) dirty_ = true;
            publish(admitted.last());
            return {};
        }
        if (!connection.lost()) {
            const bool fenced = connection.state() == "22012";  // division by zero, see PgStatements::advance
            if (auto undone = connection.query(kRollback); !undone && !connection.lost()) return fail(undone.error());
            if (!fenced) return fail(done.error());
            taken_over_ = true;
            return fail(Category::unavailable, "another process has taken the store over");
        }
        in_doubt_ = admitted.last();
        TRY(reconnect(deadline));
        if (newest()->version() == admitted.last()) return {};
    }
}

// Also learns whether the group that was under way has been written.
Status PostgresStore::reconnect(Steady::time_point deadline) {
    std::chrono::milliseconds pause{20};
    for (;;) {
        core_->writing.reset();
        auto connection = PgConnection::open(core_->options);
        Status locked;
        if (!connection) {
            locked = fail(connection.error());
        } else {
            // The server may not have noticed yet that our old session is dead: asked again below.
            locked = lock_schema(**connection, core_->sql, core_->options.schema, {});
        }
        if (locked) {
            TRY_ASSIGN(const auto head, read_head(**connection, core_->sql));
            const Version now = newest()->version();
            const bool known = head && (head->version == now || (in_doubt_ && head->version == *in_doubt_));
            if (!known || head->writer != core_->writer) {
                taken_over_ = true;
                return fail(Category::unavailable, "another process has taken the store over");
            }
            core_->writing = std::move(*connection);
            in_doubt_.reset();
            if (head->version != now) publish(head->version);
            return {};
        }
        if (Steady::now() + pause > deadline) return locked;
        std::unique_lock lock(sweep_mutex_);
        // While the store closes nobody waits.
        if (sweep_wake_.wait_for(lock, pause, [this] { return stopping_.stop_requested(); })) return locked;
        pause = std::min(pause * 2, std::chrono::milliseconds(1000));
    }
}

Result<std::vector<Change>> PostgresStore::changes(Version after, std::size_t count_max) {
    return changes_until({std::max(after.number, trimmed_.load())}, newest()->version(), count_max);
}

Result<std::vector<Change>> PostgresStore::changes_until(Version after, Version until, std::size_t count_max) {
    std::vector<Change> changes;
    if (after >= until || count_max == 0) return changes;
    PgParams params;
    params.number(signed_number(after)).number(signed_number(until));
    params.number(static_cast<std::int64_t>(std::min<std::size_t>(count_max, 100'000)));
    TRY_ASSIGN(const PgRows rows, core_->read(core_->sql.changes, std::move(params)));
    for (int i = 0; i < rows.count(); ++i)
        changes.push_back({{static_cast<std::uint64_t>(rows.number(i, 0))}, std::string(rows.bytes(i, 1))});
    return changes;
}

Status PostgresStore::trim_changes(Version until) {
    until = std::min(until, newest()->version());
    if (until.number <= trimmed_.load()) return {};
    PgParams mark;
    mark.number(signed_number(until)).text(core_->writer);
    PgParams notes;
    notes.number(signed_number(until));
    // Without BEGIN the two are one transaction.
    TRY(core_->pool.run({{&core_->sql.trim_mark, mark}, {&core_->sql.trim_notes, notes}}));
    std::uint64_t before = trimmed_.load();
    while (before < until.number && !trimmed_.compare_exchange_weak(before, until.number)) {
    }
    return {};
}

Result<Version> PostgresStore::backup(const std::string& folder, std::stop_token stop) {
    const auto now = newest();
    return write_backup(folder, *now, {trimmed_.load()},
                        [&](Version after, std::size_t count) { return changes_until(after, now->version(), count); }, stop);
}

void PostgresStore::sweep_on() {
    std::unique_ptr<PgConnection> connection;
    std::unique_lock lock(sweep_mutex_);
    while (!stopping_.stop_requested()) {
        sweep_wake_.wait_for(lock, kSweepEvery, [this] { return stopping_.stop_requested(); });
        if (stopping_.stop_requested()) return;
        lock.unlock();
        holds_.sweep();
        while (sweep_some(connection)) {
        }
        lock.lock();
    }
}

// True when there is more to sweep at once.
bool PostgresStore::sweep_some(std::unique_ptr<PgConnection>& connection) {
    if (!dirty_.exchange(false)) return false;
    const Version newest_version = newest()->version();
    const Version horizon = core_->pins.horizon(newest_version);
    if (!connection || connection->lost()) {
        auto opened = PgConnection::open(core_->options);
        dirty_ = true;
        if (!opened) return false;
        connection = std::move(*opened);
    }
    PgParams rows;
    rows.number(signed_number(horizon)).number(kSweepRows);
    const auto swept = connection->query(core_->sql.sweep, rows, stopping_.get_token());
    const bool full = swept && swept->touched() == kSweepRows;
    if (!swept || full || horizon < newest_version) dirty_ = true;
    std::lock_guard lock(sweep_mutex_);
    return full && !stopping_.stop_requested();
}

}  // namespace idun::store
