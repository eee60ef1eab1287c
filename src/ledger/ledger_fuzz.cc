// Any bytes as an access, a receipt, a signed count, a sealed entry, a person's proof, or a whole journal file: opening and verifying never crash, agree with
// each other, and never lose an entry that the public checkpoint knows. The first byte chooses.
#include <cstdlib>

#include "base/log.h"
#include "json/document.h"
#include "ledger/audit_event.h"
#include "ledger/internal/fault_files.h"
#include "ledger/internal/recovery.h"
#include "ledger/internal/sealed.h"
#include "ledger/served_note.h"
#include "ledger/shipment.h"
#include "ledger/succession.h"
#include "ledger/verify.h"

using namespace idun;
using namespace idun::ledger;

namespace {

const crypto::SigningKey& key() {
    static const crypto::SigningKey instance = *crypto::SigningKey::from_seed(std::string(32, 's'));
    return instance;
}

void entry(std::string_view bytes) {
    const auto access = decode(bytes, "SE1");
    if (!access) return;
    if (encode(*access, "SE1").value() != bytes) std::abort();
    if (!json::Document::parse(to_audit_event(*access, {"SE1", 1, 0, {}, {}}))) std::abort();
}

void receipt(std::string_view text) {
    if (const auto read = Receipt::from_text(text)) {
        if (read->text() != text) std::abort();
        if (!peek_checkpoint(read->note())) std::abort();
    }
    if (const auto start = decode_segment_start(text))
        if (encode(*start) != text) std::abort();
    if (const auto frame = decode_key_frame(text))
        if (encode(*frame) != text) std::abort();
    // No signed text is both.
    if (peek_checkpoint(text) && peek_served(text)) std::abort();
}

void sealed(std::string_view bytes) {
    (void)read_head(bytes);
    if (const auto gone = read_forgotten(bytes))
        if (forgotten_entry(read_head(bytes)->sealed, *gone) != bytes) std::abort();
    if (const auto root = read_map_root(bytes))
        if (map_root_entry(read_head(bytes)->sealed, *root) != bytes) std::abort();
    SlotKey slot_key;
    slot_key.key.fill(1);
    (void)open_entry(bytes, 1, "SE1", slot_key);
}

void person_proof(std::string_view text) {
    if (const auto proof = PersonProof::from_text(text))
        if (proof->text() != text) std::abort();
}

void segment(std::string_view bytes) {
    const crypto::KeySet keys(key().public_key());
    FaultFiles files;
    files.set_bytes("log/journal/" + segment_name(0), std::string(bytes));
    const Report before = verify_log("log", keys, files).value();
    KeyRing ring;
    const auto recovered = recover(files, "log", "SE1", keys, ring, Mend::yes);
    if (before.log_id == "SE1" && recovered && recovered->batch.end() < before.entries) std::abort();
}

// What a node sends, as the hub reads it.
void shipment(std::string_view body) {
    const auto read = shipment_from(body);
    if (!read) return;
    std::string again = head_line(*read) + "\n";
    for (const ShippedEntry& one : read->entries) {
        const auto line = to_line(one);
        if (!line) std::abort();
        again += *line + "\n";
        if (one.open) (void)succession_in(one.access);
    }
    const auto same = shipment_from(again);
    if (!same || same->entries != read->entries || same->served != read->served || same->stated != read->stated || same->proof != read->proof) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    if (size == 0) return 0;
    log::set_level(log::Level::off);
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
    switch (data[0] % 6) {
        case 0: entry(text); break;
        case 1: receipt(text); break;
        case 2: segment(text); break;
        case 3: sealed(text); break;
        case 4: person_proof(text); break;
        case 5: shipment(text); break;
    }
    return 0;
}
