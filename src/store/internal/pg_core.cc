#include "store/internal/pg_core.h"

#include <algorithm>
#include <thread>

#include "store/internal/limits.h"

namespace idun::store {
namespace {

// A chunk of tiny rows is cut here, so that the server never looks at many more rows than it sends.
constexpr std::size_t kScanRowsMax = 10'000;

std::int64_t signed_number(Version version) { return static_cast<std::int64_t>(version.number); }

}  // namespace

void PgPins::add(Version version) {
    std::lock_guard lock(mutex_);
    ++pins_[version];
}

void PgPins::remove(Version version) {
    std::lock_guard lock(mutex_);
    auto at = pins_.find(version);
    if (--at->second == 0) pins_.erase(at);
}

Version PgPins::horizon(Version newest) const {
    std::lock_guard lock(mutex_);
    return pins_.empty() ? newest : std::min(newest, pins_.begin()->first);
}

PgPool::PgPool(const PostgresOptions& options) : options_(options) {}

Result<std::vector<PgRows>> PgPool::run(const Statements& statements) {
    for (const bool fresh : {false, true}) {
        TRY_ASSIGN(auto connection, take(fresh));
        for (const auto& [sql, params] : statements) connection->queue(*sql, params);
        auto rows = connection->sync();
        const bool again = !rows && connection->lost() && !fresh;
        give_back(std::move(connection));
        if (!again) return rows;
    }
    return fail(Category::unavailable, "the database cannot be reached");
}

Result<std::unique_ptr<PgConnection>> PgPool::take(bool fresh) {
    {
        std::unique_lock lock(mutex_);
        if (!freed_.wait_for(lock, options_.patience, [this] { return out_ < options_.connections; }))
            return fail(Category::busy, "all connections to the database are in use");
        ++out_;
        // When one connection broke the others have, most likely, as well.
        if (fresh) idle_.clear();
        if (!idle_.empty()) {
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            return connection;
        }
    }
    auto connection = PgConnection::open(options_);
    if (!connection) give_back(nullptr);
    return connection;
}

void PgPool::give_back(std::unique_ptr<PgConnection> connection) {
    {
        std::lock_guard lock(mutex_);
        --out_;
        if (connection && !connection->lost()) idle_.push_back(std::move(connection));
    }
    freed_.notify_one();
}

PgCore::PgCore(const PostgresOptions& o, std::string w) : options(o), writer(std::move(w)), sql(o.schema), pool(o) {}

Result<PgRows> PgCore::read(const std::string& text, PgParams params) {
    PgParams own;
    own.text(writer);
    PgPool::Statements statements;
    statements.emplace_back(&text, std::move(params));
    // After the read, in the same round trip: until then nobody else can have swept.
    statements.emplace_back(&sql.owned, std::move(own));
    TRY_ASSIGN(auto rows, pool.run(statements));
    if (rows[1].count() == 0) return fail(Category::unavailable, "another process has taken the store over");
    return rows[0];
}

Result<std::vector<std::optional<std::string>>> PgCore::multi_get(Version at, std::span<const std::string> keys) {
    std::vector<std::optional<std::string>> values(keys.size());
    if (keys.empty()) return values;
    PgParams::Array parts;
    PgParams::Array rests;
    for (const std::string& key : keys) {
        const PgKey split = split_key(key);
        parts.number(split.part);
        rests.bytes(split.rest);
    }
    PgParams params;
    params.number(signed_number(at)).numbers(parts).byte_strings(rests);
    TRY_ASSIGN(const PgRows rows, read(sql.get, std::move(params)));
    for (int i = 0; i < rows.count(); ++i) {
        const auto slot = static_cast<std::size_t>(rows.number(i, 0));
        IDUN_CHECK(slot >= 1 && slot <= values.size());
        values[slot - 1].emplace(rows.bytes(i, 1));
    }
    return values;
}

Status check_schema_name(const std::string& schema) {
    const bool fits = !schema.empty() && schema.size() <= 48 && (schema[0] < '0' || schema[0] > '9');
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
    if (!fits || !std::all_of(schema.begin(), schema.end(), plain) || schema.starts_with("pg_"))
        return fail(Category::invalid, "a schema's name has 1 to 48 lower-case letters, digits and underscores");
    return {};
}

Status lock_schema(PgConnection& connection, const PgStatements& sql, const std::string& schema, std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::chrono::milliseconds pause{10};
    for (;;) {
        PgParams params;
        params.text(schema);
        TRY_ASSIGN(const PgRows rows, connection.query(sql.lock, params));
        if (rows.number(0, 0) == 1) return {};
        if (std::chrono::steady_clock::now() + pause > deadline)
            return fail(Category::busy, "the schema is in use by another process or store");
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, std::chrono::milliseconds(200));
    }
}

Result<std::optional<PgHead>> read_head(PgConnection& connection, const PgStatements& sql) {
    TRY_ASSIGN(const PgRows rows, connection.query(sql.head));
    if (rows.count() == 0) return std::optional<PgHead>();
    if (rows.number(0, 0) != 1) return fail(Category::unsupported, "the schema was written by a newer program");
    PgHead head;
    head.version.number = static_cast<std::uint64_t>(rows.number(0, 1));
    head.trimmed.number = static_cast<std::uint64_t>(rows.number(0, 2));
    head.writer = rows.bytes(0, 3);
    return std::optional<PgHead>(std::move(head));
}

PgSnapshot::PgSnapshot(std::shared_ptr<PgCore> core, Version version) : core_(std::move(core)), version_(version) {
    core_->pins.add(version_);
}

PgSnapshot::~PgSnapshot() { core_->pins.remove(version_); }

Result<std::vector<std::optional<std::string>>> PgSnapshot::multi_get(std::span<const std::string> keys) const {
    TRY(check_keys(keys));
    return core_->multi_get(version_, keys);
}

Result<Chunk> PgSnapshot::scan(const Range& range, const ChunkLimit& limit) const {
    Chunk chunk;
    if (is_empty(range)) return chunk;
    const std::size_t count = std::clamp<std::size_t>(limit.entries_max, 1, kScanRowsMax);
    const std::size_t bytes = std::min(limit.bytes_max, std::size_t{1} << 40);
    const PgBound lower = split_bound(range.from);
    PgParams params;
    params.number(signed_number(version_)).number(static_cast<std::int64_t>(count));
    params.number(static_cast<std::int64_t>(bytes)).number(lower.part).bytes(lower.rest);
    const bool one_partition = in_one_partition(range);
    const PgBound upper = split_bound(range.to);
    // Up to the start of the next partition is all of this one: the part says it.
    const bool bounded = one_partition ? !range.to.empty() && upper.part == lower.part : !range.to.empty();
    if (bounded && !one_partition) params.number(upper.part);
    if (bounded) params.bytes(upper.rest);
    TRY_ASSIGN(const PgRows rows,
               core_->read(core_->sql.scan[one_partition][bounded][range.reverse], std::move(params)));
    for (int i = 0; i < rows.count(); ++i) {
        if (rows.null(i, 2)) {
            chunk.more = true;
            break;
        }
        chunk.entries.push_back({join_key(rows.number(i, 0), rows.bytes(i, 1)), std::string(rows.bytes(i, 2))});
    }
    return chunk;
}

}  // namespace idun::store
