#include "trust/ticket.h"

#include <doctest/doctest.h>

#include <limits>
#include <thread>

#include "json/writer.h"

using namespace idun;
using namespace idun::trust;

namespace {

struct World {
    crypto::SigningKey key = *crypto::SigningKey::from_seed(std::string(32, 's'));
    crypto::SigningKey stranger = *crypto::SigningKey::from_seed(std::string(32, 't'));
    crypto::KeySet keys{key.public_key()};
    Instant now = *from_iso("2026-11-23T10:00:00Z");

    Ticket ticket() const {
        Ticket t;
        t.id = "17-k3Jd0cZ5pQ";
        t.issuer = "hub";
        t.audience = "SE2321000016";
        t.person = *crypto::Pseudonym::from(std::string(16, 'p'));
        t.purpose = "TREAT";
        t.requester = {"u1", "Anna Ek", Role::clinician, "SE2321000131", "SE2321000131-E1", "loa3", "physician"};
        t.care = "declared";
        t.categories = {"laboratory", "medication"};
        t.issued = now;
        t.expires = now + std::chrono::seconds(60);
        return t;
    }
    Result<Ticket> verify(const std::string& token, Instant at) const {
        return verify_ticket(token, keys, {.audience = "SE2321000016", .now = at});
    }
    // The payload of a good ticket with one member replaced by `json`, or taken out when `json` is empty.
    std::string with(std::string_view member, std::string_view json) const {
        const auto good = crypto::verify_jws(*sign_ticket(key, ticket()), keys, kTicketType);
        const auto document = json::Document::parse(good->payload);
        json::Writer w;
        w.object();
        bool replaced = false;
        for (const json::Member& m : document->root().members()) {
            if (m.name != member)
                w.name(m.name).value(m.value);
            else if (!json.empty())
                w.name(m.name).raw(json);
            replaced |= m.name == member;
        }
        if (!replaced) w.name(member).raw(json);
        w.end();
        return crypto::sign_jws(key, kTicketType, w.take());
    }
};

}  // namespace

TEST_CASE("a ticket says afterwards what was signed") {
    const World w;
    Ticket t = w.ticket();
    CHECK(w.verify(*sign_ticket(w.key, t), w.now).value() == t);
    t.on_behalf_of = "u2";
    t.requester.use = {"jti-1", "journal", "ehr-1", "Journal North"};
    t.break_glass = BreakGlass{"g1", "life", w.now + std::chrono::hours(1), true};
    t.rights = std::numeric_limits<std::uint64_t>::max();
    t.care = "known";
    t.country = "DE";
    CHECK(w.verify(*sign_ticket(w.key, t), w.now).value() == t);
    t.break_glass.reset();
    t.country.clear();
    t.representative = crypto::Pseudonym::from(std::string(16, 'r'));
    t.categories.clear();
    t.care.clear();
    t.requester = {"p1", "", Role::patient, "", "", ""};
    t.purpose = "PATRQT";
    CHECK(w.verify(*sign_ticket(w.key, t), w.now).value() == t);
    CHECK(sign_ticket(w.key, t).value().size() < 1500);
}

TEST_CASE("times are checked with some skew") {
    const World w;
    const std::string token = *sign_ticket(w.key, w.ticket());
    using std::chrono::seconds;
    struct Row {
        std::chrono::milliseconds after;
        const char* message;
    };
    for (const Row& row :
         {Row{seconds(0), nullptr}, Row{seconds(59), nullptr}, Row{seconds(64), nullptr}, Row{seconds(65), "expired"},
          Row{seconds(3600), "expired"}, Row{seconds(-5), nullptr}, Row{seconds(-6), "not yet valid"}}) {
        const auto read = w.verify(token, w.now + row.after);
        CHECK_MESSAGE(read.has_value() == (row.message == nullptr), row.after.count());
        if (row.message) {
            CHECK(read.error().category == Category::unauthorized);
            CHECK(read.error().message.find(row.message) != std::string::npos);
        }
    }
}

