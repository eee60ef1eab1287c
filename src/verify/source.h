// Where a log's public files come from: a folder, or a web address.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace idun::verify {

class Source {
public:
    virtual ~Source() = default;
    // The whole file. `not_found` when there is none; any other error says that it could not be looked at.
    virtual Result<std::string> read(const std::string& name) = 0;
};

std::unique_ptr<Source> folder_source(std::string folder);
// `url` begins with http:// or https://; the files lie under it, as in "https://hub.example/log".
std::unique_ptr<Source> web_source(std::string url, std::string ca_file);

}  // namespace idun::verify
