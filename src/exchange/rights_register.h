// The hub's register of what people have chosen, its history, and the numbered feed that each node follows.
// Bytes: docs/formats/rights-register.md; the feed: docs/formats/rights-feed.md.
//
// A provider follows a person from its first index pointer about her until its last one is withdrawn, which the
// register learns in the same commit (it joins the index). It is sent what concerns its own records and nothing else.
//
// Choices lie under the number that a person made them with, and end under it. Read, and sent to nodes, is the union over
// all of her numbers; a provider knows her by the number it has (it follows the links).
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "crypto/signing.h"
#include "index/index.h"
#include "people/links.h"
#include "rights/facts.h"
#include "rights/feed.h"
#include "rights/rule_table.h"
#include "store/store.h"

namespace idun::exchange {

template <typename T>
class Lately;  // internal/lately.h

struct RegisterOptions {
    std::string hub;                                  // issuer of the feed
    std::chrono::milliseconds lease{24 * 3'600'000};  // a national choice
    rights::RuleTable rules = {};                     // bounds of what may be chosen
    people::Links* links = nullptr;                   // followed; null: everybody has one number
};

// Thread-safe. A change is durable and in the feed when the call returns.
class RightsRegister final : public index::Joiner {
public:
    // Joins the index. What is passed by reference lives as long as the register. `unsupported` for a store whose
    // register an earlier program wrote.
    static Result<std::unique_ptr<RightsRegister>> open(store::Store& store, index::Index& index,
                                                        RegisterOptions options, const crypto::SigningKey& key,
                                                        const Clock& clock, Random& random);
    ~RightsRegister() override;

    // Under all of her numbers.
    Result<rights::PersonFacts> facts_of(const crypto::Pseudonym& person) const;
    // The same, for who has asked for her numbers already.
    Result<rights::PersonFacts> facts_of(const people::Numbers& numbers) const;
    // Under that number alone: what of it stays when numbers are unlinked.
    Result<rights::PersonFacts> facts_under(const crypto::Pseudonym& number) const;

    // Begins a choice: opt_out, secondary_opt_out, protect (and their opposites, which end them), block, lift or
    // mandate. Gives the id of the fact, "" for those without one. The id in `fact` is replaced by a new one. What
    // holds already under that number changes nothing and gives its id. `conflict` for ending what stands under another
    // number of hers alone. `invalid` when the national rules do not allow it, `too_large`
    // when the person has as many choices, or began as many within a day, as they allow: ending is always possible.
    // `names`: how the two of a new mandate are called.
    struct Names {
        std::string person;
        std::string representative;
    };
    Result<std::string> begin(const crypto::Pseudonym& person, rights::ChangeKind kind, rights::Fact fact,
                              rights::Author by, const Names& names = {"", ""});
    // Ends a block, lift or mandate. `not_found` when the person has no such fact now, `conflict` when it stands under
    // another number of hers.
    Status end(const crypto::Pseudonym& person, std::string_view fact_id, rights::Author by);

    // One version of a choice: what set or ended it, with its author. Protection of identity is no choice.
    struct Version {
        std::string choice_id;      // of the fact, kOptOut or kSecondaryOptOut
        std::uint64_t version = 1;  // of that choice
        rights::FactChange change;
        std::optional<rights::FactChange> begun;  // of one that ends a fact: what began it
    };
    static constexpr std::string_view kOptOut = "opt-out";
    static constexpr std::string_view kSecondaryOptOut = "secondary-opt-out";
    // What holds: neither ended nor dropped; it may have run out. Bounded as facts are.
    Result<std::vector<Version>> current(const crypto::Pseudonym& person) const;
    // Versions of one choice, or of all (""), newest first, those with a number below `before`, at most `count_max`.
    struct VersionPage {
        std::vector<Version> versions;
        std::uint64_t total = 0;  // of all pages
        std::uint64_t next = 0;   // goes on before it; 0: there are no more
    };
    Result<VersionPage> versions(const crypto::Pseudonym& person, std::string_view choice_id, std::uint64_t before,
                                 std::size_t count_max) const;
    // Of a mandate; empty ones where none were given.
    Result<Names> names_of(const crypto::Pseudonym& person, std::string_view fact_id) const;
    // Who has a mandate of that representative that is not ended (but perhaps over, or not begun).
    Result<std::vector<crypto::Pseudonym>> represented_by(const crypto::Pseudonym& representative) const;

