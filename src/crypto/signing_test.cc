#include "crypto/signing.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "crypto/encoding.h"
#include "crypto/pseudonym.h"

using namespace idun;
using namespace idun::crypto;

namespace {

struct Folder {
    std::filesystem::path path = std::filesystem::temp_directory_path() / ("idun-crypto-" + uuid(system_random()));
    Folder() { std::filesystem::create_directory(path); }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string file(const char* name) const { return (path / name).string(); }
    void write(const char* name, const std::string& text, mode_t mode) const {
        std::ofstream(path / name) << text;
        ::chmod(file(name).c_str(), mode);
    }
};

}  // namespace

TEST_CASE("Ed25519 gives the values of RFC 8032 section 7.1") {
    struct Row {
        const char *seed, *key, *message, *signature;
    };
    for (const Row& row : {Row{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                               "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                               "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e397"
                               "01cf9b46bd25bf5f0595bbe24655141438e7a100b"},
                           Row{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                               "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                               "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f361"
                               "3d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
                           Row{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                               "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                               "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76"
                               "0984dc6594a7c15e9716ed28dc027beceea1ec40a"}}) {
        const auto key = SigningKey::from_seed(*from_hex(row.seed));
        REQUIRE(key);
        CHECK(hex(key->public_key().raw()) == row.key);
        const std::string message = *from_hex(row.message);
        CHECK(hex(key->sign(message).view()) == row.signature);
        CHECK(key->public_key().verify(message, key->sign(message)));
        CHECK(!key->public_key().verify(message + "x", key->sign(message)));
    }
}

TEST_CASE("keys and thumbprints are those of RFC 8037 appendix A") {
    const auto key = SigningKey::from_seed(*from_base64url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"));
    REQUIRE(key);
    CHECK(key->public_key().base64url() == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    CHECK(key->id().text == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    CHECK(base64url(key->sign("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc").view()) ==
          "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
    CHECK(
        key->public_key().jwk() ==
        R"({"alg":"EdDSA","crv":"Ed25519","kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","kty":"OKP","use":"sig",)"
        R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})");
}

TEST_CASE("a flipped bit anywhere breaks a signature") {
    const SigningKey key = SigningKey::generate(system_random());
    const Signature good = key.sign("message");
    for (std::size_t bit = 0; bit < kSignatureBytes * 8; ++bit) {
        Signature bad = good;
        bad.bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
        CHECK(!key.public_key().verify("message", bad));
    }
}

TEST_CASE("malformed public keys are refused") {
    const std::string good(SigningKey::generate(system_random()).public_key().raw());
    CHECK(PublicKey::from(good));
    CHECK(!PublicKey::from(good.substr(1)));
    CHECK(!PublicKey::from(good + "x"));
    // Small-order and non-canonical points, for which forged signatures verify.
    for (const char* text : {"0000000000000000000000000000000000000000000000000000000000000000",
                             "0100000000000000000000000000000000000000000000000000000000000000",
                             "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                             "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                             "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"})
        CHECK_MESSAGE(!PublicKey::from(*from_hex(text)), text);
    CHECK(!PublicKey::from_base64url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="));
}

TEST_CASE("a key file is made once, for its owner alone, and read again") {
    const Folder folder;
    const auto made = SigningKey::load_or_create(folder.file("key"), system_random());
    REQUIRE(made);
    struct stat info{};
    REQUIRE(::stat(folder.file("key").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    const auto again = SigningKey::load_or_create(folder.file("key"), system_random());
    REQUIRE(again);
    CHECK(again->public_key() == made->public_key());
    // Nothing is left beside it.
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path), std::filesystem::directory_iterator()) == 1);
}

TEST_CASE("key files that are open to others or malformed are refused and left alone") {
    const Folder folder;
    const std::string digits(64, 'a');
    struct Row {
        const char* name;
        std::string text;
        mode_t mode;
        Category category;
    };
    for (const Row& row : {Row{"group", "idun-ed25519-seed " + digits + "\n", 0640, Category::forbidden},
                           Row{"world", "idun-ed25519-seed " + digits + "\n", 0604, Category::forbidden},
                           Row{"writable", "idun-ed25519-seed " + digits + "\n", 0620, Category::forbidden},
                           Row{"empty", "", 0600, Category::corrupt},
                           Row{"label", "idun-pseudonym-key " + digits + "\n", 0600, Category::corrupt},
                           Row{"short", "idun-ed25519-seed " + digits.substr(2) + "\n", 0600, Category::corrupt},
                           Row{"upper", "idun-ed25519-seed " + std::string(64, 'A') + "\n", 0600, Category::corrupt},
                           Row{"torn", "idun-ed25519-seed " + digits, 0600, Category::corrupt},
                           Row{"long", std::string(10000, 'a'), 0600, Category::corrupt}}) {
        folder.write(row.name, row.text, row.mode);
        const auto key = SigningKey::load_or_create(folder.file(row.name), system_random());
        REQUIRE_MESSAGE(!key, row.name);
        CHECK_MESSAGE(key.error().category == row.category, row.name << ": " << key.error().message);
        CHECK_MESSAGE(key.error().message.find("aaaa") == std::string::npos, row.name);
        CHECK(std::filesystem::file_size(folder.file(row.name)) == row.text.size());
    }
    std::filesystem::create_symlink(folder.file("empty"), folder.file("link"));
    CHECK(SigningKey::load_or_create(folder.file("link"), system_random()).error().category == Category::forbidden);
    std::filesystem::create_directory(folder.file("folder"));
    CHECK(!SigningKey::load_or_create(folder.file("folder"), system_random()));
    CHECK(SigningKey::load_or_create(folder.file("absent/key"), system_random()).error().category ==
          Category::unavailable);
}

TEST_CASE("pseudonyms depend on key and person and have one text") {
    const Folder folder;
    const auto key = PseudonymKey::load_or_create(folder.file("pseudonym"), system_random());
    REQUIRE(key);
    const Pseudonym one = key->of("SE|personnummer|191212121212");
    CHECK(one == key->of("SE|personnummer|191212121212"));
    CHECK(one != key->of("SE|personnummer|201212121212"));
    CHECK(PseudonymKey::load_or_create(folder.file("pseudonym"), system_random())->of("SE|personnummer|191212121212") ==
          one);
    CHECK(PseudonymKey::from(std::string(32, 'k'))->of("SE|personnummer|191212121212") != one);
    CHECK(PseudonymKey::from(std::string(32, 'k'))->of("SE|personnummer|191212121212").text() ==
          "a_2TAYwkuAn_Jy7ErO3yYQ");
    CHECK(!PseudonymKey::from(std::string(31, 'k')));
    CHECK(one.text().size() == kPseudonymTextBytes);
    CHECK(Pseudonym::from_text(one.text()) == one);
    for (const std::string& text :
         {std::string(), one.text() + "A", one.text().substr(1), std::string(22, '='), std::string(21, 'A') + "B"})
        CHECK_MESSAGE(!Pseudonym::from_text(text), text);
}
