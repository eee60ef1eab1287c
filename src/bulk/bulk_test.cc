#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>
#include <thread>

#include "bulk/digest.h"
#include "bulk/exports.h"
#include "bulk/run.h"
#include "fhir/definitions.h"
#include "ledger/file_system.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::bulk;

namespace {

constexpr Instant kNow{1'800'000'000'000};
const Client kClient{"owner-1", {"system-1", "EHR", "system", "SE1", ""}, "request-1"};
const Client kOther{"owner-2", {"system-2", "EHR", "system", "SE1", ""}, "request-2"};

// A manual clock; while it is closed, every thread but the one that made it waits here.
class GateClock final : public Clock {
public:
    Instant now() const override {
        while (closed && std::this_thread::get_id() != owner_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return inner_.now();
    }
    void advance(std::chrono::milliseconds by) { inner_.advance(by); }
    std::atomic<bool> closed = false;

private:
    ManualClock inner_{kNow};
    const std::thread::id owner_ = std::this_thread::get_id();
};

struct Fixture {
    store::TemporaryStore temporary;
    GateClock clock;
    crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    std::unique_ptr<records::Records> records;
    std::unique_ptr<ledger::Ledger> ledger;
    Options options;
    std::unique_ptr<Exports> exports;

    Fixture() {
        records::Options record_options;
        record_options.person_key = [](std::string_view system, std::string_view value) -> std::optional<std::string> {
            if (system != "urn:person") return std::nullopt;
            return std::string(crypto::sha256(value).view().substr(0, crypto::kPseudonymBytes));
        };
        records = *records::Records::open(*temporary.store, fhir::Definitions::r4(), clock, system_random(), record_options);
        ledger = *ledger::Ledger::open(temporary.folder.path + "/log", "SE1", key, ledger::system_files(), clock);
        options.folder = temporary.folder.path + "/bulk";
        options.settle = std::chrono::milliseconds(0);
        open();
    }
    void open() {
        exports.reset();
        exports = *Exports::open(options, *records, *ledger, clock, system_random());
    }
    void put(const std::string& type, const std::string& id, const std::string& members) {
        const auto document = json::Document::parse(R"({"resourceType":")" + type + R"(","id":")" + id + "\"," + members + "}");
        REQUIRE(document);
        REQUIRE(records->update(type, id, document->root(), {}).ok());
    }
    void fill(int people) {
        for (int i = 0; i < people; ++i) {
            const std::string id = "p" + std::to_string(i);
            put("Patient", id, R"("identifier":[{"system":"urn:person","value":")" + id + R"("}])");
            const std::string about = R"("subject":{"reference":"Patient/)" + id + "\"}";
            put("Observation", "a" + id, R"("status":"final","code":{"text":"x"},)" + about);
            put("Observation", "b" + id, R"("status":"preliminary","code":{"text":"x"},)" + about);
            put("Condition", "c" + id, about);
        }
        put("Organization", "o1", R"("name":"Ward")");
        put("Group", "g1", R"("type":"person","actual":true,"member":[{"entity":{"reference":"Patient/p1"}},{"entity":{"reference":"Patient/p2"}},{"entity":{"reference":"Patient/p3"},"inactive":true},{"entity":{"reference":"Patient/gone"}}])");
    }
    Result<std::string> start(Level level, const records::Parameters& parameters, std::string group = {}, const Client& client = kClient) {
        TRY_ASSIGN(auto request, read_request(level, std::move(group), parameters, fhir::Definitions::r4(), false));
        return exports->start(std::move(request), client, "http://n/fhir/$export");
    }
    JobView wait(const std::string& id) {
        for (int i = 0; i < 2000; ++i) {
            auto view = exports->look(id, kClient.owner);
            REQUIRE(view);
            if (view->job.state == JobState::complete || view->job.state == JobState::failed) return *view;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        FAIL("the job does not end");
        return {};
    }
    Result<Delivery> fetch(const std::string& id, const std::string& name, const Client& client = kClient) {
        std::promise<Result<Delivery>> done;
        exports->file(id, name, client, [&](Result<Delivery> one) { done.set_value(std::move(one)); });
        return done.get_future().get();
    }
    // "Type/id" of everything in the job's files; deletions as "-Type/id".
    std::multiset<std::string> contents(const JobView& view) {
        std::multiset<std::string> out;
        for (const OutputFile& file : view.job.files) {
            auto delivery = fetch(view.job.id, file.name);
            REQUIRE(delivery);
            std::istringstream lines(*delivery->bytes);
            std::size_t count = 0;
            for (std::string line; std::getline(lines, line); ++count) {
                const auto document = json::Document::parse(line);
                REQUIRE(document);
                const auto root = document->root();
                if (file.type.empty()) {
                    out.emplace("-" + std::string(root["entry"][0]["request"]["url"].text()));
                    continue;
                }
                CHECK(root["resourceType"].text() == file.type);
                out.emplace(file.type + "/" + std::string(root["id"].text()));
            }
            CHECK(count == file.count);
            CHECK(delivery->bytes->size() == file.bytes);
        }
        return out;
    }
    std::multiset<std::string> exported(Level level, const records::Parameters& parameters, std::string group = {}) {
        const auto id = start(level, parameters, std::move(group));
        REQUIRE(id);
        const auto view = wait(*id);
        CHECK_MESSAGE(view.job.state == JobState::complete, view.job.failure);
        auto out = contents(view);
        CHECK(exports->remove(*id, kClient.owner));
        return out;
    }
    std::vector<ledger::Access> log() {
        std::vector<ledger::Access> out;
        CHECK(ledger->for_each(0, [&](const ledger::Entry& entry) -> Status {
            out.push_back(*entry.access);
            return {};
        }));
        return out;
    }
};

}  // namespace

