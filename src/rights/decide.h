// May this requester read this record? Pure functions, used everywhere: facts in, decision out. They take no lock,
// always answer, always say by which rule, and never depend on the order of the facts.
//
//     const Judge judge(request, person.facts(), table);      // once a request
//     for (const Row& row : rows) {
//         const Decision decision = judge(record_of(row));    // cheap
//         if (decision.permit) ...
//     }
//
// The rules and their order: rules.h. What a person chooses only ever takes access away; what opens it again are lifts,
// exceptions, mandates, and the breaking of a glass.
#pragma once

#include "rights/choices.h"
#include "rights/internal/live_blocks.h"
#include "rights/request.h"
#include "rights/rule_table.h"
#include "rights/rules.h"

namespace idun::rights {

// What whoever obeys a decision owes.
struct Duties {
    bool log = true;
    bool notify_now = false;           // tell the person at once
    bool mark_representative = false;  // show that it was read on somebody's behalf
    bool mask_contact = false;         // leave out where the person is to be found
    bool follow_up = false;            // ask the requester afterwards
    friend bool operator==(const Duties&, const Duties&) = default;
};

inline constexpr Instant kForever{INT64_MAX};

struct Decision {
    bool permit = false;
    Rule rule = Rule::role;
    std::string_view fact_id = {};  // of the fact or break-glass that decided; lives as long as the facts
    Duties duties = {};
    Instant until = kForever;  // before then the answer to the same question with the same facts is the same
    friend bool operator==(const Decision&, const Decision&) = default;
};

// One record.
Decision decide(const Request& request, const Facts& facts, const Record& record, const RuleTable& table = {});

// Prepared once for a request, then cheap for each record: no allocation unless more than LiveBlocks::kInline blocks of
// one layer concern the requester. Borrows what it is made from. Reading from several threads is safe.
class Judge {
public:
    Judge(const Request& request, const Facts& facts, const RuleTable& table);
    Judge(const Request&, const Facts&, const RuleTable&&) = delete;

    Decision operator()(const Record& record) const;

    // May the question be asked at all? About the requester, and for a representative whether she has any mandate now;
    // of what the person has chosen nothing shows. With a provider: to that provider, whose own staff always may.
    Decision question(std::string_view provider_id = {}) const;

    // Could a record of that provider and category be visible? Never false when one would be. Empty: any.
    bool may_ask(std::string_view provider_id, std::string_view category = {}) const;

private:
    friend struct Case;  // judge.cc
    bool own(std::string_view provider_id) const;
    bool staff_may_ask(std::string_view provider_id, std::string_view category) const;
    Decision because(Rule rule, std::string_view fact_id = {}) const;

    Request request_;
    Facts facts_;
    const RuleTable& table_;
    bool the_person_ = false;
    bool acts_for_ = false;
    bool broken_ = false;  // a glass, and its conditions hold
    const TaskRow* task_ = nullptr;
    LiveBlocks inner_, outer_, abroad_;  // that concern this requester now
    Instant until_ = kForever;
};

}  // namespace idun::rights
