#include "trust/key_change.h"

#include <array>
#include <charconv>

#include "crypto/encoding.h"
#include "crypto/note.h"

namespace idun::trust {
namespace {

constexpr std::string_view kWhat = " key-change";
constexpr std::string_view kNames = "idun/";
constexpr std::size_t kOwnerBytesMax = 128;

tl::unexpected<Error> no_change(std::string_view why) {
    return fail(Category::invalid, "key change: " + std::string(why));
}

bool is_owner(std::string_view text) {
    return !text.empty() && text.size() <= kOwnerBytesMax && crypto::is_key_name(text) && text.find('\n') == std::string_view::npos;
}

std::string text_of(const KeyChange& what) {
    std::string out = std::string(kNames) + what.owner + std::string(kWhat) + "\n" + std::to_string(what.number) + "\n" + to_iso(what.from) + "\n";
    return out + crypto::base64(what.former.raw()) + "\n" + crypto::base64(what.next.raw()) + "\n";
}

Result<crypto::PublicKey> key_from(std::string_view line) {
    const auto raw = crypto::from_base64(line);
    if (!raw) return no_change("a key is not base64");
    return crypto::PublicKey::from(*raw);
}

// Five lines, each ended.
Result<std::array<std::string_view, 5>> lines_of(std::string_view text) {
    std::array<std::string_view, 5> out;
    for (std::string_view& line : out) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) return no_change("it has five lines");
        line = text.substr(0, end);
        text.remove_prefix(end + 1);
    }
    if (!text.empty()) return no_change("it has five lines");
    return out;
}

Result<KeyChange> change_from(std::string_view text) {
    TRY_ASSIGN(const auto lines, lines_of(text));
    std::string_view owner = lines[0];
    if (!owner.starts_with(kNames) || !owner.ends_with(kWhat) || owner.size() < kNames.size() + kWhat.size()) return no_change("the first line is not one");
    owner = owner.substr(kNames.size(), owner.size() - kNames.size() - kWhat.size());
    if (!is_owner(owner)) return no_change("the owner is not one");
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(lines[1].data(), lines[1].data() + lines[1].size(), number);
    if (error != std::errc() || end != lines[1].data() + lines[1].size() || number == 0 || number > kKeyChangesMax)
        return no_change("its number is not one");
    const auto from = from_iso(lines[2]);
    if (!from) return no_change("its time is not one");
    TRY_ASSIGN(crypto::PublicKey former, key_from(lines[3]));
    TRY_ASSIGN(crypto::PublicKey next, key_from(lines[4]));
    KeyChange out{std::string(owner), number, *from, std::move(former), std::move(next)};
    if (out.former == out.next) return no_change("both keys are the same");
    if (text_of(out) != text) return no_change("it is not written as it should be");  // each change has one spelling
    return out;
}

}  // namespace

std::string sign_key_change(const KeyChange& what, const crypto::SigningKey& former, const crypto::SigningKey& next) {
    IDUN_CHECK(is_owner(what.owner) && what.number > 0 && what.number <= kKeyChangesMax);
    IDUN_CHECK(what.former == former.public_key() && what.next == next.public_key());
    const std::string text = text_of(what), name = std::string(kNames) + what.owner;
    return crypto::Note{text, {crypto::sign_note_text(text, name, former), crypto::sign_note_text(text, name, next)}}.print();
}

Result<KeyChange> open_key_change(std::string_view note) {
    if (note.size() > kKeyChangeBytesMax) return no_change("it is too long");
    TRY_ASSIGN(const crypto::Note parsed, crypto::Note::parse(note));
    TRY_ASSIGN(KeyChange out, change_from(parsed.text));
    const std::string name = std::string(kNames) + out.owner;
    TRY_ASSIGN(auto former, crypto::VerifierKey::of(name, out.former));
    TRY_ASSIGN(auto next, crypto::VerifierKey::of(name, out.next));
    const crypto::VerifierKey keys[] = {std::move(former), std::move(next)};
    TRY_ASSIGN(const crypto::OpenedNote opened, crypto::open_note(note, keys));
    if (opened.signatures.size() != 2) return no_change("both keys sign it");
    return out;
}

KeyChain::KeyChain(std::string owner, const crypto::KeySet& told) : owner_(std::move(owner)), all_(told) {}

Result<KeyChain::Taken> KeyChain::take(const KeyChange& change) {
    if (change.owner != owner_) return fail(Category::forbidden, "key change: it is another's");
    if (all_.find(change.former.id().text) == nullptr) return Taken::passed_over;  // anybody can make one of keys of his own
    if (const auto known = changes_.find(change.number); known != changes_.end()) {
        if (known->second == change) return Taken::known;
        return fail(Category::conflict, "key change: another one of that number is known");
    }
    for (const auto& [number, other] : changes_)
        if (other.former == change.former) return fail(Category::conflict, "key change: that key has been followed by another");
    changes_.emplace(change.number, change);
    all_.add(change.next);
    return Taken::added;
}

crypto::KeySet KeyChain::live(Instant now) const {
    crypto::KeySet out;
    for (const crypto::PublicKey& key : all_.keys()) {
        bool ended = false;
        for (const auto& [number, change] : changes_) ended = ended || (change.former == key && change.from + kFormerKeyGrace <= now);
        if (!ended) out.add(key);
    }
    return out;
}

}  // namespace idun::trust
