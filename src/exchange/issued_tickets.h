// Tickets that the hub has issued and that nothing has come of yet: no receipt, no entry, no word from the node that it
// refused them. Each node's tickets are numbered from 1, no number is used twice, and the hub's log holds them before
// they leave. Bytes: docs/formats/ledger-shipping.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/draft.h"
#include "base/time.h"
#include "crypto/pseudonym.h"

namespace idun::exchange {

struct IssuedTicket {
    std::string id;
    Instant time;
    crypto::Pseudonym person;
    std::string request_id;  // of its gathering; "": the hub asks for itself
};

// `node` is a provider's id.
Status note_ticket(Draft& draft, std::string_view node, const IssuedTicket& ticket);
// What has come of a ticket: its entry, a refusal, or the receipt for which its gathering waited.
enum class Settled : std::uint8_t { unknown, yes, of_hub, other_ticket };  // of_hub: one that it asked with by itself
Result<Settled> settle_ticket(Draft& draft, std::string_view node, std::string_view id);
Status settle_tickets_of(Draft& draft, std::string_view node, std::string_view request_id);

// A ticket that nothing came of.
struct UnansweredTicket {
    std::string node;
    std::uint64_t number = 0;
    Instant time;
    std::string request_id;  // of its gathering; "": the hub asks for itself
};
// Issued before that instant: of a node, in the order of their numbers; about a person, newest first.
Result<std::vector<UnansweredTicket>> unanswered_of(const store::Snapshot& snapshot, std::string_view node, Instant before,
                                                    std::size_t count_max);
Result<std::vector<UnansweredTicket>> unanswered_about(const store::Snapshot& snapshot, const crypto::Pseudonym& person,
                                                       Instant before, std::size_t count_max);
// Lets go of all about the person.
Status forget_tickets(Draft& draft, const crypto::Pseudonym& person);
// Lets go of those issued before that instant, at most `count_max`; how many.
Result<std::size_t> forget_unanswered(Draft& draft, Instant before, std::size_t count_max);

}  // namespace idun::exchange
