// Ships a node's log to the hub: every entry, in order, until the hub has it. Bytes: docs/formats/ledger-shipping.md.
//
// The log itself is the outbox and the hub knows how far it has come, so nothing is kept here: whatever fails (the
// hub, the way there, this process) is asked and sent again, ever more slowly up to every few seconds. Shipping never
// delays an answer. What the hub has is compared with the log each time that it is asked: so a log that was set back with
// its disk is found out at the start. Only what this node has signed itself counts: the hub's word alone stops nothing.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/time.h"
#include "crypto/jws.h"
#include "crypto/signing.h"
#include "http/client.h"
#include "ledger/ledger.h"

namespace idun::publish {

struct ShipperOptions {
    std::string hub_url;                     // without a slash at the end
    std::function<std::string()> assertion;  // a fresh token that says who we are
    std::chrono::milliseconds look{500};     // for new entries
    std::chrono::milliseconds beat{10'000};  // at least this often the hub hears how many entries there are
    std::size_t entries_max = 2'000;         // of one shipment
    std::function<std::uint8_t(const ledger::Access&)> marks = {};  // beside an entry (name_marks.h); on the shipper's thread
    std::string served_file = {};            // where counts of accesses are kept over restarts; "": counted anew
    // Tickets refused without an entry, at most so many; and those of which the hub has heard.
    std::function<std::vector<std::string>(std::size_t)> refused = {};
    std::function<void(const std::vector<std::string>&)> refused_told = {};
    crypto::KeySet own_keys = {};  // with which this node signs
    const crypto::SigningKey* key =
        nullptr;  // … now: counts of accesses, for a hub that takes them signed; null: they are not
    // These have signed entries of this log that are not in it, in words for the operator: nothing may be appended any
    // more.
    std::function<void(const std::string&)> set_back = {};
};

// Works on a thread of its own from start to destruction.
class Shipper {
public:
    Shipper(ShipperOptions options, const ledger::Ledger& ledger, http::Client& client, const Clock& clock,
            Metrics& metrics);
    ~Shipper();

    // Until the hub has said how far it has this log, or did not answer; at most that long.
    void wait_for_word(std::chrono::milliseconds longest) const;
    // The hub has every entry that is durable now.
    bool settled() const;
    // `unavailable`, with the last failure, when nothing has succeeded for longer than a minute. Any thread.
    Status healthy() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::publish
