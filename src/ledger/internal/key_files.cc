#include "ledger/internal/key_files.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "crypto/hash.h"

namespace idun::ledger {
namespace {

constexpr std::size_t kKeyRecordBytes = 64;
constexpr std::size_t kHeadRecordBytes = 20;

std::string slot_bytes(Slot slot) {
    std::string out;
    append_be(out, slot);
    return out;
}

std::string key_record(Slot slot, const SlotKey& key) {
    std::string out = key.bytes();
    const crypto::Hash check = crypto::sha256({"idun key", slot_bytes(slot), out});
    out += check.view().substr(0, kKeyRecordBytes - kSlotKeyBytes);
    return out;
}

std::string head_record(Slot slot, const SlotHead& head) {
    std::string out;
    append_be(out, head.index);
    append_be(out, head.sequence);
    const crypto::Hash check = crypto::sha256({"idun head", slot_bytes(slot), out});
    out += check.view().substr(0, kHeadRecordBytes - out.size());
    return out;
}

std::optional<SlotKey> key_in(Slot slot, std::string_view record) {
    const auto key = SlotKey::from(record.substr(0, kSlotKeyBytes));
    return key && key_record(slot, *key) == record ? key : std::nullopt;
}

std::optional<SlotHead> head_in(Slot slot, std::string_view record) {
    ByteReader in(record);
    SlotHead out;
    out.index = in.be<std::uint64_t>();
    out.sequence = in.be<std::uint64_t>();
    return in.ok() && head_record(slot, out) == record ? std::optional(out) : std::nullopt;
}

tl::unexpected<Error> damaged(std::string_view file, std::uint64_t offset, std::string_view what) {
    return fail(Category::corrupt, fmt::format("log: {} at byte {}: {}", file, offset, what));
}

// All of a file; nothing when it is missing.
Result<std::string> whole_file(FileSystem& files, const std::string& path) {
    const auto size = files.size(path);
    if (!size && size.error().category == Category::not_found) return std::string();
    if (!size) return fail(size.error());
    return files.read(path, 0, static_cast<std::size_t>(*size));
}

}  // namespace

Result<KeyRecords> read_key_files(FileSystem& files, const std::string& folder, Slot needed,
                                  const InJournal& journal) {
    TRY_ASSIGN(const std::string keys, whole_file(files, folder + "/" + std::string(kKeysFile)));
    TRY_ASSIGN(const std::string heads, whole_file(files, folder + "/" + std::string(kHeadsFile)));
    if (keys.empty() && needed > 0)
        return damaged(kKeysFile, 0, "is missing: without it nobody can read the log; put its backup back");
    KeyRecords out;
    for (Slot slot = 0;; ++slot) {
        const std::size_t at = slot * kKeyRecordBytes;
        auto key = at + kKeyRecordBytes <= keys.size()
                       ? key_in(slot, std::string_view(keys).substr(at, kKeyRecordBytes))
                       : std::nullopt;
        if (!key && slot < needed && journal.forgotten.contains(slot)) key.emplace();
        if (!key && slot < needed) return damaged(kKeysFile, at, "the key of a slot is missing or damaged");
        if (!key) break;
        out.keys.push_back(*key);
        const std::size_t head_at = slot * kHeadRecordBytes;
        const auto head = head_at + kHeadRecordBytes <= heads.size()
                              ? head_in(slot, std::string_view(heads).substr(head_at, kHeadRecordBytes))
                              : std::nullopt;
        if (!head && slot < needed && !key->forgotten() && !journal.met.contains(slot))
            return damaged(kHeadsFile, head_at, "the newest place of a slot is missing or damaged");
        out.heads.push_back(head.value_or(SlotHead{}));
    }
    return out;
}

Result<KeyFiles> KeyFiles::open(FileSystem& files, const std::string& folder, Slot slots) {
    TRY_ASSIGN(auto keys, files.open(folder + "/" + std::string(kKeysFile)));
    TRY_ASSIGN(auto heads, files.open(folder + "/" + std::string(kHeadsFile)));
    TRY(files.sync_folder(folder));
    return KeyFiles(std::move(keys), std::move(heads), slots);
}

Status KeyFiles::add(std::span<const SlotKey> keys) {
    if (keys.empty()) return {};
    std::string bytes;
    for (const SlotKey& key : keys) bytes += key_record(slots_ + static_cast<Slot>(bytes.size() / kKeyRecordBytes), key);
    TRY(keys_->write_at(std::uint64_t{slots_} * kKeyRecordBytes, bytes));
    TRY(keys_->sync());
    slots_ += static_cast<Slot>(keys.size());
    return {};
}

Status KeyFiles::write(std::span<const std::pair<Slot, SlotKey>> keys) {
    if (keys.empty()) return {};
    for (const auto& [slot, key] : keys)
        TRY(keys_->write_at(std::uint64_t{slot} * kKeyRecordBytes, key_record(slot, key)));
    return keys_->sync();
}

Status KeyFiles::write(const std::map<Slot, SlotHead>& heads) {
    if (heads.empty()) return {};
    for (const auto& [slot, head] : heads)
        TRY(heads_->write_at(std::uint64_t{slot} * kHeadRecordBytes, head_record(slot, head)));
    return heads_->sync();
}

}  // namespace idun::ledger
