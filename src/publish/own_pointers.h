// All that a node's records hold, as the index should say it: the node's side of a comparison (index/comparison.h).
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "index/index.h"
#include "records/records.h"
#include "store/store.h"

namespace idun::publish {

// What there is under a pseudonym, newest update by category.
Result<std::map<fhir::PriorityCategory, Instant>> held_under(std::string_view pseudonym, const records::Records& records,
                                                             const store::Snapshot& snapshot);

// Reads patient by patient, so that its owner can do other things in between; all of it at one version. Not thread-safe.
class OwnPointers {
public:
    // `records` outlives it.
    static Result<OwnPointers> begin(const records::Records& records, std::shared_ptr<const store::Snapshot> snapshot);

    bool whole() const { return next_ == patients_.size(); }
    Status read_some(std::size_t patients);
    // When whole: in the order of persons and categories, each pair once.
    std::vector<index::Pointer> take();
    // When whole: Patients with several numbers, or with a link to another.
    const std::set<std::string>& perhaps_linked() const { return linked_; }

private:
    explicit OwnPointers(const records::Records& records) : records_(&records) {}

    struct Held {
        crypto::Pseudonym person;
        fhir::PriorityCategory category;
        Instant newest;
    };
    const records::Records* records_;
    std::shared_ptr<const store::Snapshot> snapshot_;
    std::vector<std::string> patients_;
    std::size_t next_ = 0;
    std::vector<Held> held_;
    std::set<std::string> linked_;
};

}  // namespace idun::publish
