// The receipts that answers of nodes bring: only what the source's own key has signed is one. What is none, though it
// says so, is a lasting fact about that source's log (`forged`), with what came as the evidence; unless it turns out
// that the hub lacked a key (strange_keys.h).
#pragma once

#include <functional>
#include <string_view>

#include "crypto/jws.h"
#include "exchange/access_view.h"
#include "ledger/receipt.h"

namespace idun::exchange {

// Thread-safe.
class SourceReceipts {
public:
    // With which keys a provider signs, also its logs. Asked from many threads.
    using KeysOf = std::function<crypto::KeySet(std::string_view provider)>;
    SourceReceipts(KeysOf keys_of, AccessView& accesses) : keys_of_(std::move(keys_of)), accesses_(accesses) {}

    // `text` as it came with the provider's answer (X-Idun-Receipt). Else why it is none, for people: `invalid` (there is none of a log
    // of that provider), `unauthorized` (forged; it is noted when this returns).
    Result<ledger::Receipt> open(std::string_view text, std::string_view provider) const;

private:
    const KeysOf keys_of_;
    AccessView& accesses_;
};

}  // namespace idun::exchange
