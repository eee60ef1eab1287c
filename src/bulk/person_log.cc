#include "bulk/person_log.h"

namespace idun::bulk {

PersonLog::PersonLog(ledger::Ledger& ledger, const records::Records& records, const store::Snapshot& snapshot, ledger::Access access)
    : ledger_(ledger), records_(records), snapshot_(snapshot), access_(std::move(access)) {}

Status PersonLog::seen(const records::Touched& touched) {
    if (touched.patient != patient_ && !counts_.empty()) {
        TRY(write(patient_, counts_));
        counts_.clear();
    }
    patient_ = touched.patient;
    ++counts_[touched.type];
    // Who else is named stands in another place of the store: an entry of her own.
    for (const std::string& other : touched.other_patients) TRY(write(other, {{touched.type, 1}}));
    return {};
}

Status PersonLog::asked_for(const std::string& patient) {
    if (patient == patient_ && !counts_.empty()) return {};  // her entry is under way
    return write(patient, {});
}

Status PersonLog::asked_for(const crypto::Pseudonym& person) {
    TRY(wait_until_below(kUnderWayMax));
    ledger::Access access = access_;
    access.person = person;
    append(access);
    return {};
}

Status PersonLog::finish() {
    if (!counts_.empty()) TRY(write(patient_, counts_));
    counts_.clear();
    return wait_until_below(1);
}

Status PersonLog::write(const std::string& patient, const Counts& counts) {
    if (patient.empty()) return {};  // about nobody: organisations, medications
    TRY(wait_until_below(kUnderWayMax));
    ledger::Access access = access_;
    for (const auto& [type, count] : counts) {
        const std::string more = " " + type + ":" + std::to_string(count);
        if (access.query.size() + more.size() <= ledger::kTextBytesMax) access.query += more;
    }
    TRY_ASSIGN(const auto pseudonyms, records_.persons_behind(patient, snapshot_));
    if (pseudonyms.empty()) append(access);
    for (const std::string& pseudonym : pseudonyms) {
        access.person = crypto::Pseudonym::from(pseudonym);
        append(access);
    }
    return {};
}

void PersonLog::append(const ledger::Access& access) {
    {
        const std::lock_guard lock(under_way_->mutex);
        ++under_way_->count;
    }
    ledger_.append(access, [under_way = under_way_](Result<ledger::Receipt> receipt) {
        const std::lock_guard lock(under_way->mutex);
        --under_way->count;
        if (!receipt && !under_way->error) under_way->error = receipt.error();
        under_way->changed.notify_all();
    });
}

Status PersonLog::wait_until_below(std::size_t count) {
    std::unique_lock lock(under_way_->mutex);
    under_way_->changed.wait(lock, [&] { return under_way_->count < count; });
    if (under_way_->error) return fail(*under_way_->error);
    return {};
}

}  // namespace idun::bulk
