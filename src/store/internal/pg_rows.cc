#include "store/internal/pg_rows.h"

#include <algorithm>

namespace idun::store {
namespace {

// A statement's arrays stay well below what PostgreSQL takes as one value.
constexpr std::size_t kStatementBytes = 8u << 20;

std::int64_t signed_number(Version version) { return static_cast<std::int64_t>(version.number); }

struct RowArrays {
    PgParams::Array parts, keys, versions, values;
    std::size_t bytes = 0;

    void add(std::string_view key, Version version) {
        const PgKey split = split_key(key);
        parts.number(split.part);
        keys.bytes(split.rest);
        versions.number(signed_number(version));
        bytes += key.size() + 32;
    }
    bool full() const { return bytes >= kStatementBytes; }
    bool empty() const { return bytes == 0; }
};

}  // namespace

void PgGroup::keep_last_of_each_key() {
    std::sort(writes.begin(), writes.end(), [](const Write& a, const Write& b) {
        return a.write->key != b.write->key ? a.write->key < b.write->key : a.version < b.version;
    });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < writes.size(); ++i) {
        if (i + 1 < writes.size() && writes[i + 1].write->key == writes[i].write->key) continue;
        writes[kept++] = writes[i];
    }
    writes.resize(kept);
}

void PgGroup::queue_ends(PgConnection& connection, const PgStatements& sql) const {
    RowArrays rows;
    const auto flush = [&] {
        if (rows.empty()) return;
        PgParams params;
        params.numbers(rows.parts).byte_strings(rows.keys).numbers(rows.versions);
        connection.queue(sql.bury, params);
        rows = {};
    };
    for (const Write& write : writes) {
        rows.add(write.write->key, write.version);
        if (rows.full()) flush();
    }
    flush();
}

void PgGroup::queue_inserts(PgConnection& connection, const PgStatements& sql) const {
    RowArrays rows;
    const auto flush = [&] {
        if (rows.empty()) return;
        PgParams params;
        params.numbers(rows.parts).byte_strings(rows.keys).numbers(rows.versions).byte_strings(rows.values);
        connection.queue(sql.insert, params);
        rows = {};
    };
    for (const Write& write : writes) {
        if (!write.write->value) continue;
        rows.add(write.write->key, write.version);
        rows.values.bytes(*write.write->value);
        rows.bytes += write.write->value->size();
        if (rows.full()) flush();
    }
    flush();
    for (std::size_t i = 0; i < notes.size();) {
        PgParams::Array versions;
        PgParams::Array texts;
        for (std::size_t bytes = 0; i < notes.size() && bytes < kStatementBytes; ++i) {
            versions.number(signed_number(notes[i].version));
            texts.bytes(notes[i].note);
            bytes += notes[i].note.size() + 32;
        }
        PgParams params;
        params.numbers(versions).byte_strings(texts);
        connection.queue(sql.insert_notes, params);
    }
}

}  // namespace idun::store
