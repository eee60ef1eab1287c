// For tests only: the rules a second time, slow and obvious, written from the text of the law and sharing no code with
// the first. It lists every rule that applies and takes the one that stands first.
#pragma once

#include <string>
#include <vector>

#include "rights/decide.h"

namespace idun::rights::twin {

struct Answer {
    bool permit = false;
    std::string rule;
    std::string fact;
    bool notify = false, follow_up = false, mark = false, mask = false;
    friend bool operator==(const Answer&, const Answer&) = default;
};
std::string describe(const Answer& answer);

Answer decide(const Request& request, const Facts& facts, const Record& record, const RuleTable& table);
// The same words as the twin's.
Answer in_words(const Decision& decision);

}  // namespace idun::rights::twin
