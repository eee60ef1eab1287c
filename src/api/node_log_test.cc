// What a node's answers leave in the log: everybody whom they show or who was asked about, before they leave.
#include <doctest/doctest.h>

#include <array>
#include <future>
#include <set>

#include "api/node.h"
#include "api/operations.h"
#include "base/log.h"
#include "fhir/definitions.h"
#include "ledger/file_system.h"
#include "store/change_keeper.h"
#include "store/testing.h"
#include "subscriptions/subscriptions.h"

using namespace idun;
using namespace idun::api;

namespace {

constexpr const char* kIssuer = "https://users";

// The machine's files; writing fails once `left` writes have happened.
class Failing final : public ledger::FileSystem {
public:
    std::atomic<int> left = 1'000'000;

    Status create_folder(const std::string& folder) override { return inner_.create_folder(folder); }
    Result<std::vector<std::string>> list(const std::string& folder) override { return inner_.list(folder); }
    Result<std::uint64_t> size(const std::string& path) override { return inner_.size(path); }
    Result<std::string> read(const std::string& path, std::uint64_t offset, std::size_t length) override { return inner_.read(path, offset, length); }
    Result<std::unique_ptr<ledger::File>> open(const std::string& path) override {
        TRY_ASSIGN(auto inner, inner_.open(path));
        return std::unique_ptr<ledger::File>(std::make_unique<Opened>(std::move(inner), left));
    }
    Status truncate(const std::string& path, std::uint64_t size) override { return inner_.truncate(path, size); }
    Status remove(const std::string& path) override { return inner_.remove(path); }
    Status remove_folder(const std::string& folder) override { return inner_.remove_folder(folder); }
    Status write_whole(const std::string& path, std::string_view bytes, bool synced) override {
        return inner_.write_whole(path, bytes, synced);
    }
    Status sync_file(const std::string& path) override { return inner_.sync_file(path); }
    Status sync_folder(const std::string& folder) override { return inner_.sync_folder(folder); }
    Result<std::shared_ptr<void>> lock(const std::string& folder) override { return inner_.lock(folder); }

private:
    class Opened final : public ledger::File {
    public:
        Opened(std::unique_ptr<ledger::File> inner, std::atomic<int>& left) : inner_(std::move(inner)), left_(left) {}
        Status append(std::string_view bytes) override {
            TRY(one_more());
            return inner_->append(bytes);
        }
        Status write_at(std::uint64_t offset, std::string_view bytes) override {
            TRY(one_more());
            return inner_->write_at(offset, bytes);
        }
        Status sync() override { return inner_->sync(); }

    private:
        Status one_more() {
            if (left_-- <= 0) return fail(Category::unavailable, "no");
            return {};
        }
        const std::unique_ptr<ledger::File> inner_;
        std::atomic<int>& left_;
    };
    ledger::FileSystem& inner_ = ledger::system_files();
};

std::string pseudonym_bytes(std::string_view value) { return std::string(crypto::sha256(value).view().substr(0, crypto::kPseudonymBytes)); }

struct Fixture {
    store::TemporaryStore temporary;
    const Clock& clock = system_clock();
    Metrics metrics;
    Failing files;
    crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    crypto::SigningKey issuer = crypto::SigningKey::generate(system_random());
    http::Loop loop{1};
    http::Client client{loop, {}};
    std::unique_ptr<ledger::Ledger> log;
    std::unique_ptr<records::Records> records;
    std::unique_ptr<gate::RightsCopy> rights;
    std::unique_ptr<gate::Gate> gate;
    const rights::RuleTable rules;
    std::unique_ptr<gate::Sights> sights;
    std::unique_ptr<gate::CareRelations> care;
    std::unique_ptr<gate::Glasses> glasses;
    std::unique_ptr<store::ChangeKeeper> keeper;
    std::unique_ptr<subscriptions::Subscriptions> subscriptions;
    std::unique_ptr<bulk::Exports> exports;
    std::unique_ptr<Users> users;
    std::unique_ptr<Node> node;
    http::Handler handler;
    std::uint64_t seen = 0;  // entries of the log that were looked at

