#include "crypto/pseudonym_ring.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace idun;
using namespace idun::crypto;

namespace {

struct Folder {
    std::filesystem::path path = std::filesystem::temp_directory_path() / ("idun-ring-" + uuid(system_random()));
    Folder() { std::filesystem::create_directory(path); }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string file(const char* name) const { return (path / name).string(); }
};

const std::string kEva = "SE|personnummer|191212121212";

std::string line(char digit) { return "idun-pseudonym-key " + std::string(64, digit) + "\n"; }

PseudonymKey key_of(char digit) {
    return *PseudonymKey::from(std::string(32, static_cast<char>((digit - '0') * 0x11)));
}

void put(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace

TEST_CASE("the first key of the file writes, the others are only known") {
    const Folder folder;
    put(folder.file("ring"), line('1') + line('2') + line('3'));
    const auto ring = PseudonymRing::load_or_create(folder.file("ring"), system_random());
    REQUIRE(ring);
    CHECK(ring->several());
    CHECK(ring->of(kEva) == key_of('1').of(kEva));
    CHECK(ring->others(kEva) == std::vector<Alias>{{key_of('2').of(kEva), name_of(key_of('2'))},
                                                   {key_of('3').of(kEva), name_of(key_of('3'))}});
    CHECK(ring->all(kEva).size() == 3);
    CHECK(ring->all(kEva).front() == Alias{ring->of(kEva), ring->names().front()});
    // Another order, another key that writes, the same person.
    put(folder.file("turned"), line('2') + line('1'));
    const auto turned = PseudonymRing::load_or_create(folder.file("turned"), system_random());
    REQUIRE(turned);
    CHECK(turned->of(kEva) == ring->others(kEva).front().pseudonym);
    CHECK(turned->others(kEva).front().pseudonym == ring->of(kEva));
}

TEST_CASE("a file of one key, as there was before there were rings, is a ring; one is made where there is none") {
    const Folder folder;
    const auto before = PseudonymKey::load_or_create(folder.file("key"), system_random());
    const auto ring = PseudonymRing::load_or_create(folder.file("key"), system_random());
    REQUIRE((before && ring));
    CHECK(!ring->several());
    CHECK(ring->of(kEva) == before->of(kEva));
    CHECK(ring->others(kEva).empty());
    const auto made = PseudonymRing::load_or_create(folder.file("made"), system_random());
    REQUIRE(made);
    CHECK(PseudonymRing::load_or_create(folder.file("made"), system_random())->of(kEva) == made->of(kEva));
}

TEST_CASE("what is no ring is refused") {
    const Folder folder;
    const std::pair<const char*, std::string> rows[] = {
        {"none", ""},
        {"four", line('1') + line('2') + line('3') + line('4')},
        {"twice", line('1') + line('2') + line('1')},
        {"half", line('1') + line('2').substr(0, 40)},
        {"no end", line('1').substr(0, line('1').size() - 1)},
        {"other", line('1') + "idun-ed25519-seed  " + std::string(64, '2') + "\n"},
        {"space", line('1') + "\n"},
    };
    for (const auto& [name, text] : rows) {
        put(folder.file(name), text);
        const auto ring = PseudonymRing::load_or_create(folder.file(name), system_random());
        REQUIRE_MESSAGE(!ring, name);
        CHECK_MESSAGE(ring.error().category == Category::corrupt, name);
        CHECK_MESSAGE(ring.error().message.find("1111") == std::string::npos, name);
    }
    CHECK(!PseudonymRing::from({}));
    std::vector<PseudonymKey> same;
    same.push_back(key_of('1'));
    same.push_back(key_of('1'));
    CHECK(!PseudonymRing::from(std::move(same)));
}

TEST_CASE("a name tells keys apart") {
    CHECK(name_of(key_of('1')).size() == kKeyNameBytes);
    CHECK(name_of(key_of('1')) == name_of(key_of('1')));
    CHECK(name_of(key_of('1')) != name_of(key_of('2')));
}
