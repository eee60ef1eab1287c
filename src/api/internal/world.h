// For tests and measurements: one node with all that answers at it, without sockets and without a hub. Two worlds that
// are made from the same seed and told the same give the same bytes.
#pragma once

#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <random>
#include <string>

#include "api/callers.h"
#include "api/node.h"
#include "fhir/definitions.h"
#include "ledger/file_system.h"
#include "store/change_keeper.h"
#include "store/testing.h"
#include "subscriptions/subscriptions.h"
#include "validation/guides.h"

namespace idun::api {

class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : numbers_(seed) {}
    std::string bytes(std::size_t count) override {
        const std::lock_guard lock(mutex_);
        std::string out(count, '\0');
        for (char& c : out) c = static_cast<char>(numbers_());
        return out;
    }

private:
    std::mutex mutex_;
    std::mt19937_64 numbers_;
};

struct Caller {
    std::string id = "anna";
    trust::Role role = trust::Role::clinician;
    std::string unit;
    std::string glass = {};
};

struct World {
    static constexpr const char* kProvider = "SE1";

    // What the node takes for its log instead, over the real one; null: that itself.
    using OtherLog = std::function<std::unique_ptr<ledger::Ledger>(ledger::Ledger&)>;

    explicit World(std::uint64_t seed, const OtherLog& other_log = {}) : random(seed) {
        records::Options options;
        options.base_url = kBase;
        options.person_key = [](std::string_view system, std::string_view value) { return key_of(system, value); };
        records = *records::Records::open(*temporary.store, fhir::Definitions::r4(), clock, random, options);
        ledger = *ledger::Ledger::open(temporary.folder.path + "/log", kProvider, key, ledger::system_files(), clock);
        if (other_log) other = other_log(*ledger);
        rights = *gate::RightsCopy::open(*temporary.store, clock);
        gate = std::make_unique<gate::Gate>(gate::Options{.provider_id = kProvider,
                                                          .base_url = kBase,
                                                          .hub_keys = [this] { return crypto::KeySet(key.public_key()); },
                                                          .rules = rules},
                                            *records, *ledger, *rights, clock, metrics);
        sights = std::make_unique<gate::Sights>(kProvider, rules, *records, *rights, clock);
        care = std::make_unique<gate::CareRelations>(*records, rules, clock);
        glasses = std::make_unique<gate::Glasses>(kProvider, key, rules, *temporary.store, clock, random);
        const auto staff = [](const ledger::Actor& actor) {
            return gate::Staff{actor.user_id, rights::role_from(actor.role), actor.unit_id};
        };
        bulk::Options exporting;
        exporting.folder = temporary.folder.path + "/exports";
        exporting.threads = 1;
        exporting.settle = std::chrono::milliseconds(0);
        exporting.visible_to = [this, staff](const ledger::Actor& actor) { return sights->visible_to(staff(actor)); };
        exports = *bulk::Exports::open(exporting, *records, *ledger, clock, random);
        keeper = std::make_unique<store::ChangeKeeper>(*temporary.store,
                                                       std::vector<std::string>{subscriptions::kFeedReader});
        subscriptions::Options subscribing;
        subscribing.provider_id = kProvider;
        subscribing.base_url = kBase;
        subscribing.topics = *subscriptions::builtin_topics();
        subscriptions = *subscriptions::Subscriptions::open(subscribing, *temporary.store, *records, *ledger, *keeper,
                                                            client, clock, random, metrics);
        users = std::make_unique<Users>("iss", "aud", crypto::KeySet(key.public_key()), clock);
        terms = std::make_shared<const terms::Terms>(fhir::PackageSet({}));
        guides = std::make_shared<const validation::Guides>(fhir::PackageSet({}), terms.get());
        node.reset(new Node{.provider_id = kProvider,
                            .provider_name = "One",
                            .base_url = kBase,
                            .definitions = fhir::Definitions::r4(),
                            .terms = terms,
                            .guides = guides,
                            .records = *records,
                            .ledger = other ? *other : *ledger,
                            .gate = *gate,
                            .sights = *sights,
                            .care = *care,
                            .glasses = *glasses,
                            .subscriptions = *subscriptions,
                            .users = *users,
                            .exports = *exports,
                            .clock = clock,
                            .person_key = key_of,
                            .written = [] {}});
        http::Router router;
        add_node_routes(router, *node);
        handler = std::move(router).handler();
    }
    ~World() {
        subscriptions.reset();
        exports.reset();
        ledger.reset();
    }