    explicit Fixture(ledger::Options log_options = {}) {
        log::set_level(log::Level::off);
        records::Options options;
        options.person_key = [](std::string_view system, std::string_view value) -> std::optional<std::string> {
            if (system != "urn:person" && system != "urn:person:2") return std::nullopt;
            return pseudonym_bytes(value);
        };
        const std::string& folder = temporary.folder.path;
        log = *ledger::Ledger::open(folder + "/log", "SE1", key, files, clock, nullptr, log_options);
        records = *records::Records::open(*temporary.store, fhir::Definitions::r4(), clock, system_random(), options);
        rights = *gate::RightsCopy::open(*temporary.store, clock);
        gate = std::make_unique<gate::Gate>(gate::Options{.provider_id = "SE1", .base_url = "http://n/fhir", .hub_keys = {}, .rules = {}}, *records,
                                            *log, *rights, clock, metrics);
        sights = std::make_unique<gate::Sights>("SE1", rules, *records, *rights, clock);
        care = std::make_unique<gate::CareRelations>(*records, rules, clock);
        glasses = std::make_unique<gate::Glasses>("SE1", key, rules, *temporary.store, clock, system_random());
        keeper = std::make_unique<store::ChangeKeeper>(*temporary.store, std::vector<std::string>{subscriptions::kFeedReader});
        subscriptions::Options subscribing;
        subscribing.endpoints = *subscriptions::Endpoints::of({"http://127.0.0.1:9/hook/"});
        subscribing.topics = *subscriptions::builtin_topics();
        subscriptions = *subscriptions::Subscriptions::open(subscribing, *temporary.store, *records, *log, *keeper, client, clock, system_random(), metrics);
        bulk::Options exporting;
        exporting.folder = folder + "/exports";
        exporting.settle = std::chrono::milliseconds(0);
        exports = *bulk::Exports::open(exporting, *records, *log, clock, system_random());
        users = std::make_unique<Users>(kIssuer, "idun", crypto::KeySet(issuer.public_key()), clock);
        node.reset(new Node{.provider_id = "SE1", .provider_name = "Norr", .base_url = "http://n/fhir", .definitions = fhir::Definitions::r4(),
                            .terms = nullptr, .guides = nullptr, .records = *records, .ledger = *log, .gate = *gate,
                            .sights = *sights, .care = *care, .glasses = *glasses,
                            .subscriptions = *subscriptions, .users = *users, .exports = *exports, .clock = clock,
                            .person_key = options.person_key, .written = [] {}});
        http::Router router;
        Operations operations(router, *log);
        operations.add("POST", "/fhir/Subscription", node_subscribe(*node));
        operations.add("PUT", "/fhir/Subscription/:id", node_resubscribe(*node));
        operations.add("DELETE", "/fhir/Subscription/:id", node_unsubscribe(*node));
        operations.add("POST", "/fhir/$import", node_import(*node));
        operations.add("POST", "/fhir", node_bundle(*node));
        operations.add("GET", "/fhir", node_search(*node));
        operations.add("GET", "/fhir/:type", node_search(*node));
        operations.add("POST", "/fhir/:type", node_create(*node));
        operations.add("GET", "/fhir/:type/:id", node_read(*node));
        operations.add("PUT", "/fhir/:type/:id", node_update(*node));
        operations.add("PATCH", "/fhir/:type/:id", node_patch(*node));
        operations.add("DELETE", "/fhir/:type/:id", node_delete(*node));
        operations.add("POST", "/fhir/Patient/:id/$break-glass", node_break_glass(*node));
        operations.add("GET", "/fhir/_history", node_history(*node));
        operations.add("GET", "/fhir/:type/_history", node_history(*node));
        operations.add("GET", "/fhir/:type/:id/_history", node_history(*node));
        handler = std::move(router).handler();
    }
    ~Fixture() {
        subscriptions.reset();
        exports.reset();
        log.reset();
    }

