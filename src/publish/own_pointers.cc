#include "publish/own_pointers.h"

#include <algorithm>

namespace idun::publish {

Result<std::map<fhir::PriorityCategory, Instant>> held_under(std::string_view pseudonym, const records::Records& records,
                                                             const store::Snapshot& snapshot) {
    std::map<fhir::PriorityCategory, Instant> held;
    TRY_ASSIGN(const auto patients, records.patients_of(pseudonym, snapshot));
    for (const std::string& patient : patients) {
        TRY_ASSIGN(const auto summaries, records.categories_of(patient, snapshot));
        for (const records::CategorySummary& summary : summaries)
            held[summary.category] = std::max(held[summary.category], summary.newest);
    }
    return held;
}

Result<OwnPointers> OwnPointers::begin(const records::Records& records, std::shared_ptr<const store::Snapshot> snapshot) {
    OwnPointers out(records);
    out.snapshot_ = std::move(snapshot);
    records::ScanSelection patients;
    patients.types = {"Patient"};
    TRY(records.scan_all(*out.snapshot_, patients, [&](const records::Touched& touched, std::string_view body) -> Status {
        out.patients_.push_back(touched.id);
        if (body.find("\"replace") != std::string_view::npos) out.linked_.insert(touched.id);  // "replaced-by", "replaces"
        return {};
    }));
    return out;
}

Status OwnPointers::read_some(std::size_t patients) {
    for (const std::size_t end = std::min(next_ + patients, patients_.size()); next_ < end; ++next_) {
        TRY_ASSIGN(const auto pseudonyms, records_->pseudonyms_of(patients_[next_], *snapshot_));
        if (pseudonyms.empty()) continue;
        if (pseudonyms.size() > 1) linked_.insert(patients_[next_]);
        TRY_ASSIGN(const auto summaries, records_->categories_of(patients_[next_], *snapshot_));
        for (const std::string& pseudonym : pseudonyms) {
            const auto person = crypto::Pseudonym::from(pseudonym);
            if (!person) continue;
            for (const records::CategorySummary& summary : summaries)
                held_.push_back({*person, summary.category, summary.newest});
        }
    }
    return {};
}

std::vector<index::Pointer> OwnPointers::take() {
    std::vector<index::Pointer> out;
    out.reserve(held_.size());
    // The newest of those that share a person and category comes first, and stays.
    std::ranges::sort(held_, [](const Held& a, const Held& b) {
        return std::tie(a.person, a.category, b.newest) < std::tie(b.person, b.category, a.newest);
    });
    for (std::size_t i = 0; i < held_.size(); ++i) {
        const Held& one = held_[i];
        if (i > 0 && held_[i - 1].person == one.person && held_[i - 1].category == one.category) continue;
        out.push_back({one.person, std::string(fhir::to_string(one.category)), one.newest, 0});
    }
    held_.clear();
    std::ranges::sort(out, {}, [](const index::Pointer& p) { return std::tie(p.person, p.category); });
    return out;
}

}  // namespace idun::publish
