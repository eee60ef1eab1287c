// What the hub says of a log when it is asked (GET /log-shipments), and whether the log can go on from there.
// Bytes: docs/formats/ledger-shipping.md.
#pragma once

#include <optional>
#include <string>

#include "crypto/hash.h"
#include "crypto/jws.h"
#include "http/message.h"
#include "json/document.h"
#include "ledger/ledger.h"

namespace idun::publish {

struct HubWord {
    std::uint64_t next = 0;            // the first entry that it lacks
    crypto::Hash root;                 // of those before
    std::string newest;                // log of this owner
    std::string checkpoint;            // newest that the owner sent of this log; "": none
    std::string newest_checkpoint;     // the same of the newest log, where that is another
    std::optional<crypto::Hash> hash;  // of the entry that was asked for, if it is there
};

// The document of a successful answer; else why not, with what the hub said.
Result<json::Document> shipping_answer(const http::Response& answer);
Result<std::uint64_t> next_in(json::Value answer);
Result<HubWord> word_in(const http::Response& answer);

// The log beside what the hub says of it, each in words for the operator; at most one of the two.
struct History {
    // One of the owner's keys has signed more of it, other entries, or a log that came after: it was set back.
    std::optional<std::string> set_back;
    // The hub says so, and shows no signature for it.
    std::optional<std::string> unproven;
};
Result<History> compare(const ledger::Ledger& ledger, const HubWord& word, const crypto::KeySet& own);

}  // namespace idun::publish
