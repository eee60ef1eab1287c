#include "bulk/exports.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "bulk/run.h"
#include "rights/decide.h"

namespace idun::bulk {
namespace {

namespace fs = std::filesystem;

constexpr const char* kState = "/job.json";
constexpr std::uint64_t kStateBytesMax = 64u << 20;

Result<std::string> read_whole(const std::string& path, std::uint64_t bytes_max) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    if (error) return fail(Category::not_found, "there is no such file");
    if (size > bytes_max) return fail(Category::too_large, "a file of an export is larger than it can be");
    std::string out(size, '\0');
    std::ifstream in(path, std::ios::binary);
    if (!in.read(out.data(), static_cast<std::streamsize>(size))) return fail(Category::unavailable, "a file of an export cannot be read");
    return out;
}

// Everything but the state.
void remove_output(const std::string& folder) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored))
        if (entry.path().filename() != "job.json") fs::remove(entry.path(), ignored);
}

struct Job {
    JobRecord record;
    std::shared_ptr<RunState> state = std::make_shared<RunState>();
    bool finished() const { return record.state == JobState::complete || record.state == JobState::failed; }
};

tl::unexpected<Error> no_such_job() { return fail(Category::not_found, "there is no such export"); }

}  // namespace

struct Exports::Impl {
    Impl(Options o, const records::Records& r, ledger::Ledger& l, const Clock& c, Random& n)
        : options(std::move(o)), records(r), ledger(l), clock(c), random(n) {}

    const Options options;
    const records::Records& records;
    ledger::Ledger& ledger;
    const Clock& clock;
    Random& random;

    std::mutex mutex;
    std::condition_variable woken;
    bool stopping = false;
    std::map<std::string, Job> jobs;
    std::deque<std::string> waiting;  // ids, in order
    const std::shared_ptr<std::atomic<std::size_t>> deliveries = std::make_shared<std::atomic<std::size_t>>(0);
    std::thread runner;

    std::string folder_of(const std::string& id) const { return options.folder + "/" + id; }
    Instant expiry(const JobRecord& job) const { return job.finished + options.lifetime; }

    Status read_jobs() {
        std::error_code error;
        fs::create_directories(options.folder, error);
        if (error) return fail(Category::unavailable, "the folder of the exports cannot be made");
        std::vector<std::pair<Instant, std::string>> unfinished;
        for (const auto& entry : fs::directory_iterator(options.folder, error)) {
            const std::string id = entry.path().filename().string();
            auto text = read_whole(folder_of(id) + kState, kStateBytesMax);
            auto job = text ? decode_job(*text) : Result<JobRecord>(fail(text.error()));
            if (!job || job->id != id) {  // a crash before the state was written; nobody was told of this job
                fs::remove_all(entry.path(), error);
                continue;
            }
            if (job->state == JobState::waiting || job->state == JobState::running) {
                remove_output(folder_of(id));
                job->state = JobState::waiting;
                job->files.clear();
                unfinished.emplace_back(job->created, id);
            }
            jobs[id].record = std::move(*job);
        }
        std::ranges::sort(unfinished);
        for (const auto& [created, id] : unfinished) waiting.push_back(id);
        return {};
    }

    // Removes what has expired. Call with the mutex held.
    void expire() {
        for (auto job = jobs.begin(); job != jobs.end();) {
            if (!job->second.finished() || clock.now() < expiry(job->second.record)) {
                ++job;
                continue;
            }
            std::error_code ignored;
            fs::remove_all(folder_of(job->first), ignored);
            job = jobs.erase(job);
        }
    }

    void work() {
        std::unique_lock lock(mutex);
        while (!stopping) {
            expire();
            if (waiting.empty()) {
                woken.wait_for(lock, std::chrono::seconds(30));
                continue;
            }
            const std::string id = waiting.front();
            waiting.pop_front();
            Job& job = jobs[id];
            job.record.state = JobState::running;
            JobRecord record = job.record;
            const auto state = job.state;
            lock.unlock();
            const Status status = execute(record, *state);
            lock.lock();
            const auto found = jobs.find(id);
            if (found == jobs.end()) {  // removed meanwhile
                std::error_code ignored;
                fs::remove_all(folder_of(id), ignored);
                continue;
            }
            if (stopping) return;  // it stands on disk as waiting
            finish(found->second, std::move(record), status);
        }
    }

