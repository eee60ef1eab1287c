// Tells a write that the power cut short from bytes that rotted later, before RocksDB opens its log.
//
// RocksDB would stop at the first bad record of its newest log and silently go on without all that follows. Every
// group is synced before the next one is written, so a bad record with a whole later one behind it had been
// acknowledged: opening without it would lose commits. Only a bad record at the very end is a torn write.
#pragma once

#include <string>

#include "base/result.h"

namespace idun::store {

// `corrupt` when a log of the store in `folder` has damage that is not a torn end.
Status check_logs(const std::string& folder);

}  // namespace idun::store
