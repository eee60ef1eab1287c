#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>
#include <utility>

#include "fhir/definitions.h"
#include "records/change_note.h"
#include "records/internal/keys.h"
#include "records/internal/testing.h"

namespace idun::records {
namespace {

std::optional<std::string> named(std::string_view key, std::string_view system, std::string_view value) {
    if (system != "urn:pnr") return std::nullopt;
    return std::string(key) + "-" + std::string(value);
}

std::string in_order(const std::string& writes, std::vector<std::string> names) {
    names.push_back(writes);
    std::ranges::sort(names);
    return fmt::format("{}", fmt::join(names, " "));
}

Options by(const std::string& writes, const std::vector<std::string>& others) {
    Options out;
    out.person_key = [writes](std::string_view system, std::string_view value) { return named(writes, system, value); };
    out.other_keys = [others](std::string_view system, std::string_view value) {
        std::vector<std::string> names;
        for (const std::string& one : others) names.push_back(*named(one, system, value));
        return names;
    };
    out.keys = in_order(writes, others);
    return out;
}

using Names = std::vector<std::string>;

Names names_of(const Fixture& f, const std::string& patient) {
    return *f.records->pseudonyms_of(patient, **f.records->snapshot());
}
NamedBy said(const Fixture& f) { return *named_by(**f.records->snapshot()); }
Names found_by(const Fixture& f, const std::string& name) {
    return *f.records->patients_of(name, **f.records->snapshot());
}

ChangeNote newest_note(const Fixture& f) {
    const auto changes = f.store->changes({}, 1000);
    REQUIRE(changes);
    return *decode_change_note(changes->back().note);
}

void reopen(Fixture& f, Options options) {
    f.options = std::move(options);
    f.reopen();
}

// Something happens when a commit is on its way, or a snapshot was just taken.
class Interposed final : public store::Store {
public:
    explicit Interposed(store::Store& inner) : inner_(inner) {}
    std::function<void()> before_commit;
    std::function<void()> after_snapshot;

