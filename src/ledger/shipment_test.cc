#include "ledger/shipment.h"

#include <doctest/doctest.h>

#include <tuple>

#include "ledger/succession.h"

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
    a.country = "FI";
    a.token = {"jti-1", "journal", "ehr-1", ""};
    a.mandate = Mandate{"m1", 20'000};
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
        entry.sequence = 1;
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
    ShippedEntry closed{.index = 9, .hash = entry.hash, .open = false, .kind = Kind::person, .access = {}};
    CHECK(*entry_from_line(*to_line(closed)) == closed);
    CHECK(to_line(closed)->find("access") == std::string::npos);
    ShippedEntry forgotten{.index = 9, .hash = entry.hash, .open = false, .kind = Kind::forgotten, .decision = "D-1", .access = {}};
    CHECK(*entry_from_line(*to_line(forgotten)) == forgotten);
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
    const std::string closed = *to_line({.index = 9, .hash = {}, .open = false, .kind = Kind::forgotten, .decision = "D", .access = {}});
    for (const auto& [from, to] : {std::pair<std::string, std::string>{"\"kind\":4", "\"kind\":5"},
                                   {"\"kind\":4", "\"kind\":0"},
                                   {",\"kind\":4", ""},
                                   {"\"kind\":4", "\"kind\":1"}}) {
        std::string bad = closed;
        bad.replace(bad.find(from), from.size(), to);
        CHECK_MESSAGE(refused(bad), to);
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
    CHECK(shipment_from(R"({"v":2,"log":"SE1","first":0,"size":0,"checkpoint":"","served":[0,0]})"));
    const auto older = shipment_from(R"({"v":1,"log":"SE1","first":0,"size":0,"checkpoint":""})");
    REQUIRE(!older);
    CHECK(older.error().category == Category::unsupported);
    CHECK(!shipment_from(R"({"v":3,"log":"SE1","first":0,"size":0,"checkpoint":"","served":[0,0]})"));
    CHECK(!shipment_from(R"({"v":2,"log":"a b","first":0,"size":0,"checkpoint":"","served":[0,0]})"));
    CHECK(!shipment_from(R"({"v":2,"log":"SE1","first":0,"size":0,"checkpoint":""})"));
    CHECK(!shipment_from(R"({"v":2,"log":"SE1","first":0,"size":0,"checkpoint":"","proof":[],"served":[0,0]})"));
    CHECK(!shipment_from(R"({"v":2,"log":"SE1","first":0,"size":0,"checkpoint":"","served":[0,-1]})"));
    CHECK(!shipment_from(shipment_text(4, 6, {4}) + "\n"));
}

TEST_CASE("a shipped entry about a person says how-manieth it is") {
    const std::string good = shipment_text(4, 5, {4}), said = "\"sequence\":1,";
    REQUIRE(shipment_from(good));
    std::string silent = good;
    silent.erase(silent.find(said), said.size());
    const auto refused = shipment_from(silent);
    REQUIRE(!refused);
    CHECK(refused.error().category == Category::invalid);
}

TEST_CASE("a head carries a proof, what was served, and tickets that were refused, within bounds") {
    Shipment shipment{.log_id = "SE1", .first = 4, .size = 9, .checkpoint = "signed"};
    shipment.proof.resize(3);
    shipment.served = {7, 12};
    shipment.refused = {"1-a", "2-b"};
    const auto back = shipment_from(head_line(shipment) + "\n");
    REQUIRE(back);
    CHECK(back->proof == shipment.proof);
    CHECK(back->served == shipment.served);
    CHECK(back->refused == shipment.refused);
    CHECK(back->stated.empty());
    shipment.stated = "signed too\n";
    CHECK(shipment_from(head_line(shipment) + "\n")->stated == shipment.stated);
    shipment.stated.assign(1025, 'x');
    CHECK(!shipment_from(head_line(shipment) + "\n"));
    shipment.stated.clear();
    shipment.refused.resize(kShippedRefusedMax + 1, "x");
    CHECK(!shipment_from(head_line(shipment) + "\n"));
    shipment.refused.clear();
    shipment.proof.resize(65);
    CHECK(!shipment_from(head_line(shipment) + "\n"));
}

TEST_CASE("a log that follows says so in one form") {
    Succession said{{"SE1.log2", 57, {}}, {"SE1.log2", 40, {}}};
    said.shipped.root.bytes.fill(1);
    said.kept.root.bytes.fill(2);
    const Access access = access_of(said, {1});
    CHECK(*succession_in(access) == said);
    for (const auto& [from, to] : {std::pair<std::string, std::string>{" 57 ", " 057 "}, {" 57 ", " "}, {"log-follows", "log-leads"},
                                   {"SE1.log2", "SE 1"}, {" 40 ", " 40  "}}) {
        Access bad = access;
        bad.query.replace(bad.query.find(from), from.size(), to);
        CHECK_MESSAGE(!succession_in(bad), to);
    }
    Access about = access;
    about.person.emplace();
    CHECK(!succession_in(about));
    Access read = access;
    read.action = Action::read;
    CHECK(!succession_in(read));
}

TEST_CASE("logs of one owner follow each other") {
    CHECK(log_id_of("SE1", 1) == "SE1");
    CHECK(log_id_of("SE1", 2) == "SE1.log2");
    for (const auto& [id, owner, place] : std::initializer_list<std::tuple<const char*, const char*, std::uint32_t>>{
             {"SE1", "SE1", 1}, {"SE1.log2", "SE1", 2}, {"SE1.log10", "SE1", 10}, {"SE1.log1", "SE1.log1", 1}, {"SE1.log", "SE1.log", 1},
             {"SE1.logs", "SE1.logs", 1}, {".log2", ".log2", 1}, {"SE1.log99999", "SE1.log99999", 1}}) {
        CHECK_MESSAGE(owner_of(id) == owner, id);
        CHECK_MESSAGE(place_of(id) == place, id);
    }
}
