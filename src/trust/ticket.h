// A ticket: the hub's signed word to one provider's node that this requester may ask about this person now.
// It says who asks and why; what may be read the node decides itself. Bytes: docs/formats/ticket.md.
//
//     std::string token = trust::sign_ticket(key, ticket);
//     TRY_ASSIGN(auto ticket, trust::verify_ticket(token, hub_keys, {.audience = "SE1234", .now = clock.now()}));
//     TRY(replays.admit(ticket.id, ticket.expires, clock.now()));
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/jws.h"
#include "crypto/pseudonym.h"
#include "trust/role.h"
#include "trust/token_use.h"

namespace idun::trust {

inline constexpr std::chrono::milliseconds kTicketLifetimeMax{120'000};
inline constexpr std::string_view kTicketType = "idun-ticket+jwt";
inline constexpr std::size_t kClaimBytesMax = 256;  // of each text
inline constexpr std::size_t kCategoriesMax = 32;

struct Requester {
    std::string user_id;       // of the person or system that asks, unique within the issuer
    std::string display_name;  // shown to the patient; for patients asking for themselves it may be empty
    Role role = Role::clinician;
    std::string provider_id;  // where she works now; empty for patients
    std::string unit_id;      // part of the provider; may be empty
    std::string assurance;    // how well she proved who she is, such as "loa3"; may be empty
    std::string task =
        {};  // her profession or task, a word of the national rule table such as "physician"; may be empty
    TokenUse use = {};  // by which she came to the issuer
    friend bool operator==(const Requester&, const Requester&) = default;
};

// A block opened because life or health was at risk. The hub keeps the reason; a node needs none of its words.
struct BreakGlass {
    std::string id;      // by which hub and node name it in their logs
    std::string ground;  // "life" or "health"
    Instant until;       // opens nothing from then on
    bool seconded = false;  // a second person has confirmed it
    friend bool operator==(const BreakGlass&, const BreakGlass&) = default;
};

struct Ticket {
    std::string id;        // unique: make_ticket_id
    std::string issuer;    // the hub
    std::string audience;  // provider id of the node
    crypto::Pseudonym person;
    std::string purpose;  // HL7 v3 PurposeOfUse, such as TREAT
    Requester requester;
    std::optional<std::string> on_behalf_of;  // user id of the one for whom the requester acts
    std::optional<crypto::Pseudonym>
        representative;   // the requester, where she acts for the person; a node looks for her mandate
    std::string care;     // "declared" by the requester, "known" to the issuer from a booking or encounter; "": none
    std::string country;  // ISO 3166-1 alpha-2, where the question comes from abroad; "": from home
    std::optional<BreakGlass> break_glass;
    std::uint64_t rights = 0;  // number of the newest change of rights, among those that this node is sent, on
                               // which the hub decided; 0: none. A copy that is behind it may not answer
    std::vector<std::string> categories;  // wanted record categories; empty: all
    Instant issued;
    Instant expires;
    friend bool operator==(const Ticket&, const Ticket&) = default;
};

// "17-k3Jd0cZ5pQ…": the number counts the issuer's tickets for this audience, from 1; the rest is 16 random bytes.
std::string make_ticket_id(std::uint64_t number, Random& random);
// Nothing for another text.
std::optional<std::uint64_t> ticket_number(std::string_view ticket_id);
// The id of a ticket that was truly issued for that audience, whether or not its time is over: for whoever accounts for
// what he refuses.
std::optional<std::string> issued_id(std::string_view token, const crypto::KeySet& keys, std::string_view audience);

// `invalid` when a text is empty that must not be, or longer than its bound, or the lifetime too long. Times
// are cut down to seconds (RFC 7519 NumericDate).
Result<std::string> sign_ticket(const crypto::SigningKey& key, const Ticket& ticket);

struct TicketCheck {
    std::string_view audience;  // this node's provider id
    Instant now;
    std::chrono::milliseconds skew{5'000};  // by which the clocks may differ
};
// `unauthorized`, naming the check that failed: signature and form, lifetime over 120 s, not yet valid, expired;
// `forbidden` when the ticket is for another audience.
Result<Ticket> verify_ticket(std::string_view token, const crypto::KeySet& keys, const TicketCheck& check);

// Remembers ticket ids until they expire, so that each ticket is used once. Thread-safe.
class ReplayGuard {
public:
    explicit ReplayGuard(std::size_t ids_max = 1u << 20);
    ~ReplayGuard();

    // `unauthorized` when the id was seen before, `busy` when ids_max unexpired ids are remembered already.
    // `expires` should have the allowed skew added, as verify_ticket accepts a ticket that long.
    Status admit(std::string_view ticket_id, Instant expires, Instant now);
    std::size_t size() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::trust
