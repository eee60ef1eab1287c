// The rows of docs/formats/subscriptions.md: what of a subscription must survive a restart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "fhir/category.h"
#include "ledger/entry.h"
#include "records/change_note.h"
#include "store/store.h"

namespace idun::subscriptions {

// The numbers reach disk.
enum class Stage : std::uint8_t { requested = 1, active = 2, error = 3, off = 4 };
std::string_view to_string(Stage status);

// How far the change feed is read: all of `version` but for its first `writes`, when that is not 0.
struct Progress {
    std::uint64_t version = 0;  // every note up to here is done
    std::uint64_t writes = 0;   // and so many writes of the next note
};
std::string progress_key();
std::string encode(const Progress& progress);
Result<Progress> decode_progress(std::string_view value);

struct State {
    Stage status = Stage::requested;
    bool greeted = false;                // the handshake has succeeded
    std::uint64_t resource_version = 0;  // of the Subscription this speaks of
    std::uint64_t start = 0;             // store version: only later changes make events
    std::uint64_t events = 0;            // numbered so far
    std::uint64_t acknowledged = 0;      // events up to this number have arrived
    std::uint64_t first_kept = 1;        // events before this number are forgotten
    Instant failing_since;               // 0: not failing
    std::string error;                   // why it is failing or off
    ledger::Actor owner;                 // who subscribed: receives, in the log
    std::string issuer;                  // who vouches for the owner's user id; "" in rows of format 1
    std::vector<std::pair<std::string, std::string>> headers;
};
inline constexpr std::uint8_t kStateFormat = 2;  // 1 is read too
std::string state_key(std::string_view id);
store::Range state_range();
std::string_view id_of_state_key(std::string_view key);
std::string encode(const State& state);
Result<State> decode_state(std::string_view value);

// The numbers reach disk. The first three are those of a write; the last is something new elsewhere about one's own Patient.
enum class EventKind : std::uint8_t { create = 1, update = 2, remove = 3, elsewhere = 4 };

struct Event {
    std::uint64_t number = 0;  // from the key
    Instant time;
    EventKind kind = EventKind::create;
    std::string type;
    std::string id;  // "" for what is new elsewhere and tells of nobody any more
    std::uint64_t version = 0;
    std::string patient;  // id; may be empty
    fhir::PriorityCategory category = fhir::PriorityCategory::other;
};
std::string event_key(std::string_view id, std::uint64_t number);
store::Range event_range(std::string_view id, std::uint64_t first, std::uint64_t last);  // both included
std::string encode(const Event& event);
Result<Event> decode_event(std::string_view key, std::string_view value);

// Of a subscription to what is new elsewhere.
struct NewsState {
    std::string after;   // the place at the hub from which it is asked; "": it is not known yet
    std::string before;  // the place from which the newest events came
    Instant decided;     // when the hub said so
    std::string assurance;  // of who subscribed
    std::string task;
};
std::string news_key(std::string_view id);
store::Range news_range();
std::string_view id_of_news_key(std::string_view key);
std::string encode(const NewsState& news);
Result<NewsState> decode_news(std::string_view value);

}  // namespace idun::subscriptions
