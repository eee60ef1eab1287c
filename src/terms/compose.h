// A ValueSet resource compiled into a CodeSet. Where its parts come from is the Source's; Terms is one.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "terms/code_set.h"

namespace idun::terms {

// What one compilation has done so far: value sets that include each other, or that grow without end, end here.
struct Trail {
    static constexpr std::size_t kDepthMax = 32;
    static constexpr std::size_t kWorkMax = 3'000'000;  // codes written or looked at, in all value sets together

    std::vector<std::string> urls;  // of the value sets that are being compiled, outermost first
    std::size_t work = 0;

    Status spend(std::size_t codes);
};

class Source {
public:
    virtual ~Source() = default;
    // `not_found` when it is not at hand. With a version that is not there: not_found too.
    virtual Result<std::shared_ptr<const CodeSystem>> code_system(std::string_view url, std::string_view version) const = 0;
    virtual Result<std::shared_ptr<const CodeSet>> code_set(std::string_view canonical, Trail& trail) const = 0;
};

// Fails for value sets that include each other and those over a bound (`invalid`, `too_large`). What is not at hand is not
// a failure but a gap of the set. A value set without compose is its stored expansion; one whose compose leaves gaps is
// too, when it stores one that is whole.
Result<std::shared_ptr<const CodeSet>> compile_value_set(json::Value resource, const Source& source, Trail& trail);

}  // namespace idun::terms
