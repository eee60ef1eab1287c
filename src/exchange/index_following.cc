#include "exchange/index_following.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace idun::exchange {
namespace {

using crypto::Pseudonym;
using std::chrono::milliseconds;

constexpr std::size_t kLookedAtOnce = 4'096;              // changes
constexpr std::size_t kLookedInCatchUpMax = 50'000;       // changes, of one answer
constexpr std::chrono::hours kNewsMax{7 * 24};            // from when a source wrote it until the index learned it
constexpr std::chrono::hours kCatchUpMax{30 * 24};
constexpr milliseconds kLateCommit{60'000};               // from the second that a pointer bears until it is seen
constexpr milliseconds kSkew{60'000};

Instant to_second(Instant time) { return {time.ms / 1000 * 1000}; }

std::optional<std::uint64_t> number_from(std::string_view text) {
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return out;
}

std::optional<Instant> second_from(std::string_view text) {
    const auto number = number_from(text);
    if (!number || *number > 0xffff'ffff) return std::nullopt;
    return Instant{static_cast<std::int64_t>(*number) * 1000};
}

// What lies before the next dot; it goes from `rest`, with the dot. Nothing when nothing is left.
std::optional<std::string_view> part_of(std::optional<std::string_view>& rest) {
    if (!rest) return std::nullopt;
    const std::size_t dot = rest->find('.');
    const std::string_view part = rest->substr(0, dot);
    rest = dot == std::string_view::npos ? std::nullopt : std::optional(rest->substr(dot + 1));
    return part;
}

// Of the person's pseudonym, its first 16 bits.
std::uint32_t beginning_of(const index::Change& change) { return std::uint32_t{change.person.bytes[0]} << 8 | change.person.bytes[1]; }

Question question(const IndexFollower& follower, const Pseudonym& person) {
    Question q;
    q.requester = follower.requester;
    q.person = person;
    q.is_the_person = follower.herself.has_value();
    q.purpose = q.is_the_person ? "PATRQT" : "TREAT";
    q.care_relation = follower.care_relation;
    q.request_id = follower.request_id;
    return q;
}

// Collects numbers, each once.
struct Told {
    std::vector<Pseudonym> persons;
    std::set<Pseudonym> known;
    void add(const std::vector<Pseudonym>& numbers) {
        for (const Pseudonym& number : numbers)
            if (known.insert(number).second) persons.push_back(number);
    }
};

}  // namespace

// VERSION.SECOND, and on the way through what was learned since: .SECOND.NEXT
std::string IndexPlace::text() const {
    std::string out = fmt::format("{}.{}", version.number, at.ms / 1000);
    if (catch_up) out += fmt::format(".{}.{}", catch_up->since.ms / 1000, catch_up->next);
    return out;
}

std::optional<IndexPlace> IndexPlace::from_text(std::string_view text) {
    std::optional<std::string_view> rest = text;
    const auto version = number_from(part_of(rest).value_or(""));
    const auto at = second_from(part_of(rest).value_or(""));
    if (!version || !at) return std::nullopt;
    IndexPlace out{{*version}, *at, {}};
    if (!rest) return out;
    const auto since = second_from(*part_of(rest));
    const auto next = number_from(part_of(rest).value_or(""));
    if (!since || !next || *next > 0xffff || rest) return std::nullopt;
    out.catch_up = CatchUp{*since, static_cast<std::uint16_t>(*next)};
    return out;
}

IndexFollowing::IndexFollowing(const Exchange& exchange, const index::Index& index, const people::Links& links, const rights::RuleTable& rules,
                               const Clock& clock)
    : exchange_(exchange), index_(index), links_(links), rules_(rules), clock_(clock), started_(to_second(clock.now())) {}

Status IndexFollowing::may_follow(const IndexFollower& follower) const {
    if (follower.herself) return {};
    const bool system = follower.requester.role == trust::Role::system && !follower.requester.provider_id.empty();
    if (!system) return fail(Category::forbidden, "systems of providers follow the index for their patients, and people for themselves");
    if ((rules_.care_roles & rights::RuleTable::bit(rights::Role::system)) != 0) return {};
    return fail(Category::forbidden, "by the national rules (care-roles) systems see nothing of other providers: there is nothing to follow");
}

IndexPlace IndexFollowing::here() const {
    const Instant now = to_second(clock_.now());  // before the version: what comes behind it was not learned earlier
    return {index_.changed_upto(), now, {}};
}

// The numbers under which the follower knows the person; none: it does not follow her.
Result<IndexFollowing::Known> IndexFollowing::known_as(const IndexFollower& follower, const Pseudonym& person) const {
    const people::Numbers numbers = links_.of(person);
    if (follower.herself) return numbers.has(*follower.herself) ? Known{*follower.herself} : Known{};
    Known out;
    for (const Pseudonym& number : numbers.all()) {
        TRY_ASSIGN(const auto holdings, index_.holdings(number));
        if (std::ranges::find(holdings, follower.requester.provider_id, &index::Holding::provider) != holdings.end()) out.push_back(number);
    }
    return out;
}

// The same; none also where it is not told of this change, or it is no news. What is withheld is as if nothing had happened; so is
// what a source no longer holds, and what the follower itself has said.
Result<IndexFollowing::Known> IndexFollowing::told_as(const IndexFollower& follower, const index::Change& change) const {
    if (change.provider == follower.requester.provider_id) return Known();
    TRY_ASSIGN(auto known, known_as(follower, change.person));
    if (known.empty()) return known;
    TRY_ASSIGN(const auto visible, exchange_.visible_holdings(question(follower, known.front())));
    if (!visible.general.permit) return Known();
    const auto under = std::ranges::find(visible.numbers, change.person, &NumberHoldings::number);
    if (under == visible.numbers.end()) return Known();
    const auto of = std::ranges::find(under->holdings, change.provider, &index::Holding::provider);
    if (of == under->holdings.end()) return Known();
    const bool shown = std::ranges::any_of(of->parts, [&](const index::Holding::Part& part) {
        return part.learned - part.newest <= kNewsMax && std::ranges::find(change.categories, part.category) != change.categories.end();
    });
    return shown ? known : Known();
}

Result<IndexNews> IndexFollowing::news(const IndexFollower& follower, const IndexPlace& after, std::size_t count) const {
    if (after.catch_up) return catch_up(follower, after, count);
    if (after.at >= started_) {
        auto out = remembered(follower, after, count);
        if (out || out.error().category != Category::gone) return out;
    }
    TRY_ASSIGN(IndexPlace place, by_time(after));
    return catch_up(follower, std::move(place), count);
}

Result<IndexNews> IndexFollowing::remembered(const IndexFollower& follower, const IndexPlace& after, std::size_t count) const {
    const auto all = [](const Pseudonym&) { return true; };
    IndexNews out{{}, after};
    Told told;
    const auto end_at = [&](store::Version version) {
        out.after.version = version;
        out.persons = std::move(told.persons);
        return std::move(out);
    };
    for (;;) {
        const Instant now = to_second(clock_.now());
        TRY_ASSIGN(const auto piece, index_.changes(out.after.version, all, kLookedAtOnce));
        for (std::size_t i = 0; i < piece.changes.size(); ++i) {
            const index::Change& change = piece.changes[i];
            // A commit is told whole: its version is a place to go on from.
            const bool new_commit = i > 0 && piece.changes[i - 1].version != change.version;
            if (new_commit && told.persons.size() >= count) return end_at(piece.changes[i - 1].version);
            TRY_ASSIGN(const auto numbers, told_as(follower, change));
            told.add(numbers);
        }
        const bool end = piece.changes.size() < kLookedAtOnce;
        if (end) out.after.at = now;
        if (end || told.persons.size() >= count) return end_at(piece.upto);
        out.after.version = piece.upto;
    }
}

// From a place whose version says nothing here any more.
Result<IndexPlace> IndexFollowing::by_time(const IndexPlace& place) const {
    const Instant now = clock_.now();
    if (place.at > now + kSkew || place.at < now - kCatchUpMax)
        return fail(Category::gone, "that place is too old, or of another time: what changed since then is not known any more");
    IndexPlace out = here();
    out.catch_up = IndexPlace::CatchUp{to_second(place.at - kLateCommit)};
    return out;
}

Result<index::Index::Learned> IndexFollowing::learned(const IndexFollower& follower, const IndexPlace::CatchUp& from) const {
    if (!follower.herself) return index_.learned_since(from.since, from.next, kLookedAtOnce);
    index::Index::Learned out;
    const people::Numbers numbers = links_.of(*follower.herself);
    for (const Pseudonym& number : numbers.all()) {
        TRY_ASSIGN(const auto holdings, index_.holdings(number));
        for (const index::Holding& holding : holdings) {
            index::Change change{{}, number, std::string(holding.provider), {}};
            for (const index::Holding::Part& part : holding.parts)
                if (part.learned >= from.since) change.categories.push_back(part.category);
            if (!change.categories.empty()) out.changes.push_back(std::move(change));
        }
    }
    return out;
}

Result<IndexNews> IndexFollowing::catch_up(const IndexFollower& follower, IndexPlace place, std::size_t count) const {
    if (place.catch_up->since < clock_.now() - kCatchUpMax - kLateCommit * 2)
        return fail(Category::gone, "that place is too old: what changed since then is not known any more");
    std::unique_lock walking(walking_, std::defer_lock);
    if (!follower.herself && !walking.try_lock()) return fail(Category::busy, "another follower catches up just now; try again soon");
    Told told;
    for (std::size_t looked = 0; looked < kLookedInCatchUpMax && told.persons.size() < count;) {
        TRY_ASSIGN(const auto piece, learned(follower, *place.catch_up));
        for (std::size_t i = 0; i < piece.changes.size(); ++i) {
            const std::uint32_t beginning = beginning_of(piece.changes[i]);
            if (!follower.herself && told.persons.size() >= count && i > 0 && beginning != beginning_of(piece.changes[i - 1])) {
                place.catch_up->next = static_cast<std::uint16_t>(beginning_of(piece.changes[i - 1]) + 1);
                return IndexNews{std::move(told.persons), std::move(place)};
            }
            TRY_ASSIGN(const auto numbers, told_as(follower, piece.changes[i]));
            told.add(numbers);
        }
        looked += piece.changes.size();
        if (!piece.next) {
            place.catch_up.reset();
            break;
        }
        place.catch_up->next = *piece.next;
    }
    return IndexNews{std::move(told.persons), std::move(place)};
}

ledger::Access IndexFollowing::entry(const IndexFollower& follower, const Pseudonym& person, store::Version seen) const {
    ledger::Access access = access_of(question(follower, person), clock_.now());
    access.action = ledger::Action::notify;
    access.query = "index/changes";
    access.rules = rules_.version;
    access.store_version = seen.number;
    return access;
}

}  // namespace idun::exchange
