// For tests of tables (store/scan_testing.h): rows of each of the subscriptions'.
#pragma once

#include "store/scan_testing.h"
#include "subscriptions/internal/rows.h"

namespace idun::subscriptions {

inline State state_of(std::uint64_t events, const std::string& owner) {
    State out;
    out.status = Stage::active;
    out.resource_version = 1;
    out.events = events;
    out.acknowledged = events - 1;
    out.owner.user_id = owner;
    out.issuer = "https://issuer.example";
    out.headers = {{"X-Key", "secret"}};
    return out;
}

inline Event event_of(const std::string& id) {
    Event out;
    out.time = {1'800'000'000'000};
    out.type = "Observation";
    out.id = id;
    out.version = 1;
    out.patient = "p1";
    return out;
}

inline store::RowsInMemory rows_to_damage() {
    store::RowsInMemory whole;
    whole.rows[progress_key()] = encode(Progress{12, 0});
    whole.rows[state_key("s1")] = encode(state_of(2, "system-1"));
    whole.rows[state_key("s2")] = encode(state_of(1, "system-2"));
    whole.rows[news_key("s2")] = encode(NewsState{"5.1800000000", "4.1800000000", {1'800'000'000'000}, "loa3", "care"});
    whole.rows[event_key("s1", 1)] = encode(event_of("o1"));
    whole.rows[event_key("s1", 2)] = encode(event_of("o2"));
    whole.rows[event_key("s2", 1)] = encode(event_of("o3"));
    return whole;
}

}  // namespace idun::subscriptions
