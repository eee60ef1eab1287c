// Finds the resources that match a query, through the narrowest range that the query allows.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "records/internal/access.h"
#include "records/internal/impl.h"
#include "search/evaluate.h"

namespace idun::records {

// What all the finders of one search have looked at together.
struct Effort {
    std::size_t considered = 0;
    int depth = 0;  // of chains
};

// Does a row fit the clauses of a query? Headers are asked first; the body only for what they leave open.
class Judge {
public:
    // `query` without chains, _has and _list: see Finder::resolved().
    Judge(const Records::Impl& records, const search::Query& query, std::string_view type, Instant now);

    // `told`: clauses (bits by place) that are known to be fitted.
    Result<bool> fits(const store::Snapshot& snapshot, const RowView& row, const Place& place, std::uint64_t told) const;
    // The same for a resource at hand.
    bool fits(json::Value resource, std::string_view id, Instant last_updated) const;
    // What is known of a resource without its row settles every clause: it fits.
    bool settled(const Touched& touched, std::uint64_t told) const;
    // By what it is sorted.
    Result<std::string> order(const store::Snapshot& snapshot, const RowView& row, const Place& place) const;

private:
    struct Prepared {
        const search::Clause* clause = nullptr;
        std::optional<std::vector<std::uint16_t>> marks;
        std::vector<std::string> persons;  // packed: a row about one of them fits
        std::vector<std::string> person_ids;
    };
    bool header_refuses(const Prepared& one, const RowView& row, std::string_view id) const;
    bool header_settles(const Prepared& one, const RowView& row) const;

    const Records::Impl& records_;
    const search::Query& query_;
    std::string type_;
    search::Judgement by_;
    std::vector<Prepared> clauses_;
    struct Key {
        const search::SortKey* key = nullptr;
        const search::Parameter* parameter = nullptr;  // null: _lastUpdated or _id
    };
    std::vector<Key> keys_;
};

// One search on one snapshot; used once, by one thread.
class Finder {
public:
    Finder(const Records::Impl& records, const search::Query& query, const store::Snapshot& snapshot, const Visible& visible,
           Effort& effort);

    // In the order of the query; `too_large` when it looked at more candidates than allowed.
    Result<std::vector<Match>> run();

private:
    struct Candidate {
        std::string id;
        Partition partition = 0;
        std::uint64_t told = 0;
        std::uint64_t version = 0;  // 0: not known
    };

    // The query with chains, _has and _list turned into ids. Nothing when one of them finds nothing.
    Result<std::optional<search::Query>> resolved() const;
    Status resolve_chain(search::Clause& clause) const;
    Status resolve_has(search::Clause& clause) const;
    Status resolve_list(search::Clause& clause) const;

    Status collect(const search::Query& query, std::string_view type);
    Status look_up(const std::vector<std::string>& ids);
    Status scan_person(const std::string& patient);
    Status scan_rows(const IndexRows& rows, std::optional<Partition> partition, std::uint64_t told);
    Status by_type();
    Status fetch();  // judges the candidates
    Status consider(std::string id, Partition partition, std::string value, std::uint64_t told);
    Status count_candidate();
    // From the cache; false when the row must be read.
    bool take_known(Candidate& candidate);
    void keep(Match match);

    const Records::Impl& records_;
    const search::Query& query_;
    const store::Snapshot& snapshot_;
    const Visible& visible_;
    Effort& effort_;
    const Instant now_;
    // Of the type that is being collected:
    std::string type_;
    std::unique_ptr<Judge> judge_;
    std::vector<Candidate> candidates_;

    std::vector<Match> matches_;
    bool rows_kept_ = true;
};

}  // namespace idun::records
