// What an index does by itself: reads all rows into memory, and sweeps what withdrawn providers have left.
#include <algorithm>

#include "index/internal/impl.h"

namespace idun::index {
namespace {

constexpr std::size_t kPagesAtOnce = 32;     // writers wait meanwhile
constexpr std::size_t kSweptAtOnce = 2'000;  // people
constexpr std::size_t kRowKeyBytes = 17;
constexpr std::chrono::milliseconds kRetry{1'000};

std::string partition_of(std::size_t page) {
    std::string bytes(store::kPartitionBytes, '\0');
    bytes[0] = static_cast<char>(page >> 8);
    bytes[1] = static_cast<char>(page);
    return bytes;
}

crypto::Pseudonym person_of(std::string_view key) {
    crypto::Pseudonym out;
    __builtin_memcpy(out.bytes.data(), key.data(), 8);
    __builtin_memcpy(out.bytes.data() + 8, key.data() + 9, 8);
    return out;
}

}  // namespace

void Index::Impl::wake() {
    const std::lock_guard lock(keeper_mutex);
    idle = false;
    keeper_wake.notify_all();
}

// Rows about the same person of other tables lie in between; where one is met, what comes before her 'X' is left out.
Status Index::Impl::load_pages(std::size_t from, std::size_t to) {
    const std::lock_guard lock(writing);
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    std::vector<std::vector<Pages::Loaded>> people(to - from);
    const store::Range range{partition_of(from), to < Pages::kCount ? partition_of(to) : std::string()};
    bool whole = true;
    std::string onward;
    TRY(snapshot->walk(range, [&](std::string_view key, std::string_view value) -> store::Onward {
        if (key.size() > store::kPartitionBytes && key[store::kPartitionBytes] < 'X') {
            onward.assign(key.substr(0, store::kPartitionBytes)) += 'X';
            return {.stop = false, .to = onward};
        }
        if (key.size() != kRowKeyBytes || key[store::kPartitionBytes] != 'X') return {};
        const crypto::Pseudonym person = person_of(key);
        whole &= read_row(value, [](const Stated&) {});
        people[Pages::page_of(person) - from].push_back({person, std::string(value)});
        return {};
    }));
    if (!whole) return fail(Category::corrupt, "index: malformed row");
    for (std::size_t page = from; page < to; ++page) pages.load(page, people[page - from]);
    return {};
}

// One commit's worth, from `page` on.
Result<bool> Index::Impl::sweep(std::uint32_t number, std::size_t& page) {
    const std::lock_guard lock(writing);
    const Named& named = *names.provider(number);
    const std::vector<std::uint32_t> numbers = names.numbers_of(named.provider);
    Rewrite rewrite;
    rewrite.provider = named.provider;
    rewrite.number = number;
    std::size_t next = page;
    for (; next < Pages::kCount && rewrite.people.size() < kSweptAtOnce; ++next)
        pages.walk(next, [&](const crypto::Pseudonym& person, std::string_view row) {
            bool speaks = false;
            (void)read_row(row, [&](const Stated& one) { speaks |= one.provider == number; });
            if (speaks) rewrite.people.push_back({person, std::string(row), {}, {}, 0});
        });
    for (Rewrite::Person& person : rewrite.people) {
        TRY_ASSIGN(person.row, decode_row(person.before));
        const bool before = follows(person.row, numbers);
        for (const Stated& one : person.row) {
            if (one.provider != number) continue;
            if (!one.withdrawn) person.told |= 1u << one.category;
            if (one.learned < named.retired) person.former.push_back({one, named.retired});
        }
        std::erase_if(person.row, [&](const Stated& one) { return one.provider == number; });
        if (before && !follows(person.row, numbers)) rewrite.ceases.push_back(person.person);
    }
    const bool done = next >= Pages::kCount;
    Names::Draft draft(names);
    if (done) draft.swept(number);
    TRY(commit(rewrite, draft, {}, named.retired));
    page = next;
    return done;
}

void Index::Impl::keep() {
    std::size_t loaded = 0;
    std::size_t page = 0;
    std::unique_lock lock(keeper_mutex);
    while (!stopping) {
        const bool may_sweep = !options.joined || joiner.load() != nullptr;
        const auto waiting = may_sweep ? names.unswept() : std::vector<std::uint32_t>();
        if (loaded == Pages::kCount && waiting.empty()) {
            idle = true;
            keeper_wake.notify_all();
            keeper_wake.wait(lock, [this] { return stopping || !idle; });
            continue;
        }
        lock.unlock();
        Status done;
        if (loaded < Pages::kCount) {
            done = load_pages(loaded, loaded + kPagesAtOnce);
            if (done) loaded += kPagesAtOnce;
        } else {
            const Result<bool> swept = sweep(waiting.front(), page);
            if (!swept) done = fail(swept.error());
            if (swept && *swept) page = 0;
        }
        lock.lock();
        failure = done ? std::string() : done.error().message;
        if (!done) keeper_wake.wait_for(lock, kRetry, [this] { return stopping; });
    }
}

}  // namespace idun::index