TEST_CASE("tickets for others, by others and of other types are refused") {
    const World w;
    const std::string good = *sign_ticket(w.key, w.ticket());
    const auto other_node = verify_ticket(good, w.keys, {.audience = "SE2321000131", .now = w.now});
    CHECK(other_node.error().category == Category::forbidden);
    CHECK(w.verify(*sign_ticket(w.stranger, w.ticket()), w.now).error().message.find("unknown key") !=
          std::string::npos);
    const auto payload = crypto::verify_jws(good, w.keys, kTicketType)->payload;
    for (const char* typ : {"at+jwt", "JWT", "idun-ticket", "IDUN-TICKET+JWT", "application/idun-ticket+jwt"})
        CHECK(w.verify(crypto::sign_jws(w.key, typ, payload), w.now).error().message.find("type is not") !=
              std::string::npos);
}

TEST_CASE("every claim is checked") {
    const World w;
    struct Row {
        const char *member, *json, *message;
    };
    for (const Row& row : {Row{"exp", "1795514521", "lives longer"},
                           Row{"exp", "1795428000", "expires before"},
                           Row{"exp", "1", "expires before"},
                           Row{"exp", "", "exp must"},
                           Row{"exp", "\"1795428060\"", "exp must"},
                           Row{"exp", "1795428060.5", "exp must"},
                           Row{"exp", "1e9", "exp must"},
                           Row{"exp", "-1", "exp must"},
                           Row{"exp", "999999999999999999999", "exp must"},
                           Row{"iat", "", "iat must"},
                           Row{"iat", "null", "iat must"},
                           Row{"jti", "", "jti must"},
                           Row{"jti", "\"\"", "jti must"},
                           Row{"jti", "7", "jti must"},
                           Row{"iss", "", "iss must"},
                           Row{"aud", "", "aud must"},
                           Row{"aud", R"(["SE2321000016"])", "aud must"},
                           Row{"sub", R"("191212121212")", "sub is not a pseudonym"},
                           Row{"sub", "", "sub must"},
                           Row{"purpose", R"("treat")", "purpose"},
                           Row{"purpose", R"("")", "purpose"},
                           Row{"purpose", "", "purpose"},
                           Row{"requester", "", "requester must"},
                           Row{"requester", R"("u1")", "requester must"},
                           Row{"requester", R"({"id":"u1"})", "role must"},
                           Row{"requester", R"({"id":"u1","role":"god"})", "role is not known"},
                           Row{"requester", R"({"role":"clinician"})", "id must"},
                           Row{"requester", R"({"id":"u1","role":"clinician","admin":true})", "not known"},
                           Row{"requester", R"({"id":"u1","role":"clinician","task":7})", "task must"},
                           Row{"care_relation", "true", "not known"},
                           Row{"care", "true", "care must"},
                           Row{"care", R"("")", "care must"},
                           Row{"care", R"("none")", "care must"},
                           Row{"representative", R"("191212121212")", "representative is not"},
                           Row{"representative", "true", "representative must"},
                           Row{"country", R"("de")", "country must"},
                           Row{"country", R"("DEU")", "country must"},
                           Row{"rights", "0", "rights must"},
                           Row{"rights", "-1", "rights must"},
                           Row{"rights", "1.5", "rights must"},
                           Row{"rights", R"("7")", "rights must"},
                           Row{"rights", "18446744073709551616", "rights must"},
                           Row{"categories", "[]", "categories must"},
                           Row{"categories", "{}", "categories must"},
                           Row{"categories", "[1]", "a category must"},
                           Row{"categories", R"([""])", "a category must"},
                           Row{"break_glass", "true", "break_glass must"},
                           Row{"break_glass", R"("unconscious")", "break_glass must"},
                           Row{"break_glass", R"({"id":"g1","ground":"life"})", "until must"},
                           Row{"break_glass", R"({"ground":"life","until":1795428060})", "id must"},
                           Row{"break_glass", R"({"id":"g1","ground":"haste","until":1795428060})", "ground must"},
                           Row{"break_glass", R"({"id":"g1","ground":"life","until":"soon"})", "until must"},
                           Row{"break_glass", R"({"id":"g1","ground":"life","until":1,"reason":"x"})", "not known"},
                           Row{"obo", "{}", "obo must"},
                           Row{"scope", "\"*\"", "not known"},
                           Row{"nbf", "0", "not known"}}) {
        const auto read = w.verify(w.with(row.member, row.json), w.now);
        REQUIRE_MESSAGE(!read, row.member << " " << row.json);
        CHECK(read.error().category == Category::unauthorized);
        CHECK_MESSAGE(read.error().message.find(row.message) != std::string::npos,
                      row.member << " " << row.json << ": " << read.error().message);
    }
    CHECK(w.verify(w.with("exp", "1795428120"), w.now).has_value());
    for (const char* payload : {"", "[]", "null", "{", "{}x", "\"x\"", "{\"exp\":1,\"exp\":2}", "\xff"})
        CHECK(!w.verify(crypto::sign_jws(w.key, kTicketType, payload), w.now));
    CHECK(!w.verify(w.with("jti", "\"" + std::string(257, 'x') + "\""), w.now));
}

