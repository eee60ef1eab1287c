// What is withheld looks like what never was (EHDS Art. 8, PU-08-3): pairs of worlds from one seed, in one of which
// some records are hidden by a block and in the other of which they were never written, are asked the same, and answer
// the same to the byte. The only things that are passed over are receipts and the numbers of store versions.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <regex>

#include "api/internal/world.h"

using namespace idun;
using namespace idun::api;

namespace {

constexpr std::array kTypes = {"Observation",        "Condition", "Encounter",  "DiagnosticReport",
                               "AllergyIntolerance", "Procedure", "Appointment"};

struct Made {
    std::string type, id, unit, patient;
    bool hidden = false;
    bool deleted = false;
};

// One person's block, in all the ways in which one can be cut.
struct Cut {
    int kind = 0;  // 0: unit A, 1: a category, 2: an element group, 3: everything
    rights::Layer layer = rights::Layer::inner;

    rights::Scope scope() const {
        rights::Scope out;
        out.provider_id = World::kProvider;
        if (kind == 0) out.unit_id = "A";
        if (kind == 1) out.category = "test-result";
        if (kind == 2) out.element = "problems";
        return out;
    }
    bool covers(const Made& made) const {
        switch (kind) {
            case 0: return made.unit != "B";  // where no unit is named it may be A
            case 1: return made.type == "DiagnosticReport";
            case 2: return made.type == "Condition";
            default: return true;
        }
    }
    // From staff of unit B, or from other providers.
    bool hides(const Made& made) const {
        return made.patient == "p1" && covers(made) && (layer == rights::Layer::outer || made.unit != "B");
    }
};

class Pair {
public:
    Pair(std::uint64_t seed, Cut cut) : seed_(seed), numbers_(seed), cut_(cut), with_(seed), without_(seed) {
        for (World* world : {&with_, &without_}) {
            put(*world, "Patient",
                R"({"resourceType":"Patient","id":"p1","identifier":[{"system":"urn:person","value":"eva"}],"name":[{"family":"Ek"}]})",
                "");
            put(*world, "Patient",
                R"({"resourceType":"Patient","id":"p2","identifier":[{"system":"urn:person","value":"bo"}],"name":[{"family":"Al"}]})",
                "");
        }
        rights::FactChange change;
        change.person = World::person("eva");
        change.kind = rights::ChangeKind::block;
        change.fact = rights::Block{.fact_id = "f1", .layer = cut.layer, .scope = cut.scope()};
        with_.choose({change});
        // Elsewhere there is no block at all, or one that hides nothing.
        if (number(2) == 0)
            without_.choose({change});
        else
            without_.choose({});
    }

    std::size_t number(std::size_t below) { return numbers_() % below; }
    template <typename List>
    auto any(const List& list) {
        return list[number(std::size(list))];
    }

    void tick() {
        const auto time = std::chrono::milliseconds(number(3) * 700);
        with_.clock.advance(time);
        without_.clock.advance(time);
    }

    // Somebody writes: a new entry, another version, an end.
    void write() {
        tick();
        const std::size_t what = number(10);
        if (what < 7 || made_.empty()) {
            Made made{any(kTypes), "x" + std::to_string(made_.size()), any(std::array{"A", "B", ""}),
                      number(4) == 0 ? "p2" : "p1"};
            made.hidden = cut_.hides(made);
            store(made);
            made_.push_back(std::move(made));
            return;
        }
        Made& made = made_[number(made_.size())];
        if (what < 9) {
            made.deleted = false;
            return store(made);
        }
        made.deleted = true;
        in_both(made, [&](World& world) {
            records::Context context;
            context.unit = made.unit;
            REQUIRE(world.records->remove(made.type, made.id, context).ok());
        });
    }

    // And all pages that follow.
    void compare(const Caller& caller, const World::Asked& asked) {
        std::optional<World::Asked> one = asked;
        std::optional<World::Asked> other = asked;
        for (int follows = 0; follows < 8 && one && other; ++follows) {
            const std::string x = text_of(with_.ask(caller, *one));
            const std::string y = text_of(without_.ask(caller, *other));
            ++compared;
            if (plain(x) != plain(y)) {
                FAIL_CHECK("seed " << seed_ << " kind " << cut_.kind << " " << one->method << " " << one->path << "?"
                                   << one->query << "\n"
                                   << asked.body << "\n--- withheld:\n"
                                   << x << "\n--- never there:\n"
                                   << y);
                return;
            }
            one = next(x);
            other = next(y);
        }
    }

