#include "ledger/shipment.h"

#include <doctest/doctest.h>

using namespace idun;
using namespace idun::ledger;

namespace {

ShippedEntry shipped_with_everything() {
    ShippedEntry out;
    out.index = 7;
    out.hash.bytes.fill(9);
    Access& a = out.access;
    a.time = {1'795'428'000'123};
    a.action = Action::gather;
    a.person.emplace().bytes.fill(3);
    a.requester = {"u1", "Anna \"Ek\"", "clinician", "SE1", "SE1-U"};
    a.on_behalf_of = "u2";
    a.purpose = "TREAT";
    a.care_relation = true;
    a.rule = "care-relation";
    a.rules = "se-1";
    a.break_glass = BreakGlass{"g", "life"};
    a.ticket_id = "1-x";
    a.store_version = 12;
    a.records = {{"Condition", "c1", "1", "diagnosis", "SE1"}, {"Patient", "p", "", "", ""}};
    a.sources = {{"SE2", "answered", "SE2:4:abc", 3}};
    a.request_id = "r";
    a.query = "q";
    return out;
}

std::string shipment_text(std::uint64_t first, std::uint64_t size, std::initializer_list<std::uint64_t> indexes) {
    Shipment shipment;
    shipment.log_id = "SE1";
    shipment.first = first;
    shipment.size = size;
    shipment.checkpoint = "signed";
    std::string out = head_line(shipment) + "\n";
    for (const std::uint64_t index : indexes) {
        ShippedEntry entry = shipped_with_everything();
        entry.index = index;
        out += *to_line(entry) + "\n";
    }
    return out;
}

}  // namespace

TEST_CASE("a shipped entry comes back as it was") {
    const ShippedEntry entry = shipped_with_everything();
    const auto back = entry_from_line(*to_line(entry));
    REQUIRE(back);
    CHECK(*back == entry);
    ShippedEntry counted = entry;
    counted.sequence = 3;
    CHECK(*entry_from_line(*to_line(counted)) == counted);
    ShippedEntry closed{.index = 9, .hash = entry.hash, .open = false, .access = {}};
    CHECK(*entry_from_line(*to_line(closed)) == closed);
    CHECK(to_line(closed)->find("access") == std::string::npos);
    ShippedEntry bare;
    CHECK(*entry_from_line(*to_line(bare)) == bare);
}

TEST_CASE("a shipped entry has one form: every other text is refused") {
    const std::string good = *to_line(shipped_with_everything());
    const auto refused = [](const std::string& text) { return !entry_from_line(text); };
    CHECK(refused(""));
    CHECK(refused("{}"));
    CHECK(refused(good + " "));
    CHECK(refused(good.substr(0, good.size() - 1)));
    CHECK(refused("{\"more\":1," + good.substr(1)));
    for (const auto& [from, to] : {std::pair<std::string, std::string>{"gather", "peek"},
                                   {"\"permit\":true", "\"permit\":1"},
                                   {"\"index\":7", "\"index\":07"},
                                   {"\"time\":", "\"time\":-"},
                                   {"\"care\":true,", "\"care\":false,"},
                                   {"\"store\":12", "\"store\":\"12\""},
                                   {",3]]", ",-3]]"}}) {
        std::string bad = good;
        const auto place = bad.find(from);
        REQUIRE_MESSAGE(place != std::string::npos, from);
        bad.replace(place, from.size(), to);
        CHECK_MESSAGE(refused(bad), from);
    }
    ShippedEntry large = shipped_with_everything();
    large.access.query = std::string(kTextBytesMax + 1, 'x');
    CHECK(!to_line(large));
}

TEST_CASE("a shipment is a head and entries without a gap, within the size that it states") {
    const auto good = shipment_from(shipment_text(4, 6, {4, 5}));
    REQUIRE(good);
    CHECK(good->log_id == "SE1");
    CHECK(good->entries.size() == 2);
    CHECK(good->checkpoint == "signed");
    CHECK(shipment_from(shipment_text(4, 4, {})));       // a sign of life
    CHECK(!shipment_from(shipment_text(4, 9, {4, 6})));  // a gap
    CHECK(!shipment_from(shipment_text(4, 9, {5, 4})));  // out of order
    CHECK(!shipment_from(shipment_text(4, 9, {4, 4})));
    CHECK(!shipment_from(shipment_text(4, 5, {4, 5})));  // beyond its size
    CHECK(!shipment_from(shipment_text(4, 3, {})));
    CHECK(!shipment_from(""));
    CHECK(!shipment_from("\n"));
    CHECK(!shipment_from(R"({"v":2,"log":"SE1","first":0,"size":0,"checkpoint":""})"));
    CHECK(!shipment_from(R"({"v":1,"log":"a b","first":0,"size":0,"checkpoint":""})"));
    CHECK(!shipment_from(shipment_text(4, 6, {4}) + "\n"));
}
