// What the log says about one access: who did what to whose data, why, under which decision, and what was read.
// Bytes: docs/formats/ledger.md. A person stands here only as a pseudonym.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/pseudonym.h"

namespace idun::ledger {

// What encode() makes at most: an entry of a tree has 65,535 bytes, and some are around it.
inline constexpr std::size_t kAccessBytesMax = 65'000;
inline constexpr std::size_t kTextBytesMax = 1024;  // of each text
inline constexpr std::size_t kRecordsMax = 5000;
inline constexpr std::size_t kSourcesMax = 1000;

enum class Action : std::uint8_t {
    read,
    vread,
    history,
    search,
    gather,
    create,
    update,
    remove,
    transaction,
    export_data,
    rights_change,
    login,
    notify,  // a subscriber was told
    break_glass,
};
std::string_view to_string(
    Action action);  // "read" … "delete" … "export" "rights-change" "login" "notify" "break-glass"
std::optional<Action> action_from(std::string_view text);

// A person or system in the log.
struct Actor {
    std::string user_id;
    std::string name;
    std::string role;  // as in trust/role.h
    std::string provider_id;
    std::string unit_id;
    friend bool operator==(const Actor&, const Actor&) = default;
};

// A record that was touched.
struct Record {
    std::string type;  // FHIR resource type
    std::string id;
    std::string version;      // its versionId; may be empty
    std::string category;     // record category; may be empty
    std::string provider_id;  // its owner
    friend bool operator==(const Record&, const Record&) = default;
};

// At the hub: how one source answered a gathering.
struct Source {
    std::string provider_id;
    std::string state;        // asked, answered, empty, late, down, refused
    std::string receipt;      // Receipt::text() of the source's own log, or while it is asked the ticket's id; may be empty
    std::uint64_t count = 0;  // records
    friend bool operator==(const Source&, const Source&) = default;
};

// Blocked data that were opened because life or health was at risk. The reason stands elsewhere: it may name people.
struct BreakGlass {
    std::string id;
    std::string ground;  // "life" or "health"
    friend bool operator==(const BreakGlass&, const BreakGlass&) = default;
};

// The access token with which was asked, where it says so.
struct TokenUse {
    std::string id;          // its jti; may be empty
    std::string client_id;   // the program that it was given to; may be empty
    std::string actor_id;    // who used it in the requester's name, such as a record system; "": nobody
    std::string actor_name;  // only with an actor; may be empty
    friend bool operator==(const TokenUse&, const TokenUse&) = default;
};

// By which a representative acted.
struct Mandate {
    std::string id;          // of the fact; not empty
    std::uint32_t from = 0;  // since when it holds: days since 1970
    friend bool operator==(const Mandate&, const Mandate&) = default;
};
std::uint32_t day_of(Instant time);  // in whole days since 1970

struct Access {
    Instant time;
    Action action = Action::read;
    std::optional<crypto::Pseudonym> person;
    Actor requester;
    std::optional<std::string> on_behalf_of;  // user id
    std::string purpose;                      // HL7 v3 PurposeOfUse; may be empty
    bool care_relation = false;
    bool permit = true;
    std::string rule;                       // id of the rule that decided; may be empty
    std::string rules;                      // version of the rule table by which; may be empty
    std::optional<BreakGlass> break_glass;  // that the requester had broken, whether or not it opened anything
    std::string ticket_id;                  // may be empty
    std::uint64_t store_version = 0;        // that the request saw; 0: none
    std::vector<Record> records;
    std::vector<Source> sources;
    std::string request_id;  // may be empty
    std::string query;       // search parameters without personal data; may be empty
    std::string country = {};  // of a question from abroad, ISO 3166-1; "": from home
    TokenUse token = {};
    std::optional<Mandate> mandate = {};
    friend bool operator==(const Access&, const Access&) = default;
};

// Compact bytes without time and person, which stand around them in an entry. `home` is the log's id, which costs nothing
// where it stands as a provider. `too_large` or `invalid` when a bound is broken or a text is not UTF-8.
Result<std::string> encode(const Access& access, std::string_view home);
// Strict: every bound held, and the one form that encode() gives; else `corrupt`. Time and person stay empty.
Result<Access> decode(std::string_view bytes, std::string_view home);

// As many encoded parts as it takes for each to fit, records and sources halved; in order.
Result<std::vector<std::string>> encode_parts(const Access& access, std::string_view home);

}  // namespace idun::ledger