    // Any of all there were, visible or not, or of none.
    const Made& target() {
        static const Made kNone{"Observation", "none", "", "p1"};
        return number(8) == 0 ? kNone : made_[number(made_.size())];
    }

    World& with() { return with_; }
    World& without() { return without_; }
    const std::vector<Made>& made() const { return made_; }
    std::size_t compared = 0;

private:
    static void put(World& world, const std::string& type, const std::string& json, const std::string& unit) {
        const auto document = json::Document::parse(json);
        REQUIRE(document);
        records::Context context;
        context.unit = unit;
        const auto outcome = world.records->update(type, document->root()["id"].text(), document->root(), context);
        REQUIRE_MESSAGE(outcome.ok(), json);
    }

    template <typename Write>
    void in_both(const Made& made, const Write& write) {
        write(with_);
        if (made.hidden)
            without_.pass();
        else
            write(without_);
    }

    // What is visible refers only to what is visible: what a record itself says stays.
    std::string encounter(const Made& made) {
        std::vector<std::string> fit;
        for (const Made& other : made_)
            if (other.type == "Encounter" && other.patient == made.patient && (!other.hidden || made.hidden))
                fit.push_back(other.id);
        return fit.empty() || number(3) == 0
                   ? ""
                   : R"("encounter":{"reference":"Encounter/)" + fit[number(fit.size())] + "\"},";
    }

    void store(const Made& made) {
        const std::string code = R"({"coding":[{"system":"urn:c","code":"c)" + std::to_string(number(3)) + "\"}]}";
        const std::string day = "2026-0" + std::to_string(1 + number(6)) + "-10";
        std::string json = R"({"resourceType":")" + made.type + R"(","id":")" + made.id +
                           R"(","identifier":[{"system":"urn:x","value":"n)" + std::to_string(number(20)) + "\"}],";
        const std::string subject = R"("subject":{"reference":"Patient/)" + made.patient + "\"}";
        if (made.type == "Observation")
            json += R"("status":"final","code":)" + code + R"(,"effectiveDateTime":")" + day + "\"," + encounter(made) +
                    subject;
        else if (made.type == "Condition")
            json += R"("code":)" + code + R"(,"recordedDate":")" + day + "\"," + encounter(made) + subject;
        else if (made.type == "Encounter")
            json += R"("status":"finished","class":{"code":"AMB"},"period":{"start":")" + day + "\"}," + subject;
        else if (made.type == "DiagnosticReport")
            json += R"("status":"final","code":)" + code + "," + encounter(made) + subject;
        else if (made.type == "AllergyIntolerance")
            json += R"("code":)" + code + R"(,"patient":{"reference":"Patient/)" + made.patient + "\"}";
        else if (made.type == "Procedure")
            json += R"("status":"completed","code":)" + code + R"(,"performedDateTime":")" + day + "\"," + subject;
        else
            json += R"("status":"booked","start":")" + day + R"(T10:00:00Z","end":")" + day +
                    R"(T11:00:00Z","participant":[{"actor":{"reference":"Patient/)" + made.patient +
                    R"("},"status":"accepted"}])";
        json += "}";
        in_both(made, [&](World& world) { put(world, made.type, json, made.unit); });
    }

    // The number of the store's version counts everybody's writes.
    static std::string plain(const std::string& text) {
        static const std::regex kVersion("_after=[0-9]+");
        return std::regex_replace(text, kVersion, "_after=*");
    }

    static std::optional<World::Asked> next(const std::string& text) {
        const std::string mark = R"("relation":"next","url":"http://node)";
        const std::size_t at = text.find(mark);
        if (at == std::string::npos) return std::nullopt;
        const std::size_t from = at + mark.size();
        const std::string url = text.substr(from, text.find('"', from) - from);
        const std::size_t query = url.find('?');
        return World::Asked{"GET", url.substr(0, query), url.substr(query + 1)};
    }

    const std::uint64_t seed_;
    std::mt19937_64 numbers_;
    const Cut cut_;
    World with_;
    World without_;
    std::vector<Made> made_;
};

