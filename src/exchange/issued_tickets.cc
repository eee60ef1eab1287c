#include "exchange/issued_tickets.h"

#include "base/bytes.h"
#include "crypto/hash.h"
#include "exchange/access_rows.h"
#include "store/person_key.h"
#include "trust/ticket.h"

namespace idun::exchange {
namespace {

const std::string kAllTickets = "logstcktU";  // + place: node
constexpr std::size_t kPlaceBytes = 24;       // time, node, number
constexpr std::size_t kHashBytes = 8;

tl::unexpected<Error> broken_ticket() { return fail(Category::corrupt, "a row of the issued tickets is malformed"); }

std::string ticket_key(std::string_view node, std::uint64_t number) {
    std::string out = log_key(node, 'T');
    append_be(out, number);
    return out;
}

std::string request_key(std::string_view node, std::string_view request_id) {
    return log_key(node, 'R') + std::string(crypto::sha256(request_id).view().substr(0, kHashBytes));
}

std::string ticket_place(std::string_view node, std::uint64_t number, Instant time) {
    std::string out;
    append_be(out, static_cast<std::uint64_t>(std::max<std::int64_t>(time.ms, 0)));
    out += log_key(node, 'U').substr(0, store::kPartitionBytes);
    append_be(out, number);
    return out;
}

std::string person_place(const crypto::Pseudonym& person, const std::string& place) {
    return store::person_key(person, 'U') + place;
}

Result<IssuedTicket> ticket_from(std::string_view value) {
    ByteReader reader(value);
    IssuedTicket out;
    out.time.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
    const auto person = crypto::Pseudonym::from(reader.take(crypto::kPseudonymBytes));
    out.id = reader.text();
    out.request_id = reader.text();
    if (!person || !reader.done()) return broken_ticket();
    out.person = *person;
    return out;
}

void erase_ticket(Draft& draft, std::string_view node, std::uint64_t number, const IssuedTicket& ticket) {
    const std::string place = ticket_place(node, number, ticket.time);
    draft.erase(ticket_key(node, number));
    draft.erase(kAllTickets + place);
    draft.erase(person_place(ticket.person, place));
    if (!ticket.request_id.empty()) draft.erase(request_key(node, ticket.request_id));
}

Result<std::vector<UnansweredTicket>> tickets_in(const store::Snapshot& snapshot, const std::string& prefix, Instant before,
                                                 std::size_t count_max, bool newest) {
    store::Range range = store::prefix_range(prefix);
    range.to = prefix;
    append_be(range.to, static_cast<std::uint64_t>(std::max<std::int64_t>(before.ms, 0)));
    range.reverse = newest;
    std::vector<UnansweredTicket> out;
    for (bool more = true; more && out.size() < count_max;) {
        TRY_ASSIGN(const auto chunk, snapshot.scan(range, {.entries_max = std::min<std::size_t>(1000, count_max - out.size())}));
        for (const store::Entry& row : chunk.entries) {
            const std::string_view place = std::string_view(row.key).substr(prefix.size());
            if (place.size() != kPlaceBytes) return broken_ticket();
            ByteReader reader(place);
            UnansweredTicket& one = out.emplace_back();
            one.node = row.value;
            one.time.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
            reader.take(store::kPartitionBytes);
            one.number = reader.be<std::uint64_t>();
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return out;
}

}  // namespace

Status note_ticket(Draft& draft, std::string_view node, const IssuedTicket& ticket) {
    const auto number = trust::ticket_number(ticket.id);
    if (!number) return broken_ticket();
    std::string value;
    append_be(value, static_cast<std::uint64_t>(std::max<std::int64_t>(ticket.time.ms, 0)));
    value += ticket.person.view();
    append_text(value, ticket.id);
    append_text(value, ticket.request_id);
    draft.put(ticket_key(node, *number), std::move(value));
    const std::string place = ticket_place(node, *number, ticket.time);
    draft.put(kAllTickets + place, std::string(node));
    draft.put(person_place(ticket.person, place), std::string(node));
    if (ticket.request_id.empty()) return {};
    std::string which;
    append_be(which, *number);
    draft.put(request_key(node, ticket.request_id), std::move(which));
    return {};
}

Result<Settled> settle_ticket(Draft& draft, std::string_view node, std::string_view id) {
    const auto number = trust::ticket_number(id);
    if (!number) return Settled::unknown;
    TRY_ASSIGN(const auto value, draft.get(ticket_key(node, *number)));
    if (!value) return Settled::unknown;
    TRY_ASSIGN(const IssuedTicket ticket, ticket_from(*value));
    if (ticket.id != id) return Settled::other_ticket;
    erase_ticket(draft, node, *number, ticket);
    return ticket.request_id.empty() ? Settled::of_hub : Settled::yes;
}

Status settle_tickets_of(Draft& draft, std::string_view node, std::string_view request_id) {
    if (request_id.empty()) return {};
    TRY_ASSIGN(const auto which, draft.get(request_key(node, request_id)));
    if (!which) return {};
    const auto number = ByteReader(*which).be<std::uint64_t>();
    TRY_ASSIGN(const auto value, draft.get(ticket_key(node, number)));
    if (!value) return {};
    TRY_ASSIGN(const IssuedTicket ticket, ticket_from(*value));
    if (ticket.request_id == request_id) erase_ticket(draft, node, number, ticket);
    return {};
}

Result<std::vector<UnansweredTicket>> unanswered_tickets(const store::Snapshot& snapshot, Instant before, std::size_t count_max) {
    return tickets_in(snapshot, kAllTickets, before, count_max, false);
}

Result<std::vector<UnansweredTicket>> unanswered_about(const store::Snapshot& snapshot, const crypto::Pseudonym& person,
                                                       Instant before, std::size_t count_max) {
    return tickets_in(snapshot, store::person_key(person, 'U'), before, count_max, true);
}

namespace {

Status forget_all(Draft& draft, const std::vector<UnansweredTicket>& tickets) {
    for (const UnansweredTicket& one : tickets) {
        TRY_ASSIGN(const auto value, draft.get(ticket_key(one.node, one.number)));
        if (!value) continue;
        TRY_ASSIGN(const IssuedTicket ticket, ticket_from(*value));
        erase_ticket(draft, one.node, one.number, ticket);
    }
    return {};
}

}  // namespace

Status forget_tickets(Draft& draft, const crypto::Pseudonym& person) {
    TRY_ASSIGN(const auto all, unanswered_about(draft.snapshot(), person, Instant{INT64_MAX}, SIZE_MAX));
    return forget_all(draft, all);
}

Result<std::size_t> forget_unanswered(Draft& draft, Instant before, std::size_t count_max) {
    TRY_ASSIGN(const auto old, unanswered_tickets(draft.snapshot(), before, count_max));
    TRY(forget_all(draft, old));
    return old.size();
}

}  // namespace idun::exchange
