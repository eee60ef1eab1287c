#include "app/role_keys.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "store/testing.h"

using namespace idun;
using namespace idun::app;

namespace {

constexpr Instant kDay{1'795'428'000'000};
constexpr std::chrono::hours kHour(1);

struct Place {
    store::TemporaryFolder folder;
    ManualClock clock{kDay};
    Result<RoleKeys> load() { return RoleKeys::load(hub_keys(folder.path, "idun-hub"), clock, system_random()); }
    std::string path(const std::string& name) const { return folder.path + "/keys/" + name; }
    bool there(const std::string& name) const { return std::filesystem::exists(path(name)); }
    void write(const std::string& name, const std::string& text) const { std::ofstream(path(name)) << text; }
};

}  // namespace

TEST_CASE("a change is carried out at the first start after its moment") {
    Place place;
    const auto first = place.load();
    REQUIRE(first);
    const auto change = first->change(kDay + kHour, system_random());
    REQUIRE(change);
    CHECK(change->number == 1);
    CHECK(change->former == first->key().public_key());
    CHECK(first->all().keys().size() == 2);
    CHECK(first->healthy(place.clock));
    REQUIRE(first->notes());
    CHECK(trust::open_key_change(first->notes()->front()).value() == *change);

    CHECK(place.load()->key().public_key() == change->former);  // before
    place.clock.advance(kHour);
    CHECK(RoleKeys::look(hub_keys(place.folder.path, "idun-hub"), system_random())->key().public_key() == change->former);
    CHECK(first->healthy(place.clock).error().message.find("start this role again") != std::string::npos);
    const auto second = place.load();
    REQUIRE(second);
    CHECK(second->key().public_key() == change->next);
    CHECK(second->all().find(change->former.id().text) != nullptr);
    CHECK(second->healthy(place.clock));
    CHECK(!second->waiting()->has_value());
    CHECK(!place.there("hub.key.next"));
    place.clock.advance(trust::kFormerKeyGrace);
    CHECK(second->live(place.clock.now()).keys() == std::vector<crypto::PublicKey>{change->next});
    // And the one after that.
    const auto again = second->change(place.clock.now(), system_random());
    REQUIRE(again);
    CHECK(again->number == 2);
    CHECK(place.load()->key().public_key() == again->next);
}

TEST_CASE("one change at a time") {
    Place place;
    const auto keys = place.load();
    REQUIRE(keys->change(kDay + kHour, system_random()));
    CHECK(keys->change(kDay + kHour, system_random()).error().category == Category::conflict);
    CHECK(keys->notes()->size() == 1);
}

TEST_CASE("stopped between the next key and its note: the next time goes on with that key") {
    Place place;
    const auto keys = place.load();
    const auto next = crypto::SigningKey::load_or_create(place.path("hub.key.next"), system_random());
    CHECK(keys->notes()->empty());
    CHECK(place.load()->key().public_key() == keys->key().public_key());
    CHECK(keys->change(kDay, system_random())->next == next->public_key());
}

TEST_CASE("a change that cannot be carried out stops the start, and says why") {
    Place place;
    const auto change = place.load()->change(kDay, system_random());
    REQUIRE(change);
    SUBCASE("the next key has gone") {
        std::filesystem::remove(place.path("hub.key.next"));
        CHECK(place.load().error().message.find("is missing") != std::string::npos);
    }
    SUBCASE("it is another one") {
        std::filesystem::remove(place.path("hub.key.next"));
        REQUIRE(crypto::SigningKey::load_or_create(place.path("hub.key.next"), system_random()));
        CHECK(place.load().error().message.find("is not the key that was announced") != std::string::npos);
    }
    SUBCASE("the note is spoilt") {
        place.write("changes/1", "nonsense");
        CHECK(place.load().error().category == Category::corrupt);
    }
    SUBCASE("it is somebody else's") {
        const auto a = crypto::SigningKey::generate(system_random()), b = crypto::SigningKey::generate(system_random());
        place.write("changes/1", trust::sign_key_change({"SE1", 1, kDay, a.public_key(), b.public_key()}, a, b));
        CHECK(place.load().error().category == Category::corrupt);
    }
    CHECK(place.there("hub.key"));
}

TEST_CASE("a key that was put there by hand begins anew, and what was signed before stays checkable") {
    Place place;
    const auto change = place.load()->change(kDay, system_random());
    REQUIRE(place.load()->key().public_key() == change->next);
    std::filesystem::remove(place.path("hub.key"));  // stolen: the operator makes another
    const auto fresh = place.load();
    REQUIRE(fresh);
    CHECK(fresh->key().public_key() != change->next);
    CHECK(fresh->all().find(change->next.id().text) != nullptr);
    const auto later = fresh->change(kDay, system_random());
    REQUIRE(later);
    CHECK(later->number == 2);
    CHECK(place.load()->key().public_key() == later->next);
}
