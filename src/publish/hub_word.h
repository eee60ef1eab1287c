// What the hub says of a log when it is asked (GET /log-shipments), and whether the log can go on from there.
// Bytes: docs/formats/ledger-shipping.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "crypto/hash.h"
#include "crypto/jws.h"
#include "http/message.h"
#include "json/document.h"
#include "ledger/ledger.h"
#include "ledger/shipment.h"

namespace idun::publish {

struct HubWord {
    std::uint64_t next = 0;            // the first entry that it lacks
    crypto::Hash root;                 // of those before
    std::optional<ledger::Served> served;  // accesses among those, as the hub has counted what it could read
    bool takes_stated = false;             // signed counts of accesses
    std::string stated_note;               // the newest that it has; "": none
    std::string newest;                    // log of this owner
    std::string checkpoint;                // newest that the owner sent of this log; "": none
    std::string newest_checkpoint;         // the same of the newest log, where that is another
    // The first entry from the one on that was asked for, which the hub has not let go of.
    struct Kept {
        std::uint64_t index = 0;
        crypto::Hash hash;
    };
    std::optional<Kept> kept;
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

// The log's first entry that is not known to be the hub's too; `about` asks for the word of it. What the hub has let go of (its time was up,
// the law erased it) is taken for the same only where a later entry is the same: rather is an entry carried over twice than lost.
Result<std::uint64_t> first_of_its_own(const ledger::Ledger& ledger, std::uint64_t hub_next,
                                       const std::function<Result<HubWord>(std::uint64_t index)>& about);

}  // namespace idun::publish
