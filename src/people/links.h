// Which pseudonyms are one person: who said so, when, on what ground, and what was taken back.
// Bytes and rules: docs/formats/person-links.md; why: docs/decisions/0057-person-links.md.
//
//     const people::Numbers hers = links.of(person);   // costs next to nothing for whoever has one number
//     if (hers.ambiguous()) ...                        // used for two persons: opens nothing
//     for (const crypto::Pseudonym& number : hers.all()) ...
//
// Nothing is destroyed: rows elsewhere stay under the pseudonym that they were stated for, and every statement stays here.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/pseudonym_ring.h"
#include "people/person_id.h"
#include "store/store.h"

namespace idun::people {

inline constexpr std::size_t kNumbersMax = 8;          // of one person
inline constexpr std::size_t kAliasesMax = 8;          // pseudonyms of one number
inline constexpr std::size_t kPairsMax = 64;           // of one number and stater, those that hold and those that do not
inline constexpr std::size_t kStatementsMax = 64;      // of one pair and stater; taking back is always possible
inline constexpr std::size_t kLinkTextBytesMax = 512;  // of evidence and reasons

// One number together with the others of the same person. A value; what it shows is of the moment when it was asked for.
class Numbers {
public:
    explicit Numbers(const crypto::Pseudonym& one) : one_(one) {}
    Numbers(const crypto::Pseudonym& one, std::shared_ptr<const std::vector<crypto::Pseudonym>> set, bool ambiguous)
        : one_(one), set_(std::move(set)), ambiguous_(ambiguous) {}

    // Herself included, ascending.
    std::span<const crypto::Pseudonym> all() const& { return set_ ? std::span(*set_) : std::span(&one_, 1); }
    std::span<const crypto::Pseudonym> all() const&& = delete;
    const crypto::Pseudonym& one() const { return one_; }
    bool several() const { return set_ != nullptr; }
    bool ambiguous() const { return ambiguous_; }  // then it is alone
    bool has(const crypto::Pseudonym& number) const;
    const std::shared_ptr<const std::vector<crypto::Pseudonym>>& set() const { return set_; }

private:
    crypto::Pseudonym one_;
    std::shared_ptr<const std::vector<crypto::Pseudonym>> set_;  // null: alone
    bool ambiguous_ = false;
};

// The words are on disk and on the wire.
enum class Ground : std::uint8_t { replaced, resolved, merged, record, code };
std::string_view to_string(Ground ground);
std::optional<Ground> ground_from(std::string_view word);

struct By {
    enum class Who : std::uint8_t { provider, the_operator, person };
    Who who = Who::provider;
    std::string id;  // of the provider or user
    friend auto operator<=>(const By&, const By&) = default;
};

enum class Said : std::uint8_t { state, withdraw, separate, rejoin, mark, clear };
std::string_view to_string(Said said);
std::string_view to_string(By::Who who);

// One thing that was said of a pair, or of a number that was marked.
struct Statement {
    Instant time;
    Said said = Said::state;
    By by;
    std::optional<Ground> ground;         // of state and rejoin
    std::optional<Instant> since;         // from when on it is so
    std::optional<Kind> kinds[2] = {};    // of the pair, the lower pseudonym first
    std::string why;                      // evidence, or reason
    friend bool operator==(const Statement&, const Statement&) = default;
};

// What is to be said of two numbers.
struct Link {
    crypto::Pseudonym numbers[2];
    std::optional<Kind> kinds[2] = {};
    Ground ground = Ground::record;
    std::optional<Instant> since;
    std::string why;
};

// One number under two keys.
struct AliasPair {
    crypto::Alias one, other;
};
enum class Aliased : std::uint8_t { joined, known, refused };

// A number whose set changes.
struct Regrouped {
    Numbers before, after;
};

// Whoever must act in the same commit. Called one at a time; when `join` has succeeded `done` follows on the same thread,
// after of() answers by the new sets.
class Follower {
public:
    virtual ~Follower() = default;
    // May add to the batch. An error keeps all of it from happening.
    virtual Status join(std::span<const Regrouped> changed, store::Batch& batch) = 0;
    virtual void done(bool committed) = 0;
};

// Thread-safe. A statement is durable when the call returns.
class Links {
public:
    static Result<std::unique_ptr<Links>> open(store::Store& store, const Clock& clock);
    ~Links();

