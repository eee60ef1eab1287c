#include "publish/key_news.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "base/log.h"
#include "base/metrics.h"
#include "http/server.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::publish;

namespace {

crypto::SigningKey key_of(char letter) { return *crypto::SigningKey::from_seed(std::string(32, letter)); }

// What a hub knows of the keys of SE1, in a store of its own.
struct KnownKeys {
    KnownKeys() {
        store::EmbeddedOptions options;
        options.folder = folder.path + "/store";
        store = store::open_embedded(options, system_clock()).value();
        trust::ProviderKeys told;
        REQUIRE(told.add("SE1", key_of('a').public_key()));
        REQUIRE(told.add("hub", key_of('h').public_key()));
        keys = trust::PeerKeys::open(*store, told, system_clock()).value();
    }
    store::TemporaryFolder folder;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<trust::PeerKeys> keys;
};

template <typename Condition>
bool comes(Condition condition) {
    for (int i = 0; i < 2000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return condition();
}

}  // namespace

TEST_CASE("a hub that has forgotten a node's key changes hears them again") {
    log::set_level(log::Level::off);
    KnownKeys before, restored, node;
    std::atomic<KnownKeys*> hub = &before;
    http::Loop loop;
    Metrics metrics;
    const auto server = *http::Server::listen(loop, {}, http::answering([&](const http::Request& request) {
        http::Response out;
        out.status = request.method == "POST" && hub.load()->keys->take(request.body) ? 200 : 404;
        return out;
    }), metrics);
    const auto first = key_of('a'), second = key_of('b'), third = key_of('c');
    const std::vector<std::string> notes{
        trust::sign_key_change({"SE1", 1, Instant{1000}, first.public_key(), second.public_key()}, first, second),
        trust::sign_key_change({"SE1", 2, Instant{2000}, second.public_key(), third.public_key()}, second, third)};
    KeyNewsOptions options{.hub_url = "http://127.0.0.1:" + std::to_string(server->port()), .hub_id = "hub", .provider_id = "SE1",
                           .own = [&] { return Result<std::vector<std::string>>(notes); }};
    options.every = options.nudged_after = std::chrono::milliseconds(10);
    http::Client client(loop, {});
    KeyNews news(options, *node.keys, client, system_clock());
    CHECK(comes([&] { return before.keys->number("SE1") == 2; }));
    hub = &restored;
    CHECK(comes([&] { return restored.keys->number("SE1") == 2; }));
}
