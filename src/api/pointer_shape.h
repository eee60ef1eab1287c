// How answers show pointers: whole, or as _elements and _summary ask. What is the same for all pointers of a category or of a source is
// written once and shared by all answers, that of a source until the directory changes; that of a source whose Endpoint has a period anew for each.
#pragma once

#include <compare>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/text_hash.h"
#include "directory/directory.h"
#include "index/shown_form.h"
#include "search/query.h"

namespace idun::api {

// What of each pointer is asked for.
struct PointerParts {
    search::Query::Summary summary = search::Query::Summary::none;
    std::vector<std::string> elements = {};  // ascending, each once; empty: as `summary` says
    friend auto operator<=>(const PointerParts&, const PointerParts&) = default;
};

// Thread-safe.
class PointerShape {
public:
    explicit PointerShape(const PointerParts& parts);

    const index::ShownForms& forms() const { return forms_; }
    // What every pointer of that source ends with.
    std::shared_ptr<const std::string> end_of(const directory::Directory& directory, std::string_view provider) const;

private:
    const index::ShownForms forms_;
    mutable std::mutex mutex_;
    mutable std::uint64_t number_ = 0;  // of the directory; what is kept was read at it, or later
    mutable std::unordered_map<std::string, std::shared_ptr<const std::string>, HashByText, std::equal_to<>> ends_;  // no more than the index has providers
};

// Thread-safe. Keeps the shapes that were asked for first, kShapesMax of them; others are made for one answer.
class PointerShapes {
public:
    static constexpr std::size_t kShapesMax = 64;
    std::shared_ptr<const PointerShape> of(const PointerParts& parts) const;

private:
    mutable std::mutex mutex_;
    mutable std::map<PointerParts, std::shared_ptr<const PointerShape>> shapes_;
};

}  // namespace idun::api
