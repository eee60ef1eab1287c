#include "gate/release.h"

#include <mutex>

namespace idun::gate {
namespace {

// Shared by the entries of one release; the last to finish calls `released`.
struct Pending {
    std::mutex mutex;
    std::size_t left;
    Result<ledger::Receipt> outcome = ledger::Receipt{};
    Released released;

    void finish(Result<ledger::Receipt> one) {
        {
            const std::lock_guard lock(mutex);
            if (!one) outcome = fail(one.error());
            else if (outcome && one->index >= outcome->index) outcome = std::move(one);
            if (--left > 0) return;
        }
        released(std::move(outcome));
    }
};

}  // namespace

void release(ledger::Ledger& ledger, ledger::Access access, std::vector<ledger::Record> records, Released released) {
    if (records.size() <= ledger::kRecordsMax) {
        access.records = std::move(records);
        return ledger.append(access, std::move(released));
    }
    const auto pending = std::make_shared<Pending>();
    pending->left = (records.size() + ledger::kRecordsMax - 1) / ledger::kRecordsMax;
    pending->released = std::move(released);
    for (std::size_t at = 0; at < records.size(); at += ledger::kRecordsMax) {
        const std::size_t end = std::min(at + ledger::kRecordsMax, records.size());
        access.records.assign(records.begin() + static_cast<std::ptrdiff_t>(at),
                              records.begin() + static_cast<std::ptrdiff_t>(end));
        ledger.append(access, [pending](Result<ledger::Receipt> one) { pending->finish(std::move(one)); });
    }
}

std::vector<ledger::Record> log_records(std::span<const records::Touched> touched, std::string_view provider_id) {
    std::vector<ledger::Record> out;
    out.reserve(touched.size());
    for (const records::Touched& t : touched)
        out.push_back({t.type, t.id, std::to_string(t.version), std::string(fhir::to_string(t.category)),
                       std::string(provider_id)});
    return out;
}

}  // namespace idun::gate
