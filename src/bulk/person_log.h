// The access log of an export: entries for each person whose records are in it, durable before any byte leaves.
//
// An export reads the store in the order in which one person's records lie together. So it is enough to collect those of one
// person at a time, and to write the entry when the next one begins or it is full; a bounded number of entries and records is
// on its way to the disk at any time. A hundred thousand persons cost a hundred thousand entries and no memory.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "records/records.h"

namespace idun::bulk {

// For one thread.
class PersonLog {
public:
    static constexpr std::size_t kUnderWayMax = 1024;
    static constexpr std::size_t kRecordsUnderWayMax = 40'000;

    // `access` is what all entries have in common. Its time is each entry's own, when it is written: an export takes hours, and a log is
    // in the order of its times.
    PersonLog(ledger::Ledger& ledger, const records::Records& records, const store::Snapshot& snapshot, const Clock& clock, ledger::Access access);

    // One more resource goes into the export. Waits while too many entries are under way.
    Status seen(const records::Touched& touched);
    // The export was asked for this patient, or for this person: an entry, also when nothing of hers was in it. For a patient it
    // comes behind what was seen of her.
    Status asked_for(const std::string& patient);
    Status asked_for(const crypto::Pseudonym& person);
    // Writes what is left and waits until all entries are durable.
    Status finish();

private:
    struct UnderWay {
        std::mutex mutex;
        std::condition_variable changed;
        std::size_t entries = 0;
        std::size_t records = 0;
        std::optional<Error> error;
    };
    // Of what was collected, if anything was.
    Status write_collected();
    Status write(const std::string& patient, std::vector<ledger::Record> records);
    void append(ledger::Access access);
    Status wait_for_room();
    Status wait_for_all();

    ledger::Ledger& ledger_;
    const records::Records& records_;
    const store::Snapshot& snapshot_;
    const Clock& clock_;
    const ledger::Access access_;
    const std::string provider_;  // whose records they are
    const std::shared_ptr<UnderWay> under_way_ = std::make_shared<UnderWay>();
    std::string patient_;  // who was seen last
    std::vector<ledger::Record> collected_;
    bool has_entry_ = false;  // the patient
};

}  // namespace idun::bulk
