// Entries that the person sees only later (EHDS Art. 3(3)): a delay has an end, and not a later one than the nation
// allows.
#pragma once

#include "base/time.h"
#include "fhir/issue.h"
#include "json/document.h"
#include "rights/rule_table.h"

namespace idun::gate {

// Of a resource to be written, or of all in a Bundle. Nothing is wrong where no delay is asked for.
fhir::Issues check_delay(json::Value resource, const rights::RuleTable& rules, Instant now);

}  // namespace idun::gate
