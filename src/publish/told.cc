#include "publish/told.h"

#include <algorithm>
#include <limits>
#include <map>

#include "base/bytes.h"
#include "base/function_ref.h"
#include "fhir/category.h"
#include "publish/tables.h"

namespace idun::publish {
namespace {

using fhir::PriorityCategory;

const std::string kRows = "pubtoldsT";   // and the pseudonym
const std::string kWhole = "pubtoldsW";  // value: form, when (8, ms)
constexpr char kForm = 1;
constexpr std::size_t kRowsAtOnce = 5'000;

using Held = std::map<PriorityCategory, std::uint32_t>;  // second of the newest update

std::string key_of(const crypto::Pseudonym& person) { return kRows + std::string(person.view()); }

std::string encode(const Held& held) {
    std::string out;
    for (const auto& [category, second] : held) {
        out += static_cast<char>(category);
        append_be(out, second);
    }
    return out;
}

Result<Held> decode(std::string_view row) {
    Held out;
    ByteReader in(row);
    while (!in.done()) {
        const auto category = static_cast<PriorityCategory>(in.be<std::uint8_t>());
        const auto second = in.be<std::uint32_t>();
        const bool known = std::ranges::find(fhir::kPriorityCategories, category) != fhir::kPriorityCategories.end();
        const bool rises = out.empty() || out.rbegin()->first < category;
        if (!in.ok() || !known || !rises) return fail(Category::corrupt, "a row of what the hub was told cannot be read");
        out.emplace(category, second);
    }
    return out;
}

Result<Instant> decode_whole(std::string_view row) {
    ByteReader in(row);
    const char form = in.be<char>();
    const Instant when{in.be<std::int64_t>()};
    if (!in.done() || form != kForm) return fail(Category::corrupt, "when what the hub was told was whole cannot be read");
    return when;
}

std::string encode_whole(Instant when) {
    std::string out(1, kForm);
    append_be(out, when.ms);
    return out;
}

std::uint32_t second_of(Instant time) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(time.ms / 1000, 0, std::numeric_limits<std::uint32_t>::max()));
}

void apply(Held& held, const index::Pointer& pointer) {
    const auto category = fhir::priority_category(pointer.category);
    if (!category) return;
    if (pointer.withdrawn) held.erase(*category);
    else held[*category] = second_of(pointer.newest);
}

// The pointers of the person at the front.
std::span<const index::Pointer> next_person(std::span<const index::Pointer> pointers) {
    const auto end = std::ranges::find_if(pointers, [&](const index::Pointer& one) { return one.person != pointers.front().person; });
    return pointers.first(static_cast<std::size_t>(end - pointers.begin()));
}

Status each_row(const store::Snapshot& snapshot, FunctionRef<Status(const store::Entry& entry)> take) {
    store::Range range = store::prefix_range(kRows);
    for (bool more = true; more;) {
        TRY_ASSIGN(const auto chunk, snapshot.scan(range));
        for (const store::Entry& entry : chunk.entries) TRY(take(entry));
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return {};
}

// A batch that is committed whenever it is large.
class Steps {
public:
    explicit Steps(store::Store& store) : store_(store) {}
    store::Batch& batch() { return batch_; }
    Status step() { return ++rows_ % kRowsAtOnce == 0 ? commit() : Status(); }
    Status commit() {
        TRY(store_.commit(std::move(batch_)));
        batch_ = {};
        return {};
    }

private:
    store::Store& store_;
    store::Batch batch_;
    std::size_t rows_ = 0;
};

}  // namespace

Status note_told(store::Batch& batch, const store::Snapshot& snapshot, std::span<const index::Pointer> pointers) {
    while (!pointers.empty()) {
        const auto of_one = next_person(pointers);
        pointers = pointers.subspan(of_one.size());
        const std::string key = key_of(of_one.front().person);
        TRY_ASSIGN(const auto row, snapshot.get(key));
        Held held = decode(row.value_or(std::string())).value_or(Held());  // what cannot be read the next walk writes anew
        for (const index::Pointer& one : of_one) apply(held, one);
        if (held.empty()) batch.erase(key);
        else batch.put(key, encode(held));
    }
    return {};
}

