// Does this provider care for a person? As far as its own bookings, encounters and episodes of care say.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/time.h"
#include "records/records.h"
#include "rights/rule_table.h"

namespace idun::gate {

// `known` when an Encounter, Appointment or EpisodeOfCare of the patient, planned or held and not cancelled, lies
// within the days that the rules give around `at`; else `none`. Linear in her bookings.
Result<rights::Care> care_relation(const records::Records& records, const store::Snapshot& snapshot,
                                   std::string_view patient, Instant at, const rights::RuleTable& rules);

// The same for now, of many requests: an answer is kept for a minute. Thread-safe.
class CareRelations {
public:
    CareRelations(const records::Records& records, const rights::RuleTable& rules, const Clock& clock)
        : records_(records), rules_(rules), clock_(clock) {}

    // `none` also when it cannot be read.
    rights::Care of(const std::string& patient, const store::Snapshot& snapshot);

private:
    struct Kept {
        rights::Care care;
        Instant until;
    };
    const records::Records& records_;
    const rights::RuleTable& rules_;
    const Clock& clock_;
    std::mutex mutex_;
    std::map<std::string, Kept, std::less<>> kept_;
};

}  // namespace idun::gate
