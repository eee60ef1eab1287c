// Any bytes as an entry, a receipt, a frame, or a whole segment file: opening and verifying never crash, agree with
// each other, and never lose an entry that the checkpoint file knows. The first byte chooses.
#include <cstdlib>

#include "base/log.h"
#include "json/document.h"
#include "ledger/audit_event.h"
#include "ledger/internal/checkpoint_file.h"
#include "ledger/internal/fault_files.h"
#include "ledger/internal/recovery.h"
#include "ledger/verify.h"

using namespace idun;
using namespace idun::ledger;

namespace {

const crypto::SigningKey& key() {
    static const crypto::SigningKey instance = *crypto::SigningKey::from_seed(std::string(32, 's'));
    return instance;
}

void entry(std::string_view text) {
    const auto access = decode(text);
    if (!access) return;
    if (encode(*access).value() != text) std::abort();
    if (!json::Document::parse(to_audit_event(*access, {"SE1", 1, {}}))) std::abort();
}

void receipt(std::string_view text) {
    if (const auto read = Receipt::from_text(text))
        if (read->text() != text) std::abort();
    if (const auto start = decode_segment_start(text))
        if (encode(*start) != text) std::abort();
    (void)peek_checkpoint(text);
}

void segment(std::string_view bytes, bool with_slots) {
    const crypto::KeySet keys(key().public_key());
    FaultFiles files;
    files.set_bytes("log/" + segment_name(0), std::string(bytes));
    if (with_slots && !CheckpointFile::reset(files, "log", sign_checkpoint(key(), {"SE1", 0, chain_start("SE1"), {}})))
        std::abort();
    const Report before = verify_log("log", keys, files).value();
    const auto recovered = recover(files, "log", "SE1", keys);
    if (before.ok() && (!recovered || recovered->state.size != before.entries)) std::abort();
    if (recovered && before.log_id == "SE1" && recovered->state.size < before.entries) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    if (size == 0) return 0;
    log::set_level(log::Level::off);
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
    switch (data[0] % 4) {
        case 0: entry(text); break;
        case 1: receipt(text); break;
        case 2: segment(text, false); break;
        case 3: segment(text, true); break;
    }
    return 0;
}
