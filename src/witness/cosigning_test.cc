#include "witness/cosigning.h"

#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "crypto/tree_head.h"
#include "http/server.h"
#include "json/document.h"
#include "json/writer.h"
#include "ledger/internal/fault_files.h"
#include "ledger/receipt.h"
#include "ledger/tiles.h"
#include "witness/request.h"
#include "witness/witness.h"

using namespace idun;
using namespace idun::witness;
using std::chrono::milliseconds;

namespace {

// Witnesses behind one server, by the first part of the path: /w1, /w2. Each does as it is told.
enum class Manner { honest, away, silent, lies, rambles, page_fails, page_silent };  // the page: `/witness`

struct Scene {
    ledger::FaultFiles files;
    ManualClock clock{{1'800'000'000'000}};
    Metrics metrics;
    http::Loop loop{2};
    http::Client client{loop, {}};
    crypto::SigningKey log_key = *crypto::SigningKey::from_seed(std::string(32, 'l'));
    std::vector<crypto::SigningKey> keys;
    std::vector<std::unique_ptr<Witness>> witnesses;
    std::mutex mutex;
    std::vector<Manner> manners;
    std::string rambling;
    std::vector<http::Reply> held;
    int looks = 0;  // at the first one's page
    std::unique_ptr<http::Server> server;
    std::unique_ptr<ledger::Ledger> log;
    std::string log_folder;
    std::unique_ptr<Cosigning> cosigning;
    std::vector<std::string> set_back;  // guarded by the mutex

    explicit Scene(std::size_t count = 2) {
        log::set_level(log::Level::off);
        for (std::size_t i = 1; i <= count; ++i) keys.push_back(*crypto::SigningKey::from_seed(std::string(32, static_cast<char>('0' + i))));
        for (std::size_t i = 1; i <= count; ++i) {
            const auto owner = *crypto::VerifierKey::of("idun/SE1", log_key.public_key());
            const std::string name = "w" + std::to_string(i);
            witnesses.push_back(*Witness::open({name, name, {owner}}, keys[i - 1], files, clock, metrics));
        }
        manners.assign(count, Manner::honest);
        server = *http::Server::listen(loop, {}, [this](http::Request request, http::Reply reply) { answer(request, std::move(reply)); },
                                       metrics);
        open_log("log");
    }
    ~Scene() {
        cosigning.reset();
        log.reset();
        held.clear();
        server.reset();
    }

    void answer(const http::Request& request, http::Reply reply) {
        const std::size_t which = static_cast<std::size_t>(request.path.at(2) - '1');
        http::Response response;
        const std::lock_guard lock(mutex);
        const bool page = request.path.ends_with("/witness");
        if (page && which == 0) ++looks;
        if (page && manners.at(which) == Manner::page_silent) return held.push_back(std::move(reply));
        switch (manners.at(which)) {
            case Manner::away: response.status = 503; break;
            case Manner::silent: held.push_back(std::move(reply)); return;
            case Manner::rambles:
                response.status = 200;
                response.body = rambling;
                break;
            default: {
                if (page) {
                    response.status = manners[which] == Manner::page_fails ? 502 : 200;
                    response.body = witnesses[which]->report(request.query.substr(request.query.find('=') + 1));
                    break;
                }
                const Answer said = witnesses[which]->add_checkpoint(request.body);
                response.status = said.status;
                response.headers.set("Content-Type", said.type);
                response.body = said.body;
                // Somebody else's signature under this name.
                if (manners[which] == Manner::lies && said.status == 200) response.body[response.body.size() - 20] ^= 1;
            }
        }
        reply.send(std::move(response));
    }
    void behave(std::size_t which, Manner manner) {
        const std::lock_guard lock(mutex);
        manners.at(which - 1) = manner;
    }

