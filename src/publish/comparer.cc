#include "publish/comparer.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/log.h"
#include "fhir/category.h"
#include "publish/told.h"

namespace idun::publish {
namespace {

constexpr std::size_t kPatientsAtOnce = 500;
constexpr int kComparisonsAWalk = 7;  // of the node's account with the index; then of that account with the records

}  // namespace

Comparer::Comparer(ComparerParts parts)
    : parts_(std::move(parts)),
      comparisons_(parts_.metrics.counter("idun_index_comparisons_total",
                                          "times that all pointers were compared with the hub's index")),
      corrected_(parts_.metrics.counter("idun_index_corrected_total",
                                        "pointers that the hub's index had otherwise, and were corrected")),
      walks_(parts_.metrics.counter(
          "idun_index_walks_total",
          "times that all records were read, to see whether the node's account of what it told the hub is right")),
      strayed_(
          parts_.metrics.counter("idun_index_strayed_total", "persons of whom that account was wrong, and was mended")),
      compared_(parts_.clock.now() - parts_.every * 23 / 24) {}

Status Comparer::heard(const HubHeard& heard) {
    const bool forgot = heard.before<heard.acknowledged, ahead = heard.before> heard.now;
    if (forgot || (ahead && !went_back_)) compared_.reset();
    went_back_ = ahead;
    forgotten_ = forgotten_ || forgot;
    return forgotten_ ? make_walk_due(parts_.store) : Status();
}

void Comparer::told(std::span<const index::Pointer> pointers) {
    if (!own_) return;
    for (const index::Pointer& one : pointers) newer_.insert(one.person);
}

Result<bool> Comparer::go_on(std::uint64_t done) {
    done_ = done;
    if (parts_.every.count() == 0) return false;
    if (!links_left_.empty()) return tell_links_left();
    if (own_) return walk();
    if (compared_ && parts_.clock.now() - *compared_ < parts_.every) return false;
    return begin();
}

Result<bool> Comparer::begin() {
    TRY_ASSIGN(auto snapshot, parts_.store.snapshot());
    TRY_ASSIGN(const auto whole, told_whole_since(*snapshot));
    const auto told = whole ? told_pointers(*snapshot) : Result<std::vector<index::Pointer>>();
    if (!told)
        log::warn("what the hub was told must be found out anew",
                  {{"provider", parts_.provider_id}, {"error", told.error().message}});
    if (whole && told) {
        TRY(compare_with(*told));
        if (!forgotten_ && parts_.clock.now() - *whole < parts_.every * kComparisonsAWalk) return false;
    }
    newer_.clear();
    TRY_ASSIGN(own_, OwnPointers::begin(parts_.records, std::move(snapshot)));
    return true;
}

// A piece of the walk through all records: whether the account of what the hub was told is right, and who has several
// numbers.
Result<bool> Comparer::walk() {
    if (!own_->whole()) {
        TRY(own_->read_some(kPatientsAtOnce));
        return true;
    }
    auto pointers = own_->take();
    if (parts_.links) links_left_ = own_->perhaps_linked();
    own_.reset();
    TRY(read_again(pointers));
    TRY_ASSIGN(auto snapshot, parts_.store.snapshot());
    TRY_ASSIGN(const auto whole, told_whole_since(*snapshot));
    // With links still to be told the walk is not done: a process that starts before they are walks again.
    TRY_ASSIGN(const std::uint64_t others,
               write_told(parts_.store, pointers, links_left_.empty() ? parts_.clock.now() : kWalkDue));
    walks_.add();
    forgotten_ = false;
    if (whole && others > 0) {
        strayed_.add(static_cast<double>(others));
        log::warn("what the hub was told differed from the records",
                  {{"provider", parts_.provider_id}, {"persons", others}});
    }
    if (!whole || others > 0) TRY(compare_with(pointers));
    return !links_left_.empty();
}

// Of whom the hub was told since the walk began: as it is now.
Status Comparer::read_again(std::vector<index::Pointer>& pointers) {
    if (newer_.empty()) return {};
    TRY_ASSIGN(const auto snapshot, parts_.store.snapshot());
    std::erase_if(pointers, [&](const index::Pointer& one) { return newer_.contains(one.person); });
    for (const crypto::Pseudonym& person : newer_) {
        TRY_ASSIGN(const auto held, held_under(person.view(), parts_.records, *snapshot));
        for (const auto& [category, newest] : held)
            pointers.push_back({person, std::string(fhir::to_string(category)), newest, 0});
    }
    newer_.clear();
    std::ranges::sort(pointers, {}, [](const index::Pointer& p) { return std::tie(p.person, p.category); });
    return {};
}

// A slice of the patients whose links a walk says again; publishing goes on in between.
Result<bool> Comparer::tell_links_left() {
    auto end = links_left_.begin();
    std::advance(end, std::min(links_left_.size(), kPatientsAtOnce));
    TRY_ASSIGN(const auto snapshot, parts_.store.snapshot());
    TRY(parts_.links->tell(
        {links_left_.begin(), end}, *snapshot,
        [this](std::string body) { return parts_.send("POST", "/people/links", std::move(body)); }, true));
    links_left_.erase(links_left_.begin(), end);
    if (!links_left_.empty()) return true;
    if (!forgotten_) TRY(note_walked(parts_.store, parts_.clock.now()));  // else the hub has forgotten again meanwhile
    return false;
}

// Asks the hub where it says something else than these (in the order of persons and categories), and corrects that.
Status Comparer::compare_with(std::span<const index::Pointer> pointers) {
    const auto ask = [&](const std::string& question) { return parts_.send("POST", "/index/compare", question); };
    const auto key = crypto::MultisetKey::from(parts_.random.bytes(16));
    TRY_ASSIGN(const auto differences, index::find_differences(pointers, *key, ask));
    TRY_ASSIGN(const auto corrections, corrections_of(differences.found));
    compared_ = parts_.clock.now();  // first: a hub that turns out to have forgotten makes the next one due
    if (!corrections.empty()) {
        if (const Status told = parts_.correct(corrections); !told) {
            compared_.reset();
            return told;
        }
    }
    comparisons_.add();
    corrected_.add(static_cast<double>(corrections.size()));
    if (!corrections.empty())
        log::warn("the hub's index differed", {{"provider", parts_.provider_id},
                                               {"pointers", corrections.size()},
                                               {"of", pointers.size()},
                                               {"bytes", differences.bytes}});
    return {};
}

// What is written in between is published first or after, so each difference is looked at anew.
Result<std::vector<index::Pointer>> Comparer::corrections_of(std::span<const index::Difference> differences) const {
    TRY_ASSIGN(const auto snapshot, parts_.store.snapshot());
    std::vector<index::Pointer> out;
    std::map<fhir::PriorityCategory, Instant> held;
    const crypto::Pseudonym* person = nullptr;
    for (const index::Difference& one : differences) {
        if (!person || *person != one.person) {
            TRY_ASSIGN(held, held_under(one.person.view(), parts_.records, *snapshot));
        }
        person = &one.person;
        const auto category = fhir::priority_category(one.category);
        const auto found = category ? held.find(*category) : held.end();
        const bool there = one.there.has_value();
        if (found == held.end() && !there) continue;
        if (found != held.end() && there && found->second.ms / 1000 == one.there->newest.ms / 1000) continue;
        const auto belief = index::Belief{there ? std::optional(one.there->source_version) : std::nullopt};
        out.push_back({one.person, one.category, found == held.end() ? Instant{} : found->second, done_,
                       found == held.end(), belief});
    }
    return out;
}

}  // namespace idun::publish
