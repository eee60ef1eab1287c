// A file that holds one secret of 32 bytes: a line with a label, a space and 64 hex digits.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace idun::crypto {

// The caller wipes what it gets. See SigningKey::load_or_create.
Result<std::string> load_or_create_secret(const std::string& path, std::string_view label, Random& random);

// Overwrites the bytes in a way the compiler keeps.
void wipe(std::string& secret);

}  // namespace idun::crypto