    void open_log(const std::string& folder) {
        cosigning.reset();
        log.reset();
        ledger::Options options;
        options.tiles_after = milliseconds(2);
        log_folder = folder;
        log = *ledger::Ledger::open(folder, "SE1", log_key, files, clock, nullptr, options);
    }
    void append(int count) {
        for (int i = 0; i < count; ++i) {
            ledger::Access access;
            access.time = clock.now();
            access.request_id = log_folder;
            REQUIRE(log->append(access));
        }
    }
    CosigningOptions options() {
        CosigningOptions out;
        for (const auto& witness : witnesses)
            out.witnesses.push_back({"http://127.0.0.1:" + std::to_string(server->port()) + "/" + witness->key().name(), witness->key()});
        out.every = milliseconds(4);
        out.timeout = milliseconds(500);
        out.retry_max = milliseconds(16);
        out.own_keys = crypto::KeySet(log_key.public_key());
        out.set_back = [this](const std::string& why) {
            const std::lock_guard lock(mutex);
            set_back.push_back(why);
        };
        return out;
    }
    void start() { cosigning = std::make_unique<Cosigning>(options(), *log, client, clock, metrics); }

    // The served checkpoint's size and how many of the witnesses have signed it.
    struct Served {
        std::uint64_t size = 0;
        std::size_t cosignatures = 0;
    };
    Served served() {
        const auto note = ledger::TileReader(files, log_folder + "/public").checkpoint();
        if (!note) return {};
        std::vector<crypto::VerifierKey> all{*crypto::VerifierKey::of("idun/SE1", log_key.public_key())};
        for (const auto& witness : witnesses) all.push_back(witness->key());
        const auto opened = crypto::open_note(*note, all);
        REQUIRE(opened);  // whatever is served is signed by the log, and no signature under a known name is wrong
        REQUIRE(std::any_of(opened->signatures.begin(), opened->signatures.end(), [](const auto& one) { return one.key == 0; }));
        return {crypto::TreeHead::from_text(opened->text)->size, opened->signatures.size() - 1};
    }
    std::string first_word() {
        const std::lock_guard lock(mutex);
        return set_back.empty() ? "" : set_back.front();
    }
    bool until(const std::function<bool()>& holds) {
        for (int i = 0; i < 10'000; ++i) {
            if (holds()) return true;
            clock.advance(milliseconds(5));
            std::this_thread::sleep_for(milliseconds(2));
        }
        return false;
    }
    bool until_served(std::uint64_t size, std::size_t cosignatures) {
        return until([&] {
            const Served now = served();
            return now.size == size && now.cosignatures == cosignatures;
        });
    }
    Trouble trouble(std::size_t which) { return cosigning->witnesses().at(which - 1).trouble; }
};

}  // namespace

TEST_CASE("what a log publishes is soon served with the cosignatures of its witnesses, also after a restart") {
    Scene scene;
    scene.append(3);
    scene.start();
    CHECK(scene.until_served(3, 2));
    scene.append(300);
    CHECK(scene.until_served(303, 2));
    CHECK(scene.cosigning->healthy());
    scene.open_log("log");
    scene.start();  // knows nothing of what the witnesses know
    scene.append(1);
    CHECK(scene.until_served(304, 2));
    const auto report = json::Document::parse(scene.cosigning->report());
    REQUIRE(report);
    CHECK(report->root()["witnesses"][1]["name"].text() == "w2");
    CHECK(report->root()["witnesses"][1]["size"].text() == "304");
    CHECK(report->root()["witnesses"][1]["trouble"].text() == "none");
}

TEST_CASE("the served checkpoint never goes back, however entries, cosignatures and failures mix") {
    Scene scene;
    auto options = scene.options();
    options.alone_after = milliseconds(30);
    scene.cosigning = std::make_unique<Cosigning>(options, *scene.log, scene.client, scene.clock, scene.metrics);
    std::uint64_t last = 0;
    for (int i = 0; i < 150; ++i) {
        scene.append(1 + i % 3);
        if (i % 10 == 0) scene.behave(1, i % 20 == 0 ? Manner::away : Manner::honest);
        if (i % 15 == 0) scene.behave(2, i % 30 == 0 ? Manner::away : Manner::honest);
        scene.clock.advance(milliseconds(5));
        const auto now = scene.served();
        CHECK(now.size >= last);
        last = now.size;
    }
}

