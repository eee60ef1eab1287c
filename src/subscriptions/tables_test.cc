#include "subscriptions/tables.h"

#include "base/bytes.h"
#include "store/testing.h"
#include "subscriptions/rows_to_damage.h"

namespace idun::subscriptions {
namespace {

// As it was before issuers stood in it.
std::string in_form_1(const State& state) {
    State plain = state;
    plain.issuer.clear();
    std::string out = encode(plain);
    out[0] = '\1';
    out.resize(out.size() - sizeof(std::uint32_t));  // the empty text
    return out;
}

TEST_CASE("no damage of one row of the subscriptions goes unnoticed, but of words and of the place in the feed") {
    std::set<std::string> lacking;
    const auto unnoticed = store::unnoticed_damages(rows_to_damage(), [](const store::Snapshot&) { return tables(); }, &lacking);
    CHECK(lacking.empty());
    CHECK(store::one_a_line(unnoticed) == store::one_a_line({
                                              "subscriptions.events swapped",    // nothing else says what an event was
                                              "subscriptions.news dropped",      // then it is off, and says so
                                              "subscriptions.progress dropped",  // then all notes that are there are read again
                                          }));
}

TEST_CASE("a subscription of form 1 is read, is no finding, and is rewritten") {
    store::TemporaryStore temporary;
    store::Batch batch;
    batch.put(state_key("s1"), in_form_1(state_of(1, "system-1")));
    batch.put(event_key("s1", 1), encode(event_of("o1")));
    REQUIRE(temporary.store->commit(std::move(batch)));
    REQUIRE(decode_state(in_form_1(state_of(1, "system-1"))));
    CHECK(store::scan_of(**temporary.store->snapshot(), [](const store::Snapshot&) { return tables(); }).found == 0);

    const store::FormChange change = state_form();
    REQUIRE(store::announce_forms(*temporary.store, {&change, 1}));
    CHECK(store::rewrite_some(*temporary.store, change)->rows == 1);
    const auto snapshot = *temporary.store->snapshot();
    const std::string now = *snapshot->get(state_key("s1")).value();
    CHECK(now.front() == '\2');
    const State state = *decode_state(now);
    CHECK(state.owner.user_id == "system-1");
    CHECK(state.issuer.empty());
    CHECK(state.headers.size() == 1);
    CHECK(store::rewrite_some(*temporary.store, change)->rows == 0);
}

}  // namespace
}  // namespace idun::subscriptions
