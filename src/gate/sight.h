// What a provider's own staff see of its records: everything but what a person keeps between units (an inner block).
//
//     const auto sight = sights.of(staff, glass);          // for one request; null: she sees everything
//     context.visible = [sight](const records::Touched& touched) { return sight->sees(touched); };
//
// Only inner blocks hide here; how old the copy of the rights is does not matter. Demographics (Patient) and what is
// about nobody are never hidden: they belong to the provider as a whole and tell of no unit. What names several persons
// is hidden when it is hidden for one of them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "gate/break_glass.h"
#include "gate/rights_copy.h"
#include "records/records.h"
#include "rights/decide.h"

namespace idun::gate {

struct Staff {
    std::string user_id;
    rights::Role role = rights::Role::clinician;
    std::string unit_id;
};

class Sight;

// Thread-safe. What is passed by reference lives as long as this and what it makes.
class Sights {
public:
    Sights(std::string provider_id, const rights::RuleTable& rules, const records::Records& records,
           const RightsCopy& rights, const Clock& clock)
        : provider_id_(std::move(provider_id)), rules_(rules), records_(records), rights_(rights), clock_(clock) {}

    // Null when nothing is hidden from anybody.
    std::shared_ptr<Sight> of(Staff staff, std::optional<Glass> glass = {}) const;
    // The same as what records ask; empty when nothing is hidden from anybody. For one thread.
    records::Visible visible_to(Staff staff) const;

    const rights::RuleTable& rules() const { return rules_; }

private:
    friend class Sight;
    const std::string provider_id_;
    const rights::RuleTable& rules_;
    const records::Records& records_;
    const RightsCopy& rights_;
    const Clock& clock_;
};

// For one request, by one thread at a time. Knows the choices of every person once.
class Sight {
public:
    Sight(const Sights& by, Staff staff, std::optional<Glass> glass);

    // False too when it cannot be known.
    bool sees(const records::Touched& touched);
    // Was it opened by the glass?
    bool opened(const records::Touched& touched) const;
    const std::optional<Glass>& glass() const { return glass_; }

private:
    // One person's choices, judged for this request.
    struct Person {
        std::unique_ptr<const rights::PersonFacts> facts;  // which the judge borrows
        rights::Judge judge;
    };
    using Persons = std::vector<std::unique_ptr<Person>>;
    Result<Persons> read(const std::string& patient);
    const Persons* persons_of(const std::string& patient);
    bool sees(const records::Touched& touched, const std::string& patient);

    const Sights& by_;
    const Staff staff_;
    const std::optional<Glass> glass_;
    std::optional<rights::BreakGlass> broken_;
    std::shared_ptr<const store::Snapshot> snapshot_;
    std::map<std::string, std::optional<Persons>> known_;   // by patient; nothing: it cannot be known
    std::set<std::pair<std::string, std::string>> opened_;  // type, id
};

}  // namespace idun::gate
