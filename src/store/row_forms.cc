#include "store/row_forms.h"

#include <algorithm>

#include "base/bytes.h"

namespace idun::store {
namespace {

constexpr std::string_view kForms = "rowforms";  // + name of the table: form (4), done (1), the last key that was looked at

std::string form_key(std::string_view table) { return std::string(kForms) + std::string(table); }

struct FormRow {
    std::uint32_t form = 0;
    bool done = false;
    std::string place;
};

std::string encode_form(const FormRow& row) {
    std::string out;
    append_be(out, row.form);
    append_be(out, static_cast<std::uint8_t>(row.done));
    return out + row.place;
}

Result<FormRow> decode_form(std::string_view value) {
    ByteReader in(value);
    FormRow out;
    out.form = in.be<std::uint32_t>();
    const auto done = in.be<std::uint8_t>();
    out.done = done == 1;
    out.place = in.rest();
    if (!in.ok() || done > 1 || out.form == 0 || (out.done && !out.place.empty())) return fail(Category::corrupt, "the row of a table's form is malformed");
    return out;
}

}  // namespace

Status check_forms(const Snapshot& at, std::span<const FormChange> known) {
    Range range = prefix_range(kForms);
    for (bool more = true; more;) {
        TRY_ASSIGN(const Chunk chunk, at.scan(range));
        for (const Entry& row : chunk.entries) {
            const std::string table = row.key.substr(kForms.size());
            TRY_ASSIGN(const FormRow written, decode_form(row.value));
            const auto here = std::ranges::find(known, table, &FormChange::table);
            const unsigned until = here == known.end() ? 0 : here->form;
            if (written.form <= until) continue;
            return fail(Category::unsupported, "the rows of " + table + " have form " + std::to_string(written.form) + ", and this program knows " +
                                                   (until == 0 ? std::string("no such table") : "forms until " + std::to_string(until)) +
                                                   ": use the newer program that wrote them");
        }
        more = chunk.more;
        if (more) range = rest_of(range, chunk.entries.back().key);
    }
    return {};
}

Status announce_forms(Store& store, std::span<const FormChange> changes) {
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY(check_forms(*snapshot, changes));
    Batch batch;
    for (const FormChange& change : changes) {
        const std::string key = form_key(change.table);
        TRY_ASSIGN(const auto value, snapshot->get(key));
        FormRow known;
        if (value) {
            TRY_ASSIGN(known, decode_form(*value));
        }
        if (known.form == change.form) continue;
        batch.expect(key, value);
        batch.put(key, encode_form({change.form, false, {}}));
    }
    if (batch.empty()) return {};
    TRY(store.commit(std::move(batch)));
    return {};
}

Result<Rewritten> rewrite_some(Store& store, const FormChange& change, std::size_t rows_max) {
    if (!change.rewritten) return Rewritten{};
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    const std::string key = form_key(change.table);
    TRY_ASSIGN(const auto value, snapshot->get(key));
    if (!value) return fail(Category::internal, "the form of a table was not announced");
    TRY_ASSIGN(const FormRow before, decode_form(*value));
    if (before.done) return Rewritten{};
    Range range = prefix_range(change.prefix);
    if (!before.place.empty()) range = rest_of(range, before.place);
    TRY_ASSIGN(const Chunk chunk, snapshot->scan(range, {.entries_max = rows_max}));
    Rewritten out{chunk.more, 0};
    Batch batch;
    for (const Entry& row : chunk.entries) {
        TRY_ASSIGN(auto now, change.rewritten(row.key, row.value));
        if (!now) continue;
        batch.expect(row.key, row.value);
        batch.put(row.key, std::move(*now));
        ++out.rows;
    }
    batch.expect(key, *value);
    batch.put(key, encode_form({change.form, !chunk.more, chunk.more ? chunk.entries.back().key : std::string()}));
    batch.read_at(snapshot->version());
    const auto committed = store.commit(std::move(batch));
    if (committed) return out;
    if (committed.error().category == Category::conflict) return Rewritten{true, 0};  // somebody wrote one of the rows meanwhile: again
    return fail(committed.error());
}

Table form_table() {
    return {.name = "store.forms", .prefix = std::string(kForms), .check = [](std::string_view key, std::string_view value, Owed&) -> Status {
                if (key.size() == kForms.size()) return fail(Category::corrupt, "the form of no table");
                TRY_ASSIGN(const FormRow row, decode_form(value));
                return encodes_to_itself(encode_form(row), value);
            }};
}

}  // namespace idun::store
