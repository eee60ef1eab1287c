#include "publish/shipper.h"

#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "base/random.h"
#include "crypto/encoding.h"
#include "crypto/merkle.h"
#include "http/server.h"
#include "json/writer.h"
#include "ledger/file_system.h"
#include "ledger/served_note.h"
#include "ledger/shipment.h"
#include "store/testing.h"

using namespace idun;

namespace {

// A hub that keeps what is shipped, and fails as it is told: before it keeps anything, or after (the answer is lost).
struct ShipmentHub {
    std::mutex mutex;
    std::vector<ledger::ShippedEntry> kept;  // guarded, as all below
    std::uint64_t stated_size = 0;
    std::string stated;        // the newest signed count
    bool takes_stated = true;  // it says that it takes them
    std::size_t largest = 0;
    ledger::Served served;
    std::vector<std::string> refused;
    std::string checkpoint;         // of the newest shipment
    std::string newest = "SE1";
    std::string newest_checkpoint;
    bool takes = true;
    bool fits = true;  // every shipment was the beginning of the tree that its head signs
    int shipments = 0;
    bool away = false;
    bool loses_answers = false;
    http::Loop loop{1};
    Metrics metrics;
    http::Client client{loop, {}};
    std::unique_ptr<http::Server> server;

    ShipmentHub() {
        server = *http::Server::listen(loop, {}, [this](http::Request request, http::Reply reply) {
            reply.send(answer(request));
        }, metrics);
    }

    http::Response answer(const http::Request& request) {
        const std::lock_guard lock(mutex);
        http::Response response;
        response.status = 503;
        if (away) return response;
        if (request.method == "POST") {
            const auto shipment = ledger::shipment_from(request.body);
            response.status = shipment ? 409 : 400;
            if (!takes || !shipment || shipment->first > kept.size() || shipment->size < kept.size()) return response;
            stated_size = shipment->size;
            ++shipments;
            largest = std::max(largest, shipment->entries.size());
            for (const auto& entry : shipment->entries)
                if (entry.index == kept.size()) kept.push_back(entry);
            checkpoint = shipment->checkpoint;
            served = shipment->served;
            stated = shipment->stated;
            refused = shipment->refused;
            fits = fits && is_of_its_tree(*shipment);
            if (loses_answers) {
                response.status = 502;
                return response;
            }
        }
        response.status = 200;
        json::Writer w;
        w.object()
            .member("log", "SE1")
            .member("next", std::uint64_t{kept.size()})
            .member("root", crypto::base64url(root().view()));
        if (takes_stated) w.member("stated", 0);
        w.member("newest", newest).member("checkpoint", checkpoint).member("newestCheckpoint", newest_checkpoint).end();
        response.body = w.take();
        return response;
    }
    crypto::Hash root() const {
        crypto::CompactRange tree;
        for (const auto& entry : kept) tree.append(entry.hash);
        return tree.root();
    }
    // As the hub checks it.
    bool is_of_its_tree(const ledger::Shipment& shipment) const {
        crypto::CompactRange tree;
        for (const auto& entry : kept) tree.append(entry.hash);
        const auto head = ledger::peek_checkpoint(shipment.checkpoint);
        if (!head || head->size != shipment.size) return false;
        if (tree.size() == head->size) return shipment.proof.empty() && tree.root() == head->root;
        return crypto::verify_consistency(tree.size(), head->size, shipment.proof, tree.root(), head->root).has_value();
    }
    template <typename T>
    T locked(T ShipmentHub::*member) {
        const std::lock_guard lock(mutex);
        return this->*member;
    }
    template <typename T>
    void set(T ShipmentHub::*member, T value) {
        const std::lock_guard lock(mutex);
        this->*member = value;
    }
    std::size_t count() {
        const std::lock_guard lock(mutex);
        return kept.size();
    }
};

struct Shipping {
    ShipmentHub hub;
    store::TemporaryFolder folder;
    ManualClock clock{{1'800'000'000'000}};
    Metrics metrics;
    crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    std::unique_ptr<ledger::Ledger> log =
        *ledger::Ledger::open(folder.path + "/log", "SE1", key, ledger::system_files(), clock);
    std::vector<std::string> refused;
    std::string set_back;  // guarded by the hub's mutex
    std::unique_ptr<publish::Shipper> shipper;