    // Set once, before use by several threads; lives as long as the links are used.
    void followed_by(Follower& follower);

    Numbers of(const crypto::Pseudonym& number) const;
    // Are the two one person?
    bool same(const crypto::Pseudonym& one, const crypto::Pseudonym& other) const;

    // Goes into the batch of a statement, with the numbers whose sets it changes, which may be none.
    using Also = FunctionRef<void(std::span<const Regrouped> changed, store::Batch& batch)>;

    // False when the same stater says so already. `conflict` when it would make a set that must not be; the operator's
    // word rejoins what was separated.
    Result<bool> state(const Link& link, const By& by, Also also);
    // Takes back what that stater has stated; false when it has not.
    Result<bool> withdraw(const crypto::Pseudonym& one, const crypto::Pseudonym& other, const By& by, Also also);
    // Takes `number` out of the set of `other`: no node's statement puts it back. False when that was done before. Aliases that
    // only nodes have said are none any more.
    Result<bool> separate(const crypto::Pseudonym& number, const crypto::Pseudonym& other, const By& by, std::string why, Also also);
    // The same of numbers whose pseudonyms under several keys are all named, known to be aliases or not.
    Result<bool> separate(std::span<const crypto::Pseudonym> number, std::span<const crypto::Pseudonym> other, const By& by, std::string why, Also also);
    // Used for two persons, or not any more. False when it is so already. `conflict` when links that it would get back
    // would make a set that must not be.
    Result<bool> mark(const crypto::Pseudonym& number, bool ambiguous, const By& by, std::string why, Also also);

    // Pseudonyms of one number are one number in everything above: they are found together, marked and separated together, and
    // count once. By nodes, and in one commit where all can be; what does not fit what is known (a pseudonym under another key, a number
    // with another pseudonym under that key, numbers that were separated, more than is united) is refused by itself.
    Result<std::vector<Aliased>> alias(std::span<const AliasPair> pairs, const By& by);
    // By the hub, which was named the number itself: these are its pseudonyms, and what was said otherwise of any of them goes; who had
    // said that. Of numbers linked to them there
    // may be more than kNumbersMax. `conflict` when it would undo a separation or unite more than kNumbersMax * kAliasesMax pseudonyms: that
    // is the operator's to decide.
    Result<std::vector<By>> settle(std::span<const crypto::Alias> aliases, const By& by);
    // The number's pseudonyms under all keys, itself first.
    std::vector<crypto::Pseudonym> aliases_of(const crypto::Pseudonym& number) const;
    // Those of which the hub itself has said so: what ends or erases something goes by these alone.
    std::vector<crypto::Pseudonym> sure_aliases_of(const crypto::Pseudonym& number) const;
    // The name of the key that it was made with; nothing when it has no alias.
    std::optional<std::string> key_of(const crypto::Pseudonym& number) const;

    // Everything that was ever said of a number: of its pairs, and of itself.
    struct Pair {
        crypto::Pseudonym numbers[2];
        bool holds = false;
        std::vector<Statement> statements;  // oldest first
    };
    struct Known {
        std::vector<Pair> pairs;
        std::vector<Statement> marks;
    };
    Result<Known> known_of(const crypto::Pseudonym& number) const;

    struct Size {
        std::size_t numbers = 0;  // that something was said of
        std::size_t linked = 0;   // that are in a set of several numbers
        std::size_t aliases = 0;  // pseudonyms that have others of the same number
    };
    Size size() const;

private:
    struct Impl;
    explicit Links(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::people
