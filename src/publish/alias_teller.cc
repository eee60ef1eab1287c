#include "publish/alias_teller.h"

#include <algorithm>
#include <iterator>

#include "base/log.h"
#include "publish/former_keys.h"

namespace idun::publish {
namespace {

constexpr std::size_t kPatientsAtOnce = 500;
constexpr std::chrono::seconds kAgain(60);  // after the hub would not take them

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

// False when the hub would not take any of it, whoever it is about.
Result<bool> AliasTeller::say(const std::set<std::string>& patients, const store::Snapshot& snapshot) {
    TRY_ASSIGN(auto left, parts_.links.tell_aliases(patients, snapshot, parts_.send));
    if (left.patients.empty()) return true;
    log::warn("the hub does not take which pseudonyms are one number",
              {{"provider", parts_.provider_id}, {"patients", left.patients.size()}, {"error", left.why}});
    refused_.merge(left.patients);
    TRY(not_told());
    return left.why.empty();
}

Status AliasTeller::forgotten() {
    left_.reset();
    refused_.clear();
    return parts_.keys.empty() ? Status() : not_told();
}

Result<bool> AliasTeller::go_on(bool renamed) {
    if (told_ || !renamed || parts_.clock.now() < again_) return false;
    TRY_ASSIGN(const auto snapshot, parts_.store.snapshot());
    if (!left_) {
        left_.emplace();
        records::ScanSelection patients;
        patients.types = {"Patient"};
        TRY(parts_.records.scan_all(*snapshot, patients, [&](const records::Touched& touched, std::string_view) -> Status {
            left_->insert(touched.id);
            return {};
        }));
    }
    if (left_->empty()) left_->swap(refused_);
    auto end = left_->begin();
    std::advance(end, std::min(left_->size(), kPatientsAtOnce));
    TRY_ASSIGN(const bool takes, say({left_->begin(), end}, *snapshot));
    left_->erase(left_->begin(), end);
    if (takes && !left_->empty()) return true;
    if (!left_->empty() || !refused_.empty()) {
        again_ = parts_.clock.now() + kAgain;
        return false;
    }
    TRY(note(parts_.keys));
    set(true);
    return false;
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