    static std::optional<std::string> key_of(std::string_view system, std::string_view value) {
        if (system != "urn:person") return std::nullopt;
        return std::string(crypto::sha256(value).view().substr(0, crypto::kPseudonymBytes));
    }
    static crypto::Pseudonym person(std::string_view value) {
        return *crypto::Pseudonym::from(*key_of("urn:person", value));
    }

    // The facts of persons, as the hub's feed would bring them.
    void choose(std::vector<rights::FactChange> changes) {
        rights::FeedPage page;
        page.after = rights->number();
        page.upto = page.after;
        for (rights::FactChange& change : changes) {
            change.number = ++page.upto;
            change.time = clock.now();
            page.changes.push_back(std::move(change));
        }
        page.head = page.upto;
        page.lease_until = clock.now() + std::chrono::hours(24);
        IDUN_CHECK(rights->apply(page).has_value());
    }

    // A commit that says nothing: where the other world has one that is to be hidden.
    void pass() {
        store::Batch batch;
        batch.put("nothing-N", std::to_string(passed++));
        IDUN_CHECK(temporary.store->commit(std::move(batch)).has_value());
    }

    std::string token(const Caller& caller) {
        const std::string name = caller.id + "|" + caller.unit + "|" + std::string(trust::to_string(caller.role));
        auto& kept = tokens[name];
        if (!kept.empty()) return kept;
        trust::UserToken user;
        user.issuer = "iss";
        user.audience = "aud";
        user.subject = caller.id;
        user.role = caller.role;
        user.provider_id = kProvider;
        user.unit_id = caller.unit;
        user.issued = clock.now();
        user.expires = clock.now() + std::chrono::hours(12);
        return kept = *trust::sign_user_token(key, user);
    }

    struct Asked {
        std::string method;
        std::string path;  // "/fhir/Patient"
        std::string query = {};
        std::string body = {};
        std::vector<std::pair<std::string, std::string>> headers = {};
    };
    http::Response ask(const Caller& caller, const Asked& asked) {
        http::Request request;
        request.method = asked.method;
        request.path = asked.path;
        request.query = asked.query;
        request.body = asked.body;
        request.headers.set("Authorization", "Bearer " + token(caller));
        if (!asked.body.empty()) request.headers.set("Content-Type", "application/fhir+json");
        if (!caller.glass.empty()) request.headers.set("X-Idun-Break-Glass", caller.glass);
        for (const auto& [name, value] : asked.headers) request.headers.set(name, value);
        auto answered = std::make_shared<std::promise<http::Response>>();
        auto answer = answered->get_future();
        struct Sink final : http::Reply::Sink {
            std::shared_ptr<std::promise<http::Response>> to;
            void send(http::Response response) override { to->set_value(std::move(response)); }
            std::unique_ptr<http::BodyStream> stream(http::Response) override { return nullptr; }
        };
        auto sink = std::make_unique<Sink>();
        sink->to = answered;
        handler(std::move(request), http::Reply(std::move(sink)));
        return answer.get();
    }

    static constexpr const char* kBase = "http://node/fhir";
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    SeededRandom random;
    Metrics metrics;
    const rights::RuleTable rules;
    const crypto::SigningKey key = *crypto::SigningKey::from_seed(std::string(32, 'k'));
    http::Loop loop{1};
    http::Client client{loop, {}};
    std::unique_ptr<records::Records> records;
    std::unique_ptr<ledger::Ledger> ledger;
    std::unique_ptr<ledger::Ledger> other;
    std::unique_ptr<gate::RightsCopy> rights;
    std::unique_ptr<gate::Gate> gate;
    std::unique_ptr<gate::Sights> sights;
    std::unique_ptr<gate::CareRelations> care;
    std::unique_ptr<gate::Glasses> glasses;
    std::unique_ptr<bulk::Exports> exports;
    std::unique_ptr<store::ChangeKeeper> keeper;
    std::unique_ptr<subscriptions::Subscriptions> subscriptions;
    std::unique_ptr<Users> users;
    std::shared_ptr<const terms::Terms> terms;
    std::shared_ptr<const validation::Guides> guides;
    std::unique_ptr<Node> node;
    http::Handler handler;
    std::map<std::string, std::string> tokens;
    int passed = 0;
};

// All of an answer but what differs by nature: the receipt.
inline std::string text_of(const http::Response& response) {
    std::string out = std::to_string(response.status) + "\n";
    for (const auto& [name, value] : response.headers.all())
        out += name + ": " + (name == "X-Idun-Receipt" ? "*" : value) + "\n";
    return out + "\n" + (response.shared_body ? *response.shared_body : response.body);
}

}  // namespace idun::api
