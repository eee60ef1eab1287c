#include "ledger/internal/integrator.h"

#include "ledger/internal/segment.h"

namespace idun::ledger {
namespace {

constexpr std::size_t kWaitingBytesMax = 64u << 20;
// Besides their bytes, so that a million tiny entries count too.
constexpr std::size_t kEntryOverhead = 64;

std::size_t bytes_of(const Batch& batch) {
    std::size_t out = 0;
    for (const std::string& entry : batch.entries) out += entry.size() + kEntryOverhead;
    return out;
}

}  // namespace

Integrator::Integrator(IntegratorParts parts)
    : parts_(std::move(parts)), slots_(parts_.keys.slots()), published_(parts_.tiles.size()), oldest_(parts_.segments.front()) {
    thread_ = std::thread([this] { run(); });
}

void Integrator::stop() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Integrator::add(Batch batch) {
    const std::size_t bytes = bytes_of(batch);
    bool wake = false;  // its thread looks at the clock by itself
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return failure_ || waiting_bytes_ < kWaitingBytesMax; });
        waiting_bytes_ += bytes;
        waiting_.push_back(std::make_shared<const Batch>(std::move(batch)));
        wake = waiting_.size() == 1 || waiting_bytes_ > kWaitingBytesMax / 2;
    }
    if (wake) changed_.notify_all();
}

std::uint64_t Integrator::published() const {
    const std::lock_guard lock(mutex_);
    return published_;
}

std::string Integrator::published_checkpoint() const {
    const std::lock_guard lock(mutex_);
    return published_note_;
}

Status Integrator::hold(std::optional<std::string> note, std::uint64_t size) {
    {
        const std::lock_guard lock(mutex_);
        if (note && size < shown_size_) return fail(Category::invalid, "log: a larger checkpoint was shown already");
        turned_ = turned_ || held_ != note;
        held_ = std::move(note);
        held_size_ = size;
    }
    changed_.notify_all();
    return {};
}

std::vector<std::string> Integrator::waiting(std::uint64_t first, std::size_t count_max) const {
    std::vector<std::string> out;
    const std::lock_guard lock(mutex_);
    for (const auto& batch : waiting_) {
        if (first < batch->first || first >= batch->end()) continue;
        const std::size_t skip = static_cast<std::size_t>(first - batch->first);
        const std::size_t take = std::min(count_max, batch->entries.size() - skip);
        out.assign(batch->entries.begin() + static_cast<std::ptrdiff_t>(skip),
                   batch->entries.begin() + static_cast<std::ptrdiff_t>(skip + take));
        break;
    }
    return out;
}

Status Integrator::wait_published(std::uint64_t size, std::chrono::milliseconds longest) const {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, longest, [&] { return failure_ || published_ >= size; });
    if (published_ >= size) return {};
    if (failure_) return fail(*failure_);
    return fail(Category::busy, "log: these entries are not in tiles yet");
}

Status Integrator::wait_retired(std::uint64_t first) const {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return failure_ || oldest_ >= first; });
    if (oldest_ < first) return fail(*failure_);
    return {};
}

void Integrator::run() {
    Status done;
    while (done) {
        std::vector<std::shared_ptr<const Batch>> batches;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return stopping_ || turned_ || !waiting_.empty(); });
            if (waiting_.empty() && !turned_) return;
            // Somebody waits for a file to go, or more entries will come.
            if (!stopping_ && !turned_ && !waiting_.back()->segment)
                changed_.wait_for(lock, parts_.delay,
                                  [&] { return stopping_ || waiting_bytes_ > kWaitingBytesMax / 2; });
            batches.assign(waiting_.begin(), waiting_.end());
        }
        done = batches.empty() ? publish() : integrate(batches);
        if (done) done = retire();
    }
    give_up(done.error());
    parts_.failed(done.error());
}