    std::uint64_t head() const;
    // The newest change about the person that was addressed to the provider; 0: none.
    Result<std::uint64_t> number_for(const crypto::Pseudonym& person, std::string_view provider_id) const;
    // The signed page of what concerns the provider after `after`, with a fresh lease. `invalid` beyond the head.
    Result<std::string> page(std::uint64_t after, std::string_view provider_id) const;
    // The signed part of the provider's snapshot behind that person.
    Result<std::string> snapshot(const std::optional<crypto::Pseudonym>& after, std::string_view provider_id) const;

    // Called after every change with the providers whom it was addressed to, on the changing thread; set once, before
    // use by several threads.
    using Changed = std::function<void(std::span<const std::string> providers)>;
    void on_change(Changed changed) { changed_ = std::move(changed); }
    // So that nobody waits for a change any longer; what is called is set as above.
    void wake() const {
        if (woken_) woken_();
    }
    void on_wake(std::function<void()> woken) { woken_ = std::move(woken); }

    // The index calls these.
    Status join(std::string_view provider, std::span<const crypto::Pseudonym> begins,
                std::span<const crypto::Pseudonym> ceases, store::Batch& batch) override;
    void done(bool committed) override;

private:
    RightsRegister(store::Store& store, index::Index& index, RegisterOptions options, const crypto::SigningKey& key,
                   const Clock& clock, Random& random);
    Status allowed(const rights::Fact& fact) const;
    Status within_bounds(const people::Numbers& numbers, rights::ChangeKind kind,
                         const rights::PersonFacts& facts) const;
    Result<bool> begun_too_often(const crypto::Pseudonym& number, std::size_t& begun) const;
    Status place_version(store::Batch& batch, const rights::FactChange& change) const;
    Result<std::vector<Version>> read_versions(const store::Snapshot& snapshot, const crypto::Pseudonym& person,
                                               std::vector<rights::FactChange> changes) const;
    Result<std::vector<Version>> current_of(const crypto::Pseudonym& number) const;
    Result<std::uint64_t> version_over(const people::Numbers& numbers, const Version& one) const;
    Result<VersionPage> versions_of(const crypto::Pseudonym& number, std::string_view choice_id, std::uint64_t before,
                                    std::size_t count_max) const;
    Status commit(rights::FactChange change, const Names& names = {"", ""});
    Status put_change(store::Batch& batch, const rights::FactChange& change, const rights::PersonFacts& before,
                      const rights::PersonFacts& after, const Names& names) const;
    void address(store::Batch& batch, std::string_view provider, const rights::FactChange& change) const;

    // A person under all her numbers (rights_numbers.cc).
    struct Whole;
    people::Numbers numbers_of(const crypto::Pseudonym& person) const;
    // The pseudonyms of that number under all keys of which the hub itself knows, itself first; those that the whole has.
    std::vector<crypto::Pseudonym> sure_aliases_of(const crypto::Pseudonym& number, const Whole& whole) const;
    Result<std::string> end_flag(const crypto::Pseudonym& person, rights::ChangeKind kind, bool rights::PersonFacts::* flag, rights::Author by);
    Result<rights::PersonFacts> facts_alone(const crypto::Pseudonym& number) const;
    Result<Whole> whole_of(const store::Snapshot& snapshot, const people::Numbers& numbers) const;
    Result<std::optional<rights::PersonFacts>> facts_read(const store::Snapshot& snapshot, const crypto::Pseudonym& number,
                                                          const std::optional<std::string>& row) const;
    Status address_union(store::Batch& batch, const crypto::Pseudonym& number, const rights::PersonFacts& before,
                         const rights::PersonFacts& after, std::uint64_t& at, std::vector<std::string>& concerned) const;
    Status regroup(std::span<const people::Regrouped> changed, store::Batch& batch);
    void regrouped(bool committed);
    class Following;  // of the links
    void number(store::Batch& batch, std::uint64_t before, std::uint64_t after) const;
    void moved(std::uint64_t head);

    store::Store& store_;
    index::Index& index_;
    const RegisterOptions options_;
    const crypto::SigningKey& key_;
    const Clock& clock_;
    Random& random_;
    Changed changed_;
    std::function<void()> woken_;
    std::mutex writing_;  // one change at a time: numbers have no gaps that a reader could take for the end
    std::unique_lock<std::mutex> joining_;  // of the one that joins; the next four are its
    std::uint64_t joined_head_ = 0;
    std::string joined_provider_;
    bool introduced_ = false;
    std::vector<std::string> regrouped_;  // providers that a change of links is addressed to
    std::unique_ptr<people::Follower> following_;
    // Of people with one number; null: nothing was ever chosen under it.
    const std::unique_ptr<Lately<std::shared_ptr<const rights::PersonFacts>>> lately_;
    mutable std::mutex mutex_;
    std::uint64_t head_ = 0;
};

}  // namespace idun::exchange
