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
    const Status told = parts_.links.tell_aliases(patients, snapshot, parts_.send);
    if (told || told.error().category != Category::conflict) return told;
    log::warn("the hub does not take which pseudonyms are one number", {{"provider", parts_.provider_id}, {"error", told.error().message}});
    again_ = parts_.clock.now() + kAgain;
    return not_told();
}

Status AliasTeller::forgotten() { return parts_.keys.empty() ? Status() : not_told(); }

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
    auto end = left_->begin();
    std::advance(end, std::min(left_->size(), kPatientsAtOnce));
    TRY(tell({left_->begin(), end}, *snapshot));
    if (!left_) return false;  // not taken
    left_->erase(left_->begin(), end);
    if (!left_->empty()) return true;
    left_.reset();
    TRY(note(parts_.keys));
    set(true);
    return false;
}

Status AliasTeller::not_told() {
    set(false);
    left_.reset();
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
