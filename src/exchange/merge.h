// Putting the answers of several sources together.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "json/document.h"

namespace idun::exchange {

// The same content, whatever its id and meta are: SHA-256 over the resource without id, meta and text.
std::string content_key(json::Value resource);

struct Merged {
    std::string entries;  // Bundle.entry objects, comma-separated
    std::size_t records = 0;
    std::size_t duplicates = 0;
    bool complete = true;
    std::string as_of;    // Bundle.timestamp
};

// One person's answers. Thread-safe.
class Merger {
public:
    // `invalid` when the body is no searchset of FHIR resources or holds more than kEntriesMax: then none counts.
    // A duplicate is a record whose content another provider has sent before.
    static constexpr std::size_t kEntriesMax = 20'100;
    Result<Merged> add(std::string_view body, std::string_view provider, std::string_view provider_name);

private:
    std::mutex mutex_;
    std::unordered_map<std::string, std::string> seen_;  // content key -> the provider that sent it first
};

}  // namespace idun::exchange
