#include "exchange/access_view.h"

#include <doctest/doctest.h>

#include <limits>

#include "ledger/file_system.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::exchange;

namespace {

struct Fixture {
    store::TemporaryStore temporary;
    crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    std::unique_ptr<ledger::Ledger> log = *ledger::Ledger::open(temporary.folder.path + "/log", "hub", key,
                                                                ledger::system_files(), system_clock());
    crypto::Pseudonym eva, adam;
    std::unique_ptr<AccessView> view = *AccessView::open(*temporary.store, *log);

    Fixture() {
        eva.bytes.fill(1);
        adam.bytes.fill(2);
    }
    void restart() { view = *AccessView::open(*temporary.store, *log); }
    void gathering(const crypto::Pseudonym& person, const std::string& request, const std::string& state, bool permit = true) {
        ledger::Access access;
        access.action = ledger::Action::gather;
        access.person = person;
        access.request_id = request;
        access.permit = permit;
        if (!state.empty()) access.sources.push_back({"SE1", state, "", 0});
        REQUIRE(log->append(access));
    }
    AccessView::Page page(std::uint64_t before = std::numeric_limits<std::uint64_t>::max(), std::size_t count = 10) {
        return *view->about(eva, before, count);
    }
};

}  // namespace

TEST_CASE("a gathering is one row: how it ended, or that it was begun") {
    Fixture f;
    f.gathering(f.eva, "a", "asked");
    CHECK(f.page().seen.size() == 1);
    f.gathering(f.adam, "b", "asked");
    f.gathering(f.eva, "a", "answered");
    f.gathering(f.eva, "c", "");
    const auto seen = f.page().seen;
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].access.request_id == "c");
    CHECK(seen[1].access.sources.at(0).state == "answered");
}

TEST_CASE("a denied question hides nothing, whatever it calls itself") {
    Fixture f;
    f.gathering(f.eva, "a", "asked");
    f.gathering(f.eva, "a", "", false);
    CHECK(f.page().seen.size() == 2);
}

TEST_CASE("an end that is read after a restart still takes the place of its beginning") {
    Fixture f;
    f.gathering(f.eva, "a", "asked");
    CHECK(f.page().seen.size() == 1);
    f.restart();
    f.gathering(f.eva, "a", "answered");
    const auto seen = f.page().seen;
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].access.sources.at(0).state == "answered");
}

TEST_CASE("pages go on where the last one ended, and show nothing twice") {
    Fixture f;
    for (const char* request : {"a", "b", "c"}) {
        f.gathering(f.eva, request, "asked");
        f.gathering(f.eva, request, "answered");
    }
    std::string order;
    std::uint64_t before = std::numeric_limits<std::uint64_t>::max();
    for (bool more = true; more;) {
        const AccessView::Page page = f.page(before, 1);
        REQUIRE(page.seen.size() == 1);
        order += page.seen[0].access.request_id;
        before = page.seen[0].receipt.index;
        more = page.more;
    }
    CHECK(order == "cba");
}
