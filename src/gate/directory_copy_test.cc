#include "gate/directory_copy.h"

#include <doctest/doctest.h>

#include "base/random.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::gate;

namespace {

struct CopyFixture {
    ManualClock clock{Instant{1'800'000'000'000}};
    crypto::SigningKey hub = crypto::SigningKey::generate(system_random());
    store::TemporaryStore books, temporary;
    std::unique_ptr<directory::Directory> directory = *directory::Directory::open(*books.store, clock);
    directory::SnapshotSigner signer{"idun-hub", *directory, hub, [] { return std::vector<directory::NodeKey>{{"SE1", "a-key"}}; }, clock};
    std::unique_ptr<DirectoryCopy> copy = open();

    std::unique_ptr<DirectoryCopy> open() { return *DirectoryCopy::open(*temporary.store, "idun-hub", crypto::KeySet(hub.public_key()), [this] { return crypto::KeySet(hub.public_key()); }, clock); }
    void register_one(const std::string& id, const std::string& name) {
        REQUIRE(directory->put(directory::Organisation{id, name, "", ""}));
        REQUIRE(directory->put(directory::Endpoint{id, id, "https://" + id + ".example/fhir", {}}));
    }
};

}  // namespace

TEST_CASE("a node knows names, addresses and keys from the hub's signed directory, also after a restart without the hub") {
    CopyFixture f;
    CHECK(!f.copy->kept());
    f.register_one("SE1", "Region Norr");
    REQUIRE(f.copy->take(*f.signer.current().token));
    REQUIRE(f.copy->take(*f.signer.current().token));
    f.copy.reset();
    f.temporary.reopen();
    f.copy = f.open();
    const auto kept = f.copy->kept();
    REQUIRE(kept);
    CHECK(kept->snapshot.organisation("SE1")->organisation.name == "Region Norr");
    CHECK(kept->snapshot.organisation("SE2") == nullptr);
    CHECK(kept->snapshot.addresses == std::vector<directory::Address>{{"SE1", "https://SE1.example/fhir"}});
    CHECK(kept->snapshot.keys == std::vector<directory::NodeKey>{{"SE1", "a-key"}});
}

TEST_CASE("an older directory is refused: nobody is taken back to an address that was closed") {
    CopyFixture f;
    f.register_one("SE1", "Region Norr");
    const std::string older = *f.signer.current().token;
    f.clock.advance(std::chrono::minutes(1));
    f.register_one("SE2", "Region Syd");
    const std::string newer = *f.signer.current().token;
    REQUIRE(f.copy->take(newer));
    CHECK(f.copy->take(older).error().category == Category::conflict);
    CHECK(f.copy->kept()->snapshot.organisation("SE2") != nullptr);
    // Signed anew an hour later it is newer, at the same number.
    f.clock.advance(std::chrono::hours(2));
    const std::string again = *f.signer.current().token;
    CHECK(again != newer);
    CHECK(f.copy->take(again));
    CHECK(f.copy->take(newer).error().category == Category::conflict);
}

TEST_CASE("what the hub did not sign, or signed as something else, is refused and changes nothing") {
    CopyFixture f;
    f.register_one("SE1", "Region Norr");
    const std::string good = *f.signer.current().token;
    REQUIRE(f.copy->take(good));
    const auto snapshot = f.copy->kept()->snapshot;
    auto next = snapshot;
    next.number += 1;

    const auto other = crypto::SigningKey::generate(system_random());
    CHECK(f.copy->take(sign_snapshot(other, next)).error().category == Category::unauthorized);
    auto foreign = next;
    foreign.hub = "another-hub";
    CHECK(f.copy->take(sign_snapshot(f.hub, foreign)).error().category == Category::unauthorized);
    auto future = next;
    future.issued = f.clock.now() + std::chrono::hours(1);
    CHECK(f.copy->take(sign_snapshot(f.hub, future)).error().category == Category::unauthorized);
    CHECK(f.copy->take(crypto::sign_jws(f.hub, "idun-ticket+jwt", R"({"iss":"idun-hub","number":99,"issued":1})")).error().category == Category::unauthorized);
    for (const char* payload : {"{}", R"({"iss":"idun-hub","number":"99","issued":1,"organisations":[],"addresses":[],"keys":[]})",
                                R"({"iss":"idun-hub","number":99,"issued":1,"organisations":[["a"]],"addresses":[],"keys":[]})",
                                R"({"iss":"idun-hub","number":99,"issued":1,"organisations":[["b","","","",true],["a","","","",true]],"addresses":[],"keys":[]})",
                                R"({"iss":"idun-hub","number":99,"issued":1,"organisations":[],"addresses":[[1,2]],"keys":[]})"})
        CHECK(!f.copy->take(crypto::sign_jws(f.hub, directory::kSnapshotType, payload)));
    std::string bent = good;
    bent[bent.size() / 2] ^= 1;
    CHECK(!f.copy->take(bent));
    CHECK(!f.copy->take(""));
    CHECK(f.copy->kept()->token == good);
    REQUIRE(f.copy->take(sign_snapshot(f.hub, next)));
}

TEST_CASE("what is kept and no longer holds is not believed, and the next good one takes its place") {
    CopyFixture f;
    f.register_one("SE1", "Region Norr");
    store::Batch batch;
    batch.put("dircopy.token", "bent");
    REQUIRE(f.temporary.store->commit(std::move(batch)));
    f.copy = f.open();
    CHECK(!f.copy->kept());
    CHECK(f.copy->take(*f.signer.current().token));
    CHECK(f.copy->kept());
}
