// Finds the resources that match a query, through the narrowest range that the query allows.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "records/internal/access.h"
#include "records/internal/impl.h"
#include "search/evaluate.h"

namespace idun::records {

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
    // `depth`: of links that led here.
    Finder(const Records::Impl& records, const search::Query& query, const store::Snapshot& snapshot, const Context& context, int depth = 0);

    // In the order of the query; `too_large` when the request has spent what it may.
    Result<std::vector<Match>> run();
    // The same, of which the caller tells the number only: these are named as well when they are few.
    Result<std::vector<Match>> run_counted();

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
    Status each_target(const std::vector<Match>& found, const search::Parameter& reference,
                       const std::function<void(std::string_view id)>& take) const;

    // A question about few persons is one about each of them, also when it finds nothing: the log names them.
    Status name_few(const std::vector<Match>& found, std::size_t few) const;
    Status name_owners(const search::Query& query) const;
    Status name_patients(const Touched& touched) const;
    void name_if_few();

    Status collect(const search::Query& query, std::string_view type);
    Status look_up(const std::vector<std::string>& ids);
    Status scan_person(const std::string& patient);
    Status scan_rows(const IndexRows& rows, std::optional<Partition> partition, std::uint64_t told);
    Status by_type();
    Status fetch();  // judges the candidates
    Status consider(std::string id, Partition partition, std::string value, std::uint64_t told);
    // From the cache; false when the row must be read.
    bool take_known(Candidate& candidate);
    void keep(Match match);

    const Records::Impl& records_;
    const search::Query& query_;
    const store::Snapshot& snapshot_;
    const Context& context_;
    Effort& effort_;
    const int depth_;
    const Instant now_;
    // Of the type that is being collected:
    std::string type_;
    bool hides_ = false;  // some of it may be hidden from the caller
    std::unique_ptr<Judge> judge_;
    std::vector<Candidate> candidates_;
    std::size_t to_name_ = 0;  // of the candidates that come next: an identifier led to them, and to few

    std::vector<Match> matches_;
    bool rows_kept_ = true;
};

}  // namespace idun::records
