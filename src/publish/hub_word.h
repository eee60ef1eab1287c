// What the hub says of a log when it is asked (GET /log-shipments), and whether the log can go on from there.
// Bytes: docs/formats/ledger-shipping.md.
#pragma once

#include <optional>
#include <string>

#include "crypto/hash.h"
#include "http/message.h"
#include "json/document.h"
#include "ledger/ledger.h"

namespace idun::publish {

struct HubWord {
    std::uint64_t next = 0;            // the first entry that it lacks
    crypto::Hash root;                 // of those before
    std::string newest;                // log of this owner
    std::optional<crypto::Hash> hash;  // of the entry that was asked for, if it is there
};

// The document of a successful answer; else why not, with what the hub said.
Result<json::Document> shipping_answer(const http::Response& answer);
Result<std::uint64_t> next_in(json::Value answer);
Result<HubWord> word_in(const http::Response& answer);

// In words for the operator, why the log was set back: the hub has more of it, other entries, or a log that came after. Nothing:
// it goes on.
Result<std::optional<std::string>> set_back(const ledger::Ledger& ledger, const HubWord& word);

}  // namespace idun::publish
