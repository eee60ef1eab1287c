#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "http/message.h"
#include "records/internal/keys.h"
#include "records/internal/testing.h"

namespace idun::records {
namespace {

// "Patient/a/1 Observation/o/2", with "-" before tombstones.
std::string versions(const Outcome& outcome) {
    if (!outcome.ok()) return "!" + std::to_string(outcome.status);
    std::string out;
    for (const Touched& t : outcome.touched) {
        out += (out.empty() ? "" : " ") + std::string(t.deleted ? "-" : "") + t.type + "/" + t.id + "/" + std::to_string(t.version);
    }
    return out;
}

// The parameters of the next link; empty when there is none.
Parameters next_of(Fixture& f, const Outcome& outcome) {
    const auto document = f.parsed(outcome);
    for (const json::Value link : document.root()["link"].elements()) {
        if (link["relation"].text() != "next") continue;
        const std::string url(link["url"].text());
        return *http::parameters(std::string_view(url).substr(url.find('?') + 1));
    }
    return {};
}

std::string observation(const std::string& id, const std::string& status = "final") {
    return R"({"resourceType":"Observation","id":")" + id + R"(","status":")" + status + R"(","code":{"text":"x"}})";
}

void tick(Fixture& f) { f.clock.advance(std::chrono::seconds(1)); }

TEST_CASE("history of a type and of everything, newest first, with what was deleted") {
    Fixture f;
    f.put("Patient", "a", "");
    tick(f);
    f.update("Observation", "o", observation("o"));
    tick(f);
    f.put("Patient", "a", R"("gender":"other")");
    tick(f);
    f.records->remove("Observation", "o", {});
    tick(f);
    f.put("Patient", "b", "");
    CHECK(versions(f.records->history("Patient", "", {}, {})) == "Patient/b/1 Patient/a/2 Patient/a/1");
    CHECK(versions(f.records->history("Observation", "", {}, {})) == "-Observation/o/2 Observation/o/1");
    CHECK(versions(f.records->history("Condition", "", {}, {})).empty());
    const Outcome all = f.records->history("", "", {}, {});
    CHECK(versions(all) == "Patient/b/1 -Observation/o/2 Patient/a/2 Observation/o/1 Patient/a/1");
    const auto document = f.parsed(all);
    const json::Value gone = document.root()["entry"][std::size_t{1}];
    CHECK(document.root()["type"].text() == "history");
    CHECK(gone["request"]["method"].text() == "DELETE");
    CHECK(gone["response"]["status"].text() == "204");
    CHECK(!gone["resource"]);
    CHECK(document.root()["entry"][std::size_t{2}]["resource"]["gender"].text() == "other");
    CHECK(document.root()["entry"][std::size_t{4}]["resource"]["meta"]["versionId"].text() == "1");
    CHECK(document.root()["entry"][std::size_t{4}]["response"]["status"].text() == "201");

    CHECK(versions(f.records->history("", "", {{"_since", "2026-01-01T00:00:03Z"}}, {})) == "Patient/b/1 -Observation/o/2");
    // What was current at a time, and during one.
    CHECK(versions(f.records->history("Patient", "", {{"_at", "2026-01-01T00:00:01Z"}}, {})) == "Patient/a/1");
    CHECK(versions(f.records->history("Patient", "", {{"_at", "2026-01-01T00:00:02Z"}}, {})) == "Patient/a/2");
    CHECK(versions(f.records->history("Patient", "", {{"_at", "2026"}}, {})) == "Patient/b/1 Patient/a/2 Patient/a/1");
    CHECK(versions(f.records->history("Patient", "", {{"_at", "2027"}}, {})) == "Patient/b/1 Patient/a/2");
    CHECK(versions(f.records->history("Patient", "", {{"_at", "2025"}}, {})).empty());
    CHECK(versions(f.records->history("", "", {{"_at", "2027"}}, {})) == "Patient/b/1 -Observation/o/2 Patient/a/2");
    CHECK(versions(f.records->history("Patient", "a", {{"_at", "2026-01-01T00:00:01Z"}}, {})) == "Patient/a/1");
    CHECK(versions(f.records->history("Patient", "a", {{"_at", "2027"}}, {})) == "Patient/a/2");
    CHECK(versions(f.records->history("Observation", "o", {{"_at", "2026-01-01T00:00:02Z"}}, {})) == "Observation/o/1");

    CHECK(f.records->history("Nonsense", "", {}, {}).status == 404);
    for (const Parameters& wrong : {Parameters{{"_at", "x"}}, Parameters{{"_since", ""}}, Parameters{{"_count", "-1"}}, Parameters{{"_sort", "a"}},
                                    Parameters{{"_since", "2026"}, {"_at", "2026"}}, Parameters{{"_before", "x"}}, Parameters{{"_before", "1.2"}},
                                    Parameters{{"_before", "1.Patient.zz.0"}}, Parameters{{"_before", "9223372036854775808.Patient.1.0"}}, Parameters{{"_before", "1.Patient.1.#"}}, Parameters{{"_before", "...."}}}) {
        CAPTURE(wrong[0].second);
        CHECK(f.records->history("Patient", "", wrong, {}).status == 400);
    }
    CHECK(f.records->history("Patient", "a", {{"_before", "1.Patient.1.0"}}, {}).status == 400);

    // What is hidden leaves no trace.
    Context context;
    context.visible = [](const Touched& t) { return t.type != "Observation"; };
    CHECK(versions(f.records->history("", "", {}, context)) == "Patient/b/1 Patient/a/2 Patient/a/1");
}

TEST_CASE("pages of a history hold each version once, whatever is written meanwhile") {
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto pick = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
    Fixture f;
    std::vector<std::string> wanted;  // newest first at the end
    std::map<std::string, int> version;
    for (int i = 0; i < 60; ++i) {
        // Several commits in one millisecond, several resources in one commit.
        if (pick(3) == 0) f.clock.advance(std::chrono::milliseconds(1));
        std::string entries;
        std::set<std::string> used;
        for (std::size_t n = 1 + pick(4); n > 0; --n) {
            const std::string type = pick(2) == 0 ? "Patient" : "Observation";
            const std::string id = "r" + std::to_string(pick(6));
            if (!used.insert(type + id).second) continue;
            const std::string body = type == "Patient" ? R"({"resourceType":"Patient","id":")" + id + "\"}" : observation(id);
            entries += (entries.empty() ? "" : ",") + std::string(R"({"request":{"method":"PUT","url":")") + type + "/" + id + R"("},"resource":)" + body + "}";
            wanted.push_back(type + "/" + id + "/" + std::to_string(++version[type + "/" + id]));
        }
        REQUIRE(f.bundle(R"({"resourceType":"Bundle","type":"transaction","entry":[)" + entries + "]}").ok());
    }
    std::ranges::sort(wanted);
    for (const std::string count : {"1", "3", "7", "500"}) {
        Parameters parameters = {{"_count", count}};
        std::vector<std::string> got;
        std::optional<Instant> last;
        for (int page = 0; page < 1000 && !parameters.empty(); ++page) {
            const Outcome out = f.records->history("", "", parameters, {});
            REQUIRE(out.ok());
            for (const Touched& t : out.touched) {
                got.push_back(t.type + "/" + t.id + "/" + std::to_string(t.version));
                CHECK((!last || t.last_updated <= *last));
                last = t.last_updated;
            }
            parameters = next_of(f, out);
            tick(f);
            f.put("Patient", "later", "");
        }
        std::ranges::sort(got);
        CAPTURE(count);
        // Writes after the first page are newer than all pages.
        CHECK(std::ranges::includes(got, wanted));
        CHECK(std::ranges::adjacent_find(got) == got.end());
        for (const std::string& one : got) {
            if (!one.starts_with("Patient/later")) CHECK(std::ranges::binary_search(wanted, one));
        }
    }
}

TEST_CASE("a page of a history is bounded in bytes and in what it looks at") {
    Options options;
    options.history_bytes_max = 2000;
    options.history_looked_at_max = 7;
    Fixture f(options);
    const std::string text(500, 'x');
    for (int i = 0; i < 12; ++i) {
        tick(f);
        f.put("Patient", "p" + std::to_string(i), R"("name":[{"text":")" + text + "\"}]");
    }
    const Outcome first = f.records->history("Patient", "", {}, {});
    CHECK(first.touched.size() < 5);
    std::size_t count = 0;
    Parameters parameters = {{"_count", "50"}};
    for (int page = 0; page < 50 && !parameters.empty(); ++page) {
        const Outcome out = f.records->history("Patient", "", parameters, {});
        REQUIRE(out.ok());
        count += out.touched.size();
        parameters = next_of(f, out);
    }
    CHECK(count == 12);
    // Nothing was current then; the pages say so a few at a time.
    Parameters none = {{"_at", "2026-01-01T00:00:00Z"}};
    for (int page = 0; page < 50 && !none.empty(); ++page) {
        const Outcome out = f.records->history("Patient", "", none, {});
        REQUIRE(out.ok());
        CHECK(out.touched.empty());
        none = next_of(f, out);
    }
    CHECK(none.empty());
}

TEST_CASE("change rows: ids come back as they were, and damage is found") {
    const std::vector<ChangedVersion> changed = {{"a", 1},
                                                 {"0f8fad5b-d9cb-469f-a165-70867728950e", 300},
                                                 {"0F8FAD5B-D9CB-469F-A165-70867728950E", 2},
                                                 {"0f8fad5b-d9cb-469f-a165-70867728950g", 3},
                                                 {"0f8fad5bd9cb-469f-a165-70867728950e-", 4},
                                                 {std::string(64, 'x'), 5}};
    const std::string bytes = encode(changed);
    CHECK(*decode_changed(bytes) == changed);
    CHECK(bytes.size() == 2 + 3 + 19 + 38 + 38 + 38 + 66);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) CHECK(!decode_changed(std::string_view(bytes).substr(0, cut)));
    CHECK(!decode_changed(bytes + "x"));
    const ChangePlace place{1'700'000'000'123, 42};
    CHECK(change_place(change_key("Patient", place)) == place);
    CHECK(change_key("Patient", {2, 0}) < change_key("Patient", {1, 9}));
}

