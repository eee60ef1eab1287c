#include "exchange/delivery.h"

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/log.h"
#include "exchange/notices.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::exchange;

namespace {

// Takes what it is given, or fails as it is told.
struct Taken {
    std::mutex mutex;
    std::vector<Letter> letters;
    std::optional<Category> failure;
    std::string stopped_by;  // the address of a letter after which nothing is taken
    std::atomic<int> tries = 0;

    std::size_t count() {
        const std::lock_guard lock(mutex);
        return letters.size();
    }
    void fail_with(std::optional<Category> category) {
        const std::lock_guard lock(mutex);
        failure = category;
    }
};

class TestOutlet final : public Outlet {
public:
    explicit TestOutlet(Taken& taken) : taken_(taken) {}
    Status send(const Letter& letter) override {
        const std::lock_guard lock(taken_.mutex);
        ++taken_.tries;
        if (taken_.failure) return fail(*taken_.failure, "told to fail");
        if (letter.to == taken_.stopped_by) return fail(Category::unavailable, "the connection ended");
        taken_.letters.push_back(letter);
        return {};
    }

private:
    Taken& taken_;
};

struct Delivery {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    Metrics metrics;
    Taken taken;
    crypto::Pseudonym eva, adam;
    Notices notices{*temporary.store, clock, system_random()};
    std::unique_ptr<Deliverer> deliverer;

