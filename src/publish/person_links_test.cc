#include "publish/person_links.h"

#include <doctest/doctest.h>

#include "base/random.h"
#include "fhir/definitions.h"
#include "publish/link_teller.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::publish;

namespace {

// Systems p, c and r are personal, coordination and reserve numbers; the value is one letter.
std::optional<KnownNumber> known(std::string_view system, std::string_view value) {
    const auto number = crypto::Pseudonym::from(std::string(16, value.empty() ? ' ' : value[0]));
    if (system == "p") return KnownNumber{*number, people::Kind::personal_number};
    if (system == "c") return KnownNumber{*number, people::Kind::coordination_number};
    if (system == "r") return KnownNumber{*number, people::Kind::national_reserve_number};
    return std::nullopt;
}

struct Fixture {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    Metrics metrics;
    std::unique_ptr<records::Records> records;
    std::unique_ptr<LinkTeller> teller;
    std::vector<std::string> sent;
    std::string result = "linked";

    Fixture() {
        records::Options options;
        options.person_key = [](std::string_view system, std::string_view value) -> std::optional<std::string> {
            const auto one = known(system, value);
            if (!one) return std::nullopt;
            return std::string(one->number.view());
        };
        records = *records::Records::open(*temporary.store, fhir::Definitions::r4(), clock, system_random(), options);
        teller = std::make_unique<LinkTeller>(*temporary.store, *records, known, metrics);
    }
    void put(const std::string& id, const std::string& members) {
        const auto document = json::Document::parse(R"({"resourceType":"Patient","id":")" + id + "\"" + members + "}");
        REQUIRE(document);
        const auto done = records->update("Patient", id, document->root(), {});
        REQUIRE((done.status == 200 || done.status == 201));
    }
    // "a<b replaced": b took a's place.
    std::string links(const std::string& id) {
        std::string out;
        const auto snapshot = *records->snapshot();
        const auto found = links_of(id, *records, *snapshot, known);
        REQUIRE(found);
        for (const OwnLink& one : *found) {
            out += std::string(1, one.numbers[1].view()[0]) + "<" + one.numbers[0].view()[0] + " " + std::string(people::to_string(one.ground));
            if (one.since) out += " " + to_iso(*one.since).substr(0, 10);
            out += ";";
        }
        return out;
    }
    Status tell(const std::string& id, bool again = false) { return tell_all({id}, again); }
    Status tell_all(const std::set<std::string>& ids, bool again = false) {
        const auto send = [this](std::string body) -> Result<std::string> {
            sent.push_back(body);
            if (result == "away") return fail(Category::unavailable, "away");
            if (result == "old hub") return fail(Category::not_found, "no such path");
            const auto document = json::Document::parse(body);
            std::string out;
            for (std::size_t i = 0; i < document->root()["links"].size(); ++i) out += (i ? ",\"" : "\"") + result + "\"";
            return R"({"results":[)" + out + "]}";
        };
        return teller->tell(ids, **records->snapshot(), send, again);
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "what a Patient carries") {
    const std::pair<const char*, const char*> cases[] = {
        {"", ""},
        {R"(,"identifier":[{"system":"p","value":"P"}])", ""},
        {R"(,"identifier":[{"system":"p","value":"P"},{"system":"p","value":"P"},{"system":"x","value":"X"}])", ""},
        {R"(,"identifier":[{"system":"c","value":"C"},{"system":"p","value":"P"}])", "C<P replaced;"},
        {R"(,"identifier":[{"use":"old","system":"c","value":"C","period":{"end":"2025-03-01"}},{"system":"p","value":"P"}])", "C<P replaced 2025-03-01;"},
        {R"(,"identifier":[{"system":"r","value":"R"},{"system":"c","value":"C","period":{"start":"2024-02-03"}}])", "R<C resolved 2024-02-03;"},
        {R"(,"identifier":[{"use":"old","system":"p","value":"P"},{"system":"p","value":"Q"}])", "P<Q replaced;"},
        {R"(,"identifier":[{"system":"p","value":"P"},{"system":"p","value":"Q"}])", "Q<P record;"},
        {R"(,"identifier":[{"system":"p","value":"P"},{"system":"c","value":"C"},{"system":"r","value":"R"}])", "C<P replaced;R<P resolved;"},
    };
    for (const auto& [members, expected] : cases) {
        CAPTURE(members);
        put("a", members);
        CHECK(links("a") == expected);
    }
    CHECK(links("nobody").empty());
}

TEST_CASE_FIXTURE(Fixture, "a Patient that another one replaces") {
    put("new", R"(,"identifier":[{"system":"p","value":"P"}])");
    put("old", R"(,"identifier":[{"system":"c","value":"C"}],"link":[{"type":"replaced-by","other":{"reference":"Patient/new"}}])");
    CHECK(links("old") == "C<P replaced;");
    put("old", R"(,"identifier":[{"system":"c","value":"C"}],"link":[{"type":"seealso","other":{"reference":"Patient/new"}}])");
    CHECK(links("old").empty());
    put("old", R"(,"identifier":[{"system":"c","value":"C"}],"link":[{"type":"replaced-by","other":{"reference":"http://elsewhere/Patient/new"}}])");
    CHECK(links("old").empty());
    put("old", R"(,"identifier":[{"system":"c","value":"C"}])");
    put("new", R"(,"identifier":[{"system":"c","value":"D"}],"link":[{"type":"replaces","other":{"reference":"Patient/old"}}])");
    CHECK(links("new") == "C<D replaced;");
}

TEST_CASE_FIXTURE(Fixture, "the hub is told once, and of what is carried no more") {
    put("a", R"(,"identifier":[{"system":"c","value":"C"},{"system":"p","value":"P"}])");
    result = "away";
    CHECK(!tell("a"));
    result = "old hub";
    CHECK(tell("a"));
    result = "not held";
    CHECK(tell("a"));
    result = "linked";
    CHECK(tell("a"));  // since it was not taken
    CHECK(sent.size() == 4);
    CHECK(sent.back().find(R"("kinds":["personal-number","coordination-number"])") != std::string::npos);
    CHECK(tell("a"));
    CHECK(sent.size() == 4);
    CHECK(tell("a", true));  // a comparison says all of it
    CHECK(sent.size() == 5);
    put("a", R"(,"identifier":[{"system":"p","value":"P"}])");
    result = "withdrawn";
    CHECK(tell("a"));
    CHECK(sent.size() == 6);
    CHECK(sent.back().find(R"("withdrawn":true)") != std::string::npos);
    CHECK(tell("a"));
    CHECK(sent.size() == 6);
}

TEST_CASE_FIXTURE(Fixture, "of many patients each is remembered for itself") {
    std::set<std::string> ids;
    for (char c = 'A'; c < 'A' + 12; ++c) {
        const std::string own(1, c), id = "id-" + own;
        const std::string coordination = R"({"system":"c","value":")" + own + R"("},)";
        put(id, R"(,"identifier":[)" + (c == 'C' ? "" : coordination) + R"({"system":"p","value":")" + std::string(1, static_cast<char>(c + 32)) + R"("}])");
        ids.insert(id);
    }
    CHECK(tell_all(ids));
    CHECK(sent.size() == 2);  // ten at a time
    CHECK(tell_all(ids));
    CHECK(sent.size() == 2);
    for (const std::string& id : ids) CHECK(tell(id));
    CHECK(sent.size() == 2);
    put("id-B", R"(,"identifier":[{"system":"p","value":"b"}])");
    result = "withdrawn";
    CHECK(tell_all(ids));
    CHECK(sent.size() == 3);
    CHECK(tell_all(ids, true));
    CHECK(sent.size() == 4);  // ten are left
}

TEST_CASE_FIXTURE(Fixture, "the hub is told which pseudonyms are one number while there are several keys, again each time, and what it refuses is counted") {
    const auto two_keys = [](std::string_view system, std::string_view value) {
        auto out = known(system, value);
        if (!out) return out;
        const auto other = *crypto::Pseudonym::from(std::string(15, value[0]) + '2');
        out->aliases = {{out->number, "key-one_"}, {other, "key-two_"}};
        return out;
    };
    put("a", R"(,"identifier":[{"system":"c","value":"C"},{"system":"p","value":"P"},{"system":"x","value":"X"}])");
    put("b", R"(,"identifier":[{"system":"p","value":"Q"}])");
    put("c", "");
    std::string forty;
    for (int i = 0; i < 40; ++i) forty += (i ? "," : "") + (R"({"system":"p","value":")" + std::string(1, static_cast<char>('0' + i)) + "\"}");
    put("forty", R"(,"identifier":[)" + forty + "]");
    const std::string c = known("c", "C")->number.text(), p = known("p", "P")->number.text();
    CHECK(aliases_of("a", *records, **records->snapshot(), known)->empty());
    LinkTeller two(*temporary.store, *records, two_keys, metrics);
    std::string said = "joined";
    const auto send = [&](std::string body) -> Result<std::string> {
        sent.push_back(body);
        if (said == "conflict") return fail(Category::conflict, "the hub answered 409");
        const auto document = json::Document::parse(body);
        std::string out;
        for (std::size_t i = 0; i < document->root()["aliases"].size(); ++i) out += (i ? ",\"" : "\"") + said + "\"";
        return R"({"results":[)" + out + "]}";
    };
    const auto tell_them = [&] {
        const auto left = two.tell_aliases({"a", "b", "c"}, **records->snapshot(), send);
        return left ? left->refused : std::set<std::string>{"failed"};
    };
    using Ids = std::set<std::string>;
    CHECK(tell_them().empty());
    REQUIRE(sent.size() == 1);
    const auto document = json::Document::parse(sent[0]);
    const json::Value aliases = document->root()["aliases"];
    REQUIRE(aliases.size() == 3);
    CHECK(aliases[0]["persons"][0].text() == c);
    CHECK(aliases[0]["keys"][1].text() == "key-two_");
    CHECK(aliases[1]["persons"][0].text() == p);
    CHECK(tell_them().empty());
    CHECK(sent.size() == 2);
    CHECK(two.tell_aliases({"c"}, **records->snapshot(), send));
    CHECK(sent.size() == 2);  // nothing to say
    said = "refused: no";
    CHECK(tell_them() == Ids{"a", "b"});
    CHECK(metrics.text().find("idun_aliases_refused_total 3") != std::string::npos);
    said = "conflict";
    CHECK(tell_them() == Ids{"a", "b"});
    CHECK(two.tell_aliases({"b"}, **records->snapshot(), send)->why == "the hub answered 409");
    CHECK(aliases_of("forty", *records, **records->snapshot(), two_keys)->size() == 40);  // however many she is found by

    // Once the hub is busy the rest is said later.
    Ids many;
    for (const std::string id : {"f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9"}) {
        put(id, R"(,"identifier":[)" + forty + "]");
        many.insert(id);
    }
    said = "joined";
    const std::size_t before = sent.size();
    const auto third = two.tell_aliases(many, **records->snapshot(), [&](std::string body) -> Result<std::string> {
        if (sent.size() == before + 1) return fail(Category::busy, "the hub answered 503");
        return send(std::move(body));
    });
    REQUIRE(third);
    CHECK(sent.size() == before + 1);
    CHECK(third->refused.empty());
    CHECK(third->why.empty());
    CHECK(third->later == Ids{"f6", "f7", "f8", "f9"});  // 200 of 360 were said
    CHECK(two.tell_aliases(many, **records->snapshot(), [](const std::string&) -> Result<std::string> { return fail(Category::unavailable, "nobody is there"); })
              .error().category == Category::unavailable);
}

TEST_CASE("rows of what was told that are not ours are refused") {
    CHECK(decode_stated("")->empty());
    CHECK(!decode_stated("x"));
    const OwnLink one{{*crypto::Pseudonym::from(std::string(16, 'b')), *crypto::Pseudonym::from(std::string(16, 'a'))}, {}, {}, {}};
    CHECK(*decode_stated(encode_stated(std::array{one, one})) == std::set<Pair>{pair_of(one)});
}
