#include "bulk/run.h"

#include <algorithm>
#include <mutex>
#include <thread>

#include "bulk/person_log.h"
#include "fhir/resource_id.h"
#include "ledger/export_query.h"
#include "rights/decide.h"

namespace idun::bulk {
namespace {

constexpr std::size_t kSlices = 256;
constexpr std::string_view kKept = "Subscription";  // a channel of one system, not a record: it is in no export

// Of certain persons, not of everything.
bool is_of_chosen(const ExportRequest& request) {
    return request.level == Level::group || !request.patients.empty() || !request.filters.empty();
}

tl::unexpected<Error> was_stopped() { return fail(Category::busy, "the export was stopped"); }

// What one thread does.
class Worker {
public:
    Worker(const RunParts& parts, const store::Snapshot& snapshot, const std::string& folder, std::size_t thread,
           const JobRecord& job, std::atomic<std::uint64_t>& bytes, RunState& state)
        : parts_(parts),
          snapshot_(snapshot),
          job_(job),
          state_(state),
          output_(folder, thread, parts.limits, bytes),
          log_(parts.ledger, parts.records, snapshot, parts.clock, access(job)),
          visible_(parts.visible_to ? parts.visible_to(job.requester) : records::Visible()) {}

    Status slice(std::size_t place, std::size_t slices) {
        const records::ScanSelection selection{.types = job_.request.types,
                                               .since = job_.request.since,
                                               .about_patients = job_.request.level != Level::system,
                                               .tombstones = job_.request.since.has_value(),
                                               .slice = place,
                                               .slices = slices,
                                               .stopped = stopped()};
        return parts_.records.scan_all(snapshot_, selection,
                                       [this](const records::Touched& touched, std::string_view body) -> Status {
                                           if (visible_ && !visible_(touched)) return {};
                                           return touched.deleted ? deleted(touched) : resource(touched, body);
                                       });
    }

    Status patient(const std::string& id) {
        records::Selection selection;
        selection.types = job_.request.types;
        selection.stopped = stopped();
        selection.since = job_.request.since;
        Status status;
        TRY(parts_.records.scan_patient(snapshot_, id, selection, visible_, [&](std::vector<records::Row> rows) {
            for (const records::Row& row : rows) {
                if (job_.request.since && row.touched.last_updated <= *job_.request.since) continue;
                status = resource(row.touched, *row.body);
                if (!status) return false;
            }
            return true;
        }));
        TRY(status);
        return log_.asked_for(id);
    }

    // Whom the filters name: a question about a person, whatever they find.
    Status filters() {
        for (const TypeFilter& filter : job_.request.filters) {
            const records::AskedAbout asked = parts_.records.asked_about(filter.type, filter.query);
            for (const std::string& patient : asked.patients) TRY(log_.asked_for(patient));
            for (const std::string& bytes : asked.persons)
                if (const auto person = crypto::Pseudonym::from(bytes)) TRY(log_.asked_for(*person));
        }
        return {};
    }

    Status finish() {
        TRY(log_.finish());
        return output_.finish();
    }
    std::vector<OutputFile> take() { return output_.take(); }

private:
    static ledger::Access access(const JobRecord& job) {
        ledger::Access out;
        out.action = ledger::Action::export_data;
        out.requester = job.requester;
        out.rule = rights::id(rights::Rule::own_provider);
        out.store_version = job.store_version;
        out.request_id = job.request_id;
        out.query = ledger::export_query(job.id, is_of_chosen(job.request));
        return out;
    }

    std::function<bool()> stopped() const {
        return [this] { return state_.stop.load(); };
    }

    Status resource(const records::Touched& touched, std::string_view body) {
        if (state_.stop) return was_stopped();
        if (touched.type == kKept) return {};
        TRY_ASSIGN(const bool wanted, fits(touched.type, body));
        if (!wanted) return {};
        TRY(log_.seen(touched));
        return output_.resource(touched.type, body);
    }

    Status deleted(const records::Touched& touched) {
        if (state_.stop) return was_stopped();
        if (touched.type == kKept) return {};
        TRY(log_.seen(touched));
        return output_.deleted(touched.type, touched.id);
    }

    // One of the filters of its type, if it has any.
    Result<bool> fits(const std::string& type, std::string_view body) const {
        std::optional<json::Document> document;
        for (const TypeFilter& filter : job_.request.filters) {
            if (filter.type != type) continue;
            if (!document) {
                TRY_ASSIGN(document, json::Document::parse(body));
            }
            TRY_ASSIGN(const bool one, parts_.records.fits(type, document->root(), filter.query));
            if (one) return true;
        }
        return !document;
    }

    const RunParts& parts_;
    const store::Snapshot& snapshot_;
    const JobRecord& job_;
    RunState& state_;
    Output output_;
    PersonLog log_;
    const records::Visible visible_;
};

}  // namespace

Result<std::vector<std::string>> members_of(const records::Records& records, const std::string& group,
                                            std::shared_ptr<const store::Snapshot> snapshot) {
    records::Context context;
    context.snapshot = std::move(snapshot);
    const auto found = records.read("Group", group, context);
    if (!found.ok() || !found.body) return fail(Category::not_found, "there is no such group");
    TRY_ASSIGN(const auto document, json::Document::parse(*found.body));
    std::vector<std::string> out;
    for (const json::Value member : document.root()["member"].elements()) {
        std::string_view reference = member["entity"]["reference"].text();
        if (member["inactive"].boolean() || !reference.starts_with("Patient/")) continue;
        reference.remove_prefix(8);
        if (fhir::valid_id(reference)) out.emplace_back(reference);
    }
    std::ranges::sort(out);
    out.erase(std::ranges::unique(out).begin(), out.end());
    return out;
}

Status run(const RunParts& parts, const store::Snapshot& snapshot, const std::string& folder, JobRecord& job, RunState& state) {
    const auto& patients = job.request.patients;
    const bool by_patient = job.request.level == Level::group || !patients.empty();
    state.all = by_patient ? patients.size() : kSlices;
    std::atomic<std::size_t> next{0};
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<bool> failed{false};
    std::mutex mutex;
    Status status;
    const auto work = [&](std::size_t thread) {
        Worker worker(parts, snapshot, folder, thread, job, bytes, state);
        Status mine = thread == 0 ? worker.filters() : Status();
        for (std::size_t piece = next++; mine && !failed && piece < state.all; piece = next++) {
            mine = by_patient ? worker.patient(patients[piece]) : worker.slice(piece, kSlices);
            ++state.done;
            if (mine && state.stop) mine = was_stopped();
        }
        if (mine && !failed) mine = worker.finish();
        const std::lock_guard lock(mutex);
        if (mine) return std::ranges::move(worker.take(), std::back_inserter(job.files)), void();
        if (!failed.exchange(true)) status = std::move(mine);
    };
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < std::max<std::size_t>(parts.threads, 1); ++i) threads.emplace_back(work, i);
    for (std::thread& thread : threads) thread.join();
    std::ranges::sort(job.files, {}, [](const OutputFile& file) { return std::pair(file.type, file.name); });
    return status;
}

}  // namespace idun::bulk