TEST_CASE("an export of everything holds every resource once") {
    Fixture f;
    f.fill(50);
    const auto all = f.exported(Level::system, {});
    CHECK(all.size() == 202);
    CHECK(std::set<std::string>(all.begin(), all.end()).size() == 202);
}

TEST_CASE("levels, types, times and filters select") {
    Fixture f;
    f.fill(5);
    CHECK(f.exported(Level::patient, {}).size() == 20);
    CHECK(f.exported(Level::group, {}, "g1").size() == 8);
    CHECK(f.exported(Level::group, {{"patient", "Patient/p2,Patient/p4"}}, "g1").size() == 4);
    CHECK(f.exported(Level::patient, {{"patient", "Patient/p2"}, {"_type", "Condition"}}) == std::multiset<std::string>{"Condition/cp2"});
    CHECK(f.exported(Level::system, {{"_type", "Condition,Organization"}, {"_type", "Group"}}).size() == 7);
    CHECK(f.exported(Level::system, {{"_type", "Observation"}, {"_typeFilter", "Observation?status=final"}}).size() == 5);
    CHECK(f.exported(Level::system, {{"_type", "Observation"}, {"_typeFilter", "Observation?status=final,amended,Observation?status=preliminary"}}).size() == 10);
    CHECK(f.exported(Level::patient, {{"_typeFilter", "Observation?status=final&patient=p1"}}).size() == 11);
}

TEST_CASE("what changed since, and what was deleted since") {
    Fixture f;
    f.fill(3);
    const std::string since = to_iso(f.clock.now());
    CHECK(f.exported(Level::system, {{"_since", since}}).empty());
    f.clock.advance(std::chrono::seconds(1));
    f.put("Condition", "new", R"("subject":{"reference":"Patient/p1"})");
    REQUIRE(f.records->remove("Observation", "ap2", {}).ok());
    CHECK(f.exported(Level::system, {{"_since", since}}) == std::multiset<std::string>{"Condition/new", "-Observation/ap2"});
    CHECK(f.exported(Level::patient, {{"_since", since}, {"_type", "Condition"}}) == std::multiset<std::string>{"Condition/new"});
}