    std::string token(const std::string& user, trust::Role role) const {
        trust::UserToken out;
        out.issuer = kIssuer;
        out.audience = "idun";
        out.subject = user;
        out.role = role;
        out.provider_id = "SE1";
        out.issued = clock.now();
        out.expires = clock.now() + std::chrono::hours(1);
        return *trust::sign_user_token(issuer, out);
    }
    http::Response ask(const std::string& method, const std::string& target, const std::string& body = {}, const std::string& user = "ehr",
                       trust::Role role = trust::Role::system, const std::string& prefer = {}) {
        http::Request request;
        request.method = method;
        request.path = target.substr(0, target.find('?'));
        if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
        request.headers.set("Authorization", "Bearer " + token(user, role));
        request.headers.set("Content-Type", method == "PATCH"                     ? "application/json-patch+json"
                                            : request.path.ends_with("$import") ? "application/fhir+ndjson"
                                                                                : "application/fhir+json");
        if (!prefer.empty()) request.headers.set("Prefer", prefer);
        request.body = body;
        struct Promised final : http::Reply::Sink {
            explicit Promised(std::promise<http::Response>& p) : promise(p) {}
            void send(http::Response response) override { promise.set_value(std::move(response)); }
            std::unique_ptr<http::BodyStream> stream(http::Response) override { return nullptr; }
            std::promise<http::Response>& promise;
        };
        std::promise<http::Response> promise;
        handler(std::move(request), http::Reply(std::make_unique<Promised>(promise)));
        return promise.get_future().get();
    }
    void put(const std::string& type, const std::string& id, const std::string& members) {
        const auto answer = ask("PUT", "/fhir/" + type + "/" + id,
                                R"({"resourceType":")" + type + R"(","id":")" + id + "\"" + (members.empty() ? "" : "," + members) + "}");
        CAPTURE(answer.body);
        REQUIRE(answer.status < 300);
        entries();
    }
    // Patients p0… of national numbers n0…, and of local ones m0….
    void fill(int people) {
        for (int i = 0; i < people; ++i) {
            const std::string n = std::to_string(i);
            put("Patient", "p" + n, R"("identifier":[{"system":"urn:person","value":"n)" + n + R"("},{"system":"urn:mrn","value":"m)" + n +
                                        R"("}],"name":[{"family":"Berg)" + n + R"("}],"gender":"female")");
        }
    }
    // What came into the log since the last look.
    std::vector<ledger::Access> entries() {
        std::vector<ledger::Access> out;
        REQUIRE(log->for_each(seen, [&](const ledger::Entry& entry) -> Status {
            out.push_back(*entry.access);
            seen = entry.index + 1;
            return {};
        }));
        return out;
    }
    // The numbers of those named in entries, among n0 to n99, sorted, with spaces.
    static std::string named(const std::vector<ledger::Access>& entries) {
        std::map<std::string, std::string> numbers;
        for (int i = 0; i < 100; ++i) {
            const std::string n = "n" + std::to_string(i);
            numbers[crypto::Pseudonym::from(pseudonym_bytes(n))->text()] = n;
        }
        std::set<std::string> out;
        for (const ledger::Access& entry : entries)
            if (entry.person) out.insert(numbers[entry.person->text()]);
        std::string text;
        for (const std::string& one : out) text += (text.empty() ? "" : " ") + one;
        return text;
    }
    std::string named_by(const std::string& target, int status = 200) {
        const auto answer = ask("GET", target);
        CAPTURE(target);
        CAPTURE(answer.body);
        CHECK(answer.status == status);
        return named(entries());
    }
};

std::string said_in(const http::Response& response) { return response.shared_body ? *response.shared_body : response.body; }

}  // namespace

TEST_CASE("one entry for each identifier that names a person nationally") {
    Fixture f;
    f.put("Patient", "p", R"("identifier":[{"system":"urn:person","value":"n1"},{"system":"urn:person:2","value":"n2"},{"system":"urn:mrn","value":"n3"}])");
    CHECK(f.ask("GET", "/fhir/Patient/p").status == 200);
    const auto entries = f.entries();
    CHECK(entries.size() == 2);
    CHECK(Fixture::named(entries) == "n1 n2");
    for (const ledger::Access& entry : entries) CHECK(entry.records.size() == 1);
}