// One question at random, over every path on which something could show.
void ask_anything(Pair& pair, const Caller& caller) {
    const Made made = pair.target();
    const std::string& type = made.type;
    const std::string one = "/fhir/" + type + "/" + made.id;
    const std::string code = "urn:c%7Cc" + std::to_string(pair.number(3));
    const std::string identifier = "urn:x%7Cn" + std::to_string(pair.number(20));
    const std::string count = "_count=" + std::to_string(1 + pair.number(4));
    const std::string query = pair.any(std::array<std::string, 20>{"patient=p1",
                                                                   "patient=p1&_summary=count",
                                                                   "patient=p1&_total=accurate&" + count,
                                                                   "identifier=" + identifier,
                                                                   count,
                                                                   "_sort=-_lastUpdated&" + count,
                                                                   "_sort=_id&" + count,
                                                                   "patient=Patient/p1&" + count,
                                                                   "_id=" + made.id,
                                                                   "_lastUpdated=ge2026&" + count,
                                                                   "_tag=urn:idun:unit%7CA",
                                                                   "_tag=urn:idun:unit%7CB&" + count,
                                                                   "patient:Patient.family=Ek&" + count,
                                                                   "patient.identifier=urn:person%7Ceva&" + count,
                                                                   "_id:not=" + made.id,
                                                                   "patient=p1&_elements=id&" + count,
                                                                   "patient=p1&_include=*&" + count,
                                                                   "patient=p1&_revinclude=*&" + count,
                                                                   "patient=p2",
                                                                   "_summary=count"});
    const std::string erase_query = "identifier=" + identifier + "&patient=p1";
    const std::string resource = R"({"resourceType":"Condition","identifier":[{"system":"urn:x","value":"n)" +
                                 std::to_string(pair.number(20)) + R"("}],"subject":{"reference":"Patient/p1"}})";
    const auto bundle = [&](const std::string& kind, const std::string& method, const std::string& url,
                            const std::string& more = "") {
        return R"({"resourceType":"Bundle","type":")" + kind + R"(","entry":[{)" + more + R"("request":{"method":")" +
               method + R"(","url":")" + url + "\"}}]}";
    };
    switch (pair.number(34)) {
        case 0:
        case 1: return pair.compare(caller, {"GET", one});
        case 2: return pair.compare(caller, {"GET", one, "", "", {{"If-None-Match", "W/\"1\""}}});
        case 3:
            return pair.compare(caller, {"GET", one, "", "", {{"If-Modified-Since", "Fri, 15 Jan 2027 08:00:00 GMT"}}});
        case 4: return pair.compare(caller, {"GET", one + "/_history/" + std::to_string(1 + pair.number(3))});
        case 5: return pair.compare(caller, {"GET", one + "/_history", count});
        case 6: return pair.compare(caller, {"GET", "/fhir/" + type + "/_history", count});
        case 7: return pair.compare(caller, {"GET", "/fhir/_history", count});
        case 8:
            return pair.compare(caller, {"GET", "/fhir/_history",
                                         "_at=2027-01-15T08:00:0" + std::to_string(pair.number(10)) + "Z&" + count});
        case 9:
        case 10:
        case 11:
        case 12:
        case 13: return pair.compare(caller, {"GET", "/fhir/" + type, query});
        case 14: return pair.compare(caller, {"GET", "/fhir/Encounter", "_has:Observation:encounter:code=" + code});
        case 15:
            return pair.compare(caller,
                                {"GET", "/fhir/Patient",
                                 "_has:Observation:patient:code=" + code + "&_has:Condition:patient:code=" + code});
        case 16:
            return pair.compare(
                caller, {"GET", "/fhir/Observation", "encounter:Encounter.identifier=" + identifier + "&" + count});
        case 17:
            return pair.compare(
                caller, {"GET", "/fhir/Encounter",
                         "patient=p1&_revinclude=Observation:encounter&_revinclude=Condition:encounter&" + count});
        case 18:
            return pair.compare(
                caller,
                {"GET", "/fhir/Observation",
                 "code=" + code + "&_include=Observation:encounter&_include:iterate=Encounter:patient&" + count});
        case 19: return pair.compare(caller, {"GET", "/fhir", "_type=" + type + ",Patient&" + count});
        case 20: return pair.compare(caller, {"GET", "/fhir/Patient/p1/*", count});
        case 21: return pair.compare(caller, {"GET", "/fhir/Patient/p1/" + type, "_total=accurate&" + count});
        case 22: return pair.compare(caller, {"GET", "/fhir/Patient/p1/$everything", pair.number(2) == 0 ? count : ""});
        case 23: return pair.compare(caller, {"GET", "/fhir/Encounter/" + made.id + "/Observation"});
        case 24: return pair.compare(caller, {"GET", one + "/$validate"});
        case 25:
            return pair.compare(
                caller, {"POST", "/fhir", "",
                         bundle(pair.number(2) == 0 ? "batch" : "transaction", "GET", type + "?patient=p1&_count=50")});
        case 26: return pair.compare(caller, {"POST", "/fhir", "", bundle("batch", "GET", type + "/" + made.id)});
        case 27:
            return pair.compare(
                caller, {"DELETE", one, "", "",
                         pair.number(2) == 0 ? std::vector<std::pair<std::string, std::string>>{{"If-Match", "W/\"1\""}}
                                             : std::vector<std::pair<std::string, std::string>>{}});
        case 28:
            return pair.compare(caller, {"PATCH",
                                         one,
                                         "",
                                         R"([{"op":"add","path":"/language","value":"sv"}])",
                                         {{"Content-Type", "application/json-patch+json"}}});
        case 29:
            return pair.compare(caller, {"PUT",
                                         "/fhir/Condition/" + made.id,
                                         "",
                                         R"({"resourceType":"Condition","id":")" + made.id +
                                             R"(","subject":{"reference":"Patient/p1"}})",
                                         {{"If-Match", "W/\"1\""}}});
        case 30:
            return pair.compare(caller, {"POST", "/fhir/Condition", "", resource, {{"If-None-Exist", erase_query}}});
        case 31: return pair.compare(caller, {"PUT", "/fhir/Condition", erase_query, resource});
        case 32: return pair.compare(caller, {"DELETE", "/fhir/" + type, erase_query});
        default:
            return pair.compare(
                caller,
                {"POST", "/fhir", "",
                 bundle("transaction", "POST", "Condition",
                        R"("resource":{"resourceType":"Condition","encounter":{"reference":"Encounter?identifier=)" +
                            identifier + R"("},"subject":{"reference":"Patient/p1"}},)")});
    }
}

