#include "ledger/served_note.h"

#include <doctest/doctest.h>

#include "crypto/note.h"
#include "ledger/receipt.h"

using namespace idun;
using namespace idun::ledger;

TEST_CASE("a signed count opens with the owner's key, and with nobody else's") {
    const auto key = crypto::SigningKey::generate(system_random()),
               other = crypto::SigningKey::generate(system_random());
    const ServedNote said{"SE1.log2", 1044, {900, 144}};
    const std::string note = sign_served(key, said);
    CHECK(note.starts_with("idun/SE1.log2 served\n1044\n900 144\n\n— idun/SE1.log2 "));
    CHECK(*open_served(note, crypto::KeySet(key.public_key())) == said);
    CHECK(*peek_served(note) == said);
    CHECK(!open_served(note, crypto::KeySet(other.public_key())));
    CHECK(!open_served(note, {}));
    std::string changed = note;
    changed.replace(changed.find("900"), 3, "901");
    CHECK(peek_served(changed)->served.own == 901);
    CHECK(!open_served(changed, crypto::KeySet(key.public_key())));
    // Signed, but under the name of another log of the same key.
    CHECK(!open_served(crypto::sign_note("idun/SE1.log2 served\n1\n1 0\n", "idun/SE1", key),
                       crypto::KeySet(key.public_key())));
}

TEST_CASE("what is no count in its one form is none") {
    const auto key = crypto::SigningKey::generate(system_random());
    for (const char* text : {"idun/SE1\n1\n1 0\n", "idun/SE1 served\n1\n1 0\nmore\n", "idun/SE1 served\n01\n1 0\n",
                             "idun/SE1 served\n1\n1  0\n", "idun/SE1 served\n1\n1\n", "idun/SE1 served\n1\n1 -1\n",
                             "idun/ served\n1\n1 0\n", "SE1 served\n1\n1 0\n",
                             "idun/SE1 served\n1\n1 99999999999999999999\n", "idun/SE1 served\n\n1 0\n"}) {
        CAPTURE(text);
        CHECK(!peek_served(crypto::sign_note(text, "idun/SE1", key)));
    }
    CHECK(!peek_served(""));
    CHECK(!peek_served("idun/SE1 served\n1\n1 0\n"));  // not signed by anybody
    CHECK(!peek_served(sign_served(key, {"SE1", 1, {1, 0}}) + std::string(kServedNoteBytesMax, '\n')));
}

TEST_CASE("no count is a checkpoint, and no checkpoint a count") {
    const auto key = crypto::SigningKey::generate(system_random());
    CHECK(!peek_checkpoint(sign_served(key, {"SE1", 1, {1, 0}})));
    CHECK(!peek_served(sign_checkpoint(key, {"SE1", 1, {}})));
}