    Delivery() {
        log::set_level(log::Level::off);
        eva.bytes.fill(1);
        adam.bytes.fill(2);
    }
    void start() {
        deliverer.reset();
        deliverer = std::make_unique<Deliverer>(*temporary.store, std::make_unique<TestOutlet>(taken), clock, metrics,
                                                Deliverer::Options{.look = std::chrono::milliseconds(2)});
    }
    void choose(const crypto::Pseudonym& person, Pace pace, const std::string& address = "eva@example.org") {
        REQUIRE(notices.choose_delivery(std::vector{person}, {pace, address, false}));
    }
    void stopped_by(const std::string& address) {
        const std::lock_guard lock(taken.mutex);
        taken.stopped_by = address;
    }
    void tell(const crypto::Pseudonym& person) {
        store::Batch batch;
        notices.add(batch, person, NoticeKind::access, "sv", "en");
        REQUIRE(temporary.store->commit(std::move(batch)));
    }
    bool until(const std::function<bool()>& holds) {
        for (int i = 0; i < 3'000; ++i) {
            if (holds()) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return false;
    }
    std::size_t waiting(const char* table = "due") {
        const auto snapshot = *temporary.store->snapshot();
        return snapshot->scan(store::prefix_range(table))->entries.size();
    }
    // Only a letter for later is there.
    bool only_later() { return waiting() == 1 && waiting("duelater") == 1; }
};

}  // namespace

TEST_CASE("told at once, once a day, or not: as each person has chosen") {
    Delivery f;
    f.start();
    f.tell(f.eva);  // she has chosen nothing
    CHECK(f.until([&] { return f.waiting() == 0; }));
    CHECK(f.taken.count() == 0);
    f.choose(f.eva, Pace::immediate);
    f.choose(f.adam, Pace::digest, "adam@example.org");
    f.tell(f.eva);
    CHECK(f.until([&] { return f.taken.count() == 1; }));
    CHECK(f.taken.letters[0].to == "eva@example.org");
    f.tell(f.adam);
    f.tell(f.adam);
    CHECK(f.until([&] { return f.only_later(); }));
    CHECK(f.taken.count() == 1);
    f.clock.advance(std::chrono::hours(23));
    f.tell(f.adam);
    CHECK(f.until([&] { return f.only_later(); }));
    CHECK(f.taken.count() == 1);
    f.clock.advance(std::chrono::hours(1));
    CHECK(f.until([&] { return f.taken.count() == 2 && f.waiting() == 0; }));
    CHECK(f.taken.letters[1].digest);
    f.tell(f.adam);  // the next day's
    CHECK(f.until([&] { return f.only_later(); }));
    f.choose(f.adam, Pace::off, "");
    f.clock.advance(std::chrono::hours(24));
    CHECK(f.until([&] { return f.waiting() == 0; }));
    CHECK(f.taken.count() == 2);
}

TEST_CASE("a letter that is not taken now is tried again, ever more slowly, and others do not wait for it") {
    Delivery f;
    f.choose(f.eva, Pace::immediate);
    f.taken.fail_with(Category::busy);
    f.tell(f.eva);
    f.start();
    CHECK(f.until([&] { return f.taken.tries == 1 && f.only_later(); }));
    f.tell(f.eva);  // the letter that waits tells of it too
    f.taken.fail_with(std::nullopt);
    f.choose(f.adam, Pace::immediate, "adam@example.org");
    f.tell(f.adam);
    CHECK(f.until([&] { return f.taken.count() == 1 && f.only_later(); }));
    f.taken.fail_with(Category::busy);
    f.clock.advance(std::chrono::seconds(2));
    CHECK(f.until([&] { return f.taken.tries == 3 && f.only_later(); }));
    std::this_thread::sleep_for(std::chrono::milliseconds(30));  // until it is written
    f.start();  // dies and comes back
    f.taken.fail_with(std::nullopt);
    f.clock.advance(std::chrono::seconds(3));
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    CHECK(f.taken.count() == 1);
    f.clock.advance(std::chrono::seconds(1));
    CHECK(f.until([&] { return f.taken.count() == 2 && f.waiting() == 0; }));
}

TEST_CASE("a letter that stops the outlet each time stops nobody else's") {
    Delivery f;
    f.stopped_by("eva@example.org");
    f.choose(f.eva, Pace::immediate);
    f.choose(f.adam, Pace::immediate, "adam@example.org");
    f.tell(f.eva);  // before Adam's, in the order in which they are tried
    f.tell(f.adam);
    f.start();
    CHECK(f.until([&] { return f.taken.count() == 1 && f.only_later(); }));
    f.clock.advance(std::chrono::minutes(5));  // hers comes first again
    f.tell(f.adam);
    CHECK(f.until([&] { return f.taken.count() == 2 && f.taken.tries >= 4 && f.only_later(); }));
    f.stopped_by("");
    f.clock.advance(std::chrono::minutes(5));
    CHECK(f.until([&] { return f.taken.count() == 3 && f.waiting() == 0; }));
}

TEST_CASE("a row that nobody can read is let go, and the rest is told") {
    Delivery f;
    f.choose(f.adam, Pace::immediate, "adam@example.org");
    store::Batch batch;
    batch.put(std::string("duenoticI") + "x", "y");
    batch.put(std::string("duelaterW") + std::string(8, '\0') + "x", "y");
    REQUIRE(f.temporary.store->commit(std::move(batch)));
    f.tell(f.adam);
    f.start();
    CHECK(f.until([&] { return f.taken.count() == 1 && f.waiting() == 0; }));
}

TEST_CASE("while an outlet takes nothing all that is due stays, and one attempt speaks for all") {
    Delivery f;
    f.taken.fail_with(Category::unavailable);
    std::vector<crypto::Pseudonym> people(50);
    for (std::size_t i = 0; i < people.size(); ++i) {
        people[i].bytes.fill(static_cast<std::uint8_t>(i + 10));
        f.choose(people[i], Pace::immediate);
        for (int again = 0; again < 3; ++again) f.tell(people[i]);
    }
    CHECK(f.waiting() == people.size());  // however many messages
    f.start();
    CHECK(f.until([&] { return f.taken.tries >= 1; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    CHECK(f.taken.tries == 1);
    CHECK(f.waiting() == people.size());
    CHECK(f.metrics.text().find("idun_notifications_outlet_away 1") != std::string::npos);
    f.taken.fail_with(std::nullopt);
    f.clock.advance(std::chrono::seconds(2));
    CHECK(f.until([&] { return f.taken.count() == people.size() && f.waiting() == 0; }));
}

TEST_CASE("a broken glass is told at once, also to whom the rest is told once a day") {
    Delivery f;
    f.choose(f.eva, Pace::digest);
    f.start();
    f.tell(f.eva);
    CHECK(f.until([&] { return f.only_later(); }));
    store::Batch batch;
    f.notices.add(batch, f.eva, NoticeKind::break_glass, "sv", "en");
    REQUIRE(f.temporary.store->commit(std::move(batch)));
    CHECK(f.until([&] { return f.taken.count() == 1 && f.waiting() == 0; }));  // and speaks for the digest
    CHECK(!f.taken.letters[0].digest);
}

TEST_CASE("what was sent and not noted is sent again, with the same id") {
    Delivery f;
    f.choose(f.eva, Pace::immediate);
    f.tell(f.eva);
    const auto row = (*f.temporary.store->snapshot())->scan(store::prefix_range("due"))->entries.at(0);
    f.start();
    CHECK(f.until([&] { return f.taken.count() == 1 && f.waiting() == 0; }));
    store::Batch batch;  // as if it had died in between
    batch.put(row.key, row.value);
    REQUIRE(f.temporary.store->commit(std::move(batch)));
    CHECK(f.until([&] { return f.taken.count() == 2; }));
    CHECK(f.taken.letters[0].id == f.taken.letters[1].id);
}

TEST_CASE("an address that is refused for good is marked and not tried again") {
    Delivery f;
    f.choose(f.eva, Pace::immediate);
    f.taken.fail_with(Category::invalid);
    f.tell(f.eva);
    f.start();
    CHECK(f.until([&] { return f.waiting() == 0; }));
    CHECK(delivery_of(**f.temporary.store->snapshot(), f.eva)->refused);
    f.tell(f.eva);
    CHECK(f.until([&] { return f.waiting() == 0; }));
    CHECK(f.taken.tries == 1);
    f.taken.fail_with(std::nullopt);
    f.choose(f.eva, Pace::immediate, "other@example.org");
    f.tell(f.eva);
    CHECK(f.until([&] { return f.taken.count() == 1; }));
}

TEST_CASE("addresses") {
    for (const char* good : {"a@b.se", "anna.ek+idun@mail.example.org", "o'neill@x-y.example"}) CHECK_MESSAGE(is_mail_address(good), good);
    for (const char* bad : {"", "a", "a@b", "@b.se", "a@", "a@b.se\r\nBcc: c@d.se", "<a@b.se>", "a b@c.se", "a@b..se", "a@@b.se", ".a@b.se",
                            "å@b.se", "a@b.se,c@d.se", "a@[127.0.0.1]"})
        CHECK_MESSAGE(!is_mail_address(bad), bad);
    Delivery f;
    CHECK(!choose_delivery(*f.temporary.store, std::vector{f.eva}, {Pace::immediate, "nonsense", false}));
    CHECK(!choose_delivery(*f.temporary.store, std::vector{f.eva}, {Pace::digest, "", false}));
}

TEST_CASE("a letter says that somebody has looked, and nothing else; as a file it is whole or not there") {
    store::TemporaryFolder folder;
    const LetterStyle style{"idun@hub.example", "https://idun.example/"};
    const Letter letter{"abc", "eva@example.org", {1'795'671'940'000}, false};
    const std::string mail = to_mail(letter, style);
    CHECK(mail.find("To: eva@example.org\r\n") != std::string::npos);
    CHECK(mail.find("Date: Thu, 26 Nov 2026 05:45:40 +0000\r\n") != std::string::npos);
    CHECK(mail.find("Message-ID: <abc@hub.example>\r\n") != std::string::npos);
    for (std::size_t at = mail.find('\n'); at != std::string::npos; at = mail.find('\n', at + 1)) CHECK(mail[at - 1] == '\r');
    auto outlet = open_file_outlet(folder.path + "/mail", style);
    REQUIRE(outlet);
    REQUIRE((*outlet)->send(letter));
    REQUIRE((*outlet)->send(letter));
    std::size_t count = 0;
    for (const auto& one : std::filesystem::directory_iterator(folder.path + "/mail/new")) {
        std::ifstream file(one.path(), std::ios::binary);
        CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == mail);
        ++count;
    }
    CHECK(count == 1);
    CHECK(std::filesystem::is_empty(folder.path + "/mail/tmp"));
    std::filesystem::remove_all(folder.path + "/mail");
    CHECK(!(*outlet)->send(letter));
}