    using Store::commit;
    Result<std::shared_ptr<const store::Snapshot>> snapshot() override {
        auto out = inner_.snapshot();
        if (const auto then = std::exchange(after_snapshot, {})) then();
        return out;
    }
    Result<std::shared_ptr<const store::Snapshot>> snapshot_at(store::Version version) override {
        return inner_.snapshot_at(version);
    }
    void hold(std::shared_ptr<const store::Snapshot> one, std::chrono::milliseconds time) override {
        inner_.hold(std::move(one), time);
    }
    void commit(store::Batch batch, store::Committed done) override {
        if (const auto first = std::exchange(before_commit, {})) first();
        inner_.commit(std::move(batch), std::move(done));
    }
    Result<std::vector<store::Change>> changes(store::Version after, std::size_t count) override {
        return inner_.changes(after, count);
    }
    Status trim_changes(store::Version until) override { return inner_.trim_changes(until); }
    Result<store::Version> backup(const std::string& folder, std::stop_token stop) override {
        return inner_.backup(folder, stop);
    }
    Status healthy() const override { return inner_.healthy(); }

private:
    store::Store& inner_;
};

void rename_all(const Fixture& f, std::size_t at_once = 1) {
    for (int i = 0;; ++i) {
        REQUIRE(i < 100);
        const auto more = f.records->rename_some(at_once);
        REQUIRE(more);
        if (!*more) break;
    }
    CHECK(f.records->renamed());
}

TEST_CASE("who was named by one key is named by two, then by the other, in the same version of her Patient") {
    Fixture f(by("old", {}));
    for (const std::string id : {"p", "q", "r"})
        f.put("Patient", id, R"("identifier":[{"system":"urn:pnr","value":")" + id + R"("}])");
    f.put("Patient", "nobody", R"("identifier":[{"system":"urn:other","value":"1"}])");
    f.put("Condition", "c", R"("subject":{"reference":"Patient/p"})");
    rename_all(f);  // the first start says which keys these are
    CHECK(names_of(f, "p") == Names{"old-p"});

    reopen(f, by("old", {"new"}));
    CHECK(!f.records->renamed());
    CHECK(names_of(f, "p") == Names{"old-p"});
    f.put("Patient", "late", R"("identifier":[{"system":"urn:pnr","value":"late"}])");
    CHECK(names_of(f, "late") == Names{"new-late", "old-late"});
    rename_all(f);
    CHECK(names_of(f, "p") == Names{"new-p", "old-p"});
    CHECK(names_of(f, "nobody").empty());
    CHECK(found_by(f, "new-q") == Names{"q"});
    CHECK(found_by(f, "old-q") == Names{"q"});
    CHECK(f.records->read("Patient", "p", {}).version == 1);
    const ChangeNote note = newest_note(f);
    REQUIRE(note.persons.size() == 1);
    CHECK(note.persons[0].repoint);
    CHECK(note.persons[0].pseudonyms.size() == 2);
    CHECK(note.persons[0].before.size() == 1);
    CHECK(note.writes.empty());

    reopen(f, by("old", {"new"}));
    CHECK(f.records->renamed());  // it remembers
    reopen(f, by("new", {}));
    rename_all(f, 100);
    CHECK(names_of(f, "late") == Names{"new-late"});
    CHECK(found_by(f, "old-late").empty());
    CHECK(found_by(f, "new-late") == Names{"late"});
    CHECK(f.records->persons_behind("q", **f.records->snapshot()) == Names{"new-q"});
}

TEST_CASE("a renaming that was broken off begins anew, and who is deleted keeps her names for the log") {
    Fixture f(by("old", {}));
    for (const std::string id : {"p", "q", "r"})
        f.put("Patient", id, R"("identifier":[{"system":"urn:pnr","value":")" + id + R"("}])");
    REQUIRE(f.records->remove("Patient", "q", {}).status == 204);
    reopen(f, by("old", {"new"}));
    REQUIRE(*f.records->rename_some(1));
    reopen(f, by("old", {"new"}));
    CHECK(!f.records->renamed());
    rename_all(f);
    CHECK(names_of(f, "p").size() == 2);
    CHECK(names_of(f, "r").size() == 2);
    CHECK(f.records->persons_behind("q", **f.records->snapshot()) == Names{"old-q"});
}

TEST_CASE("keys that are put back in the middle of a renaming name everybody again") {
    using Keys = std::pair<std::string, std::vector<std::string>>;
    const std::pair<Keys, Keys> cases[] = {
        {{"new", {"old"}}, {"new", {}}}, {{"old", {}}, {"old", {"new"}}}, {{"old", {}}, {"new", {}}}};
    for (const auto& [first, then] : cases) {
        const auto named_by_first = [&](const std::string& id) {
            Names out = by(first.first, first.second).other_keys("urn:pnr", id);
            out.push_back(*named(first.first, "urn:pnr", id));
            std::ranges::sort(out);
            return out;
        };
        Fixture f(by(first.first, first.second));
        for (const std::string id : {"p", "q"})
            f.put("Patient", id, R"("identifier":[{"system":"urn:pnr","value":")" + id + R"("}])");
        rename_all(f);
        const std::string before = said(f).keys;
        reopen(f, by(then.first, then.second));
        REQUIRE(*f.records->rename_some(1));
        CHECK(said(f).keys == before);  // what a start without one of them is measured by
        CHECK(said(f).since == in_order(then.first, then.second));
        reopen(f, by(first.first, first.second));
        CHECK(!f.records->renamed());
        REQUIRE(f.records->begin_renaming());
        CHECK(said(f).keys == before);
        CHECK(said(f).since == "new old");  // somebody may be named by the keys of either start
        rename_all(f);
        CHECK(said(f).since == "");
        CHECK(names_of(f, "p") == named_by_first("p"));
        CHECK(names_of(f, "q") == named_by_first("q"));

        // Nor is it missed when nobody was renamed yet, but somebody came.
        reopen(f, by(then.first, then.second));
        REQUIRE(f.records->begin_renaming());
        f.put("Patient", "late", R"("identifier":[{"system":"urn:pnr","value":"late"}])");
        reopen(f, by(first.first, first.second));
        rename_all(f);
        CHECK(names_of(f, "late") == named_by_first("late"));
        reopen(f, by(first.first, first.second));
        CHECK(f.records->renamed());
    }
}

TEST_CASE("the row of a renaming that an older program had begun asks for the keys of then and of now") {
    Fixture f(by("old", {"new"}));
    store::Batch batch;
    batch.put(named_by_key(), std::string("\2\3", 2) + "old");
    REQUIRE(f.store->commit(std::move(batch)));
    CHECK(said(f).keys == "old");
    CHECK(said(f).since == "old");
    reopen(f, by("old", {"new"}));
    CHECK(!f.records->renamed());
    REQUIRE(f.records->begin_renaming());
    CHECK(said(f).keys == "old");
    CHECK(said(f).since == "new old");
    rename_all(f);
    CHECK(said(f).keys == "new old");
    CHECK(said(f).since == "");
}

TEST_CASE("a row that says nothing that can be by which keys people are named is malformed") {
    const std::string rows[] = {"", "\1", std::string("\1\0", 2), "\1\3ol", "\1\3oldx", "\2\3old\3new", "\3\3old", std::string("\3\3old\0", 6),
                                std::string("\3\0\3new", 6), "\3\3old\3newx", "\4\3old", std::string("\0\3old", 5)};
    for (const std::string& row : rows) {
        CAPTURE(row);
        CHECK(decode_named_by(row).error().category == Category::corrupt);
    }
    for (const NamedBy& one : {NamedBy{"old", ""}, NamedBy{"old", "new"}, NamedBy{"new old", "new old"}}) {
        CHECK(decode_named_by(encode(one))->keys == one.keys);
        CHECK(decode_named_by(encode(one))->since == one.since);
    }
}

TEST_CASE("a writer that has read the former names does not miss the end of the renaming") {
    Fixture f(by("old", {}));
    f.put("Patient", "p", R"("identifier":[{"system":"urn:pnr","value":"p"}])");
    Interposed store(*f.store);
    const auto records = *Records::open(store, fhir::Definitions::r4(), f.clock, system_random(), by("old", {"new"}));
    store.after_snapshot = [&] {
        while (*records->rename_some(10)) {}
    };
    const auto document =
        json::Document::parse(R"({"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p"}})");
    REQUIRE(records->update("Condition", "c", document->root(), {}).ok());
    CHECK(records->renamed());
    CHECK(newest_note(f).persons.at(0).pseudonyms == Names{"new-p", "old-p"});
}

TEST_CASE("a store that does not say which key names its Patients tells whether the keys of now have it") {
    Fixture f(by("old", {}));
    CHECK(!*f.records->named_by_another_key());
    f.put("Patient", "nobody", R"("identifier":[{"system":"urn:other","value":"1"}])");
    CHECK(!*f.records->named_by_another_key());
    for (const std::string id : {"p", "q"})
        f.put("Patient", id, R"("identifier":[{"system":"urn:pnr","value":")" + id + R"("}])");
    REQUIRE(f.records->remove("Patient", "q", {}).status == 204);
    const std::pair<Options, bool> cases[] = {
        {by("old", {}), false}, {by("new", {"old"}), false}, {by("new", {}), true}, {by("new", {"newer"}), true}};
    for (const auto& [options, another] : cases) {
        reopen(f, options);
        CHECK(said(f).keys == "");
        CHECK(f.records->named_by_another_key() == another);
    }
}

// Writers that have read the former names commit after the renaming: neither may undo what the other did.
TEST_CASE("writers and the renaming do not overtake each other unseen") {
    for (const char* what : {"write about her", "write her", "delete her"}) {
        CAPTURE(what);
        Fixture f(by("old", {}));
        f.put("Patient", "p", R"("identifier":[{"system":"urn:pnr","value":"p"}])");
        Interposed store(*f.store);
        const auto records =
            *Records::open(store, fhir::Definitions::r4(), f.clock, system_random(), by("old", {"new"}));
        store.before_commit = [&] { REQUIRE(records->rename_some(10)); };
        const auto put = [&](const std::string& type, const std::string& id, const std::string& members) {
            const auto document =
                json::Document::parse(R"({"resourceType":")" + type + R"(","id":")" + id + "\"," + members + "}");
            REQUIRE(document);
            REQUIRE(records->update(type, id, document->root(), {}).ok());
        };
        if (what == std::string("write about her")) put("Condition", "c", R"("subject":{"reference":"Patient/p"})");
        if (what == std::string("write her"))
            put("Patient", "p", R"("identifier":[{"system":"urn:pnr","value":"p"}],"active":true)");
        if (what == std::string("delete her")) REQUIRE(records->remove("Patient", "p", {}).status == 204);
        const ChangeNote note = newest_note(f);
        const bool gone = what == std::string("delete her");
        CHECK(note.persons.at(0).pseudonyms == (gone ? Names{} : Names{"new-p", "old-p"}));
        CHECK(found_by(f, "new-p").size() == (gone ? 0 : 1));
        CHECK(found_by(f, "old-p").size() == (gone ? 0 : 1));
    }
}

}  // namespace
}  // namespace idun::records