TEST_CASE("every person in an export is in the log before it is complete, and so is every delivery") {
    Fixture f;
    f.fill(20);
    const auto id = f.start(Level::patient, {{"_type", "Observation"}});
    REQUIRE(id);
    const auto view = f.wait(*id);
    std::set<std::string> persons;
    for (const auto& access : f.log()) {
        CHECK(access.action == ledger::Action::export_data);
        CHECK(access.requester == kClient.actor);
        CHECK(access.query == "export " + *id + " all");
        CHECK(access.records.size() == 2);
        for (const ledger::Record& record : access.records) {
            CHECK(record.type == "Observation");
            CHECK(record.version == "1");
            CHECK(!record.category.empty());
            CHECK(record.provider_id == "SE1");
        }
        REQUIRE(access.person);
        persons.insert(std::string(access.person->view()));
    }
    CHECK(persons.size() == 20);
    const auto before = f.log().size();
    REQUIRE(!view.job.files.empty());
    const auto delivery = f.fetch(*id, view.job.files[0].name);
    REQUIRE(delivery);
    CHECK(delivery->receipt.index == before);
    CHECK(f.log().back().query == "export " + *id + " file " + view.job.files[0].name);
}

TEST_CASE("the entries of an export say whether persons were chosen, and name every record of many") {
    Fixture f;
    f.fill(3);
    const auto persons_and_query = [&](Level level, const records::Parameters& parameters, std::string group = {}) {
        const std::size_t before = f.log().size();
        const auto id = f.start(level, parameters, std::move(group));
        REQUIRE(id);
        f.wait(*id);
        std::set<std::string> queries;
        const auto log = f.log();
        for (std::size_t i = before; i < log.size(); ++i) queries.insert(log[i].query.substr(log[i].query.rfind(' ') + 1));
        return queries;
    };
    using Set = std::set<std::string>;
    CHECK(persons_and_query(Level::system, {}) == Set{"all"});
    CHECK(persons_and_query(Level::patient, {{"_type", "Condition"}}) == Set{"all"});
    CHECK(persons_and_query(Level::group, {}, "g1") == Set{"chosen"});
    CHECK(persons_and_query(Level::patient, {{"patient", "Patient/p1"}}) == Set{"chosen"});
    CHECK(persons_and_query(Level::system, {{"_type", "Observation"}, {"_typeFilter", "Observation?status=final"}}) == Set{"chosen"});

    std::vector<json::Document> documents;
    std::vector<json::Value> resources;
    for (std::size_t i = 0; i < ledger::kRecordsMax + 7; ++i)
        documents.push_back(*json::Document::parse(R"({"resourceType":"Condition","id":"many-)" + std::to_string(i) + R"(","subject":{"reference":"Patient/p1"}})"));
    for (const auto& document : documents) resources.push_back(document.root());
    REQUIRE(f.records->put_all(resources, {})->refused.empty());
    const std::size_t before = f.log().size();
    const auto id = f.start(Level::patient, {{"patient", "Patient/p1"}, {"_type", "Condition"}});
    REQUIRE(id);
    f.wait(*id);
    std::set<std::string> named;
    const auto log = f.log();
    CHECK(log.size() > before + 1);
    for (std::size_t i = before; i < log.size(); ++i)
        for (const ledger::Record& record : log[i].records) named.insert(record.id);
    CHECK(named.size() == ledger::kRecordsMax + 8);
}

