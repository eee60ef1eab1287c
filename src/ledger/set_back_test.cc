#include "ledger/set_back.h"

#include <doctest/doctest.h>

#include "crypto/merkle.h"
#include "ledger/internal/test_world.h"

using namespace idun;
using namespace idun::ledger;

namespace {

// What the log's owner has signed, and a log of so many entries of its own.
struct Signed : test::World {
    std::unique_ptr<Ledger> log = *open();
    std::string of(std::uint64_t size, const std::string& log_id = "SE1",
                   const crypto::Hash& root = crypto::sha256("another")) const {
        return sign_checkpoint(key, {log_id, size, root});
    }
    std::string told(std::string_view note) const {
        const auto back = set_back(*log, note, keys, "the witness w");
        REQUIRE(back);
        return back->value_or("");
    }
};

}  // namespace

TEST_CASE(
    "a log that its own key has signed with more entries, others, or a later one was set back; nobody else's word "
    "counts") {
    Signed w;
    test::append_some(*w.log, 0, 3);
    CHECK(w.told(w.log->checkpoint()).empty());
    CHECK(w.told(w.of(2, "SE1", *w.log->root(2))).empty());
    CHECK(w.told(w.of(0, "SE1", crypto::empty_root())).empty());
    CHECK(w.told(w.of(4)) == "it has 3 entries, and has signed that it had 4");
    CHECK(w.told(w.of(3)) == "of its first 3 entries it has signed other ones");
    CHECK(w.told(w.of(2)) == "of its first 2 entries it has signed other ones");
    CHECK(w.told(w.of(1, "SE1.log2")) == "the witness w knows SE1.log2, which came after it");
    // Somebody else's log, somebody else's key, no note, a changed one.
    CHECK(w.told(w.of(9, "SE2")).empty());
    CHECK(w.told(sign_checkpoint(crypto::SigningKey::generate(system_random()), {"SE1", 9, {}})).empty());
    CHECK(w.told("").empty());
    CHECK(w.told("idun/SE1\n9\n").empty());
    std::string changed = w.of(4);
    changed.replace(changed.find("\n4\n"), 3, "\n5\n");
    CHECK(w.told(changed).empty());
}
