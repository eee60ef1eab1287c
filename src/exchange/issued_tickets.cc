#include "exchange/issued_tickets.h"

#include "base/bytes.h"
#include "crypto/hash.h"
#include "exchange/log_rows.h"
#include "exchange/rows.h"
#include "exchange/tables.h"
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

// A ticket's place in the order of time, as it stands with its person and with all.
struct TicketPlace {
    std::string node;
    std::uint64_t number = 0;
};
Result<std::vector<TicketPlace>> places_in(const store::Snapshot& snapshot, const std::string& prefix, Instant before,
                                           std::size_t count_max, bool newest) {
    store::Range range = store::prefix_range(prefix);
    range.to = prefix;
    append_be(range.to, static_cast<std::uint64_t>(std::max<std::int64_t>(before.ms, 0)));
    range.reverse = newest;
    TRY_ASSIGN(const auto rows, rows_of(snapshot, range, count_max));
    std::vector<TicketPlace> out;
    for (const store::Entry& row : rows) {
        const std::string_view place = std::string_view(row.key).substr(prefix.size());
        if (place.size() != kPlaceBytes) return broken_ticket();
        out.push_back({row.value, ByteReader(place.substr(kPlaceBytes - sizeof(std::uint64_t))).be<std::uint64_t>()});
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

Result<std::vector<UnansweredTicket>> unanswered_of(const store::Snapshot& snapshot, std::string_view node, Instant before,
                                                    std::size_t count_max) {
    const std::string prefix = log_key(node, 'T');
    TRY_ASSIGN(const auto rows, rows_of(snapshot, store::prefix_range(prefix), count_max));
    std::vector<UnansweredTicket> out;
    for (const store::Entry& row : rows) {
        TRY_ASSIGN(const IssuedTicket ticket, ticket_from(row.value));
        const auto number = ByteReader(std::string_view(row.key).substr(prefix.size())).be<std::uint64_t>();
        if (ticket.time < before) out.push_back({std::string(node), number, ticket.time, ticket.request_id});
    }
    return out;
}

Result<std::vector<UnansweredTicket>> unanswered_about(const store::Snapshot& snapshot, const crypto::Pseudonym& person,
                                                       Instant before, std::size_t count_max) {
    TRY_ASSIGN(const auto places, places_in(snapshot, store::person_key(person, 'U'), before, count_max, true));
    std::vector<std::string> keys;
    for (const TicketPlace& place : places) keys.push_back(ticket_key(place.node, place.number));
    TRY_ASSIGN(const auto rows, snapshot.multi_get(keys));
    std::vector<UnansweredTicket> out;
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (!rows[i]) return broken_ticket();
        TRY_ASSIGN(const IssuedTicket ticket, ticket_from(*rows[i]));
        out.push_back({places[i].node, places[i].number, ticket.time, ticket.request_id});
    }
    return out;
}

namespace {

Status forget_all(Draft& draft, const std::vector<TicketPlace>& places) {
    for (const TicketPlace& one : places) {
        TRY_ASSIGN(const auto value, draft.get(ticket_key(one.node, one.number)));
        if (!value) continue;
        TRY_ASSIGN(const IssuedTicket ticket, ticket_from(*value));
        erase_ticket(draft, one.node, one.number, ticket);
    }
    return {};
}

}  // namespace

Status forget_tickets(Draft& draft, const crypto::Pseudonym& person) {
    TRY_ASSIGN(const auto all, places_in(draft.snapshot(), store::person_key(person, 'U'), Instant{INT64_MAX}, SIZE_MAX, true));
    return forget_all(draft, all);
}

Result<std::size_t> forget_unanswered(Draft& draft, Instant before, std::size_t count_max) {
    TRY_ASSIGN(const auto old, places_in(draft.snapshot(), kAllTickets, before, count_max, false));
    TRY(forget_all(draft, old));
    return old.size();
}

namespace {

bool is_ticket_number(std::string_view key, std::string_view) { return key.size() == kNumberKeyBytes; }

// By its node and number: it leads to all of its other rows.
Status check_ticket(std::string_view key, std::string_view value, store::Owed& owed) {
    TRY_ASSIGN(const IssuedTicket ticket, ticket_from(value));
    const std::uint64_t number = number_at_end(key);
    if (trust::ticket_number(ticket.id) != number) return broken_ticket();
    std::string place;
    append_be(place, static_cast<std::uint64_t>(std::max<std::int64_t>(ticket.time.ms, 0)));
    place += key.substr(0, store::kPartitionBytes);
    append_be(place, number);
    const auto of_node = [whole = std::string(key), number](const store::Snapshot&, const auto& node) -> std::string_view {
        return node && ticket_key(*node, number) == whole ? "" : "its row in the order of time is missing, or of another node";
    };
    owed.row(kAllTickets + place, of_node);
    owed.row(person_place(ticket.person, place), of_node);
    if (ticket.request_id.empty()) return {};
    std::string request(key.substr(0, store::kPartitionBytes));
    request += 'R';
    request += key.substr(store::kPartitionBytes + 1, store::kPartitionBytes);
    request += crypto::sha256(ticket.request_id).view().substr(0, kHashBytes);
    std::string which;
    append_be(which, number);
    owed.row(std::move(request), std::move(which), "the row of its request is missing, or of another ticket");
    return {};
}

// In the order of time, of all or of a person: `head` bytes before the place.
Status check_place(std::string_view key, std::string_view value, std::size_t head, store::Owed& owed) {
    if (key.size() != head + kPlaceBytes || value.empty()) return broken_ticket();
    const std::uint64_t number = number_at_end(key);
    owed.row(ticket_key(value, number), [place = std::string(key.substr(head)), node = std::string(value), number](const store::Snapshot&, const auto& row) -> std::string_view {
        const auto ticket = row ? ticket_from(*row) : Result<IssuedTicket>(broken_ticket());
        return ticket && ticket_place(node, number, ticket->time) == place ? "" : "the ticket that stands here is missing, or another";
    });
    return {};
}

Status check_request(std::string_view key, std::string_view value, store::Owed& owed) {
    if (value.size() != sizeof(std::uint64_t)) return broken_ticket();
    std::string ticket(key.substr(0, store::kPartitionBytes));
    ticket += 'T';
    ticket += key.substr(store::kPartitionBytes + 1, store::kPartitionBytes);
    ticket += value;
    owed.row(std::move(ticket), [hash = std::string(key.substr(kBareKeyBytes))](const store::Snapshot&, const auto& row) -> std::string_view {
        const auto of = row ? ticket_from(*row) : Result<IssuedTicket>(broken_ticket());
        return of && crypto::sha256(of->request_id).view().substr(0, kHashBytes) == hash ? "" : "the ticket of the request is missing, or another";
    });
    return {};
}

}  // namespace

store::Tables ticket_tables() {
    store::Tables out;
    out.push_back({.name = "tickets.tickets", .letter = 'T', .check = check_ticket});
    out.push_back({.name = "tickets.requests", .letter = 'R', .owns = is_ticket_number, .check = check_request});
    out.push_back({.name = "tickets.all", .prefix = kAllTickets, .check = [](std::string_view key, std::string_view value, store::Owed& owed) { return check_place(key, value, kAllTickets.size(), owed); }});
    out.push_back({.name = "tickets.persons", .letter = 'U', .owns = [](std::string_view key, std::string_view value) { return key.size() == kPlaceKeyBytes && !value.empty(); },
                   .whose = store::whose_row,
                   .check = [](std::string_view key, std::string_view value, store::Owed& owed) { return check_place(key, value, kBareKeyBytes, owed); }});
    return out;
}

}  // namespace idun::exchange