    Status execute(JobRecord& record, RunState& state) {
        record.as_of = clock.now() - options.settle;
        TRY_ASSIGN(const auto snapshot, records.snapshot());
        record.store_version = snapshot->version().number;
        // The members are not kept: a restart takes those of its own version.
        JobRecord running = record;
        if (record.request.level == Level::group) {
            TRY_ASSIGN(auto members, members_of(records, record.request.group, snapshot));
            auto& asked = running.request.patients;
            if (!asked.empty()) std::erase_if(members, [&](const std::string& id) { return !std::ranges::binary_search(asked, id); });
            asked = std::move(members);
        }
        const RunParts parts{records, ledger, clock, options.threads, options.limits, options.visible_to};
        TRY(run(parts, *snapshot, folder_of(record.id), running, state));
        record.files = std::move(running.files);
        return {};
    }

    // Call with the mutex held.
    void finish(Job& job, JobRecord record, const Status& status) {
        record.finished = clock.now();
        record.state = status ? JobState::complete : JobState::failed;
        if (!status) {
            record.failure = status.error().message;
            record.files.clear();
            remove_output(folder_of(record.id));
        }
        if (const Status kept = write_whole(folder_of(record.id) + kState, encode(record)); !kept) {
            record.state = JobState::failed;
            record.failure = kept.error().message;
        }
        log::info("export finished", {{"job", record.id}, {"ok", record.state == JobState::complete ? "yes" : "no"}});
        job.record = std::move(record);
    }

    // Call with the mutex held.
    Status admit(const std::string& owner) {
        expire();
        const auto mine = std::ranges::count_if(jobs, [&](const auto& job) { return job.second.record.owner == owner; });
        const auto unfinished = std::ranges::count_if(jobs, [](const auto& job) { return !job.second.finished(); });
        const auto waiting_of_mine = std::ranges::count_if(
            jobs, [&](const auto& job) { return !job.second.finished() && job.second.record.owner == owner; });
        if (static_cast<std::size_t>(waiting_of_mine) >= options.waiting_of_client_max)
            return fail(Category::busy, "your exports before this one are still under way");
        TRY(check_disk(options.folder, options.limits));
        if (static_cast<std::size_t>(mine) >= options.jobs_of_client_max)
            return fail(Category::busy, "you have as many exports as one client may have; delete those you have fetched");
        if (jobs.size() >= options.jobs_max || static_cast<std::size_t>(unfinished) >= options.waiting_max)
            return fail(Category::busy, "too many exports are under way");
        return {};
    }

    Result<JobRecord> finished_job(const std::string& id, const std::string& owner) {
        const std::lock_guard lock(mutex);
        expire();
        const auto found = jobs.find(id);
        if (found == jobs.end() || found->second.record.owner != owner) return no_such_job();
        if (found->second.record.state != JobState::complete) return fail(Category::not_found, "there is no such file");
        return found->second.record;
    }

    // A file in memory, counted as long as somebody holds it.
    Result<std::shared_ptr<const std::string>> load(const std::string& path, std::uint64_t bytes) {
        struct Held {
            explicit Held(std::shared_ptr<std::atomic<std::size_t>> c) : count(std::move(c)) {}
            ~Held() { --*count; }
            Held(const Held&) = delete;
            std::string bytes;
            const std::shared_ptr<std::atomic<std::size_t>> count;
        };
        if (deliveries->fetch_add(1) >= options.deliveries_max) {
            --*deliveries;
            return fail(Category::busy, "too many files are being fetched; ask again in a moment");
        }
        const auto held = std::make_shared<Held>(deliveries);
        TRY_ASSIGN(held->bytes, read_whole(path, bytes));
        if (held->bytes.size() != bytes) return fail(Category::corrupt, "a file of an export is not what was written");
        return std::shared_ptr<const std::string>(held, &held->bytes);
    }
};

