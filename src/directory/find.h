// Search in the directory: the query language of `search`, judged in memory.
//
//     const Finder finder(base_url);
//     auto query = finder.parse(Type::organization, {{"name", "akut"}}, lenient);
//     Found found = finder.find(*query, view, 0, clock.now());
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "directory/directory.h"
#include "search/query.h"

namespace idun::directory {

using Parameters = std::vector<std::pair<std::string, std::string>>;

struct Found {
    std::size_t total = 0;
    Rows matches;   // of this page
    Rows included;  // what the matches bring along, each once, without the matches
    std::size_t next = 0;  // where the following page starts; 0: this is the last
    bool cut = false;      // more was to be included than a page holds
};

// Immutable; any thread.
class Finder {
public:
    static constexpr std::size_t kCountDefault = 200;
    static constexpr std::size_t kCountMax = 1'000;
    static constexpr std::size_t kIncludedMax = 5'000;
    static constexpr std::size_t kPageBytesMax = 16u << 20;  // of matches (but one is always shown); as much of what is included
    static constexpr std::size_t kLinkedMax = 100'000;  // what one link of a chain may find

    // `base_url`: FHIR base, without a slash at the end.
    explicit Finder(std::string base_url);

    const search::Registry& known() const { return known_; }

    // Errors are of `search`; beside them _list and :iterate are refused (or, lenient, ignored).
    tl::expected<search::Query, std::vector<Error>> parse(Type type, const Parameters& parameters, bool lenient) const;

    // Matches from `offset` on: by _sort, then in the order of their ids. `too_large` when a link of a chain finds too much.
    Result<Found> find(const search::Query& query, const View& view, std::size_t offset, Instant now) const;

private:
    Result<Rows> all(const search::Query& query, const View& view, Instant now, int depth) const;
    Result<search::Query> resolved(const search::Query& query, const View& view, Instant now, int depth) const;
    void sort(Rows& rows, const search::Query& query) const;
    void include(const search::Query& query, const View& view, Found& found) const;

    std::string base_url_;
    const search::Registry& known_;
};

}  // namespace idun::directory
