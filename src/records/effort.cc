#include "records/effort.h"

namespace idun::records {

Status Effort::look(std::size_t rows) {
    rows_ += rows;
    if (rows_ > limits_.rows_max)
        return fail(Category::too_large,
                    "the request looks at too much: name a patient, an identifier or more criteria");
    if (clock_.now() >= until_)
        return fail(Category::too_large, "the request takes too long: name a patient, an identifier or more criteria");
    return {};
}

Status Effort::left() const {
    const bool spent = rows_ >= limits_.rows_max || bytes_ >= limits_.bytes_max || clock_.now() >= until_;
    if (spent)
        return fail(Category::too_large,
                    "what was asked before this has used up what one request may cost: ask for it by itself");
    return {};
}

Status Effort::ask_about(std::string patient) {
    if (patient.empty()) return {};
    asked_.insert(std::move(patient));
    if (asked_.size() > limits_.persons_max)
        return fail(Category::too_large, "the request asks about too many persons");
    return {};
}

}  // namespace idun::records
