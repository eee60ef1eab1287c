#include "upkeep/sealed_keys.h"

#include <sodium.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/file.h"

namespace idun::upkeep {
namespace {

constexpr std::string_view kKeysMagic = "IDUNKEYS";
constexpr std::uint32_t kKeysFormat = 1;
constexpr std::size_t kHeadBytes = kKeysMagic.size() + 4 + crypto_pwhash_SALTBYTES + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kSealedBytesMax = 64u << 10;
constexpr std::size_t kPassphraseBytesMax = 1024;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

struct BoxKey {
    unsigned char raw[crypto_aead_xchacha20poly1305_ietf_KEYBYTES]{};
    BoxKey() = default;
    BoxKey(const BoxKey&) = default;
    BoxKey& operator=(const BoxKey&) = default;
    ~BoxKey() { sodium_memzero(raw, sizeof raw); }
};

Result<BoxKey> box_key(std::string_view passphrase, std::string_view salt) {
    IDUN_CHECK(sodium_init() >= 0);
    BoxKey key;
    if (crypto_pwhash(key.raw, sizeof key.raw, passphrase.data(), passphrase.size(), bytes(salt), crypto_pwhash_OPSLIMIT_MODERATE,
                      crypto_pwhash_MEMLIMIT_MODERATE, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return fail(Category::unavailable, "keys: there is no memory to make a key of the passphrase");
    return key;
}

void append_short(std::string& out, std::string_view text) {
    append_be(out, static_cast<std::uint16_t>(text.size()));
    out += text;
}

}  // namespace

Result<std::string> passphrase_in(const std::string& path) {
    struct stat about{};
    if (::stat(path.c_str(), &about) != 0) return fail(Category::not_found, "the passphrase file does not exist");
    if ((about.st_mode & 077) != 0) return fail(Category::forbidden, "the passphrase file may be read by others: chmod 600");
    TRY_ASSIGN(InFile file, InFile::open(path));
    if (file.left() > kPassphraseBytesMax) return fail(Category::invalid, "the passphrase is too long");
    TRY_ASSIGN(std::string line, file.read(static_cast<std::size_t>(file.left())));
    while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
    if (line.find('\n') != std::string::npos || line.size() < 12)
        return fail(Category::invalid, "the passphrase file holds one line of 12 characters or more");
    return line;
}

Result<std::string> seal_keys(const KeyTexts& keys, std::string_view passphrase, Random& random) {
    std::string out(kKeysMagic);
    append_be(out, kKeysFormat);
    const std::string salt = random.bytes(crypto_pwhash_SALTBYTES);
    const std::string nonce = random.bytes(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
    out += salt + nonce;
    TRY_ASSIGN(const BoxKey key, box_key(passphrase, salt));
    std::string plain;
    for (const auto& [name, text] : keys) {
        append_short(plain, name);
        append_short(plain, text);
    }
    std::string box(plain.size() + crypto_aead_xchacha20poly1305_ietf_ABYTES, '\0');
    crypto_aead_xchacha20poly1305_ietf_encrypt(bytes(box), nullptr, bytes(std::string_view(plain)), plain.size(), bytes(std::string_view(out)),
                                               out.size(), nullptr, bytes(std::string_view(nonce)), key.raw);
    sodium_memzero(plain.data(), plain.size());
    return out + box;
}

Result<KeyTexts> open_keys(std::string_view sealed, std::string_view passphrase) {
    const auto none = [] { return fail(Category::corrupt, "keys: the file is not one of sealed keys"); };
    if (sealed.size() < kHeadBytes + crypto_aead_xchacha20poly1305_ietf_ABYTES || sealed.size() > kSealedBytesMax || !sealed.starts_with(kKeysMagic))
        return none();
    const std::string_view head = sealed.substr(0, kHeadBytes);
    ByteReader in(head.substr(kKeysMagic.size()));
    if (in.be<std::uint32_t>() != kKeysFormat) return fail(Category::unsupported, "keys: the file was written by a newer program");
    const std::string_view salt = in.take(crypto_pwhash_SALTBYTES);
    const std::string_view nonce = in.rest();
    TRY_ASSIGN(const BoxKey key, box_key(passphrase, salt));
    const std::string_view box = sealed.substr(kHeadBytes);
    std::string plain(box.size() - crypto_aead_xchacha20poly1305_ietf_ABYTES, '\0');
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes(plain), nullptr, nullptr, bytes(box), box.size(), bytes(head), head.size(), bytes(nonce),
                                                   key.raw) != 0)
        return fail(Category::unauthorized, "keys: the passphrase does not open them, or the file was changed");
    KeyTexts out;
    ByteReader texts(plain);
    while (texts.ok() && !texts.done()) {
        const std::string_view name = texts.take(texts.be<std::uint16_t>());
        out.emplace(name, texts.take(texts.be<std::uint16_t>()));
    }
    sodium_memzero(plain.data(), plain.size());
    if (!texts.ok()) return none();
    return out;
}

}  // namespace idun::upkeep