Exports::Exports(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Exports::~Exports() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
        for (auto& [id, job] : impl_->jobs) job.state->stop = true;
    }
    impl_->woken.notify_all();
    impl_->runner.join();
}

Result<std::unique_ptr<Exports>> Exports::open(Options options, const records::Records& records, ledger::Ledger& ledger,
                                               const Clock& clock, Random& random) {
    auto impl = std::make_unique<Impl>(std::move(options), records, ledger, clock, random);
    TRY(impl->read_jobs());
    impl->runner = std::thread([i = impl.get()] { i->work(); });
    return std::unique_ptr<Exports>(new Exports(std::move(impl)));
}

Result<std::string> Exports::start(ExportRequest request, const Client& client, std::string url) {
    TRY(check_filters(request, impl_->records));
    if (request.level == Level::group) {
        TRY_ASSIGN(auto snapshot, impl_->records.snapshot());
        TRY(members_of(impl_->records, request.group, std::move(snapshot)));
    }
    JobRecord record;
    record.id = uuid(impl_->random);
    record.owner = client.owner;
    record.requester = client.actor;
    record.url = std::move(url);
    record.request_id = client.request_id;
    record.request = std::move(request);
    record.created = impl_->clock.now();
    const std::lock_guard lock(impl_->mutex);
    TRY(impl_->admit(client.owner));
    std::error_code error;
    fs::create_directory(impl_->folder_of(record.id), error);
    if (error) return fail(Category::unavailable, "the folder of the export cannot be made");
    TRY(write_whole(impl_->folder_of(record.id) + kState, encode(record)));
    const std::string id = record.id;
    impl_->jobs[id].record = std::move(record);
    impl_->waiting.push_back(id);
    impl_->woken.notify_all();
    return id;
}

Result<JobView> Exports::look(const std::string& id, const std::string& owner) {
    const std::lock_guard lock(impl_->mutex);
    impl_->expire();
    const auto found = impl_->jobs.find(id);
    if (found == impl_->jobs.end() || found->second.record.owner != owner) return no_such_job();
    const Job& job = found->second;
    JobView out{job.record, 0, impl_->expiry(job.record)};
    const std::size_t all = std::max<std::size_t>(job.state->all, 1);
    out.percent = job.finished() ? 100 : static_cast<int>(std::min<std::size_t>(99, 100 * job.state->done / all));
    return out;
}

Status Exports::remove(const std::string& id, const std::string& owner) {
    const std::lock_guard lock(impl_->mutex);
    const auto found = impl_->jobs.find(id);
    if (found == impl_->jobs.end() || found->second.record.owner != owner) return no_such_job();
    const bool running = found->second.record.state == JobState::running;
    found->second.state->stop = true;
    std::erase(impl_->waiting, id);
    impl_->jobs.erase(found);
    std::error_code ignored;
    fs::remove(impl_->folder_of(id) + kState, ignored);  // so that no restart takes it up again
    if (!running) fs::remove_all(impl_->folder_of(id), ignored);
    impl_->woken.notify_all();
    return {};
}

void Exports::file(const std::string& id, const std::string& name, const Client& client, Delivered delivered) {
    const auto job = impl_->finished_job(id, client.owner);
    if (!job) return delivered(fail(job.error()));
    const auto file = std::ranges::find(job->files, name, &OutputFile::name);
    if (file == job->files.end()) return delivered(fail(Category::not_found, "there is no such file"));
    auto bytes = impl_->load(impl_->folder_of(id) + "/" + name, file->bytes);
    if (!bytes) return delivered(fail(bytes.error()));
    ledger::Access access;
    access.time = impl_->clock.now();
    access.action = ledger::Action::export_data;
    access.requester = client.actor;
    access.rule = rights::id(rights::Rule::own_provider);
    access.store_version = job->store_version;
    access.request_id = client.request_id;
    access.query = "export " + id + " file " + name;
    impl_->ledger.append(access, [bytes = std::move(*bytes), delivered = std::move(delivered)](Result<ledger::Receipt> receipt) {
        if (!receipt) return delivered(fail(receipt.error()));
        delivered(Delivery{bytes, std::move(*receipt)});
    });
}

}  // namespace idun::bulk
