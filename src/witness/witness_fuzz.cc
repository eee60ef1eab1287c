// Any bytes as a question to a witness: what is read is written back the same, and nothing is signed but what grows.
#include <cstdlib>

#include "base/log.h"
#include "crypto/merkle.h"
#include "crypto/tree_head.h"
#include "ledger/internal/fault_files.h"
#include "witness/request.h"
#include "witness/witness.h"

using namespace idun;
using namespace idun::witness;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    log::set_level(log::Level::off);
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    if (const auto request = AddCheckpoint::parse(body))
        if (request->print() != body) std::abort();
    static const auto owner = *crypto::SigningKey::from_seed(std::string(32, 'l'));
    static const auto key = *crypto::SigningKey::from_seed(std::string(32, 'w'));
    static const ManualClock clock{{1'800'000'000'000}};
    static Metrics metrics;
    ledger::FaultFiles files;
    const auto log_key = *crypto::VerifierKey::of("idun/SE1", owner.public_key());
    const auto witness = *Witness::open({"w", "w", {log_key}}, key, files, clock, metrics);
    const int raw = witness->add_checkpoint(body).status;
    // The same with a checkpoint that is signed, so that the rest is reached too.
    const auto request = AddCheckpoint::parse(body);
    if (!request || raw == 200) return 0;
    const auto signed_one = [&](std::uint64_t entries) {
        crypto::CompactRange range;
        for (std::uint64_t i = 0; i < entries; ++i) range.append(crypto::leaf_hash(std::to_string(i)));
        return crypto::sign_note(crypto::TreeHead{"idun/SE1", entries, range.root()}.text(), "idun/SE1", owner);
    };
    if (witness->add_checkpoint(AddCheckpoint{0, {}, signed_one(3)}.print()).status != 200) std::abort();
    AddCheckpoint grown = *request;
    grown.checkpoint = signed_one(5);
    const int status = witness->add_checkpoint(grown.print()).status;
    if ((status == 200) != (witness->logs().at(0).size == 5)) std::abort();
    return 0;
}