TEST_CASE("files end at their bound and together hold everything") {
    Fixture f;
    f.fill(60);
    f.options.limits.file_bytes_max = 2'000;
    f.open();
    const auto id = f.start(Level::system, {});
    const auto view = f.wait(*id);
    CHECK(view.job.files.size() > 10);
    for (const auto& file : view.job.files) CHECK(file.bytes < 2'500);
    CHECK(f.contents(view).size() == 242);
}

TEST_CASE("a job that is too large fails and leaves no file") {
    Fixture f;
    f.fill(60);
    f.options.limits.job_bytes_max = 5'000;
    f.open();
    const auto id = f.start(Level::system, {});
    const auto view = f.wait(*id);
    CHECK(view.job.state == JobState::failed);
    CHECK(view.job.failure.starts_with("the export has more bytes"));
    CHECK(std::distance(std::filesystem::directory_iterator(f.options.folder + "/" + *id), {}) == 1);
    CHECK(f.fetch(*id, "Patient.1-1.ndjson").error().category == Category::not_found);
}

TEST_CASE("a job belongs to its client alone") {
    Fixture f;
    f.fill(1);
    const auto id = f.start(Level::system, {});
    const auto view = f.wait(*id);
    CHECK(f.exports->look(*id, kOther.owner).error().category == Category::not_found);
    CHECK(f.exports->remove(*id, kOther.owner).error().category == Category::not_found);
    CHECK(f.fetch(*id, view.job.files[0].name, kOther).error().category == Category::not_found);
    CHECK(f.fetch(*id, "../job.json").error().category == Category::not_found);
    CHECK(f.fetch(*id, "job.json").error().category == Category::not_found);
    CHECK(f.exports->remove(*id, kClient.owner));
    CHECK(f.exports->look(*id, kClient.owner).error().category == Category::not_found);
    CHECK(!std::filesystem::exists(f.options.folder + "/" + *id));
}

TEST_CASE("a complete job survives a restart, an unfinished one starts again") {
    Fixture f;
    f.fill(3);
    const auto done = f.start(Level::system, {});
    const auto view = f.wait(*done);
    f.open();
    const auto again = f.exports->look(*done, kClient.owner);
    REQUIRE(again);
    CHECK(again->job == view.job);
    CHECK(f.contents(*again).size() == 14);

    // As a crash leaves it: running, with a cut file.
    JobRecord cut = view.job;
    cut.id = "00000000-0000-4000-8000-000000000001";
    cut.state = JobState::running;
    cut.files.clear();
    f.exports.reset();
    std::filesystem::create_directories(f.options.folder + "/" + cut.id);
    REQUIRE(write_whole(f.options.folder + "/" + cut.id + "/job.json", encode(cut)));
    std::ofstream(f.options.folder + "/" + cut.id + "/Patient.9-9.ndjson.part") << "{\"resou";
    std::filesystem::create_directories(f.options.folder + "/without-state");
    f.open();
    const auto redone = f.wait(cut.id);
    CHECK(redone.job.state == JobState::complete);
    CHECK(f.contents(redone).size() == 14);
    CHECK(!std::filesystem::exists(f.options.folder + "/" + cut.id + "/Patient.9-9.ndjson.part"));
    CHECK(!std::filesystem::exists(f.options.folder + "/without-state"));
}

TEST_CASE("jobs expire") {
    Fixture f;
    f.fill(1);
    const auto id = f.start(Level::system, {});
    const auto view = f.wait(*id);
    CHECK(view.expires == kNow + std::chrono::hours(24));
    f.clock.advance(std::chrono::hours(25));
    CHECK(f.exports->look(*id, kClient.owner).error().category == Category::not_found);
    CHECK(!std::filesystem::exists(f.options.folder + "/" + *id));
}

TEST_CASE("one client has a bounded number of jobs") {
    Fixture f;
    f.options.jobs_of_client_max = 2;
    f.open();
    f.fill(1);
    REQUIRE(f.start(Level::system, {}));
    REQUIRE(f.start(Level::system, {}));
    CHECK(f.start(Level::system, {}).error().category == Category::busy);
    CHECK(f.start(Level::system, {}, {}, kOther));
}

TEST_CASE("a damaged file is not delivered") {
    Fixture f;
    f.fill(1);
    const auto id = f.start(Level::system, {{"_type", "Patient"}});
    const auto view = f.wait(*id);
    const std::string path = f.options.folder + "/" + *id + "/" + view.job.files[0].name;
    std::filesystem::resize_file(path, view.job.files[0].bytes - 1);
    CHECK(f.fetch(*id, view.job.files[0].name).error().category == Category::corrupt);
}

TEST_CASE("wrong requests are refused with the parameter that is wrong") {
    const auto refusal = [](Level level, const records::Parameters& parameters) {
        const auto read = read_request(level, "", parameters, fhir::Definitions::r4(), false);
        return read ? std::string("taken") : read.error().message;
    };
    CHECK(refusal(Level::system, {{"_outputFormat", "application/fhir+ndjson"}, {"_outputFormat", "ndjson"}}) == "taken");
    CHECK(refusal(Level::system, {{"_outputFormat", "text/csv"}}) == "_outputFormat is application/fhir+ndjson");
    CHECK(refusal(Level::system, {{"_since", "yesterday"}}).starts_with("_since"));
    CHECK(refusal(Level::system, {{"_since", "2026-01-01T00:00:00 01:00"}}) == "taken");
    CHECK(refusal(Level::system, {{"_type", "Patient,Nonsense"}}).starts_with("_type"));
    CHECK(refusal(Level::system, {{"_typeFilter", "status=final"}}).starts_with("a _typeFilter"));
    CHECK(refusal(Level::system, {{"_type", "Patient"}, {"_typeFilter", "Observation?status=final"}}).find("leaves out") != std::string::npos);
    CHECK(refusal(Level::system, {{"patient", "Patient/1"}}).starts_with("the parameter patient"));
    CHECK(refusal(Level::patient, {{"patient", "Group/1"}}).starts_with("patient is a reference"));
    CHECK(refusal(Level::patient, {{"_elements", "id"}}).starts_with("the parameter _elements"));
    CHECK(read_request(Level::patient, "", {{"_elements", "id"}, {"_type", "Nonsense,Patient"}}, fhir::Definitions::r4(), true)->types.size() == 1);
    Fixture f;
    CHECK(f.start(Level::group, {}, "nobody").error().category == Category::not_found);
    CHECK(f.start(Level::system, {{"_typeFilter", "Patient?nonsense=1"}}).error().message.starts_with("_typeFilter of Patient"));
}

TEST_CASE("requests and jobs are read as they were written, and damage is noticed") {
    const auto request = read_request(Level::group, "g", {{"_since", "2026-01-01T00:00:00Z"}, {"_typeFilter", "Patient?gender=male&active=true"}, {"patient", "a,b"}},
                                      fhir::Definitions::r4(), false);
    REQUIRE(request);
    JobRecord job{.id = "i", .owner = "o", .requester = kClient.actor, .url = "u", .request_id = "r", .request = *request, .created = kNow,
                  .state = JobState::complete, .finished = kNow, .as_of = kNow, .store_version = 7, .files = {{"Patient.1-1.ndjson", "Patient", 1, 2}}, .failure = ""};
    const std::string text = encode(job);
    CHECK(*decode_job(text) == job);
    for (const char* damage : {"", "{}", "{\"v\":2}", "[]"}) CHECK(decode_job(damage).error().category == Category::corrupt);
    for (std::size_t cut = 0; cut < text.size(); cut += 7) CHECK(!decode_job(text.substr(0, cut)));
    job.files[0].name = "../../etc/passwd";
    CHECK(!decode_job(encode(job)));
}

TEST_CASE("two exports of the same content have the same digest, whatever the files are") {
    Fixture f;
    f.fill(10);
    store::TemporaryFolder a, b;
    const auto save = [&](const std::string& folder) {
        const auto view = f.wait(*f.start(Level::system, {}));
        for (const auto& file : view.job.files) std::ofstream(folder + "/" + file.name) << *f.fetch(view.job.id, file.name)->bytes;
    };
    save(a.path);
    f.options.limits.file_bytes_max = 1'000;
    f.options.threads = 1;
    f.open();
    f.clock.advance(std::chrono::seconds(5));
    f.put("Condition", "cp1", R"("subject":{"reference":"Patient/p1"})");  // the same again: only meta changes
    save(b.path);
    const auto left = digest_of(a.path), right = digest_of(b.path);
    REQUIRE((left && right));
    CHECK(*left == *right);
    CHECK(left->at("Patient").count == 10);
    f.put("Condition", "cp1", R"("subject":{"reference":"Patient/p2"})");
    store::TemporaryFolder c;
    save(c.path);
    const auto other = digest_of(c.path);
    CHECK(other->at("Condition") != left->at("Condition"));
    CHECK(other->at("Patient") == left->at("Patient"));
    std::ofstream(c.path + "/bad.ndjson") << "{\n";
    CHECK(!digest_of(c.path));
    CHECK(!digest_of(c.path + "/absent"));
}

TEST_CASE("what is hidden from who exports is not in the files, nor in the account") {
    Fixture f;
    f.fill(3);
    f.options.visible_to = [](const ledger::Actor& requester) -> records::Visible {
        CHECK(requester.user_id == "system-1");
        return [](const records::Touched& touched) { return touched.type != "Condition" && touched.id != "ap1"; };
    };
    f.open();
    CHECK(f.exported(Level::patient, {}) ==
          std::multiset<std::string>{"Observation/ap0", "Observation/ap2", "Observation/bp0", "Observation/bp1",
                                     "Observation/bp2", "Patient/p0", "Patient/p1", "Patient/p2"});
    CHECK(f.exported(Level::group, {}, "g1") == std::multiset<std::string>{"Observation/ap2", "Observation/bp1",
                                                                           "Observation/bp2", "Patient/p1",
                                                                           "Patient/p2"});
    for (const ledger::Access& access : f.log()) CHECK(access.query.find("Condition") == std::string::npos);
    REQUIRE(f.records->remove("Condition", "cp0", {}).ok());
    f.clock.advance(std::chrono::seconds(1));
    for (const std::string& one : f.exported(Level::system, {{"_since", "2020-01-01T00:00:00Z"}}))
        CHECK(one != "-Condition/cp0");
}

TEST_CASE("one client does not take all places of waiting exports") {
    Fixture f;
    f.fill(5);
    f.clock.closed = true;  // nothing is finished
    const auto first = f.start(Level::system, {}), second = f.start(Level::system, {});
    REQUIRE(first);
    REQUIRE(second);
    const auto third = f.start(Level::system, {});
    REQUIRE(!third);
    CHECK(third.error().category == Category::busy);
    CHECK(f.start(Level::system, {}, {}, kOther));
    CHECK(f.exports->remove(*second, kClient.owner));
    CHECK(f.start(Level::system, {}));
    f.clock.closed = false;
    CHECK(f.wait(*first).job.state == JobState::complete);
    CHECK(f.start(Level::system, {}));
}

TEST_CASE("below the reserve of the disk no export begins, and none goes on") {
    Fixture f;
    f.fill(2);
    f.options.limits.disk_reserve_bytes = ~std::uint64_t{0};
    f.open();
    const auto refused = f.start(Level::system, {});
    REQUIRE(!refused);
    CHECK(refused.error().category == Category::busy);
    CHECK(std::filesystem::is_empty(f.options.folder));

    // One that is under way: its next bytes are not written.
    std::atomic<std::uint64_t> bytes{0};
    Output output(f.options.folder, 0, f.options.limits, bytes);
    Status written;
    for (int i = 0; i < 300 && written; ++i) written = output.resource("Patient", std::string(1'000, 'x'));
    REQUIRE(!written);
    CHECK(written.error().category == Category::busy);
    CHECK(!output.finish());
}

namespace {

// Stops an export at its first scan, and counts those that follow.
class Stopping final : public store::Snapshot {
public:
    Stopping(std::shared_ptr<const store::Snapshot> inner, RunState& state) : inner_(std::move(inner)), state_(state) {}
    store::Version version() const override { return inner_->version(); }
    Result<std::vector<std::optional<std::string>>> multi_get(std::span<const std::string> keys) const override { return inner_->multi_get(keys); }
    Result<store::Chunk> scan(const store::Range& range, const store::ChunkLimit& limit) const override {
        state_.stop = true;
        ++scans_;
        return inner_->scan(range, limit);
    }
    std::size_t scans() const { return scans_; }

private:
    const std::shared_ptr<const store::Snapshot> inner_;
    RunState& state_;
    mutable std::atomic<std::size_t> scans_{0};
};

}  // namespace

TEST_CASE("an export that is stopped ends soon, whatever it is doing") {
    Fixture f;
    f.fill(20);
    for (int i = 0; i < 20; ++i) CHECK(f.records->remove("Condition", "cp" + std::to_string(i), {}).ok());
    struct Row {
        const char* what;
        Level level;
        records::Parameters parameters;
    };
    const std::string past = to_iso(kNow - std::chrono::hours(1)), future = to_iso(kNow + std::chrono::hours(1));
    for (const Row& row : {Row{"nothing is wanted", Level::system, {{"_type", "Basic"}}}, Row{"all is too old", Level::system, {{"_since", future}}},
                           Row{"deletions only", Level::system, {{"_since", past}, {"_type", "Condition"}}},
                           Row{"patients without anything", Level::group, {{"_type", "Basic"}}}, Row{"too old", Level::group, {{"_since", future}}}}) {
        CAPTURE(row.what);
        JobRecord job;
        job.id = "job";
        job.request = *read_request(row.level, "g1", row.parameters, fhir::Definitions::r4(), false);
        if (row.level == Level::group)
            for (int i = 0; i < 20; ++i) job.request.patients.push_back("p" + std::to_string(i));
        RunState state;
        const Stopping snapshot(*f.records->snapshot(), state);
        const Status done = run({*f.records, *f.ledger, f.clock, 2, {}}, snapshot, f.options.folder, job, state);
        REQUIRE(!done);
        CHECK(done.error().category == Category::busy);
        CHECK(snapshot.scans() <= 4);  // two threads, each with what it had begun
    }
}

TEST_CASE("whom an export was asked for is in the log, also when nothing of hers was in it") {
    Fixture f;
    f.fill(5);
    const auto named = [&] {
        std::set<std::string> out;
        for (const ledger::Access& access : f.log())
            if (access.person) out.insert(access.person->text());
        return out;
    };
    const auto text = [](const std::string& id) {
        return crypto::Pseudonym::from(std::string(crypto::sha256(id).view().substr(0, crypto::kPseudonymBytes)))->text();
    };
    CHECK(f.exported(Level::patient, {{"patient", "Patient/p1"}, {"_type", "Procedure"}}).empty());
    CHECK(named() == std::set<std::string>{text("p1")});
    CHECK(f.exported(Level::system, {{"_type", "Procedure"}, {"_typeFilter", "Procedure?patient=Patient/p2"}}).empty());
    CHECK(f.exported(Level::system, {{"_type", "Patient"}, {"_typeFilter", "Patient?identifier=urn:person|nobody"}}).empty());
    CHECK(named() == std::set<std::string>{text("p1"), text("p2"), text("nobody")});
    CHECK(f.exported(Level::group, {{"_type", "Procedure"}}, "g1").empty());
    CHECK(named() == std::set<std::string>{text("p1"), text("p2"), text("nobody")});
}

TEST_CASE("subscriptions are in no export") {
    Fixture f;
    f.put("Subscription", "s", R"("status":"off","reason":"r","criteria":"urn:x","channel":{"type":"rest-hook"})");
    f.put("Organization", "o", R"("name":"Ward")");
    CHECK(f.exported(Level::system, {}) == std::multiset<std::string>{"Organization/o"});
    CHECK(f.records->remove("Subscription", "s", {}).ok());
    f.clock.advance(std::chrono::seconds(1));
    CHECK(f.exported(Level::system, {{"_since", to_iso(kNow - std::chrono::hours(1))}}) == std::multiset<std::string>{"Organization/o"});
}

TEST_CASE("an entry has the time at which it was written, however long the export has run") {
    Fixture f;
    f.fill(4);
    const auto slowly = [&](const ledger::Actor&) -> records::Visible {
        return [&](const records::Touched&) {
            f.clock.advance(std::chrono::minutes(1));
            return true;
        };
    };
    JobRecord job;
    job.id = "job";
    job.request = *read_request(Level::patient, {}, {}, fhir::Definitions::r4(), false);
    for (int i = 0; i < 4; ++i) job.request.patients.push_back("p" + std::to_string(i));
    RunState state;
    std::filesystem::create_directories(f.options.folder);
    REQUIRE(run({*f.records, *f.ledger, f.clock, 1, {}, slowly}, **f.records->snapshot(), f.options.folder, job, state));
    std::size_t entries = 0;
    for (const ledger::Access& access : f.log()) {
        ++entries;
        CHECK(access.time >= kNow + entries * std::chrono::minutes(4));  // four records of each were passed by then
    }
    CHECK(entries == 4);
}
