// A batch: every entry by itself (FHIR R4 §3.1.0.11.1).
#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include "records/internal/bundle.h"

namespace idun::records {
namespace {

using fhir::BundleEntry;
using fhir::IssueCode;
using fhir::Method;
using Action = PendingWrite::Action;

// Entries by themselves. Plain writes share one commit when nothing is wrong with any of them.
class Batch {
public:
    Batch(Records::Impl& records, const fhir::BundleRead& read, std::size_t entries, const Context& context)
        : records_(records), read_(read), context_(context), answers_(entries), shown_(entries, Shown::nothing) {}

    Outcome run() {
        refuse_unreadable();
        std::vector<const BundleEntry*> order;
        for (const BundleEntry& entry : read_.bundle.entries) {
            order.push_back(&entry);
            shown_[entry.place] = shown_of(entry, context_.prefer);
        }
        std::ranges::sort(order, {},
                          [](const BundleEntry* entry) { return std::pair(rank(entry->method), entry->place); });
        const auto done = write_together(order);
        for (const BundleEntry* entry : order) {
            if (!done.contains(entry->place)) one(*entry);
        }
        store::Version seen = version_;
        if (auto newest = records_.store.snapshot(); newest) seen = (*newest)->version();
        return response_bundle("batch-response", answers_, shown_, seen);
    }

private:
    // Every entry that read_bundle left out, with the issues that name it.
    void refuse_unreadable() {
        std::vector<bool> readable(answers_.size(), false);
        for (const BundleEntry& entry : read_.bundle.entries) readable[entry.place] = true;
        std::map<std::size_t, fhir::Issues> issues;
        for (const fhir::Issue& issue : read_.issues) {
            constexpr std::string_view kStart = "Bundle.entry[";
            if (!issue.path.starts_with(kStart)) continue;
            const std::string_view rest = std::string_view(issue.path).substr(kStart.size());
            if (const auto place = whole_number(rest.substr(0, rest.find(']')))) issues[*place].push_back(issue);
        }
        for (std::size_t i = 0; i < answers_.size(); ++i) {
            if (readable[i]) continue;
            answers_[i] = issues.contains(i) ? refused(400, issues[i])
                                             : refused(400, IssueCode::invalid, "this entry is malformed");
        }
    }

    std::set<std::size_t> write_together(const std::vector<const BundleEntry*>& order) {
        std::vector<PendingWrite> pending;
        std::vector<std::size_t> places;
        std::unordered_set<std::string> targets;
        for (const BundleEntry* entry : order) {
            const bool plain = (entry->method == Method::post || entry->method == Method::put) &&
                               condition_of(*entry).empty() && entry->if_match.empty() &&
                               entry->if_none_match.empty() && !unsupported(*entry);
            if (!plain) continue;
            const bool creates = entry->method == Method::post;
            std::string id = creates ? uuid(records_.random) : std::string(entry->id);
            if (!targets.insert(std::string(entry->type) + "/" + id).second) continue;
            if (records_.unfit(entry->type, creates ? std::string_view() : entry->id, entry->resource, path_of(*entry)))
                continue;
            PendingWrite write;
            write.action = creates ? Action::create : Action::put;
            write.type = entry->type;
            write.id = std::move(id);
            write.resource = entry->resource;
            write.shows_body = shown_[entry->place] == Shown::resource;
            pending.push_back(std::move(write));
            places.push_back(entry->place);
        }
        std::set<std::size_t> done;
        if (pending.size() < 2) return done;
        const auto version = records_.apply(pending, {}, context_);
        if (!version) return done;  // each by itself then tells what is wrong
        version_ = *version;
        for (std::size_t i = 0; i < pending.size(); ++i) {
            answers_[places[i]] = outcome_of(pending[i]);
            if (shown_[places[i]] != Shown::resource) answers_[places[i]].body = nullptr;
            done.insert(places[i]);
        }
        return done;
    }

    void one(const BundleEntry& entry) {
        Outcome& answer = answers_[entry.place];
        if (auto wrong = unsupported(entry)) {
            answer = std::move(*wrong);
        } else if (!writes(entry)) {
            answer = answer_to(records_, entry, context_);
        } else {
            answer = within_effort(entry);
            if (answer.ok()) return;
            for (fhir::Issue& issue : answer.issues) {
                if (!issue.path.starts_with("Bundle")) issue.path = path_of(entry);
            }
        }
    }

    // One write by itself waits for the disk; when the request's time is over the rest is not begun.
    Outcome within_effort(const BundleEntry& entry) {
        if (const Status left = context_.effort->left(); !left) return refused_reading(left.error());
        const std::size_t before = context_.effort->shown();
        Outcome out = written(entry);
        if (shown_[entry.place] != Shown::resource) out.body = nullptr;
        count_answer(out, before, *context_.effort);
        return out;
    }

    Outcome written(const BundleEntry& entry) {
        const Preconditions conditions = preconditions_of(entry);
        const bool by_id = !entry.id.empty();
        switch (entry.method) {
            case Method::post: return records_.create(entry.type, entry.resource, context_, entry.if_none_exist);
            case Method::put:
                return by_id ? records_.update(entry.type, entry.id, entry.resource, context_, conditions)
                             : records_.update_where(entry.type, entry.query, entry.resource, context_, conditions);
            case Method::erase:
                return by_id ? records_.remove(entry.type, entry.id, context_, conditions)
                             : records_.remove_where(entry.type, entry.query, context_, conditions);
            default: break;
        }
        const auto patch = patch_of(entry);
        if (!patch) return patch.error();
        return by_id ? records_.patch(entry.type, entry.id, patch->patch, context_, conditions)
                     : records_.patch_where(entry.type, entry.query, patch->patch, context_, conditions);
    }

    Records::Impl& records_;
    const fhir::BundleRead& read_;
    const Context& context_;
    std::vector<Outcome> answers_;
    std::vector<Shown> shown_;
    store::Version version_;
};

}  // namespace

Outcome run_batch(Records::Impl& records, const fhir::BundleRead& read, std::size_t entries, const Context& context) {
    return Batch(records, read, entries, context).run();
}

}  // namespace idun::records
