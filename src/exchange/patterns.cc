#include "exchange/patterns.h"

#include <algorithm>
#include <tuple>

namespace idun::exchange {
namespace {

using About = PatternRule::About;

struct Known {
    PatternRule rule;
    // What an entry of staff about a person counts as; nothing when it does not.
    std::optional<std::string> (*what)(const LoggedEntry&, const PatternFacts&);
};

bool reads(const ledger::Access& access) {
    using enum ledger::Action;
    if (!access.permit) return false;
    // `transaction`: of an older node, which does not say what a Bundle did.
    for (const ledger::Action one : {read, vread, history, search, gather, export_data, transaction})
        if (access.action == one) return true;
    return false;
}

bool is_elsewhere(const ledger::Access& access) {
    return std::any_of(access.records.begin(), access.records.end(), [&](const ledger::Record& r) {
        return !r.provider_id.empty() && r.provider_id != access.requester.provider_id;
    });
}

std::optional<std::string> patient_if(bool holds, const LoggedEntry& one) {
    return holds ? std::optional(one.entry.access.person->text()) : std::nullopt;
}

const Known kRules[] = {
    {{"many-patients-without-care-relation", About::user, "patienter som en och samma användare läste utan vårdrelation",
      "patients whom one user read without a care relation", 10},
     [](const LoggedEntry& one, const PatternFacts&) {
         return patient_if(reads(one.entry.access) && !one.entry.access.care_relation, one);
     }},
    {{"other-providers-without-care-relation", About::user,
      "patienter vars uppgifter hos andra vårdgivare en och samma användare läste utan vårdrelation",
      "patients whom one user read at other providers without a care relation", 10},
     [](const LoggedEntry& one, const PatternFacts&) {
         return patient_if(reads(one.entry.access) && !one.entry.access.care_relation && is_elsewhere(one.entry.access), one);
     }},
    {{"declared-care-that-nothing-shows", About::user,
      "patienter som en och samma användare har uppgett en vårdrelation till, som vårdgivarens bokningar och vårdkontakter inte visar",
      "patients for whom one user has declared a care relation that the provider's bookings and encounters do not show", 3},
     [](const LoggedEntry& one, const PatternFacts& facts) {
         return patient_if(reads(one.entry.access) && facts.unshown(one), one);
     }},
    {{"many-readers-of-one-patient", About::person, "användare som läste en och samma patient", "users who read one patient", 20},
     [](const LoggedEntry& one, const PatternFacts&) {
         return reads(one.entry.access) ? std::optional(one.entry.access.requester.user_id) : std::nullopt;
     }},
    {{"watched-patient", About::user, "patienter med skyddad identitet eller under bevakning som en och samma användare läste utan vårdrelation",
      "patients of protected identity, or watched, whom one user read without a care relation", 1},
     [](const LoggedEntry& one, const PatternFacts& facts) {
         return patient_if(reads(one.entry.access) && !one.entry.access.care_relation && facts.watched(*one.entry.access.person), one);
     }},
    {{"same-family-name", About::user, "patienter med samma efternamn som användaren, som hon läste utan vårdrelation",
      "patients with the user's family name whom she read without a care relation", 1},
     [](const LoggedEntry& one, const PatternFacts&) {
         return patient_if(reads(one.entry.access) && !one.entry.access.care_relation && (one.entry.marks & ledger::kSameFamilyName) != 0, one);
     }},
    {{"same-name", About::user, "patienter som heter som användaren, kanske hon själv", "patients who are called as the user, perhaps herself", 1},
     [](const LoggedEntry& one, const PatternFacts&) {
         return patient_if(reads(one.entry.access) && (one.entry.marks & ledger::kSameName) != 0, one);
     }},
    {{"many-glasses", About::user, "nödöppningar som en och samma användare läste med", "broken glasses that one user read with", 3},
     [](const LoggedEntry& one, const PatternFacts&) {
         const auto& glass = one.entry.access.break_glass;
         return reads(one.entry.access) && glass ? std::optional(glass->id) : std::nullopt;
     }},
    {{"many-denials", About::user, "frågor av en och samma användare som nekades", "requests of one user that were denied", 10},
     [](const LoggedEntry& one, const PatternFacts&) {
         return one.entry.access.permit ? std::nullopt : std::optional(one.log_id + ":" + std::to_string(one.entry.index));
     }},
};

bool is_staff(const ledger::Access& access) {
    return access.requester.role == "clinician" || access.requester.role == "administrator";
}

const Known* known_rule(std::string_view id) {
    for (const Known& known : kRules)
        if (known.rule.id == id) return &known;
    return nullptr;
}

}  // namespace

CareSaid care_said(const LoggedEntry& one, std::string_view hub_log) {
    if (!one.entry.access.care_relation) return CareSaid::no;
    return ledger::owner_of(one.log_id) == ledger::owner_of(hub_log) || !one.entry.access.ticket_id.empty()
               ? CareSaid::declared
               : CareSaid::known;
}

std::function<bool(const LoggedEntry&)> unshown_behind(const std::vector<DeclaredCare>& declared, std::string hub_log) {
    // Of one user's declarations about one person within an hour the last is kept.
    static constexpr std::chrono::hours kKeptAsOne(1);
    using Who = std::pair<std::string, crypto::Pseudonym>;
    auto known = std::make_shared<std::map<Who, std::vector<Instant>>>();
    for (const DeclaredCare& one : declared) (*known)[{one.user_id, one.person}].push_back(one.at);
    return [known, hub_log = std::move(hub_log)](const LoggedEntry& one) {
        const ledger::Access& access = one.entry.access;
        if (care_said(one, hub_log) != CareSaid::declared || !access.person) return false;
        const auto found = known->find({access.requester.user_id, *access.person});
        return found != known->end() && std::ranges::any_of(found->second, [&](Instant at) {
                   return access.time - at < kKeptAsOne && at - access.time < kKeptAsOne;
               });
    };
}

std::vector<PatternRule> pattern_rules(const Thresholds& thresholds) {
    std::vector<PatternRule> out;
    for (const Known& known : kRules) {
        out.push_back(known.rule);
        if (const auto set = thresholds.find(known.rule.id); set != thresholds.end()) out.back().shown_from = set->second;
    }
    return out;
}

std::optional<Counted> counted_by(const PatternRule& rule, const LoggedEntry& one, const PatternFacts& facts) {
    const ledger::Access& access = one.entry.access;
    const Known* known = known_rule(rule.id);
    if (!known || !access.person || !is_staff(access)) return std::nullopt;
    auto what = known->what(one, facts);
    if (!what) return std::nullopt;
    return Counted{rule.about == About::user ? access.requester.user_id : access.person->text(), std::move(*what)};
}

PatternCounter::PatternCounter(std::vector<PatternRule> rules, PatternFacts facts)
    : rules_(std::move(rules)), facts_(std::move(facts)), counted_(rules_.size()) {}

void PatternCounter::add(const LoggedEntry& one) {
    ++entries_;
    for (std::size_t i = 0; i < rules_.size(); ++i) {
        auto counted = counted_by(rules_[i], one, facts_);
        if (!counted || held_ >= kCountedMax) continue;
        if (rules_[i].about == About::user) {
            const ledger::Actor& who = one.entry.access.requester;
            users_.try_emplace(counted->subject, User{who.name, who.provider_id});
        }
        held_ += counted_[i][std::move(counted->subject)].insert(std::move(counted->what)).second;
    }
}

std::vector<PatternFound> PatternCounter::found(std::size_t rule, std::size_t count_max) const {
    std::vector<PatternFound> out;
    for (const auto& [subject, things] : counted_[rule]) {
        if (things.size() < rules_[rule].shown_from) continue;
        PatternFound one{subject, "", "", things.size()};
        if (const auto user = users_.find(subject); user != users_.end() && rules_[rule].about == About::user) {
            one.name = user->second.name;
            one.provider_id = user->second.provider_id;
        }
        out.push_back(std::move(one));
    }
    std::sort(out.begin(), out.end(), [](const PatternFound& a, const PatternFound& b) {
        return std::tie(b.count, a.subject) < std::tie(a.count, b.subject);
    });
    if (out.size() > count_max) out.resize(count_max);
    return out;
}

}  // namespace idun::exchange