TEST_CASE("a question about a person is logged about her, also when it only counts or finds nothing") {
    Fixture f;
    f.fill(5);
    f.put("Observation", "o1", R"("status":"final","code":{"coding":[{"code":"hiv"}]},"identifier":[{"system":"urn:lab","value":"l1"}],"subject":{"reference":"Patient/p1"})");
    for (const auto& [target, persons] : std::vector<std::pair<std::string, std::string>>{
             // Counts tell of those they count.
             {"/fhir/Observation?code=hiv&_summary=count", "n1"},
             {"/fhir/Patient?family=Berg3&_count=0", "n3"},
             {"/fhir/Patient?gender=female&_summary=count", "n0 n1 n2 n3 n4"},
             {"/fhir/Observation?patient=p2&_summary=count", "n2"},
             // Chains and _has are about those they lead over.
             {"/fhir/Observation?patient.family=Berg2&code=hiv", "n2"},
             {"/fhir/Observation?patient.identifier=urn:mrn|m4&code=hiv&_summary=count", "n4"},
             {"/fhir/Patient?_has:Observation:patient:identifier=urn:lab|l1&gender=male", "n1"},
             {"/fhir/Practitioner?_has:Observation:performer:patient=p3", "n3"},
             // Identifiers and ids that lead to somebody whom the rest of the question leaves out.
             {"/fhir/Patient?identifier=urn:mrn|m2&gender=male", "n2"},
             {"/fhir/Patient?identifier=m2&gender=male&_summary=count", "n2"},
             {"/fhir/Patient?identifier=urn:person|n77&_summary=count", "n77"},
             {"/fhir/Observation?subject:identifier=urn:mrn|m3", "n3"},
             {"/fhir/RelatedPerson?identifier=urn:person|n78", "n78"},
             {"/fhir/Observation?_id=o1&code=other", "n1"},
             // A question about nobody names nobody.
             {"/fhir/Patient?gender=male", ""},
             {"/fhir/Organization?name=x&_summary=count", ""}}) {
        CHECK_MESSAGE(f.named_by(target) == persons, target);
    }
}

TEST_CASE("in a bundle too") {
    Fixture f;
    f.fill(3);
    const auto answer = f.ask("POST", "/fhir", R"({"resourceType":"Bundle","type":"batch","entry":[)"
                              R"({"request":{"method":"GET","url":"Patient?identifier=urn:mrn|m2&gender=male"}},)"
                              R"({"request":{"method":"GET","url":"Patient?family=Berg1&_summary=count"}}]})");
    CHECK(answer.status == 200);
    CHECK(Fixture::named(f.entries()) == "n1 n2");
}

