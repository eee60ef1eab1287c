#include "gate/release.h"

#include <algorithm>
#include <memory>

namespace idun::gate {

std::optional<ledger::Access> Entries::next() {
    if (begun_ && at_ == records_.size()) return std::nullopt;
    begun_ = true;
    const std::size_t end = std::min(at_ + ledger::kRecordsMax, records_.size());
    ledger::Access out = access_;
    out.records.assign(std::make_move_iterator(records_.begin() + static_cast<std::ptrdiff_t>(at_)),
                       std::make_move_iterator(records_.begin() + static_cast<std::ptrdiff_t>(end)));
    at_ = end;
    return out;
}

void release(ledger::Ledger& ledger, ledger::Access access, std::vector<ledger::Record> records, Released released) {
    const auto entries = std::make_shared<Entries>(std::move(access), std::move(records));
    ledger::append_each(ledger, [entries] { return entries->next(); }, std::move(released));
}

ledger::Record log_record(const records::Touched& touched, std::string_view provider_id) {
    return {touched.type, touched.id, std::to_string(touched.version), std::string(fhir::to_string(touched.category)),
            std::string(provider_id)};
}

}  // namespace idun::gate
