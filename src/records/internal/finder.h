// Finds the resources that match a query, through the narrowest range that the query allows.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "records/internal/impl.h"
#include "records/internal/matcher.h"

namespace idun::records {

// One search on one snapshot; used once, by one thread.
class Finder {
public:
    Finder(const Records::Impl& records, const search::Query& query, const store::Snapshot& snapshot,
           const Visible& visible);

    // In the order of the query; `too_large` when it looked at more candidates than allowed.
    Result<std::vector<Match>> run();

private:
    struct Candidate {
        std::string id;
        Partition partition = 0;
    };

    Result<std::vector<std::vector<std::string>>> resolve_chains() const;
    Status collect();
    // Each reads one kind of range; false from a chooser: the clause does not narrow.
    Result<bool> by_subject();
    Result<bool> by_id();
    Result<bool> by_token();
    Status by_type();

    Status scan_person(const std::string& patient);
    Status scan_tokens(std::uint8_t number, const HashPair& pair);
    Status look_up(std::vector<std::string> ids);
    Status fetch();  // judges the candidates
    Status consider(std::string_view id, Partition partition, std::string_view value);
    Status count_candidate();

    const Records::Impl& records_;
    const search::Query& query_;
    const store::Snapshot& snapshot_;
    const Visible& visible_;
    std::unique_ptr<Matcher> matcher_;
    std::vector<Candidate> candidates_;
    std::vector<Match> matches_;
    std::size_t considered_ = 0;
};

}  // namespace idun::records