TEST_CASE("nobody signs a ticket that would be refused") {
    const World w;
    const auto refused = [&](auto change) {
        Ticket t = w.ticket();
        change(t);
        const auto token = sign_ticket(w.key, t);
        return !token && token.error().category == Category::invalid;
    };
    CHECK(refused([](Ticket& t) { t.id.clear(); }));
    CHECK(refused([](Ticket& t) { t.issuer.clear(); }));
    CHECK(refused([](Ticket& t) { t.audience.clear(); }));
    CHECK(refused([](Ticket& t) { t.purpose = "research"; }));
    CHECK(refused([](Ticket& t) { t.requester.user_id.clear(); }));
    CHECK(refused([](Ticket& t) { t.requester.display_name = std::string(257, 'x'); }));
    CHECK(refused([](Ticket& t) { t.categories.assign(33, "x"); }));
    CHECK(refused([](Ticket& t) { t.categories = {""}; }));
    CHECK(refused([](Ticket& t) { t.expires = t.issued; }));
    CHECK(refused([](Ticket& t) { t.expires = t.issued + std::chrono::seconds(121); }));
    CHECK(refused([](Ticket& t) { t.break_glass = BreakGlass{"", "life", t.expires}; }));
    CHECK(refused([](Ticket& t) { t.break_glass = BreakGlass{"g1", "", t.expires}; }));
    CHECK(refused([](Ticket& t) { t.care = "perhaps"; }));
    CHECK(refused([](Ticket& t) { t.country = "Germany"; }));
    CHECK(refused([](Ticket& t) { t.requester.task = std::string(257, 'x'); }));
}

TEST_CASE("ticket ids differ") {
    CHECK(make_ticket_id(17, system_random()).starts_with("17-"));
    CHECK(make_ticket_id(17, system_random()) != make_ticket_id(17, system_random()));
}

TEST_CASE("a ticket is used once and forgotten when it has expired") {
    ReplayGuard guard(3);
    CHECK(guard.admit("a", {1000}, {0}));
    CHECK(guard.admit("a", {1000}, {0}).error().category == Category::unauthorized);
    CHECK(guard.admit("b", {2000}, {0}));
    CHECK(guard.admit("c", {500}, {0}));
    CHECK(guard.admit("d", {2000}, {0}).error().category == Category::busy);
    CHECK(guard.admit("a", {1000}, {0}).error().category == Category::unauthorized);
    CHECK(guard.admit("d", {2000}, {500}));
    CHECK(guard.size() == 3);
    CHECK(guard.admit("e", {3000}, {2000}));
    CHECK(guard.size() == 1);
    CHECK(guard.admit("f", {2000}, {2000}).error().category == Category::unauthorized);
}

TEST_CASE("of many who use one ticket at once, one succeeds") {
    ReplayGuard guard;
    for (int round = 0; round < 50; ++round) {
        std::atomic<int> admitted = 0;
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&] {
                if (guard.admit("t" + std::to_string(round), {1'000'000}, {0})) ++admitted;
            });
        threads.clear();
        CHECK(admitted == 1);
    }
}
