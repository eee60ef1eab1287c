// A Bundle of type searchset whose matches all stand on one page.
#pragma once

#include <string>
#include <string_view>

#include "json/writer.h"

namespace idun::api {

class Searchset {
public:
    Searchset() { entries_.array(); }

    // `resource` is JSON; `full_url` may be empty.
    void add(std::string_view full_url, std::string_view resource);
    std::string finish();

private:
    json::Writer entries_;
    std::size_t total_ = 0;
};

}  // namespace idun::api