Result<std::vector<index::Pointer>> told_pointers(const store::Snapshot& snapshot) {
    std::vector<index::Pointer> out;
    TRY(each_row(snapshot, [&](const store::Entry& entry) -> Status {
        const auto person = crypto::Pseudonym::from(entry.key.substr(kRows.size()));
        TRY_ASSIGN(const Held held, decode(entry.value));
        if (!person) return fail(Category::corrupt, "a row of what the hub was told is of nobody");
        const std::size_t first = out.size();
        for (const auto& [category, second] : held)
            out.push_back({*person, std::string(fhir::to_string(category)), {std::int64_t{second} * 1000}, 0});
        std::ranges::sort(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(), {}, &index::Pointer::category);
        return {};
    }));
    return out;
}

Result<std::optional<Instant>> told_whole_since(const store::Snapshot& snapshot) {
    TRY_ASSIGN(const auto row, snapshot.get(kWhole));
    if (!row) return std::nullopt;
    TRY_ASSIGN(const Instant when, decode_whole(*row));
    return std::optional(when);
}

Status note_walked(store::Store& store, Instant now) {
    store::Batch batch;
    batch.put(kWhole, encode_whole(now));
    TRY(store.commit(std::move(batch)));
    return {};
}

Status make_walk_due(store::Store& store) {
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    const auto whole = told_whole_since(*snapshot);
    if (whole) return *whole && **whole != kWalkDue ? note_walked(store, kWalkDue) : Status();
    store::Batch batch;  // what cannot be read tells nothing
    batch.erase(kWhole);
    TRY(store.commit(std::move(batch)));
    return {};
}

Result<std::uint64_t> write_told(store::Store& store, std::span<const index::Pointer> pointers, Instant now) {
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    Steps steps(store);
    std::uint64_t others = 0;
    const auto put = [&](std::span<const index::Pointer> of_one, std::string_view row) -> Status {
        Held held;
        for (const index::Pointer& one : of_one) apply(held, one);
        std::string value = encode(held);
        if (value == row) return {};
        ++others;
        steps.batch().put(key_of(of_one.front().person), std::move(value));
        return steps.step();
    };
    TRY(each_row(*snapshot, [&](const store::Entry& entry) -> Status {
        while (!pointers.empty() && key_of(pointers.front().person) < entry.key) {
            const auto of_one = next_person(pointers);
            pointers = pointers.subspan(of_one.size());
            TRY(put(of_one, {}));
        }
        if (!pointers.empty() && key_of(pointers.front().person) == entry.key) {
            const auto of_one = next_person(pointers);
            pointers = pointers.subspan(of_one.size());
            return put(of_one, entry.value);
        }
        ++others;
        steps.batch().erase(entry.key);
        return steps.step();
    }));
    while (!pointers.empty()) {
        const auto of_one = next_person(pointers);
        pointers = pointers.subspan(of_one.size());
        TRY(put(of_one, {}));
    }
    steps.batch().put(kWhole, encode_whole(now));
    TRY(steps.commit());
    return others;
}

store::Table told_table() {
    return {.name = "publish.told", .prefix = kRows, .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                TRY_ASSIGN(const Held held, decode(value));
                if (key.size() != kRows.size() + crypto::kPseudonymBytes || held.empty()) return fail(Category::corrupt, "a row of what the hub was told is of nobody, or says nothing");
                return store::encodes_to_itself(encode(held), value);
            }};
}

store::Table told_whole_table() {
    return {.name = "publish.told-whole", .prefix = kWhole, .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                if (key != kWhole) return fail(Category::corrupt, "when what the hub was told was whole stands there twice");
                TRY(decode_whole(value));
                return {};
            }};
}

}  // namespace idun::publish