TEST_CASE("a bundle is logged as what it did: by person and action") {
    Fixture f;
    f.fill(4);
    f.put("Condition", "c1", R"("subject":{"reference":"Patient/p1"})");
    f.put("Condition", "c2", R"("subject":{"reference":"Patient/p2"})");
    const auto done = [&](const std::string& type, const std::string& entries, int status = 200) {
        const auto answer = f.ask("POST", "/fhir", R"({"resourceType":"Bundle","type":")" + type + R"(","entry":[)" + entries + "]}");
        CAPTURE(answer.body);
        CHECK(answer.status == status);
        std::set<std::string> out;
        for (const ledger::Access& entry : f.entries()) {
            std::string one = Fixture::named({entry}) + " " + std::string(ledger::to_string(entry.action));
            for (const ledger::Record& record : entry.records) one += " " + record.id;
            CHECK_MESSAGE(out.insert(one).second, one);
        }
        return out;
    };
    using Set = std::set<std::string>;
    const std::string look = R"({"request":{"method":"GET","url":"Patient/p1"}},{"request":{"method":"GET","url":"Condition?patient=p1"}})";
    CHECK(done("batch", look) == Set{"n1 read p1", "n1 search c1"});
    CHECK(done("batch", look + R"(,{"request":{"method":"GET","url":"Condition?patient=p3"}},)"
                               R"({"request":{"method":"PUT","url":"Condition/c2"},"resource":{"resourceType":"Condition","id":"c2","code":{"text":"x"},"subject":{"reference":"Patient/p2"}}},)"
                               R"({"request":{"method":"PUT","url":"Condition/c3"},"resource":{"resourceType":"Condition","id":"c3","subject":{"reference":"Patient/p2"}}},)"
                               R"({"request":{"method":"DELETE","url":"Condition/c1"}})") ==
          Set{"n1 read p1", "n1 delete c1", "n2 update c2", "n2 create c3", "n3 search"});
    // Who is written about and looked up at once is told both, also when nothing was found.
    CHECK(done("transaction", R"({"request":{"method":"GET","url":"Observation?patient=p2"}},)"
                              R"({"request":{"method":"DELETE","url":"Condition/c3"}})") == Set{"n2 search", "n2 delete c3"});
    // A condition belongs to its write.
    CHECK(done("transaction", R"({"request":{"method":"PUT","url":"Patient?identifier=urn:person|n2"},"resource":{"resourceType":"Patient",)"
                              R"("identifier":[{"system":"urn:person","value":"n2"}]}})") == Set{"n2 update p2"});
    CHECK(done("transaction", R"({"request":{"method":"PUT","url":"Organization/o"},"resource":{"resourceType":"Organization","id":"o","name":"x"}})") == Set{" create o"});
    CHECK(done("batch", "") == Set{" transaction"});
    // By itself too: a PUT makes or changes, and a refusal has only told what is there.
    const auto put = [&](const std::string& body) {
        f.ask("PUT", "/fhir/Condition/c9", body);
        const auto entries = f.entries();
        return entries.size() == 1 ? entries[0].action : ledger::Action::login;
    };
    const std::string body = R"({"resourceType":"Condition","id":"c9","subject":{"reference":"Patient/p1"}})";
    CHECK(put(body) == ledger::Action::create);
    CHECK(put(body) == ledger::Action::update);
    CHECK(f.ask("POST", "/fhir/$import", body + "\n" + R"({"resourceType":"Condition","id":"c10","subject":{"reference":"Patient/p1"}})").status == 200);
    Set imported;
    for (const ledger::Access& entry : f.entries()) imported.insert(std::string(ledger::to_string(entry.action)) + (entry.person ? " 1" : ""));
    CHECK(imported == Set{"create 1", "update 1", "transaction"});
    CHECK(f.ask("PUT", "/fhir/Patient?identifier=urn:mrn|m1,urn:mrn|m2", R"({"resourceType":"Patient"})").status >= 400);
}

TEST_CASE("a resource about many persons is logged about all of them") {
    Fixture f;
    f.fill(90);
    std::string participants;
    for (int i = 0; i < 90; ++i) participants += (i == 0 ? "" : ",") + std::string(R"({"actor":{"reference":"Patient/p)") + std::to_string(i) + R"("},"status":"accepted"})";
    const auto persons = [&] {
        std::set<std::string> out;
        for (const ledger::Access& entry : f.entries())
            if (entry.person) out.insert(entry.person->text());
        return out.size();
    };
    CHECK(f.ask("PUT", "/fhir/Appointment/a", R"({"resourceType":"Appointment","id":"a","status":"booked","participant":[)" + participants + "]}").status == 201);
    CHECK(persons() == 90);
    CHECK(f.ask("GET", "/fhir/Appointment/a").status == 200);
    CHECK(persons() == 90);
    CHECK(f.ask("GET", "/fhir/Appointment?patient=p0&_summary=count").status == 200);
    CHECK(persons() == 90);
}

TEST_CASE("an answer about more persons than the log's queue holds waits for it") {
    Fixture f({.queue_entries_max = 260});
    f.fill(3);
    std::string entries;
    for (int i = 0; i < 600; ++i) {
        const std::string n = std::to_string(1'000 + i);
        entries += (i == 0 ? "" : ",") + std::string(R"({"resource":{"resourceType":"Patient","id":"q)") + n + R"(","identifier":[{"system":"urn:person","value":"n)" + n +
                   R"("}]},"request":{"method":"PUT","url":"Patient/q)" + n + R"("}})";
    }
    CHECK(f.ask("POST", "/fhir", R"({"resourceType":"Bundle","type":"transaction","entry":[)" + entries + "]}").status == 200);
    CHECK(f.entries().size() == 600);
    const auto page = f.ask("GET", "/fhir/Patient?_count=1000");
    CHECK(page.status == 200);
    CHECK(page.headers.has("X-Idun-Receipt"));
    CHECK(f.entries().size() == 603);
}

