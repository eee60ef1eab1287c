#include "exchange/strange_keys.h"

#include <algorithm>

#include "base/bytes.h"
#include "exchange/rows.h"
#include "exchange/tables.h"
#include "ledger/receipt.h"

namespace idun::exchange {
namespace {

const std::string kStrange = "logsstrgS";  // + log id, 0, key id

std::string prefix_of(std::string_view log_id) { return kStrange + std::string(log_id) + '\0'; }

std::string key_of(std::string_view log_id, std::uint32_t key_id) {
    std::string out = prefix_of(log_id);
    append_be(out, key_id);
    return out;
}

std::uint64_t millis(Instant time) { return static_cast<std::uint64_t>(std::max<std::int64_t>(time.ms, 0)); }

std::string row_of(const StrangeKey& one) {
    std::string out;
    for (const std::uint64_t number :
         {millis(one.first), millis(one.last), one.count, one.index, millis(one.resolved.value_or(Instant{0}))})
        append_be(out, number);
    append_text(out, one.first_checkpoint);
    append_text(out, one.checkpoint);
    return out;
}

Result<StrangeKey> strange_from(std::string_view key, std::string_view value) {
    ByteReader reader(value);
    StrangeKey out;
    out.key_id = ByteReader(key.substr(key.size() - sizeof out.key_id)).be<std::uint32_t>();
    out.first.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
    out.last.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
    out.count = reader.be<std::uint64_t>();
    out.index = reader.be<std::uint64_t>();
    if (const auto resolved = reader.be<std::uint64_t>()) out.resolved = Instant{static_cast<std::int64_t>(resolved)};
    out.first_checkpoint = reader.text();
    out.checkpoint = reader.text();
    if (!reader.done()) return fail(Category::corrupt, "a row of a log's strange keys is malformed");
    return out;
}

// Whether it is a checkpoint with a signature by that key.
bool names(std::string_view note, std::uint32_t key_id) {
    const auto parsed = crypto::Note::parse(note);
    return parsed && ledger::peek_checkpoint(note) &&
           std::any_of(parsed->signatures.begin(), parsed->signatures.end(),
                       [&](const crypto::NoteSignature& one) { return one.key_id == key_id; });
}

bool has_key(const crypto::KeySet& keys, std::string_view name, std::uint32_t key_id) {
    return std::any_of(keys.keys().begin(), keys.keys().end(), [&](const crypto::PublicKey& key) {
        const auto verifier = crypto::VerifierKey::of(std::string(name), key);
        return verifier && verifier->id() == key_id;
    });
}

}  // namespace

std::optional<std::uint32_t> strange_key(std::string_view note, const crypto::KeySet& keys) {
    const auto head = ledger::peek_checkpoint(note);
    const auto parsed = crypto::Note::parse(note);
    if (!head || !parsed) return std::nullopt;
    const std::string name = ledger::origin_of(head->log_id);
    std::optional<std::uint32_t> strange;
    for (const crypto::NoteSignature& one : parsed->signatures) {
        if (one.name != name) continue;
        if (has_key(keys, name, one.key_id)) return std::nullopt;
        strange = one.key_id;
    }
    return strange;
}

Result<bool> note_strange(Draft& draft, std::string_view log_id, std::uint32_t key_id, std::uint64_t index,
                          std::string_view checkpoint, Instant now) {
    const std::string key = key_of(log_id, key_id);
    TRY_ASSIGN(const auto row, draft.get(key));
    StrangeKey one{.key_id = key_id,
                   .first = now,
                   .last = now,
                   .count = 0,
                   .index = index,
                   .resolved = {},
                   .first_checkpoint = std::string(checkpoint),
                   .checkpoint = {}};
    if (row) {
        TRY_ASSIGN(one, strange_from(key, *row));
    } else {
        TRY_ASSIGN(const auto known, strange_keys_of(draft.snapshot(), log_id));
        if (known.size() >= kStrangeKeysMax) return false;
    }
    one.last = now;
    one.index = index;
    ++one.count;
    one.resolved.reset();  // the key has been taken away again
    one.checkpoint = checkpoint;
    draft.put(key, row_of(one));
    return true;
}

Result<std::vector<StrangeKey>> resolve_strange(Draft& draft, std::string_view log_id, const crypto::KeySet& keys,
                                                Instant now) {
    TRY_ASSIGN(const auto known, strange_keys_of(draft.snapshot(), log_id));
    std::vector<StrangeKey> forged;
    for (StrangeKey one : known) {
        if (one.resolved || strange_key(one.checkpoint, keys)) continue;
        const bool holds =
            ledger::open_checkpoint(one.first_checkpoint, keys) && ledger::open_checkpoint(one.checkpoint, keys);
        const std::string key = key_of(log_id, one.key_id);
        if (!holds) {
            draft.erase(key);
            forged.push_back(std::move(one));
            continue;
        }
        one.resolved = now;
        draft.put(key, row_of(one));
    }
    return forged;
}

Result<std::vector<StrangeKey>> strange_keys_of(const store::Snapshot& snapshot, std::string_view log_id) {
    TRY_ASSIGN(const auto rows, rows_of(snapshot, store::prefix_range(prefix_of(log_id)), kStrangeKeysMax));
    std::vector<StrangeKey> out;
    for (const store::Entry& row : rows) {
        TRY_ASSIGN(out.emplace_back(), strange_from(row.key, row.value));
    }
    return out;
}

Result<std::vector<std::string>> logs_with_strange_keys(const store::Snapshot& snapshot) {
    TRY_ASSIGN(const auto rows, rows_of(snapshot, store::prefix_range(kStrange), SIZE_MAX));
    std::vector<std::string> out;
    for (const store::Entry& row : rows) {
        const std::string_view key = row.key;
        out.emplace_back(key.substr(kStrange.size(), key.size() - kStrange.size() - 1 - sizeof(std::uint32_t)));
    }
    return out;
}

store::Table strange_table() {
    return {.name = "logs.strange-keys",
            .prefix = kStrange,
            .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                const std::size_t tail = 1 + sizeof(std::uint32_t);
                if (key.size() <= kStrange.size() + tail || key[key.size() - tail] != '\0')
                    return fail(Category::corrupt, "a row of a log's strange keys is malformed");
                TRY_ASSIGN(const StrangeKey one, strange_from(key, value));
                if (one.count == 0 || one.last < one.first || !names(one.first_checkpoint, one.key_id) ||
                    !names(one.checkpoint, one.key_id))
                    return fail(Category::corrupt, "a row of a log's strange keys is malformed");
                return store::encodes_to_itself(row_of(one), value);
            }};
}

}  // namespace idun::exchange
