// For tests of subscriptions: a store, records, a log, and a receiver that answers as it is told.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "crypto/hash.h"
#include "crypto/pseudonym.h"
#include "crypto/signing.h"
#include "fhir/definitions.h"
#include "http/server.h"
#include "ledger/file_system.h"
#include "store/testing.h"
#include "subscriptions/subscriptions.h"

namespace idun::subscriptions {

using std::chrono::milliseconds;

struct Receiver {
    std::atomic<int> status = 200;
    std::atomic<int> calls = 0;
    std::mutex mutex;
    std::vector<std::string> bodies;  // of those that were answered 200
    std::vector<std::string> receipts;
    std::atomic<bool> hold = false;  // answers wait until it is false and another call comes
    std::vector<http::Reply> held;
    http::Loop loop{1};
    Metrics metrics;
    std::unique_ptr<http::Server> server;

    Receiver() {
        server = *http::Server::listen(loop, {}, [this](http::Request request, http::Reply reply) {
            ++calls;
            if (hold) {
                const std::lock_guard lock(mutex);
                return held.push_back(std::move(reply));
            }
            http::Response response;
            response.status = status;
            if (status == 200) {
                const std::lock_guard lock(mutex);
                bodies.push_back(request.body);
                receipts.emplace_back(request.headers.get("X-Idun-Receipt"));
            }
            reply.send(std::move(response));
        }, metrics);
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(server->port()) + "/hook/"; }

    // The numbers of all events that came, in order, with spaces.
    std::string numbers() {
        const std::lock_guard lock(mutex);
        std::string out;
        for (const std::string& body : bodies) {
            const auto document = json::Document::parse(body);
            for (const json::Value parameter : document->root()["entry"][0]["resource"]["parameter"].elements())
                if (parameter["name"].text() == "notification-event")
                    out += (out.empty() ? "" : " ") + std::string(parameter["part"][0]["valueString"].text());
        }
        return out;
    }
};

// While it is closed, every thread but the one that made it waits here.
class GateClock final : public Clock {
public:
    Instant now() const override {
        while (closed && std::this_thread::get_id() != owner_) {
            held = true;
            std::this_thread::sleep_for(milliseconds(1));
        }
        return system_clock().now();
    }
    mutable std::atomic<bool> held = false;
    std::atomic<bool> closed = false;

private:
    const std::thread::id owner_ = std::this_thread::get_id();
};

struct Fixture {
    GateClock gate;  // of the records
    Receiver receiver;
    store::TemporaryStore temporary;
    std::string folder;
    const Clock& clock = system_clock();
    Metrics metrics;
    http::Loop loop{1};
    http::Client client{loop, {}};
    crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    std::unique_ptr<ledger::Ledger> log;
    std::unique_ptr<records::Records> records;
    std::unique_ptr<store::ChangeKeeper> keeper;
    Options options;
    std::unique_ptr<Subscriptions> subscriptions;

    Fixture() {
        log::set_level(log::Level::off);
        std::string name = (std::filesystem::temp_directory_path() / "idun-subscriptions-XXXXXX").string();
        folder = mkdtemp(name.data());
        log = *ledger::Ledger::open(folder + "/log", "SE1", key, ledger::system_files(), clock);
        records::Options record_options;
        record_options.person_key = [](std::string_view system, std::string_view value) -> std::optional<std::string> {
            if (system != "urn:person") return std::nullopt;
            return std::string(crypto::sha256(value).view().substr(0, crypto::kPseudonymBytes));
        };
        records = *records::Records::open(*temporary.store, fhir::Definitions::r4(), gate, system_random(), record_options);
        options.provider_id = "SE1";
        options.base_url = "http://node/fhir";
        options.rule = "own-provider";
        options.endpoints = *Endpoints::of({receiver.url()});
        options.topics = *builtin_topics();
        options.retry_min = milliseconds(20);
        options.retry_max = milliseconds(50);
        start();
    }
    ~Fixture() {
        subscriptions.reset();
        log.reset();
        std::filesystem::remove_all(folder);
    }
    void start() {
        subscriptions.reset();
        keeper = std::make_unique<store::ChangeKeeper>(*temporary.store, std::vector<std::string>{kFeedReader});
        auto opened = Subscriptions::open(options, *temporary.store, *records, *log, *keeper, client, clock, system_random(), metrics);
        REQUIRE(opened);
        subscriptions = std::move(*opened);
    }
    std::string resource(const std::string& topic, const std::string& filter, const std::string& content, const std::string& more = "") const {
        const std::string guide = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";
        return R"({"resourceType":"Subscription","status":"requested","reason":"r","criteria":"urn:idun:topic:)" + topic + "\"," +
               (filter.empty() ? "" : R"("_criteria":{"extension":[{"url":")" + guide + R"(backport-filter-criteria","valueString":")" + filter + "\"}]},") +
               R"("channel":{"type":"rest-hook","endpoint":")" + receiver.url() + R"(x","payload":"application/fhir+json",)" +
               R"("_payload":{"extension":[{"url":")" + guide + R"(backport-payload-content","valueCode":")" + content + "\"}]}" + more + "}}";
    }
    Owner owner{{"ehr", "EHR", "system", "SE1", ""}, "https://users"};
    records::Outcome subscribe(const std::string& text) {
        const auto document = json::Document::parse(text);
        REQUIRE(document);
        return subscriptions->create(document->root(), owner);
    }
    std::string subscribed(const std::string& text) {
        const records::Outcome outcome = subscribe(text);
        REQUIRE(outcome.status == 201);
        return std::string(json::Document::parse(*outcome.body)->root()["id"].text());
    }
    void put(const std::string& type, const std::string& id, const std::string& members) {
        const auto document = json::Document::parse(R"({"resourceType":")" + type + R"(","id":")" + id + "\"," + members + "}");
        REQUIRE(document);
        REQUIRE(records->update(type, id, document->root(), {}).ok());
        subscriptions->nudge();
    }
    void encounter(const std::string& id, const std::string& status, const std::string& patient) {
        put("Encounter", id, R"("status":")" + status + R"(","class":{"code":"IMP"},"subject":{"reference":"Patient/)" + patient + "\"}");
    }
    std::string status_of(const std::string& id) const {
        const auto outcome = records->read("Subscription", id, {});
        return outcome.ok() ? std::string(json::Document::parse(*outcome.body)->root()["status"].text()) : std::to_string(outcome.status);
    }
    static bool eventually(const std::function<bool()>& holds) {
        for (int i = 0; i < 1500; ++i) {
            if (holds()) return true;
            std::this_thread::sleep_for(milliseconds(10));
        }
        return false;
    }
};

}  // namespace idun::subscriptions