TEST_CASE("a witness that is away changes nothing but its own line; without any the newest is served alone") {
    Scene scene;
    scene.behave(2, Manner::away);
    scene.append(5);
    scene.start();
    CHECK(scene.until_served(5, 1));
    CHECK(scene.trouble(2) == Trouble::away);
    scene.behave(1, Manner::away);
    scene.append(5);
    CHECK(scene.until_served(10, 0));
    CHECK(scene.metrics.text().find("idun_log_unwitnessed{log=\"SE1\"} 1") != std::string::npos);
    CHECK(scene.cosigning->healthy());  // not at once
    REQUIRE(scene.until([&] {
        scene.clock.advance(std::chrono::seconds(20));
        return !scene.cosigning->healthy();
    }));
    CHECK(scene.cosigning->healthy().error().category == Category::unavailable);
    scene.behave(1, Manner::honest);
    scene.behave(2, Manner::honest);
    CHECK(scene.until_served(10, 2));
    CHECK(scene.cosigning->healthy());
    CHECK(scene.metrics.text().find("idun_log_unwitnessed{log=\"SE1\"} 0") != std::string::npos);
}

TEST_CASE("a witness that does not answer holds up neither receipts nor the end") {
    Scene scene;
    scene.behave(1, Manner::silent);
    scene.append(1);
    scene.start();
    CHECK(scene.until([&] {
        const std::lock_guard lock(scene.mutex);
        return !scene.held.empty();
    }));
    scene.append(20);
    const auto began = std::chrono::steady_clock::now();
    scene.cosigning.reset();
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(10));  // not until a silent one answers
}

