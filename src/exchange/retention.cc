#include "exchange/retention.h"

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "base/bytes.h"
#include "base/log.h"
#include "exchange/tables.h"

namespace idun::exchange {
namespace {

constexpr std::size_t kChanceBytes = 8;  // two rows of one millisecond differ
constexpr Kept kAllKept[] = {Kept::message, Kept::unshown_care};

std::string kept_prefix(Kept kind) { return std::string("hubkept") + static_cast<char>(kind); }
std::string kept_place(Kept kind, Instant written) {
    std::string out = kept_prefix(kind);
    append_be(out, static_cast<std::uint64_t>(written.ms));
    return out;
}

}  // namespace

void keep_for_a_time(store::Batch& batch, Kept kind, Instant written, std::string key, Random& random) {
    batch.put(kept_place(kind, written) + random.bytes(kChanceBytes), std::move(key));
}

struct Retention::Impl {
    Impl(RetentionOptions o, store::Store& s, const Clock& c) : options(o), store(s), clock(c) {}

    const RetentionOptions options;
    store::Store& store;
    const Clock& clock;
    std::mutex mutex;
    std::condition_variable woken;
    bool stopping = false;
    std::thread thread;

    Result<std::size_t> sweep_kind(Kept kind) {
        TRY_ASSIGN(const auto snapshot, store.snapshot());
        const store::Range over{kept_prefix(kind), kept_place(kind, clock.now() - options.keep)};
        TRY_ASSIGN(const auto chunk, snapshot->scan(over, {.entries_max = kSweptAtOnce}));
        if (chunk.entries.empty()) return std::size_t{0};
        store::Batch batch;
        std::set<std::string_view> keys;  // a row that was written again has two beside it
        for (const store::Entry& entry : chunk.entries) {
            batch.erase(entry.key);
            if (keys.insert(entry.value).second) batch.erase(entry.value);
        }
        TRY(store.commit(std::move(batch)));
        return chunk.entries.size();
    }

    bool pause(std::chrono::milliseconds time) {
        std::unique_lock lock(mutex);
        woken.wait_for(lock, time, [&] { return stopping; });
        return !stopping;
    }
};

Retention::Retention(RetentionOptions options, store::Store& store, const Clock& clock)
    : impl_(std::make_unique<Impl>(options, store, clock)) {
    impl_->thread = std::thread([this] {
        constexpr std::chrono::milliseconds kBetween{1'000};  // while there is more
        std::chrono::milliseconds pause = impl_->options.first;
        while (impl_->pause(pause)) {
            const auto swept = sweep();
            if (!swept) log::warn("what is over was not swept", {{"error", swept.error().message}});
            pause = swept && *swept >= kSweptAtOnce ? kBetween : impl_->options.pause;
        }
    });
}

Retention::~Retention() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->woken.notify_all();
    impl_->thread.join();
}

Result<std::size_t> Retention::sweep() {
    std::size_t swept = 0;
    for (const Kept kind : kAllKept) {
        TRY_ASSIGN(const std::size_t of_kind, impl_->sweep_kind(kind));
        swept += of_kind;
    }
    return swept;
}

store::Tables kept_tables() {
    store::Tables out;
    for (const Kept kind : kAllKept)
        out.push_back({.name = kind == Kept::message ? "kept.messages" : "kept.unshown-care", .prefix = kept_prefix(kind),
                       .check = [](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
                           if (key.size() != store::kPartitionBytes + sizeof(std::uint64_t) + kChanceBytes || value.size() <= store::kPartitionBytes)
                               return fail(Category::corrupt, "a row of what is kept for a time is malformed");
                           owed.row(std::string(value), "what is kept for a time is missing");
                           return {};
                       }});
    return out;
}

}  // namespace idun::exchange
