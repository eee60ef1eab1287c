// Brings durable entries from the journal into public tiles, soon and many at once, and lets journal files go that nothing needs
// any more. Has a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "ledger/file_system.h"
#include "ledger/internal/key_files.h"
#include "ledger/internal/keys.h"
#include "ledger/tiles.h"

namespace idun::ledger {

// One durable group.
struct Batch {
    std::uint64_t first = 0;
    std::vector<std::string> entries;
    std::string note;                                // the checkpoint that covers them
    std::vector<std::pair<Slot, SlotHead>> heads;    // that they made
    std::vector<Forgetting> forgotten;               // by them
    std::vector<PersonCount> people;                 // what they changed in the map, in order
    Slot slots = 0;                                  // that are durable with it
    std::optional<std::uint64_t> segment;            // that it begins
    std::uint64_t end() const { return first + entries.size(); }
};

struct IntegratorParts {
    FileSystem& files;
    std::string folder;  // of the log
    const KeyRing& ring;
    TileWriter tiles;
    KeyFiles keys;
    std::vector<std::uint64_t> segments;  // of the journal, by their first entry
    std::chrono::milliseconds delay;      // from a durable group to its tiles
    std::function<void(const Error&)> failed;
};

// Thread-safe.
class Integrator {
public:
    explicit Integrator(IntegratorParts parts);
    ~Integrator() { stop(); }

    // Brings in what was given to it, and ends; `failed` is not called any more. Once, from the owner's thread.
    void stop();

    // The next group. Waits while too many bytes wait for their tiles.
    void add(Batch batch);

    // The log takes no more: who waits for something that will not come need not wait. What is here still goes on.
    void give_up(const Error& error);

    // Entries in public tiles, and the checkpoint of them; "" until the first were brought in.
    std::uint64_t published() const;
    std::string published_checkpoint() const;
    // Shows this note, of a published size, in place of the newest, until the next call. `invalid` when it is smaller than one that
    // was held before.
    Status hold(std::optional<std::string> note, std::uint64_t size);
    // Entries from `first` that are not there yet; as many as the next groups have, none when `first` is published.
    std::vector<std::string> waiting(std::uint64_t first, std::size_t count_max) const;
    // An error when it takes longer, or cannot be done.
    Status wait_published(std::uint64_t size, std::chrono::milliseconds longest) const;
    // Every file stays where it is, and keys and heads as they are, until the result goes away. New files still come.
    std::shared_ptr<void> keep_files();
    // Until the journal holds nothing before `first`.
    Status wait_retired(std::uint64_t first) const;

private:
    void run();
    Status integrate(const std::vector<std::shared_ptr<const Batch>>& batches);
    Status publish();  // what is held, or the newest
    Status retire();
    Status let_go(std::size_t gone);

    IntegratorParts parts_;  // the thread's own, as are:
    std::string note_;  // the newest
    std::map<Slot, SlotHead> heads_;
    std::vector<Forgetting> forgotten_;
    Slot slots_ = 0;

    mutable std::mutex mutex_;  // of what follows
    mutable std::condition_variable changed_;
    std::deque<std::shared_ptr<const Batch>> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::uint64_t published_;
    std::string published_note_;
    std::optional<std::string> held_;
    std::uint64_t held_size_ = 0;
    std::uint64_t shown_size_ = 0;  // of the checkpoint that is shown: it does not go back
    bool turned_ = false;           // another one is to be shown
    std::uint64_t oldest_;
    unsigned keepers_ = 0;   // of files
    bool retiring_ = false;  // files are going
    std::optional<Error> failure_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace idun::ledger
