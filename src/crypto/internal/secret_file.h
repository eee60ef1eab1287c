// A file that holds secrets of 32 bytes, nearly always one: a line of each with a label, a space and 64 hex digits.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"

namespace idun::crypto {

// The caller wipes what it gets. See SigningKey::load_or_create.
Result<std::string> load_or_create_secret(const std::string& path, std::string_view label, Random& random);

// The same for a file of one to `lines_max` such lines (three have room), no two alike; one is made.
Result<std::vector<std::string>> load_or_create_secrets(const std::string& path, std::string_view label, std::size_t lines_max, Random& random);

// Overwrites the bytes in a way the compiler keeps.
void wipe(std::string& secret);

}  // namespace idun::crypto
