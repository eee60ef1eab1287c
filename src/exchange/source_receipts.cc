#include "exchange/source_receipts.h"

#include "base/log.h"

namespace idun::exchange {

Result<ledger::Receipt> SourceReceipts::open(std::string_view text, std::string_view provider) const {
    auto receipt = ledger::Receipt::from_text(text);
    if (!receipt || ledger::owner_of(receipt->log_id) != provider)
        return fail(Category::invalid, "the answer came without a receipt of the source's log");
    const crypto::KeySet keys = keys_of_(provider);
    if (ledger::open_checkpoint(receipt->note(), keys)) return std::move(*receipt);
    if (const Status noted = accesses_.note_forged(*receipt, keys); !noted)
        log::warn("a forged receipt is not noted", {{"log", receipt->log_id}, {"error", noted.error().message}});
    return fail(Category::unauthorized, "the answer's receipt is not signed by the source");
}

}  // namespace idun::exchange