Status Integrator::integrate(const std::vector<std::shared_ptr<const Batch>>& batches) {
    std::vector<std::string> entries;
    std::size_t bytes = 0;
    for (const auto& batch : batches) {
        bytes += bytes_of(*batch);
        entries.insert(entries.end(), batch->entries.begin(), batch->entries.end());
    }
    TRY(parts_.tiles.write(entries));
    note_ = batches.back()->note;
    TRY(publish());
    for (const auto& batch : batches) {
        for (const auto& [slot, head] : batch->heads) heads_[slot] = head;
        forgotten_.insert(forgotten_.end(), batch->forgotten.begin(), batch->forgotten.end());
        slots_ = std::max(slots_, batch->slots);
        if (batch->segment) parts_.segments.push_back(*batch->segment);
    }
    {
        const std::lock_guard lock(mutex_);
        waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(batches.size()));
        waiting_bytes_ -= bytes;
        published_ = parts_.tiles.size();
        published_note_ = note_;
    }
    changed_.notify_all();
    return {};
}

// What is held, or the newest.
Status Integrator::publish() {
    std::string note;
    {
        const std::lock_guard lock(mutex_);
        note = held_.value_or(note_);
        shown_size_ = held_ ? held_size_ : parts_.tiles.size();
        turned_ = false;
    }
    return note.empty() ? Status{} : parts_.tiles.publish(note);
}

// A file goes when the next one begins with what tiles hold, and only after keys and heads are kept elsewhere. What was
// forgotten is overwritten before the file that says so goes: a crash in between repeats it.
Status Integrator::retire() {
    std::size_t gone = 0;
    while (gone + 1 < parts_.segments.size() && parts_.segments[gone + 1] <= parts_.tiles.size()) ++gone;
    if (gone == 0) return {};
    {
        const std::lock_guard lock(mutex_);
        if (keepers_ > 0) return {};  // who keeps them wakes us
        retiring_ = true;
    }
    const Status done = let_go(gone);
    {
        const std::lock_guard lock(mutex_);
        retiring_ = false;
    }
    changed_.notify_all();
    return done;
}

std::shared_ptr<void> Integrator::keep_files() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !retiring_; });
    ++keepers_;
    return std::shared_ptr<void>(nullptr, [this](void*) {
        {
            const std::lock_guard relock(mutex_);
            --keepers_;
            turned_ = true;
        }
        changed_.notify_all();
    });
}

Status Integrator::let_go(std::size_t gone) {
    TRY(parts_.tiles.sync());
    {
        const std::lock_guard lock(mutex_);
        // What is held may be of before the files that go, and then does not lead to what stays.
        if (held_ && held_size_ < parts_.segments[gone]) held_.reset();
    }
    TRY(publish());  // durable now, as the tiles are
    std::vector<SlotKey> fresh;
    for (Slot slot = parts_.keys.slots(); slot < slots_; ++slot) fresh.push_back(parts_.ring.at(slot));
    TRY(parts_.keys.add(fresh));
    std::vector<std::pair<Slot, SlotKey>> wiped;
    for (const Forgetting& one : forgotten_)
        wiped.emplace_back(one.slot, SlotKey::forgotten_one(parts_.ring.at(one.slot).year, one.by));
    TRY(parts_.keys.write(wiped));
    TRY(parts_.keys.write(heads_));
    heads_.clear();
    forgotten_.clear();
    // One after the other: of two that go at once a power cut may bring back the older one alone, which then is
    // followed by none.
    for (std::size_t i = 0; i < gone; ++i) {
        TRY(parts_.files.remove(parts_.folder + "/journal/" + segment_name(parts_.segments[i])));
        TRY(parts_.files.sync_folder(parts_.folder + "/journal"));
    }
    parts_.segments.erase(parts_.segments.begin(), parts_.segments.begin() + static_cast<std::ptrdiff_t>(gone));
    {
        const std::lock_guard lock(mutex_);
        oldest_ = parts_.segments.front();
    }
    changed_.notify_all();
    return {};
}

void Integrator::give_up(const Error& error) {
    {
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = error;
    }
    changed_.notify_all();
}

}  // namespace idun::ledger
