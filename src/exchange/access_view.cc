#include "exchange/access_view.h"

#include <algorithm>
#include <map>

#include "base/bytes.h"
#include "store/person_key.h"

namespace idun::exchange {
namespace {

const std::string kProgressKey = "accessvwN";
constexpr std::size_t kEntriesAtOnce = 1000;
constexpr std::uint64_t kLookBack = 10'000;  // entries

// Person's partition, 'A', rest of the pseudonym, index (big-endian): newest last, read in reverse.
std::string prefix_of(const crypto::Pseudonym& person) { return store::person_key(person, 'A'); }

std::string number_bytes(std::uint64_t number) {
    std::string out;
    append_be(out, number);
    return out;
}

// A gathering leaves two entries: begun, with every source `asked`, and ended.
bool is_begun(const ledger::Access& access) {
    return access.action == ledger::Action::gather && access.permit &&
           std::any_of(access.sources.begin(), access.sources.end(), [](const auto& s) { return s.state == "asked"; });
}

}  // namespace

Result<std::unique_ptr<AccessView>> AccessView::open(store::Store& store, const ledger::Ledger& ledger) {
    std::unique_ptr<AccessView> view(new AccessView(store, ledger));
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY_ASSIGN(const auto progress, snapshot->get(kProgressKey));
    if (progress) view->next_ = ByteReader(*progress).be<std::uint64_t>();
    return view;
}

Status AccessView::catch_up() {
    while (next_ < ledger_.size()) {
        TRY_ASSIGN(const auto entries, ledger_.read(next_, kEntriesAtOnce));
        if (entries.empty()) return {};
        std::map<std::string, bool> rows;  // key -> is there
        for (const ledger::Entry& entry : entries) {
            TRY_ASSIGN(const auto access, ledger::decode(entry.payload));
            if (!access.person) continue;
            const std::string key = prefix_of(*access.person) + number_bytes(entry.index);
            rows[key] = true;
            if (is_begun(access)) {
                begun_[access.request_id] = {key, entry.index};
            } else if (access.action == ledger::Action::gather && access.permit) {
                if (const auto begun = begun_.find(access.request_id); begun != begun_.end()) {
                    rows[begun->second.key] = false;
                    begun_.erase(begun);
                }
            }
        }
        store::Batch batch;
        for (const auto& [key, there] : rows) {
            if (there) batch.put(key, "");
            else batch.erase(key);
        }
        const std::uint64_t next = entries.back().index + 1;
        batch.put(kProgressKey, number_bytes(resume_at(next)));
        TRY(store_.commit(std::move(batch)));
        next_ = next;
    }
    return {};
}

// Where a restart goes on: at the oldest gathering without an end, so that its end still finds it, but not further
// back than kLookBack, since one that broke off never ends. Rows that are made twice are the same rows.
std::uint64_t AccessView::resume_at(std::uint64_t next) const {
    std::uint64_t oldest = next;
    for (const auto& [request, begun] : begun_) oldest = std::min(oldest, begun.index);
    return std::max(oldest, next - std::min(next, kLookBack));
}

Result<AccessView::Page> AccessView::about(const crypto::Pseudonym& person, std::uint64_t before,
                                           std::size_t count_max) {
    const std::lock_guard lock(mutex_);
    TRY(catch_up());
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    const std::string prefix = prefix_of(person);
    store::Range range{prefix, prefix + number_bytes(before), true};
    Page page;
    std::vector<Seen>& out = page.seen;
    for (bool more = true; more && !page.more;) {
        TRY_ASSIGN(const auto chunk, snapshot->scan(range, {.entries_max = count_max}));
        for (const store::Entry& row : chunk.entries) {
            const auto index = ByteReader(std::string_view(row.key).substr(prefix.size())).be<std::uint64_t>();
            TRY_ASSIGN(const auto entries, ledger_.read(index, 1));
            if (entries.empty()) return fail(Category::corrupt, "the log is shorter than its view");
            TRY_ASSIGN(auto access, ledger::decode(entries.front().payload));
            if (out.size() == count_max) {
                page.more = true;
                break;
            }
            out.push_back({std::move(access), {ledger_.log_id(), index, entries.front().hash}});
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return page;
}

}  // namespace idun::exchange
