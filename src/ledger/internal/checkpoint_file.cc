#include "ledger/internal/checkpoint_file.h"

#include "ledger/internal/segment.h"

namespace idun::ledger {
namespace {

std::string padded(std::string_view token) {
    std::string out(token);
    IDUN_CHECK(out.size() < kSlotBytes);
    out.resize(kSlotBytes, '\n');
    return out;
}

std::string path_in(const std::string& folder) { return folder + "/" + std::string(kCheckpointFile); }

}  // namespace

Result<CheckpointFile> CheckpointFile::reset(FileSystem& files, const std::string& folder, std::string_view token) {
    TRY_ASSIGN(auto file, files.open(path_in(folder)));
    CheckpointFile out(std::move(file));
    for (std::size_t i = 0; i < kSlots; ++i) TRY(out.write(token));
    TRY(out.sync());
    TRY(files.sync_folder(folder));
    return out;
}

Status CheckpointFile::write(std::string_view token) {
    const std::size_t slot = slot_;
    slot_ = (slot_ + 1) % kSlots;
    return file_->write_at(slot * kSlotBytes, padded(token));
}

Result<Slots> read_slots(FileSystem& files, const std::string& folder, std::string_view log_id,
                         const crypto::KeySet& keys) {
    Slots out;
    auto bytes = files.read(path_in(folder), 0, kSlots * kSlotBytes + 1);
    if (!bytes && bytes.error().category == Category::not_found) return out;
    if (!bytes) return fail(bytes.error());
    out.present = true;
    if (bytes->size() != kSlots * kSlotBytes) out.damaged = kSlots;
    for (std::size_t i = 0; i < kSlots && bytes->size() >= (i + 1) * kSlotBytes; ++i) {
        const std::string_view slot = std::string_view(*bytes).substr(i * kSlotBytes, kSlotBytes);
        const std::string_view token = slot.substr(0, slot.find('\n'));
        auto checkpoint = verify_checkpoint(token, keys);
        const bool good = checkpoint && checkpoint->log_id == log_id && slot == padded(token);
        if (good && (!out.newest || checkpoint->size > out.newest->size)) out.newest = std::move(*checkpoint);
        if (!good && out.damaged < kSlots) ++out.damaged;
    }
    return out;
}

}  // namespace idun::ledger
