#include "index/index.h"

#include <algorithm>

#include "base/bytes.h"
#include "index/internal/impl.h"

namespace idun::index {
namespace {

Result<std::map<std::uint32_t, SourceHeard>> read_freshness(const store::Snapshot& snapshot, const Names& names) {
    std::map<std::uint32_t, SourceHeard> out;
    store::Range range = store::prefix_range(kHeardRows);
    for (bool more = true; more;) {
        TRY_ASSIGN(const auto chunk, snapshot.scan(range));
        for (const store::Entry& entry : chunk.entries) {
            ByteReader key(std::string_view(entry.key).substr(kHeardRows.size()));
            const auto number = key.be<std::uint32_t>();
            if (!key.done() || !names.provider(number)) return fail(Category::corrupt, "index: malformed freshness");
            TRY_ASSIGN(out[number], decode_heard(entry.value));
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return out;
}

// What each pointer said then: its present words if it knew them already, else those former ones that held.
Row said_at(const Row& now, const History& history, Seconds at) {
    std::map<std::pair<std::uint32_t, std::uint8_t>, Stated> said;
    for (const Former& one : history.former)
        if (one.said.learned <= at && at < one.until) said[{one.said.provider, one.said.category}] = one.said;
    for (const Stated& one : now)
        if (one.learned <= at) said[{one.provider, one.category}] = one;
    Row out;
    for (const auto& [unused, one] : said) out.push_back(one);
    return out;
}

}  // namespace

std::string heard_key(std::uint32_t provider) {
    std::string key(kHeardRows);
    append_be(key, provider);
    return key;
}

std::string encode_heard(const SourceHeard& heard) {
    std::string out;
    append_be(out, heard.heard.ms);
    append_be(out, heard.source_version);
    for (const auto& [category, of] : heard.categories) {
        append_be(out, category);
        append_be(out, of.heard);
        append_be(out, of.newest);
    }
    return out;
}

Result<SourceHeard> decode_heard(std::string_view bytes) {
    ByteReader in(bytes);
    SourceHeard out;
    out.heard = {in.be<std::int64_t>()};
    out.source_version = in.be<std::uint64_t>();
    while (in.ok() && !in.rest().empty()) {
        SourceHeard::Of& of = out.categories[in.be<std::uint8_t>()];
        of.heard = in.be<Seconds>();
        of.newest = in.be<Seconds>();
    }
    if (!in.done() || (!out.categories.empty() && out.categories.rbegin()->first >= kCategoriesMax))
        return fail(Category::corrupt, "index: malformed freshness");
    return out;
}

Index::Index(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Index::~Index() {
    if (!impl_->keeper.joinable()) return;
    {
        const std::lock_guard lock(impl_->keeper_mutex);
        impl_->stopping = true;
    }
    impl_->keeper_wake.notify_all();
    impl_->keeper.join();
}

Result<std::unique_ptr<Index>> Index::open(store::Store& store, const Options& options) {
    std::unique_ptr<Index> index(new Index(std::make_unique<Impl>(store, options)));
    Impl& impl = *index->impl_;
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY(impl.names.read(*snapshot));
    TRY_ASSIGN(impl.freshness, read_freshness(*snapshot, impl.names));
    impl.recent_from = impl.recent_upto = snapshot->version();
    impl.keeper = std::thread([&impl] { impl.keep(); });
    return index;
}

void Index::joined_by(Joiner& joiner) {
    impl_->joiner = &joiner;
    impl_->wake();
}

void Index::changed_by(std::function<void()> changed) {
    const std::lock_guard lock(impl_->changes_mutex);
    impl_->changed = std::move(changed);
}

Result<Row> Index::Impl::row_of(const crypto::Pseudonym& person) const {
    Row row;
    bool whole = true;
    const auto add = [&](const Stated& one) { row.push_back(one); };
    const auto read = [&](std::string_view bytes) {
        row.reserve(bytes.size() / 8);
        whole = read_row(bytes, add);
    };
    if (!pages.look(person, read)) {
        TRY_ASSIGN(const auto snapshot, store.snapshot());
        TRY_ASSIGN(const auto stored, snapshot->get(row_key(person)));
        if (stored) read(*stored);
    }
    if (!whole) return fail(Category::corrupt, "index: malformed row");
    return row;
}

// What of it there is to see, now or then.
std::vector<Holding> Index::Impl::shown(std::span<const Stated> said, std::optional<Seconds> at) const {
    std::vector<Holding> out;
    for (std::size_t from = 0, to = 0; from < said.size(); from = to) {
        while (to < said.size() && said[to].provider == said[from].provider) ++to;
        const Named* named = names.provider(said[from].provider);
        const Seconds retired = named ? named->retired.load(std::memory_order_acquire) : 0;
        if (!named || (retired != 0 && (!at || *at >= retired))) continue;
        Holding holding{named->provider, {}};
        for (const Stated& one : said.subspan(from, to - from)) {
            if (one.withdrawn) continue;
            if (holding.parts.empty()) holding.parts.reserve(to - from);
            holding.parts.push_back({names.category(one.category), instant(one.newest), instant(one.learned)});
        }
        if (holding.parts.empty()) continue;
        std::ranges::sort(holding.parts, {}, &Holding::Part::category);
        if (out.empty()) out.reserve(4);
        out.push_back(std::move(holding));
    }
    std::ranges::sort(out, {}, &Holding::provider);
    return out;
}

Result<std::vector<Holding>> Index::holdings(const crypto::Pseudonym& person) const {
    TRY_ASSIGN(const Row row, impl_->row_of(person));
    return impl_->shown(row, {});
}

Result<store::Version> Index::version() const {
    TRY_ASSIGN(const auto snapshot, impl_->store.snapshot());
    return snapshot->version();
}

Result<std::vector<Holding>> Index::holdings_at(const crypto::Pseudonym& person, Instant at) const {
    if (!fits_seconds(at)) return fail(Category::invalid, "index: a time between 1970 and 2106");
    const Seconds second = seconds(at);
    // Both rows of one version, and so from the store.
    TRY_ASSIGN(const auto snapshot, impl_->store.snapshot());
    const std::string keys[] = {row_key(person), history_key(person)};
    TRY_ASSIGN(const auto rows, snapshot->multi_get(keys));
    Row now;
    History history;
    if (rows[0]) {
        TRY_ASSIGN(now, decode_row(*rows[0]));
    }
    if (rows[1]) {
        TRY_ASSIGN(history, decode_history(*rows[1]));
    }
    if (second < history.from)
        return fail(Category::gone, "index: what it said then is not remembered any more");
    return impl_->shown(said_at(now, history, second), second);
}

Freshness Index::freshness(std::string_view provider) const {
    const auto number = impl_->names.provider_number(provider);
    const std::lock_guard lock(impl_->freshness_mutex);
    const auto found = number ? impl_->freshness.find(*number) : impl_->freshness.end();
    if (found == impl_->freshness.end()) return {};
    return {found->second.heard, found->second.source_version};
}

WholeFreshness Index::Impl::shown(const SourceHeard& heard) const {
    WholeFreshness out{{heard.heard, heard.source_version}, {}};
    out.categories.reserve(heard.categories.size());
    for (const auto& [category, of] : heard.categories) out.categories.push_back({names.category(category), instant(of.heard), instant(of.newest)});
    std::ranges::sort(out.categories, {}, &CategoryFreshness::category);
    return out;
}

std::shared_ptr<const WholeFreshness> Index::whole_freshness(std::string_view provider) const {
    static const auto kNothing = std::make_shared<const WholeFreshness>();
    const auto number = impl_->names.provider_number(provider);
    if (!number) return kNothing;
    const std::lock_guard lock(impl_->freshness_mutex);
    if (const auto known = impl_->shown_freshness.find(*number); known != impl_->shown_freshness.end()) return known->second;
    const auto found = impl_->freshness.find(*number);
    if (found == impl_->freshness.end()) return kNothing;
    auto made = std::make_shared<const WholeFreshness>(impl_->shown(found->second));
    impl_->shown_freshness.emplace(*number, made);
    return made;
}

Result<Index::Changes> Index::changes(store::Version after, FunctionRef<bool(const crypto::Pseudonym&)> wanted,
                                      std::size_t count_max) const {
    const Impl& impl = *impl_;
    const std::lock_guard lock(impl.changes_mutex);
    if (after < impl.recent_from || after > impl.recent_upto)
        return fail(Category::gone, "index: what changed since then is not remembered");
    Changes out{{}, impl.recent_upto};
    auto at = std::ranges::upper_bound(impl.recent, after, {}, &Impl::Recent::version);
    for (; at != impl.recent.end(); ++at) {
        // A commit is given whole or not at all, so that its version is a place to go on from.
        const bool full = out.changes.size() >= count_max && at->version != out.changes.back().version;
        if (full) {
            out.upto = std::prev(at)->version;
            break;
        }
        if (!wanted(at->person)) continue;
        Change& one = out.changes.emplace_back(Change{at->version, at->person, impl.names.provider(at->provider)->provider, {}});
        for (std::uint8_t category = 0; category < kCategoriesMax; ++category)
            if ((at->categories >> category & 1) != 0) one.categories.push_back(impl.names.category(category));
    }
    return out;
}

Result<Index::Learned> Index::learned_since(Instant since, std::uint16_t from, std::size_t count_max) const {
    Learned out;
    bool whole = true;
    for (std::size_t page = from; page < Pages::kCount; ++page) {
        if (out.changes.size() >= count_max) {
            out.next = static_cast<std::uint16_t>(page);
            break;
        }
        const bool there = impl_->pages.walk(page, [&](const crypto::Pseudonym& person, std::string_view row) {
            whole &= read_row(row, [&](const Stated& one) {
                if (one.withdrawn || instant(one.learned) < since) return;
                const Named* provider = impl_->names.provider(one.provider);
                whole &= provider != nullptr;
                if (!provider || provider->retired.load(std::memory_order_acquire) != 0) return;
                const bool same = !out.changes.empty() && out.changes.back().person == person && out.changes.back().provider == provider->provider;
                Change& change = same ? out.changes.back() : out.changes.emplace_back(Change{{}, person, provider->provider, {}});
                change.categories.push_back(impl_->names.category(one.category));
            });
        });
        if (!there) return fail(Category::busy, "index: it is being read into memory; ask again soon");
    }
    if (!whole) return fail(Category::corrupt, "index: malformed row");
    return out;
}

store::Version Index::changed_upto() const {
    const std::lock_guard lock(impl_->changes_mutex);
    return impl_->recent_upto;
}

Progress Index::progress() const {
    const Impl& impl = *impl_;
    const std::lock_guard lock(impl.keeper_mutex);
    return {static_cast<double>(impl.pages.loaded_count()) / static_cast<double>(Pages::kCount), impl.pages.people(),
            impl.pages.bytes(), impl.failure};
}

bool Index::settled(std::chrono::milliseconds patience) const {
    std::unique_lock lock(impl_->keeper_mutex);
    return impl_->keeper_wake.wait_for(lock, patience, [this] { return impl_->idle; });
}

}  // namespace idun::index
