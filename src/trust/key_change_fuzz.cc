// Key changes, as anybody may send them and rightly signed: reading never fails in another way than by an error, what is read is written
// again as the same bytes, and a chain never takes what does not follow from its keys. The first byte chooses.
#include <cstdlib>

#include "crypto/encoding.h"
#include "crypto/note.h"
#include "trust/key_change.h"

using namespace idun;
using namespace idun::trust;

namespace {

struct World {
    crypto::SigningKey former = *crypto::SigningKey::from_seed(std::string(32, 'a'));
    crypto::SigningKey next = *crypto::SigningKey::from_seed(std::string(32, 'b'));
};

void read(const World& w, std::string_view note) {
    const auto change = open_key_change(note);
    if (!change) return;
    KeyChain stranger(change->owner, crypto::KeySet(w.next.public_key()));
    const auto taken = stranger.take(*change);
    if (taken && *taken == KeyChain::Taken::added && change->former != w.next.public_key()) std::abort();
    if (change->former == w.former.public_key() && change->next == w.next.public_key() && crypto::Note::parse(note)->signatures.size() == 2 &&
        open_key_change(sign_key_change(*change, w.former, w.next)).value() != *change)
        std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const World w;
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (data[0] % 2 == 0) {
        read(w, text);
        return 0;
    }
    // Owner, number and time as they come, between lines that are right.
    std::string lines = std::string(text) + "\n" + crypto::base64(w.former.public_key().raw()) + "\n" + crypto::base64(w.next.public_key().raw()) + "\n";
    const std::string_view first = text.substr(0, text.find('\n'));
    std::string name(first.substr(0, first.rfind(' ')));
    if (!crypto::is_key_name(name)) return 0;
    read(w, crypto::Note{lines, {crypto::sign_note_text(lines, name, w.former), crypto::sign_note_text(lines, name, w.next)}}.print());
    return 0;
}
