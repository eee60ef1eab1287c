// Proofs that an access is in a log: the receipt of one entry, which holds the checkpoint of all until then.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/hash.h"
#include "crypto/jws.h"
#include "crypto/note.h"

namespace idun::ledger {

inline constexpr std::size_t kLogIdBytesMax = 128;
inline constexpr std::size_t kNoteSignatureBytes = 4 + crypto::kSignatureBytes;  // key hash and signature
inline constexpr std::size_t kSignatureTextBytes = 91;                           // as base64url

// Letters, digits and "-._" (so that it can stand in a receipt and a header), 1 to kLogIdBytesMax.
bool is_log_id(std::string_view text);

// A log that is closed for good is followed by another of the same owner: "SE1", then "SE1.log2", "SE1.log3" …
std::string log_id_of(std::string_view owner, std::uint32_t place);  // place from 1
std::string_view owner_of(std::string_view log_id);
std::uint32_t place_of(std::string_view log_id);

// The origin of a log's checkpoints and the name of its key in notes: "idun/SE2321000016".
std::string origin_of(std::string_view log_id);
// The verifier key of a log, for open_checkpoint() and everybody else who reads signed notes.
crypto::VerifierKey verifier_key(std::string_view log_id, const crypto::PublicKey& key);

// What a log's owner has signed: the log had `size` entries and this root.
struct Checkpoint {
    std::string log_id;
    std::uint64_t size = 0;
    crypto::Hash root;
    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// A C2SP tlog-checkpoint in a signed note.
std::string sign_checkpoint(const crypto::SigningKey& key, const Checkpoint& checkpoint);
// `unauthorized` unless one of the keys signed it under its log's name.
Result<Checkpoint> open_checkpoint(std::string_view note, const crypto::KeySet& keys);
// What the note says, whoever signed it.
std::optional<Checkpoint> peek_checkpoint(std::string_view note);

// An entry's place, and the checkpoint that its group signed: enough to prove later that the log was forked or cut.
struct Receipt {
    std::string log_id;
    std::uint64_t index = 0;
    std::uint64_t size = 0;  // over index
    crypto::Hash root;
    std::string signature;  // kNoteSignatureBytes: as in the note

    // "SE2321000016:1042:1050:mpX3…:q83v…" (43 and 91 characters of base64url)
    std::string text() const;
    static std::optional<Receipt> from_text(std::string_view text);
    // The signed note that it came from.
    std::string note() const;
    friend bool operator==(const Receipt&, const Receipt&) = default;
};

// The receipt of an entry under that checkpoint, whoever signed it; nothing when the note is no such checkpoint or does not
// reach the entry.
std::optional<Receipt> receipt_under(std::string_view note, std::uint64_t index);

}  // namespace idun::ledger