TEST_CASE("parameters that nobody has defined are counted, not named") {
    Fixture f;
    const auto query_of = [&](const std::string& target, const std::string& prefer) {
        f.ask("GET", target, {}, "ehr", trust::Role::system, prefer);
        const auto entries = f.entries();
        REQUIRE(!entries.empty());
        return entries.back().query;
    };
    CHECK(query_of("/fhir/Patient?Eva-Andersson=1&family=x&19121212-1212=2", "handling=lenient") == "family ?2");
    CHECK(query_of("/fhir/Patient?Eva=1", "") == "?1");
    CHECK(query_of("/fhir/Patient?family.Eva=1&_sort=family", "handling=lenient") == "_sort ?1");
    CHECK(query_of("/fhir/Observation?subject:Patient.name=x&_has:Provenance:target:agent=y&code:not=z", "") ==
          "subject:Patient.name _has:Provenance:target:agent code:not");
}

TEST_CASE("an import is in the log commit by commit, and says truly what became of it") {
    Fixture f({.queue_entries_max = 300});
    std::string lines;
    for (int i = 0; i < 2'500; ++i) {
        const std::string n = std::to_string(i);
        lines += R"({"resourceType":"Patient","id":"i)" + n + R"(","identifier":[{"system":"urn:person","value":"n)" + n + R"("}]})" "\n";
    }
    const auto whole = f.ask("POST", "/fhir/$import", lines);
    CHECK(whole.status == 200);
    CHECK(whole.headers.has("X-Idun-Receipt"));
    CHECK(said_in(whole).find(R"("name":"taken","valueUnsignedInt":2500)") != std::string::npos);
    CHECK(f.entries().size() == 2'501);

    // The log breaks in the second commit: what is committed is said to be, and from where on to send again.
    f.files.left = 6;
    const auto broken = f.ask("POST", "/fhir/$import", lines);
    CHECK(broken.status == 503);
    CHECK(said_in(broken).find("resources were taken and stay") != std::string::npos);
    CHECK(said_in(broken).find("Send the import again from line ") != std::string::npos);
}

namespace {

// Every way to change something, and what would be there then.
void check_nothing_is_done(Fixture& f) {
    const std::string patient = R"({"resourceType":"Patient","id":"p","birthDate":"1950-01-01"})";
    const std::string fresh = R"({"resourceType":"Patient","id":"new"})";
    const auto before = f.records->snapshot().value()->version();
    for (const auto& [method, target, body] : std::vector<std::array<std::string, 3>>{
             {"POST", "/fhir/Patient", R"({"resourceType":"Patient"})"},
             {"PUT", "/fhir/Patient/new", fresh},
             {"PUT", "/fhir/Patient/p", patient},
             {"PATCH", "/fhir/Patient/p", R"([{"op":"add","path":"/birthDate","value":"1950-01-01"}])"},
             {"DELETE", "/fhir/Patient/p", ""},
             {"POST", "/fhir", R"({"resourceType":"Bundle","type":"transaction","entry":[{"resource":)" + fresh + R"(,"request":{"method":"PUT","url":"Patient/new"}}]})"},
             {"POST", "/fhir/$import", fresh + "\n"},
             {"POST", "/fhir/Patient/p/$break-glass", R"({"resourceType":"Parameters","parameter":[{"name":"ground","valueCode":"life"},{"name":"reason","valueString":"x"}]})"},
             {"PUT", "/fhir/Subscription/s", R"({"resourceType":"Subscription","id":"s","status":"off","reason":"r","criteria":"urn:idun:topic:admission","channel":{"type":"rest-hook"}})"},
             {"DELETE", "/fhir/Subscription/s", ""}}) {
        CAPTURE(method);
        CAPTURE(target);
        const auto answer = f.ask(method, target, body);
        CHECK(answer.status == 503);
        CHECK(said_in(answer).find("nothing was done: the log of accesses takes no entry") != std::string::npos);
        CHECK_FALSE(answer.headers.has("X-Idun-Receipt"));
    }
    CHECK(f.records->snapshot().value()->version() == before);
    CHECK(f.ask("GET", "/fhir/Patient/p").status == 503);
}

}  // namespace

TEST_CASE("nothing is done while the log takes no entry") {
    SUBCASE("it was frozen") {
        Fixture f;
        f.fill(1);
        f.put("Patient", "p", "");
        f.log->freeze(Error(Category::unavailable, "it was set back"));
        check_nothing_is_done(f);
    }
    SUBCASE("its disk takes nothing more") {
        Fixture f;
        f.put("Patient", "p", "");
        f.files.left = 0;
        CHECK(f.ask("GET", "/fhir/Patient/p").status == 503);  // so the log learns of it
        check_nothing_is_done(f);
    }
}

// What is left of it: docs/ledger-faults.md, "between asking and writing".
TEST_CASE("a change under way while the log breaks is not said to have failed, and is the last one") {
    Fixture f;
    f.files.left = 0;
    const auto answer = f.ask("PUT", "/fhir/Patient/p", R"({"resourceType":"Patient","id":"p"})");
    CHECK(answer.status == 503);
    CHECK(said_in(answer).find("is done and stays") != std::string::npos);
    CHECK(f.records->read("Patient", "p", {}).ok());
    CHECK(said_in(f.ask("GET", "/fhir/Patient/p")).find("is done") == std::string::npos);
    check_nothing_is_done(f);
}

TEST_CASE("a Subscription is there for its owner and for administrators only") {
    Fixture f;
    const std::string guide = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";
    const std::string text = R"({"resourceType":"Subscription","id":"s","status":"off","reason":"r","criteria":"urn:idun:topic:admission","channel":{"type":"rest-hook",)"
                             R"("endpoint":"http://127.0.0.1:9/hook/x","payload":"application/fhir+json","_payload":{"extension":[{"url":")" +
                             guide + R"(backport-payload-content","valueCode":"id-only"}]}}})";
    REQUIRE(f.ask("PUT", "/fhir/Subscription/s", text).status == 201);
    f.put("Basic", "b", R"("code":{"text":"x"},"subject":{"reference":"Subscription/s"})");
    struct Row {
        std::string user;
        trust::Role role;
        bool sees;
    };
    for (const Row& row : {Row{"ehr", trust::Role::system, true}, Row{"root", trust::Role::administrator, true}, Row{"lab", trust::Role::system, false},
                           Row{"anna", trust::Role::clinician, false}}) {
        CAPTURE(row.user);
        const auto ask = [&](const std::string& target) { return f.ask("GET", target, {}, row.user, row.role); };
        CHECK(ask("/fhir/Subscription/s").status == (row.sees ? 200 : 404));
        CHECK(ask("/fhir/Subscription/s/_history").status == (row.sees ? 200 : 404));
        for (const char* target : {"/fhir/Subscription", "/fhir/Subscription?status=off", "/fhir?_type=Subscription", "/fhir/Subscription/_history",
                                   "/fhir/_history", "/fhir/Basic?_include=Basic:subject"}) {
            CAPTURE(target);
            CHECK((said_in(ask(target)).find("127.0.0.1:9/hook") != std::string::npos) == row.sees);
        }
        CHECK((said_in(ask("/fhir/Subscription?_summary=count")).find(R"("total":1)") != std::string::npos) == row.sees);
        CHECK((said_in(ask("/fhir/Basic?subject:Subscription.status=off")).find(R"("total":1)") != std::string::npos) == row.sees);
        const auto batch = f.ask("POST", "/fhir", R"({"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Subscription/s"}}]})", row.user, row.role);
        CHECK((said_in(batch).find("127.0.0.1:9/hook") != std::string::npos) == row.sees);
        if (!row.sees) CHECK(f.ask("DELETE", "/fhir/Subscription/s", {}, row.user, row.role).status >= 403);
    }
    CHECK(f.ask("PUT", "/fhir/Subscription/s", text, "lab").status == 404);
    CHECK(f.ask("PUT", "/fhir/Subscription/s", text, "root", trust::Role::administrator).status == 200);
    CHECK(f.ask("GET", "/fhir/Subscription/s").status == 200);
    CHECK(f.ask("DELETE", "/fhir/Subscription/s", {}, "root", trust::Role::administrator).status == 204);
    CHECK(f.ask("GET", "/fhir/Subscription/s").status == 404);
}
