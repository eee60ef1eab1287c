// Random bytes, passed in so that tests can repeat themselves.
#pragma once

#include <string>

namespace idun {

// Thread-safe.
class Random {
public:
    virtual ~Random() = default;
    // `count` bytes nobody can guess.
    virtual std::string bytes(std::size_t count) = 0;
};

// The kernel's generator; lives as long as the process.
Random& system_random();

// A random UUID (RFC 4122 version 4) in lower case.
std::string uuid(Random& random);

}  // namespace idun