TEST_CASE("what is no cosignature of this witness is never served") {
    Scene scene;
    scene.append(4);
    scene.behave(1, Manner::lies);
    scene.behave(2, Manner::rambles);
    const auto stranger = *crypto::SigningKey::from_seed(std::string(32, 'x'));
    const std::string text = crypto::Note::parse(scene.log->checkpoint())->text;
    scene.start();
    for (const std::string& body :
         {std::string(), std::string("\n"), std::string("200\n"), std::string(100'000, 'a'), std::string("— w2 AAAA\n"),
          crypto::print_signature(crypto::cosign_note_text(text, "w2", stranger, 1)),
          crypto::print_signature(crypto::sign_note_text(text, "w2", scene.keys[1])),           // over the text alone
          crypto::print_signature(crypto::cosign_note_text("idun/SE1\n9\nAAAA\n", "w2", scene.keys[1], 1)),
          "\n\n" + crypto::print_signature(crypto::cosign_note_text(text, "w2", scene.keys[1], 1)) + "x"}) {
        {
            const std::lock_guard lock(scene.mutex);
            scene.rambling = body;
        }
        const double before = static_cast<double>(scene.log->size());
        scene.append(1);
        CHECK(scene.until([&] { return scene.trouble(2) != Trouble::none && scene.trouble(1) == Trouble::refused; }));
        CHECK(scene.served().cosignatures == 0);
        CHECK(before < static_cast<double>(scene.log->size()));
    }
}

TEST_CASE("an older copy of a log hears that it was set back, and once it has grown, that it was forked") {
    Scene scene(1);
    scene.append(10);
    scene.start();
    CHECK(scene.until_served(10, 1));
    scene.open_log("older");
    scene.append(6);
    scene.start();
    CHECK(scene.until([&] { return scene.trouble(1) == Trouble::set_back; }));
    const Status sick = scene.cosigning->healthy();
    REQUIRE(!sick);
    CHECK(sick.error().category == Category::corrupt);
    CHECK(sick.error().message == "the witness w1: it has cosigned 10 entries of this log, which has 6");
    scene.append(4);  // the same size
    CHECK(scene.until([&] { return scene.trouble(1) == Trouble::forked; }));
    scene.append(4);
    CHECK(scene.until([&] { return scene.cosigning->witnesses()[0].reason.find("another tree") != std::string::npos; }));
    CHECK(scene.served().cosignatures == 0);
    const auto refused = scene.witnesses[0]->logs().at(0).refused;
    REQUIRE(!refused.empty());
    CHECK(refused[0].why == Why::two_roots);
    CHECK(scene.witnesses[0]->logs().at(0).size == 10);
    // The true one goes on.
    scene.open_log("log");
    scene.append(1);
    scene.start();
    CHECK(scene.until_served(11, 1));
}

TEST_CASE("somebody else may show a witness our newest checkpoint") {
    Scene scene(1);
    scene.append(5);
    scene.start();
    CHECK(scene.until_served(5, 1));
    for (int i = 0; i < 20; ++i) {
        scene.append(3);
        CHECK(scene.until([&] { return scene.log->published() == scene.log->size(); }));
        const std::uint64_t known = scene.witnesses[0]->logs().at(0).size;
        const std::uint64_t size = scene.log->size();
        AddCheckpoint request{known, {}, scene.log->checkpoint()};
        if (known < size) request.proof = *scene.log->consistency_proof(known, size);
        (void)scene.witnesses[0]->add_checkpoint(request.print());
    }
    CHECK(scene.until_served(65, 1));
    CHECK(scene.trouble(1) == Trouble::none);
}

TEST_CASE("what a witness shows that the log's own key has signed tells at the first word that it was set back") {
    Scene scene(1);
    scene.append(5);
    scene.start();
    REQUIRE(scene.until([&] { return scene.served().cosignatures == 1 && scene.served().size == 5; }));
    scene.cosigning->wait_for_word(milliseconds(10'000));
    CHECK(scene.first_word().empty());  // it is the log that the witness knows
    scene.open_log("older");
    scene.append(2);
    scene.start();
    scene.cosigning->wait_for_word(milliseconds(10'000));
    CHECK(scene.first_word() == "it has 2 entries, and has signed that it had 5");
}

TEST_CASE("a log that went another way while its witness was away is told so when the witness is back") {
    Scene scene(1);
    scene.append(5);
    scene.start();
    REQUIRE(scene.until([&] { return scene.served().cosignatures == 1 && scene.served().size == 5; }));
    scene.behave(1, Manner::away);
    scene.open_log("other");
    scene.append(8);
    scene.start();
    scene.cosigning->wait_for_word(milliseconds(10'000));  // nobody is waited for longer than a question takes
    REQUIRE(scene.until([&] { return scene.cosigning->witnesses()[0].trouble == Trouble::away; }));
    CHECK(scene.first_word().empty());
    scene.behave(1, Manner::honest);
    CHECK(scene.until([&] { return scene.first_word() == "of its first 5 entries it has signed other ones"; }));
    CHECK(scene.until([&] { return scene.cosigning->witnesses()[0].trouble == Trouble::forked; }));
}

TEST_CASE("a witness whose page fails or hangs is looked at ever more seldom, and all cosign meanwhile") {
    for (const Manner manner : {Manner::page_fails, Manner::page_silent}) {
        CAPTURE(static_cast<int>(manner));
        Scene scene;
        scene.behave(1, manner);
        auto options = scene.options();
        options.timeout = milliseconds(200);
        options.retry_max = milliseconds(1'000'000);
        const Instant began = scene.clock.now();
        scene.cosigning = std::make_unique<Cosigning>(options, *scene.log, scene.client, scene.clock, scene.metrics);
        constexpr int kRounds = 30;  // at least one for each checkpoint
        for (int size = 1; size <= kRounds; ++size) {
            scene.append(1);
            REQUIRE(scene.until_served(static_cast<std::uint64_t>(size), 2));
        }
        const std::lock_guard lock(scene.mutex);
        const std::chrono::milliseconds passed = scene.clock.now() - began;
        CHECK(scene.looks >= 2);
        REQUIRE(scene.looks < kRounds);
        // Between them at least `every`, twice that, four times …
        CHECK(options.every * ((1 << (scene.looks - 1)) - 1) <= passed);
    }
}

TEST_CASE("what a witness shows without this log's signature stops nothing, whatever it is") {
    const auto stranger = crypto::SigningKey::generate(system_random());
    const std::string big = ledger::sign_checkpoint(stranger, {"SE1", 900, {}});
    json::Writer w;
    w.object()
        .name("logs")
        .array()
        .object()
        .member("origin", "idun/SE1")
        .member("size", 900)
        .member("checkpoint", big)
        .end();
    w.object()
        .member("origin", "idun/SE1")
        .member("checkpoint", "x")
        .end()
        .object()
        .end()
        .value(std::uint64_t{7})
        .end()
        .end();
    for (const std::string& body :
         {w.take(), std::string("[]"), std::string("{\"logs\":7}"), std::string("no JSON"), std::string()}) {
        Scene scene(1);
        scene.rambling = body;
        scene.behave(1, Manner::rambles);
        scene.append(3);
        scene.start();
        scene.cosigning->wait_for_word(milliseconds(10'000));
        REQUIRE(scene.until([&] { return scene.cosigning->witnesses()[0].trouble != Trouble::none; }));
        CHECK(scene.first_word().empty());
    }
}
