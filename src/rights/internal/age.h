// Ages in whole years.
#pragma once

#include "base/time.h"

namespace idun::rights {

// The instant at which somebody born then becomes `years` old: the same day and time of day, years later. Who was born
// on 29 February becomes older on 28 February, so that protection by age never comes a day late.
Instant birthday(Instant born, int years);
// 0 before birth.
int age_at(Instant born, Instant now);

}  // namespace idun::rights
