#include "subscriptions/internal/rows.h"

#include <doctest/doctest.h>

using namespace idun;
using namespace idun::subscriptions;

TEST_CASE("rows come back as they were, and damaged ones do not") {
    State state;
    state.status = Stage::error;
    state.greeted = true;
    state.resource_version = 3;
    state.start = 4;
    state.events = 70;
    state.acknowledged = 60;
    state.first_kept = 50;
    state.failing_since = {1234};
    state.error = "why";
    state.owner = {"u", "n", "system", "SE1", ""};
    state.headers = {{"A", "b"}, {"C", ""}};
    state.issuer = "https://users";
    const std::string bytes = encode(state);
    const auto read = decode_state(bytes);
    REQUIRE(read);
    CHECK(encode(*read) == bytes);
    CHECK(read->owner == state.owner);
    CHECK(read->headers == state.headers);
    CHECK(read->issuer == state.issuer);
    for (std::size_t length = 0; length < bytes.size(); ++length) CHECK(!decode_state(std::string_view(bytes).substr(0, length)));
    CHECK(!decode_state(bytes + "x"));
    CHECK(!decode_state("\x03" + bytes.substr(1)));
    const auto older = decode_state("\x01" + bytes.substr(1, bytes.size() - 1 - 4 - state.issuer.size()));
    REQUIRE(older);
    CHECK(older->owner == state.owner);
    CHECK(older->issuer.empty());

    const Event event{9, {99}, EventKind::remove, "Encounter", "e1", 4, "p1", fhir::PriorityCategory::other};
    const auto again = decode_event(event_key("s1", 9), encode(event));
    REQUIRE(again);
    CHECK(again->number == 9);
    CHECK(encode(*again) == encode(event));
    CHECK(!decode_event(event_key("s1", 9), encode(event).substr(1)));
    CHECK(!decode_event("x", encode(event)));

    const NewsState news{"5.6", "4.5", {77}, "loa3", "care"};
    const auto known = decode_news(encode(news));
    REQUIRE(known);
    CHECK(encode(*known) == encode(news));
    CHECK(known->before == "4.5");
    CHECK(!decode_news(encode(news) + "x"));
    CHECK(!decode_news(encode(news).substr(1)));

    const auto progress = decode_progress(encode(Progress{5, 6}));
    REQUIRE(progress);
    CHECK(progress->version == 5);
    CHECK(progress->writes == 6);
    CHECK(!decode_progress(""));
}

TEST_CASE("events of one subscription lie in order and apart from others") {
    CHECK(event_key("s1", 1) < event_key("s1", 2));
    CHECK(event_key("s1", 255) < event_key("s1", 256));
    const auto range = event_range("s1", 2, 3);
    CHECK(event_key("s1", 1) < range.from);
    CHECK(event_key("s1", 3) < range.to);
    CHECK(event_key("s1", 4) >= range.to);
    CHECK((event_key("s10", 2) < range.from || event_key("s10", 2) >= range.to));
    CHECK(id_of_state_key(state_key("abc")) == "abc");
}
