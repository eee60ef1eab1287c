// Writes the pointers that one request's answers show. Each source is looked at once, so that all of an answer speaks of it alike.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/pointer_query.h"
#include "api/pointer_shape.h"

namespace idun::api {

struct Hub;

class PointerWriter {
public:
    explicit PointerWriter(const Hub& hub);

    // The entries of a searchset, with commas between: {"fullUrl": …, "resource": …, "search": {"mode": "match"}}.
    void append(std::string& out, std::span<const FoundPointer> found, const PointerParts& parts);

private:
    struct Source {
        std::shared_ptr<const std::string> end;
        std::string heard;
        std::vector<std::pair<std::string_view, std::string>> categories_heard;

        std::string_view heard_of(std::string_view category) const;
    };
    const Source& source_of(const std::shared_ptr<const PointerShape>& shape, std::string_view provider);

    const Hub& hub_;
    std::string before_id_;
    std::map<PointerParts, std::shared_ptr<const PointerShape>> shapes_;
    // By shape, and by the provider's word, which the index has in one place.
    std::map<std::pair<const PointerShape*, const char*>, Source> sources_;
};

}  // namespace idun::api