std::string export_of(World& world, const Caller& caller, const std::string& path) {
    const http::Response started = world.ask(caller, {"GET", path, "", "", {{"Prefer", "respond-async"}}});
    REQUIRE(started.status == 202);
    const std::string job =
        std::string(started.headers.get("Content-Location")).substr(std::string("http://node").size());
    http::Response state;
    do {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        state = world.ask(caller, {"GET", job});
    } while (state.status == 202);
    std::string out = text_of(state);
    const auto manifest = json::Document::parse(state.body);
    REQUIRE(manifest);
    for (const json::Value file : manifest->root()["output"].elements())
        out += text_of(
            world.ask(caller, {"GET", std::string(file["url"].text()).substr(std::string("http://node").size())}));
    return out;
}

// How many pairs: IDUN_INVISIBLE_PAIRS, or as many as a build with sanitizers does in half a minute.
std::uint64_t pairs() {
    const char* wish = std::getenv("IDUN_INVISIBLE_PAIRS");
    return wish == nullptr ? 4 : std::strtoull(wish, nullptr, 10);
}

}  // namespace

TEST_CASE("own staff of another unit: what is blocked between units is as if it had never been written") {
    std::size_t compared = 0;
    std::size_t hidden = 0;
    for (std::uint64_t seed = 1; seed <= pairs(); ++seed) {
        Pair pair(seed, {static_cast<int>(seed % 4)});
        const std::array callers = {Caller{"bea", trust::Role::clinician, "B"},
                                    Caller{"ehr-b", trust::Role::system, "B"}};
        for (int i = 0; i < 20; ++i) pair.write();
        for (int i = 0; i < 70; ++i) {
            if (pair.number(3) == 0) pair.write();
            ask_anything(pair, pair.any(callers));
        }
        if (seed % 8 == 1) {
            for (const char* path : {"/fhir/$export", "/fhir/Patient/$export"})
                CHECK(export_of(pair.with(), callers[1], path) == export_of(pair.without(), callers[1], path));
        }
        compared += pair.compared;
        hidden += static_cast<std::size_t>(std::ranges::count_if(pair.made(), &Made::hidden));
    }
    CHECK(compared > 80 * pairs());
    CHECK(hidden > 5 * pairs());  // so that there was something to find
    MESSAGE(compared << " answers compared, " << hidden << " records hidden");
}

