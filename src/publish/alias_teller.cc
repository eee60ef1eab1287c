#include "publish/alias_teller.h"

#include <algorithm>
#include <iterator>

#include "base/log.h"
#include "base/rounds.h"
#include "publish/former_keys.h"

namespace idun::publish {
namespace {

constexpr std::size_t kPatientsAtOnce = 500;
constexpr std::chrono::seconds kAgain(60);     // after the hub would not take them
constexpr std::chrono::seconds kAgainBusy(1);  // after it had no time for them

}  // namespace

AliasTeller::AliasTeller(Parts parts)
    : parts_(std::move(parts)),
      gauge_(parts_.metrics.gauge("idun_aliases_told", "1 when the hub was told of all patients which pseudonyms are one number under several keys, or there is one key")) {
    set(parts_.keys.empty());
}

Status AliasTeller::tell(const std::set<std::string>& patients, const store::Snapshot& snapshot) {
    if (parts_.keys.empty()) return {};
    TRY(say(patients, snapshot));
    return {};
}

// False when no more is to be said for a while. The commits of those who were not told are acknowledged all the same, so
// that until they are the hub was not told of everybody, whether it refused or was busy.
Result<bool> AliasTeller::say(const std::set<std::string>& patients, const store::Snapshot& snapshot) {
    TRY_ASSIGN(auto told, parts_.links.tell_aliases(patients, snapshot, parts_.send));
    const bool busy = !told.later.empty();
    if (left_) {
        for (const std::string& patient : patients) left_->erase(patient);
        left_->merge(told.later);
    }
    if (busy) again_ = parts_.clock.now() + kAgainBusy;
    if (!told.refused.empty())
        log::warn("the hub does not take which pseudonyms are one number",
                  {{"provider", parts_.provider_id}, {"patients", told.refused.size()}, {"error", told.why}});
    if (busy || !told.refused.empty()) TRY(not_told());
    refused_.merge(told.refused);
    return !busy && told.why.empty();
}

Status AliasTeller::forgotten() {
    left_.reset();
    refused_.clear();
    return parts_.keys.empty() ? Status() : not_told();
}

Result<std::chrono::milliseconds> AliasTeller::go_on(bool renamed) {
    if (told_ || !renamed) return kUntilNudged;
    if (const auto left = again_ - parts_.clock.now(); left.count() > 0) return left;
    TRY_ASSIGN(const auto snapshot, parts_.store.snapshot());
    if (!left_) TRY(begin(*snapshot));
    if (left_->empty()) left_->swap(refused_);
    auto end = left_->begin();
    std::advance(end, std::min(left_->size(), kPatientsAtOnce));
    TRY_ASSIGN(const bool goes_on, say({left_->begin(), end}, *snapshot));
    const auto now = parts_.clock.now();
    if (again_ > now) return again_ - now;
    if (goes_on && !left_->empty()) return std::chrono::milliseconds(0);
    if (!left_->empty() || !refused_.empty()) {
        again_ = now + kAgain;
        return kAgain;
    }
    TRY(note(parts_.keys));
    set(true);
    return kUntilNudged;
}

Status AliasTeller::begin(const store::Snapshot& snapshot) {
    std::set<std::string> all;
    records::ScanSelection patients;
    patients.types = {"Patient"};
    TRY(parts_.records.scan_all(snapshot, patients, [&](const records::Touched& touched, std::string_view) -> Status {
        all.insert(touched.id);
        return {};
    }));
    left_ = std::move(all);
    return {};
}

Status AliasTeller::not_told() {
    set(false);
    return note("");
}

Status AliasTeller::note(std::string_view told) {
    store::Batch batch;
    note_aliases_told(batch, told);
    TRY(parts_.store.commit(std::move(batch)));
    return {};
}

void AliasTeller::set(bool told) {
    told_ = told;
    gauge_.set(told ? 1 : 0);
}

}  // namespace idun::publish
