// Patterns of access that are worth a look, as simple rules with their counts. They accuse nobody: each says what it
// counts and from which number on it shows, and the entries behind a count can be asked for. Rules: docs/formats/supervision.md.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/access_rows.h"
#include "exchange/care_checks.h"

namespace idun::exchange {

struct PatternRule {
    enum class About : std::uint8_t { user, person };
    std::string_view id;
    About about = About::user;
    std::string_view sv, en;  // what it counts
    std::uint64_t shown_from = 1;
};

// The rules with the thresholds that a nation has set, by id; others keep their own.
using Thresholds = std::map<std::string, std::uint64_t, std::less<>>;
std::vector<PatternRule> pattern_rules(const Thresholds& thresholds = {});

// What entries do not say and rules look at.
struct PatternFacts {
    // Whom supervisors look after: protected identities, and people who are much in the news.
    std::function<bool(const crypto::Pseudonym&)> watched;
    // Whether the user declared a care relation for what the entry is about, and nothing shows it.
    std::function<bool(const LoggedEntry&)> unshown = [](const LoggedEntry&) { return false; };
};

// How an entry's care relation came about: nobody said there was one; who asked has declared it, to the hub; the provider's own
// bookings and encounters show it.
enum class CareSaid : std::uint8_t { no, declared, known };
CareSaid care_said(const LoggedEntry& entry, std::string_view hub_log);

// Of declarations that nothing shows, which entry one of them stands behind. `hub_log`: the hub's own.
std::function<bool(const LoggedEntry&)> unshown_behind(const std::vector<DeclaredCare>& declared, std::string hub_log);

// Whom the entry counts for under the rule, a user id or a pseudonym, and as what: the same twice counts once.
struct Counted {
    std::string subject;
    std::string what;
};
std::optional<Counted> counted_by(const PatternRule& rule, const LoggedEntry& entry, const PatternFacts& facts);

// Whom a count is about: a user, or a patient by pseudonym.
struct PatternFound {
    std::string subject;
    std::string name;  // of a user
    std::string provider_id;
    std::uint64_t count = 0;
};

// One thread at a time. Holds at most kCountedMax different things; further ones are left out, and complete() says so.
class PatternCounter {
public:
    static constexpr std::size_t kCountedMax = 2'000'000;
    PatternCounter(std::vector<PatternRule> rules, PatternFacts facts);

    void add(const LoggedEntry& entry);
    const std::vector<PatternRule>& rules() const { return rules_; }
    // Under one rule, most first, those from its threshold on; at most `count_max`.
    std::vector<PatternFound> found(std::size_t rule, std::size_t count_max) const;
    std::uint64_t entries() const { return entries_; }
    bool complete() const { return held_ < kCountedMax; }

private:
    struct User {
        std::string name, provider_id;
    };
    const std::vector<PatternRule> rules_;
    const PatternFacts facts_;
    std::vector<std::map<std::string, std::set<std::string>>> counted_;  // by rule and subject
    std::map<std::string, User> users_;
    std::size_t held_ = 0;
    std::uint64_t entries_ = 0;
};

}  // namespace idun::exchange
