#include "bulk/person_log.h"

#include "ledger/receipt.h"

namespace idun::bulk {

PersonLog::PersonLog(ledger::Ledger& ledger, const records::Records& records, const store::Snapshot& snapshot, const Clock& clock, ledger::Access access)
    : ledger_(ledger), records_(records), snapshot_(snapshot), clock_(clock), access_(std::move(access)), provider_(ledger::owner_of(ledger.log_id())) {}

Status PersonLog::seen(const records::Touched& touched) {
    if (touched.patient != patient_) {
        TRY(write_collected());
        patient_ = touched.patient;
        has_entry_ = false;
    }
    if (patient_.empty()) return {};  // about nobody: organisations, medications
    ledger::Record record{touched.type, touched.id, std::to_string(touched.version), std::string(fhir::to_string(touched.category)), provider_};
    // Who else is named stands in another place of the store: an entry of her own.
    for (const std::string& other : touched.other_patients) TRY(write(other, {record}));
    collected_.push_back(std::move(record));
    return collected_.size() < ledger::kRecordsMax ? Status() : write_collected();
}

Status PersonLog::asked_for(const std::string& patient) {
    if (patient == patient_ && (has_entry_ || !collected_.empty())) return {};
    return write(patient, {});
}

Status PersonLog::asked_for(const crypto::Pseudonym& person) {
    TRY(wait_for_room());
    ledger::Access access = access_;
    access.person = person;
    append(std::move(access));
    return {};
}

Status PersonLog::finish() {
    TRY(write_collected());
    return wait_for_all();
}

Status PersonLog::write_collected() {
    if (collected_.empty()) return {};
    has_entry_ = true;
    return write(patient_, std::exchange(collected_, {}));
}

Status PersonLog::write(const std::string& patient, std::vector<ledger::Record> records) {
    TRY(wait_for_room());
    ledger::Access access = access_;
    access.records = std::move(records);
    TRY_ASSIGN(const auto pseudonyms, records_.persons_behind(patient, snapshot_));
    if (pseudonyms.empty()) append(access);
    for (const std::string& pseudonym : pseudonyms) {
        access.person = crypto::Pseudonym::from(pseudonym);
        append(access);
    }
    return {};
}

void PersonLog::append(ledger::Access access) {
    access.time = clock_.now();
    const std::size_t records = access.records.size();
    {
        const std::lock_guard lock(under_way_->mutex);
        ++under_way_->entries;
        under_way_->records += records;
    }
    ledger_.append(access, [under_way = under_way_, records](Result<ledger::Receipt> receipt) {
        const std::lock_guard lock(under_way->mutex);
        --under_way->entries;
        under_way->records -= records;
        if (!receipt && !under_way->error) under_way->error = receipt.error();
        under_way->changed.notify_all();
    });
}

Status PersonLog::wait_for_room() {
    std::unique_lock lock(under_way_->mutex);
    under_way_->changed.wait(lock, [&] { return under_way_->entries < kUnderWayMax && under_way_->records < kRecordsUnderWayMax; });
    if (under_way_->error) return fail(*under_way_->error);
    return {};
}

Status PersonLog::wait_for_all() {
    std::unique_lock lock(under_way_->mutex);
    under_way_->changed.wait(lock, [&] { return under_way_->entries == 0; });
    if (under_way_->error) return fail(*under_way_->error);
    return {};
}

}  // namespace idun::bulk