// Counts what is read from a snapshot by key.
class Counting final : public store::Snapshot {
public:
    explicit Counting(std::shared_ptr<const store::Snapshot> inner) : inner_(std::move(inner)) {}
    store::Version version() const override { return inner_->version(); }
    Result<std::vector<std::optional<std::string>>> multi_get(std::span<const std::string> keys) const override {
        read_ += keys.size();
        return inner_->multi_get(keys);
    }
    Result<store::Chunk> scan(const store::Range& range, const store::ChunkLimit& limit) const override { return inner_->scan(range, limit); }
    std::size_t read() const { return read_; }

private:
    const std::shared_ptr<const store::Snapshot> inner_;
    mutable std::size_t read_ = 0;
};

TEST_CASE("a page of the history of one huge commit reads no more than it shows") {
    Fixture f;
    std::string entries;
    for (int i = 0; i < 500; ++i) {
        const std::string id = "o" + std::to_string(i);
        entries += (i == 0 ? "" : ",") + std::string(R"({"resource":)") + observation(id) + R"(,"request":{"method":"PUT","url":"Observation/)" + id + R"("}})";
    }
    REQUIRE(f.bundle(R"({"resourceType":"Bundle","type":"transaction","entry":[)" + entries + "]}").ok());
    const auto counting = std::make_shared<const Counting>(*f.records->snapshot());
    Context context;
    context.snapshot = counting;
    const Outcome first = f.records->history("Observation", "", {{"_count", "5"}}, context);
    CHECK(first.touched.size() == 5);
    CHECK(counting->read() < 60);
    // And goes on where it ended.
    const Outcome second = f.records->history("Observation", "", next_of(f, first), context);
    CHECK(second.touched.size() == 5);
    CHECK(second.touched[0].id != first.touched[4].id);
    CHECK(counting->read() < 120);
}

TEST_CASE("a history of one resource looks at so many versions for a page and goes on") {
    Fixture f({.history_looked_at_max = 5});
    const Instant start = f.clock.now();
    for (int i = 0; i < 23; ++i) {
        f.update("Observation", "o", observation("o", i % 2 == 0 ? "final" : "amended"));
        tick(f);
    }
    int pages = 0;
    std::string found;
    Parameters parameters{{"_at", to_iso(start)}};
    while (!parameters.empty() && pages < 20) {
        const Outcome page = f.records->history("Observation", "o", parameters, {});
        REQUIRE(page.ok());
        CHECK(page.touched.size() <= 5);
        found += versions(page);
        parameters = next_of(f, page);
        ++pages;
    }
    CHECK(found == "Observation/o/1");
    CHECK(pages == 5);
}

}  // namespace
}  // namespace idun::records
