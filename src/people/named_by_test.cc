#include "people/named_by.h"

#include <doctest/doctest.h>

#include "store/testing.h"

using namespace idun;
using namespace idun::people;

namespace {

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a hub starts with a key that it had at its last start, or not at all") {
    struct Start {
        Names keys;
        bool starts;
        const char* why;
    };
    store::TemporaryStore temporary;
    for (const Start& start :
         {Start{{"former-1"}, true, "the first start"}, Start{{"former-1"}, true, "the same key"},
          Start{{"other-01"}, false, "another key"}, Start{{"former-1", "next-001"}, true, "the next one is known"},
          Start{{"next-001", "former-1"}, true, "it writes"}, Start{{"other-01", "other-02"}, false, "two others"},
          Start{{"next-001"}, true, "the former one has gone"},
          Start{{"former-1"}, false, "and cannot come back alone"},
          Start{{"next-001", "former-1"}, true, "beside the other it can"}}) {
        const Status named = name_people_by(*temporary.store, start.keys);
        CHECK_MESSAGE(named.has_value() == start.starts, start.why);
        if (!named) CHECK(named.error().category == Category::conflict);
    }
    const Status refused = name_people_by(*temporary.store, Names{"other-01"});
    CHECK(refused.error().message.find("put back the one that was there") != std::string::npos);
    CHECK(refused.error().message.find("next-001 former-1") != std::string::npos);
}

TEST_CASE("a row of keys that is not one is corrupt, and is left as it is") {
    for (const std::string& row :
         {std::string(), std::string("\2former-1"), std::string("\1former-"), std::string("\1former-1 "),
          std::string("\1former-1 former-1"), std::string("\1former-1-next-001"), std::string("\1former+1")}) {
        store::TemporaryStore temporary;
        store::Batch batch;
        batch.put("personnbN", row);
        REQUIRE(temporary.store->commit(std::move(batch)));
        const Status named = name_people_by(*temporary.store, Names{"former-1"});
        REQUIRE_FALSE(named);
        CHECK(named.error().category == Category::corrupt);
        CHECK(temporary.store->snapshot().value()->get("personnbN").value() == row);
    }
}
