#include "app/role_keys.h"

#include <filesystem>

#include "app/runtime.h"
#include "base/log.h"

namespace idun::app {
namespace {

std::string keys_folder(const KeyPlace& place) { return place.folder + "/keys"; }
std::string next_file(const KeyPlace& place) { return place.file() + ".next"; }

Result<std::vector<std::string>> notes_in(const std::string& folder, ledger::FileSystem& files) {
    std::vector<std::string> out;
    for (std::uint32_t number = 1; number <= trust::kKeyChangesMax; ++number) {
        auto note = files.read(folder + "/" + std::to_string(number), 0, trust::kKeyChangeBytesMax + 1);
        if (!note && note.error().category == Category::not_found) break;
        if (!note) return fail(note.error());
        out.push_back(std::move(*note));
    }
    return out;
}

Result<std::vector<trust::KeyChange>> changes_of(const KeyPlace& place, const std::vector<std::string>& notes) {
    std::vector<trust::KeyChange> out;
    for (const std::string& note : notes) {
        auto change = trust::open_key_change(note);
        if (!change || change->owner != place.owner || change->number != out.size() + 1)
            return fail(Category::corrupt, keys_folder(place) + "/changes/" + std::to_string(out.size() + 1) + " is not this role's change of that number");
        out.push_back(std::move(*change));
    }
    return out;
}

}  // namespace

std::string RoleKeys::notes_folder() const { return keys_folder(place_) + "/changes"; }

Result<RoleKeys> RoleKeys::look(KeyPlace place, Random& random, ledger::FileSystem& files) {
    TRY(make_folder(place.folder));
    TRY(make_folder(keys_folder(place)));
    TRY_ASSIGN(auto key, crypto::SigningKey::load_or_create(place.file(), random));
    return RoleKeys(std::move(place), std::move(key), files);
}

Result<RoleKeys> RoleKeys::load(KeyPlace place, const Clock& clock, Random& random, ledger::FileSystem& files) {
    TRY_ASSIGN(RoleKeys out, look(std::move(place), random, files));
    TRY(out.carry_out(clock, random));
    return out;
}

Result<std::vector<std::string>> RoleKeys::notes() const { return notes_in(notes_folder(), *files_); }

Result<std::optional<trust::KeyChange>> RoleKeys::waiting() const {
    TRY_ASSIGN(const auto kept, notes());
    TRY_ASSIGN(auto changes, changes_of(place_, kept));
    if (changes.empty() || changes.back().former != key_.public_key()) return std::optional<trust::KeyChange>();
    return std::optional(std::move(changes.back()));
}

Status RoleKeys::carry_out(const Clock& clock, Random& random) {
    TRY_ASSIGN(const auto change, waiting());
    if (!change || change->from > clock.now()) return {};
    std::error_code error;
    if (!std::filesystem::exists(next_file(place_), error))
        return fail(Category::corrupt, next_file(place_) + " is missing: it was announced as the key that signs since " + to_iso(change->from));
    TRY_ASSIGN(auto next, crypto::SigningKey::load_or_create(next_file(place_), random));
    if (next.public_key() != change->next) return fail(Category::corrupt, next_file(place_) + " is not the key that was announced");
    std::filesystem::rename(next_file(place_), place_.file(), error);
    if (error) return fail(Category::unavailable, place_.file() + " cannot be replaced: " + error.message());
    TRY(files_->sync_folder(keys_folder(place_)));
    key_ = std::move(next);
    log::info("signing with the next key", {{"owner", place_.owner}, {"number", change->number}});
    return {};
}

// What others make of it who have known the role from the beginning. A key that was put there by hand stands beside the others.
trust::KeyChain RoleKeys::chain() const {
    crypto::KeySet told(key_.public_key());
    const auto kept = notes();
    const auto changes = kept ? changes_of(place_, *kept) : fail(kept.error());
    if (!changes) return trust::KeyChain(place_.owner, told);
    for (const trust::KeyChange& change : *changes) told.add(change.former);
    trust::KeyChain out(place_.owner, told);
    for (const trust::KeyChange& change : *changes)
        if (const auto taken = out.take(change); !taken) log::warn("a key change does not fit", {{"owner", place_.owner}, {"reason", taken.error().message}});
    return out;
}

ledger::Options RoleKeys::log_options(ledger::Options others) const {
    others.former_keys = all();
    return others;
}

Status RoleKeys::healthy(const Clock& clock) const {
    TRY_ASSIGN(const auto change, waiting());
    if (!change || change->from > clock.now()) return {};
    return fail(Category::unavailable, "the next key should sign since " + to_iso(change->from) + ": start this role again before " +
                                           to_iso(change->from + trust::kFormerKeyGrace) + ", from when others take nothing that the former key signs");
}

Result<trust::KeyChange> RoleKeys::change(Instant from, Random& random) const {
    TRY_ASSIGN(const auto kept, notes());
    TRY_ASSIGN(const auto before, waiting());
    if (before) return fail(Category::conflict, "a change is under way: the next key signs from " + to_iso(before->from) + ", at the start after that");
    if (kept.size() == trust::kKeyChangesMax) return fail(Category::too_large, "this role's key has changed as often as it can: tell a new one by hand");
    TRY_ASSIGN(const auto next, crypto::SigningKey::load_or_create(next_file(place_), random));
    TRY(files_->sync_folder(keys_folder(place_)));  // before anybody hears of it
    trust::KeyChange out{place_.owner, static_cast<std::uint32_t>(kept.size() + 1), from, key_.public_key(), next.public_key()};
    TRY(files_->create_folder(notes_folder()));
    TRY(files_->write_whole(notes_folder() + "/" + std::to_string(out.number), trust::sign_key_change(out, key_, next), true));
    TRY(files_->sync_folder(notes_folder()));
    TRY(files_->sync_folder(keys_folder(place_)));
    return out;
}

Status RoleKeys::publish_in(const std::string& public_folder) const {
    TRY_ASSIGN(const auto kept, notes());
    if (kept.empty()) return {};
    const std::string folder = public_folder + "/key";
    TRY(files_->create_folder(folder));
    for (std::size_t i = 0; i < kept.size(); ++i) TRY(files_->write_whole(folder + "/" + std::to_string(i + 1), kept[i], true));
    return files_->sync_folder(folder);
}

}  // namespace idun::app