    Shipping() { log::set_level(log::Level::off); }
    void start(std::size_t entries_max = 2'000) {
        publish::ShipperOptions options;
        options.hub_url = "http://127.0.0.1:" + std::to_string(hub.server->port());
        options.assertion = [] { return std::string("x"); };
        options.look = std::chrono::milliseconds(5);
        options.entries_max = entries_max;
        options.served_file = folder.path + "/served";
        options.refused = [this](std::size_t) { return refused; };
        options.own_keys = crypto::KeySet(key.public_key());
        options.key = &key;
        options.set_back = [this](const std::string& why) {
            const std::lock_guard lock(hub.mutex);
            set_back = why;
        };
        shipper = std::make_unique<publish::Shipper>(options, *log, hub.client, clock, metrics);
    }
    void append(int count) {
        for (int i = 0; i < count; ++i) {
            ledger::Access access;
            access.time = clock.now();
            access.request_id = std::to_string(log->size());
            if (log->size() % 3 == 0) access.ticket_id = "1-x";
            REQUIRE(log->append(access));
        }
    }
    // For as long as a slow machine may need.
    bool until(const std::function<bool()>& holds) {
        for (int i = 0; i < 3'000; ++i) {
            if (holds()) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return false;
    }
    void check_all_there() {
        const std::lock_guard lock(hub.mutex);
        REQUIRE(hub.kept.size() == log->size());
        CHECK(hub.fits);
        CHECK(hub.served.tickets == (log->size() + 2) / 3);
        CHECK(hub.served.own + hub.served.tickets == log->size());
        for (std::size_t i = 0; i < hub.kept.size(); ++i) CHECK(hub.kept[i].access.request_id == std::to_string(i));
    }
};

}  // namespace

TEST_CASE("every entry comes to the hub in order, in bounded shipments, and new ones follow by themselves") {
    Shipping f;
    f.append(25);
    f.start(10);
    CHECK(f.until([&] { return f.hub.count() == 25; }));
    f.append(3);
    CHECK(f.until([&] { return f.shipper->settled() && f.hub.count() == 28; }));
    CHECK(f.hub.locked(&ShipmentHub::largest) == 10);
    f.check_all_there();
}

TEST_CASE("a hub that is away for long loses nothing, and answers that are lost bring nothing twice") {
    Shipping f;
    f.hub.set(&ShipmentHub::away, true);
    f.start();
    f.append(20);
    CHECK(f.until([&] {
        f.clock.advance(std::chrono::hours(24 * 7));
        return !f.shipper->healthy();
    }));
    CHECK(!f.shipper->settled());
    f.append(20);
    f.hub.set(&ShipmentHub::loses_answers, true);
    f.hub.set(&ShipmentHub::away, false);
    CHECK(f.until([&] { return f.hub.count() == 40; }));
    f.append(5);
    CHECK(f.until([&] { return f.hub.count() == 45; }));
    f.hub.set(&ShipmentHub::loses_answers, false);
    CHECK(f.until([&] { return f.shipper->settled() && f.shipper->healthy().has_value(); }));
    f.check_all_there();
}

TEST_CASE("a count of accesses is signed for a hub that takes it so, and left out for one that would not read it") {
    for (const bool takes : {true, false}) {
        Shipping f;
        f.hub.set(&ShipmentHub::takes_stated, takes);
        f.append(7);
        f.start(3);
        CHECK(f.until([&] { return f.hub.count() == 7 && f.shipper->settled(); }));
        f.check_all_there();
        const auto said = ledger::open_served(f.hub.locked(&ShipmentHub::stated), crypto::KeySet(f.key.public_key()));
        CHECK(said.has_value() == takes);
        if (said) CHECK(*said == ledger::ServedNote{"SE1", 7, f.hub.locked(&ShipmentHub::served)});
    }
}

TEST_CASE("a shipper that starts anew goes on where the hub is, also when the hub has been set back") {
    Shipping f;
    f.append(5);
    f.start();
    CHECK(f.until([&] { return f.hub.count() == 5; }));
    f.shipper.reset();
    {
        const std::lock_guard lock(f.hub.mutex);
        f.hub.kept.resize(2);
    }
    f.append(1);
    f.start();
    CHECK(f.until([&] { return f.hub.count() == 6; }));
    {
        const std::lock_guard lock(f.hub.mutex);
        f.hub.kept.resize(1);  // while it runs: what it sends next does not fit any more
    }
    f.append(1);
    CHECK(f.until([&] { return f.hub.count() == 7; }));
    f.check_all_there();
}

TEST_CASE("a quiet log still says how many entries it has") {
    Shipping f;
    f.append(1);
    f.start();
    CHECK(f.until([&] { return f.shipper->settled(); }));
    const int before = f.hub.locked(&ShipmentHub::shipments);
    f.clock.advance(std::chrono::seconds(11));
    CHECK(f.until([&] { return f.hub.locked(&ShipmentHub::shipments) > before; }));
    CHECK(f.hub.locked(&ShipmentHub::stated_size) == 1);
}

TEST_CASE("a log whose own key has signed more or other entries was set back: that is found at the first word") {
    Shipping f;
    f.append(3);
    f.start();
    CHECK(f.until([&] { return f.shipper->settled(); }));
    f.shipper.reset();
    const auto stranger = crypto::SigningKey::generate(system_random());
    const auto told = [&](const std::string& checkpoint, const std::string& newest = "SE1", const std::string& of_newest = "") {
        {
            const std::lock_guard lock(f.hub.mutex);
            f.hub.takes = false;
            f.hub.checkpoint = checkpoint;
            f.hub.newest = newest;
            f.hub.newest_checkpoint = of_newest;
            f.set_back.clear();
        }
        f.start();
        f.shipper->wait_for_word(std::chrono::seconds(30));
        f.shipper.reset();
        return f.set_back;
    };
    const std::string as_it_is = f.hub.checkpoint;
    CHECK(told(as_it_is).empty());
    ledger::ShippedEntry lost = f.hub.kept.back();
    lost.index = 3;
    f.hub.kept.push_back(lost);
    const auto signed_by = [&](const crypto::SigningKey& key, const std::string& log_id) {
        return ledger::sign_checkpoint(key, {log_id, 4, f.hub.root()});
    };
    // The hub's word alone closes no hospital.
    for (const std::string& none : {std::string(), std::string("x"), as_it_is, signed_by(stranger, "SE1"), signed_by(f.key, "SE2"), signed_by(f.key, "SE1.log2")})
        CHECK(told(none).empty());
    const std::string more = signed_by(f.key, "SE1");
    CHECK(told(more) == "the log SE1 was set back: it has 3 entries, and has signed that it had 4; nothing is answered until `idun log renew` has begun a new one");
    f.append(2);  // as if it had gone on before it heard
    CHECK(told(more).find("of its first 4 entries it has signed other ones") != std::string::npos);
    CHECK(told(as_it_is).empty());  // a root that nobody signed
    f.hub.kept.pop_back();
    CHECK(told(more).find("it has signed other ones") != std::string::npos);  // also of entries that the hub has not got
    for (const std::string& none : {std::string(), signed_by(stranger, "SE1.log2"), more}) CHECK(told(as_it_is, "SE1.log2", none).empty());
    CHECK(told(as_it_is, "SE2.log2", signed_by(f.key, "SE2.log2")).empty());
    CHECK(told(as_it_is, "SE1.log2", signed_by(f.key, "SE1.log2")).find("the hub knows SE1.log2, which came after it") != std::string::npos);
}

TEST_CASE("the count of accesses is kept over restarts, and made anew when it is lost or of another log") {
    Shipping f;
    f.append(7);
    f.start(3);
    CHECK(f.until([&] { return f.shipper->settled(); }));
    f.shipper.reset();
    CHECK(*ledger::system_files().read(f.folder.path + "/served", 0, 100) == "idun-served 2 SE1 7 4 3\n");
    for (const std::string text : {"", "idun-served 2 SE1 5 3 2\n", "idun-served 2 SE1 900 900 0\n", "idun-served 2 SE2 7 7 0\n", "idun-served 2 SE1 7 7 0", "idun-served 1 SE1 7 7 0\n"}) {
        REQUIRE(ledger::system_files().write_whole(f.folder.path + "/served", text, false));
        f.append(1);
        f.start();
        CHECK(f.until([&] { return f.shipper->settled(); }));
        f.check_all_there();
        f.shipper.reset();
    }
}

TEST_CASE("what was refused without an entry is said with the next shipment") {
    Shipping f;
    f.refused = {"7-a"};
    f.append(1);
    f.start();
    CHECK(f.until([&] { return f.shipper->settled(); }));
    CHECK(f.hub.locked(&ShipmentHub::refused) == std::vector<std::string>{"7-a"});
}
