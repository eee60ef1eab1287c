// What was signed of a log: checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature) and receipts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/hash.h"
#include "crypto/signing.h"

namespace idun::verify {

// A key of the log (type 1) or of a witness (type 4): "name+id+base64".
struct Key {
    std::string name;
    std::string id;  // 4 bytes
    char type = 1;
    crypto::PublicKey key;

    static Result<Key> from_text(std::string_view text);
    static Key of(std::string name, char type, crypto::PublicKey key);
};

// "The log `origin` had `size` entries and this root", signed by one of the keys.
struct Head {
    std::string origin;
    std::uint64_t size = 0;
    crypto::Hash root;
    std::string said_by;  // for messages: "the checkpoint", "the receipt of entry 5"
    std::optional<std::uint64_t> index;  // of a receipt; not signed
    std::vector<std::string> cosigned_by = {};  // witnesses asked for, each with the time that it gives
};

// `invalid` with the reason unless one of the log's keys has signed it, and `needed` of the witnesses; 0: all of them. A log's
// key with an empty name has the origin's.
Result<Head> open_checkpoint(std::string_view note, const std::vector<Key>& log_keys,
                             const std::vector<Key>& witnesses, std::size_t needed = 0);

// Whether the note has a signature by the key, and it is right.
bool is_signed_by(std::string_view note, const Key& key);

// A receipt, LOG:INDEX:SIZE:ROOT:SIGNATURE: its checkpoint's head, if signed by one of the log's keys.
Result<Head> open_receipt(std::string_view text, const std::vector<Key>& log_keys);

}  // namespace idun::verify