TEST_CASE("other providers: what is blocked is as if it had never been written") {
    std::size_t compared = 0;
    for (std::uint64_t seed = 101; seed <= 100 + pairs(); ++seed) {
        // A block of everything is like somebody whom nobody knows: rights.scn.
        Pair pair(seed, {static_cast<int>(seed % 3), rights::Layer::outer});
        std::uint64_t tickets = 0;
        for (int i = 0; i < 60; ++i) {
            pair.write();
            trust::Ticket ticket;
            ticket.id = std::to_string(++tickets) + "-0123456789";
            ticket.issuer = "hub";
            ticket.audience = World::kProvider;
            ticket.person = World::person(pair.number(4) == 0 ? "bo" : "eva");
            ticket.purpose = "TREAT";
            ticket.requester = {"u1", "Anna", trust::Role::clinician, "SE2", "", "loa3"};
            ticket.care = "declared";
            if (pair.number(2) == 0)
                ticket.categories = {pair.any(std::array{"test-result", "patient-summary", "other"})};
            ticket.issued = pair.with().clock.now() + std::chrono::seconds(1);
            ticket.expires = ticket.issued + std::chrono::seconds(60);
            const auto ask = [&](World& world) {
                return text_of(
                    world.ask({}, {"GET",
                                   "/fhir/Patient/$everything",
                                   "",
                                   "",
                                   {{"Authorization", "Bearer " + *trust::sign_ticket(world.key, ticket)}}}));
            };
            const std::string x = ask(pair.with());
            CHECK(x.starts_with("200"));
            CHECK(x == ask(pair.without()));
            ++compared;
        }
    }
    CHECK(compared > 40 * pairs());
}

TEST_CASE("a glass opens for who broke it and for that patient alone, and is answered the same whatever is blocked") {
    Pair pair(7, {0});
    for (int i = 0; i < 40; ++i) pair.write();
    const Caller bea{"bea", trust::Role::clinician, "B"};
    const std::string body =
        R"({"resourceType":"Parameters","parameter":[{"name":"ground","valueCode":"life"},{"name":"reason","valueString":"unconscious"}]})";
    pair.compare(bea, {"POST", "/fhir/Patient/p1/$break-glass", "", body});
    const http::Response broken = pair.with().ask(bea, {"POST", "/fhir/Patient/p1/$break-glass", "", body});
    REQUIRE(broken.status == 200);
    const auto parameters = json::Document::parse(*broken.shared_body);
    Caller opened = bea;
    opened.glass = parameters->root()["parameter"][std::size_t{0}]["valueString"].text();
    const auto found = [&](const Caller& caller) {
        const http::Response answer = pair.with().ask(caller, {"GET", "/fhir/Patient/p1/*", "_summary=count"});
        return *answer.shared_body;
    };
    CHECK(found(opened) != found(bea));
    const auto entry = [&] {
        return *pair.with().ledger->read(pair.with().ledger->size() - 1, 1)->at(0).access;
    };
    pair.with().ask(opened, {"GET", "/fhir/Patient/p1/*"});
    CHECK(entry().rule == "break-glass-inner");
    REQUIRE(entry().break_glass);
    CHECK(entry().break_glass->ground == "life");
    Caller other = opened;
    other.id = "bo";
    CHECK(pair.with().ask(other, {"GET", "/fhir/Condition", "patient=p1"}).status == 403);
    pair.with().clock.advance(std::chrono::minutes(61));
    CHECK(pair.with().ask(opened, {"GET", "/fhir/Condition", "patient=p1"}).status == 403);
    for (
        const char* bad :
        {R"({"resourceType":"Parameters"})",
         R"({"resourceType":"Parameters","parameter":[{"name":"ground","valueCode":"curiosity"},{"name":"reason","valueString":"x"}]})",
         R"({"resourceType":"Parameters","parameter":[{"name":"ground","valueCode":"life"}]})"})
        CHECK(pair.with().ask(bea, {"POST", "/fhir/Patient/p1/$break-glass", "", bad}).status == 400);
    CHECK(pair.with()
              .ask({"ehr", trust::Role::system, "B"}, {"POST", "/fhir/Patient/p1/$break-glass", "", body})
              .status == 403);
    CHECK(pair.with().ask(bea, {"POST", "/fhir/Patient/none/$break-glass", "", body}).status == 404);
}
