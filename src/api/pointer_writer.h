// Writes the pointers that one request's answers show. Each source is looked at once, so that all of an answer speaks of it alike.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

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
        std::shared_ptr<const index::WholeFreshness> fresh;

        std::optional<Instant> heard_of(std::string_view category) const;
    };
    // By the provider's word, which the index has in one place.
    using Sources = std::unordered_map<const char*, Source>;
    struct Shape {
        std::shared_ptr<const PointerShape> shape;
        Sources sources;
    };
    const Source& source_of(Shape& shape, std::string_view provider);

    const Hub& hub_;
    std::string before_id_;
    std::map<PointerParts, Shape> shapes_;
};

}  // namespace idun::api
