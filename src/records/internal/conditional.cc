// Patches, and writes of what a condition finds. Both are worked out on one version and happen on that version or are
// worked out anew.
#include <algorithm>

#include "fhir/resource_id.h"
#include "http/message.h"
#include "http/problem.h"
#include "patch/patch.h"
#include "records/internal/impl.h"

namespace idun::records {
namespace {

using Action = PendingWrite::Action;
using fhir::IssueCode;

Outcome too_many() {
    return refused(503, IssueCode::lock_error, "too many writers at once on the same resource; try again");
}

// Does `once` until it happens on the version that it was worked out on.
template <typename Once>
Outcome until_fresh(const Once& once) {
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
        Outcome out = once();
        if (out.status != kStale) return out;
    }
    return too_many();
}

// One write of what a condition finds: `once` is given the snapshot and what was found on it. Whoever has the same
// condition goes one after another.
template <typename Once>
Outcome on_what_is_found(Records::Impl& records, std::string_view type, std::string_view query, const Context& context,
                         const Once& once) {
    const std::lock_guard lock(records.condition_lock(type, query));
    return until_fresh([&]() -> Outcome {
        const auto snapshot = records.store.snapshot();
        if (!snapshot) return refused(snapshot.error());
        const auto found = records.find_one(type, query, **snapshot, context, "");
        if (!found) return found.error();
        return once(*snapshot, *found);
    });
}

Outcome patch_once(Records::Impl& records, std::string_view type, std::string_view id, const Patch& patch,
                   const store::Snapshot& snapshot, const Context& context, const Preconditions& conditions) {
    const auto result = records.patched(type, id, patch, snapshot, context, conditions, "");
    if (!result) return result.error();
    PendingWrite write;
    write.type = type;
    write.id = id;
    write.resource = result->document.root();
    write.if_match = conditions.if_match;
    write.seen = result->version;
    return records.single(std::move(write), context);
}

tl::unexpected<Outcome> stop(Outcome outcome) { return tl::unexpected<Outcome>(std::move(outcome)); }

}  // namespace

void name_touched(Outcome& refusal, const store::Snapshot& snapshot, std::string_view type, std::string_view id,
                  const Visible& visible) {
    const auto found = current_row(snapshot, type, id);
    if (!found || !*found) return;
    const auto row = RowView::parse((*found)->value);
    if (!row) return;
    Touched touched = row->touched(type, id);
    if (visible && !visible(touched)) return;
    touched.way = Way::read;
    refusal.touched.push_back(std::move(touched));
}

Or<std::optional<Found>> Records::Impl::find_one(std::string_view type, std::string_view query,
                                                 const store::Snapshot& snapshot, const Context& context,
                                                 const std::string& path) const {
    const auto ids = find_by_condition(type, query, snapshot, context);
    if (!ids) {
        Outcome wrong = ids.error();
        for (fhir::Issue& issue : wrong.issues) issue.path = below(path, issue.path);
        return stop(std::move(wrong));
    }
    if (ids->empty()) return std::nullopt;
    if (ids->size() > 1) {
        Outcome several = several_match(path);
        for (const std::string& id : *ids) name_touched(several, snapshot, type, id, context.visible);
        return stop(std::move(several));
    }
    const auto value = snapshot.get(locator_key(type, ids->front()));
    if (!value) return stop(refused(value.error()));
    if (!*value) return stop(refused(Error(Category::corrupt, "a resource that was found is missing")));
    const auto locator = decode_locator(**value);
    if (!locator) return stop(refused(locator.error()));
    return Found{ids->front(), locator->version};
}

Or<PendingWrite> Records::Impl::put_found(std::string_view type, json::Value resource,
                                          const std::optional<Found>& found, const SnapshotPtr& snapshot,
                                          const std::string& path) const {
    const std::string_view given = resource["id"].text();
    if (!given.empty() && !fhir::valid_id(given)) {
        return stop(refused(400, IssueCode::value, "an id has 1 to 64 of A-Z, a-z, 0-9, - and dot",
                            below(path, "resource.id")));
    }
    if (found && !given.empty() && given != found->id) {
        Outcome other = refused(400, IssueCode::value, "the id in the resource is not the one that the condition finds",
                                below(path, "resource.id"));
        name_touched(other, *snapshot, type, found->id, {});
        return stop(std::move(other));
    }
    if (!found && !given.empty()) {
        // Update as create: never over a resource that the condition did not mean.
        const auto there = read(type, given, {snapshot, {}, {}});
        if (there.ok()) {
            Outcome taken = refused(409, IssueCode::conflict,
                                    "the id in the resource is that of another one, which the condition does not find",
                                    below(path, "resource.id"));
            taken.touched = there.touched;
            mark(taken, Way::read);
            return stop(std::move(taken));
        }
    }
    PendingWrite out;
    out.type = type;
    out.resource = resource;
    out.action = found || !given.empty() ? Action::put : Action::create;
    out.id = found ? found->id : !given.empty() ? std::string(given) : uuid(random);
    out.seen = found ? found->version : 0;
    return out;
}

Or<Patched> Records::Impl::patched(std::string_view type, std::string_view id, const Patch& patch,
                                   const store::Snapshot& snapshot, const Context& context,
                                   const Preconditions& conditions, std::string_view path) const {
    if (!definitions.is_resource(type) || !fhir::valid_id(id)) return stop(not_found());
    const auto found = current_row(snapshot, type, id);
    if (!found) return stop(refused(found.error()));
    if (!*found) return stop(not_found());
    const auto row = RowView::parse((*found)->value);
    if (!row) return stop(refused(row.error()));
    Touched touched = row->touched(type, id);
    touched.way = Way::read;  // until it is written
    if (!is_visible(context, touched)) return stop(not_found());
    if (row->deleted()) return stop(deleted(std::move(touched), snapshot.version()));
    const std::uint64_t version = row->version();
    // What does not hold of the version that the caller means need not hold of this one.
    const auto wrong = [&](Outcome outcome) {
        if (outcome.touched.empty()) outcome.touched.push_back(touched);
        for (fhir::Issue& issue : outcome.issues) {
            if (!path.empty()) issue.path = below(path, "resource");
        }
        return stop(std::move(outcome));
    };
    if (conditions.if_match && *conditions.if_match != version) {
        return wrong(refused(412, IssueCode::conflict, "the resource is not at the version that If-Match names"));
    }
    const auto body = body_of(snapshot, *row, (*found)->place);
    if (!body) return stop(refused(body.error()));
    const auto before = json::Document::parse(*body);
    if (!before) return stop(refused(before.error()));
    const auto text = patch.language == Patch::Language::json
                          ? patch::json_patch(before->root(), patch.operations)
                          : patch::fhirpath_patch(definitions, before->root(), patch.operations);
    if (!text) {
        // R4 §3.1.0.6: a patch that does not fit, also by a test that fails, is 422.
        Outcome misfit = refused(text.error());
        if (text.error().category == Category::conflict) misfit.status = 422;
        return wrong(std::move(misfit));
    }
    context.effort->show(text->size());
    auto after = json::Document::parse(*text);
    if (!after) return wrong(refused(after.error()));
    const json::Value result = after->root();
    if (result["resourceType"].text() != type || result["id"].text() != id) {
        return wrong(refused(422, IssueCode::business_rule, "a patch keeps the type and the id of the resource",
                             std::string(type)));
    }
    if (auto unfitting = unfit(type, id, result, "")) return wrong(std::move(*unfitting));
    if (context.check) {
        if (fhir::Issues issues = context.check(result); fhir::has_errors(issues))
            return wrong(refused(422, std::move(issues)));
    }
    return Patched{std::move(*after), version};
}

Outcome Records::Impl::patch(std::string_view type, std::string_view id, const Patch& patch, const Context& context,
                             const Preconditions& conditions) {
    return until_fresh([&]() -> Outcome {
        const auto snapshot = store.snapshot();
        if (!snapshot) return refused(snapshot.error());
        return patch_once(*this, type, id, patch, **snapshot, context, conditions);
    });
}

Outcome Records::Impl::update_where(std::string_view type, std::string_view query, json::Value resource,
                                    const Context& context, const Preconditions& conditions) {
    if (auto wrong = unfit(type, "", resource, "")) return std::move(*wrong);
    return on_what_is_found(*this, type, query, context,
                            [&](const SnapshotPtr& snapshot, const std::optional<Found>& found) {
                                auto write = put_found(type, resource, found, snapshot, "");
                                if (!write) return write.error();
                                write->if_match = conditions.if_match;
                                write->if_none_match = conditions.if_none_match;
                                return single(std::move(*write), context);
                            });
}

Outcome Records::Impl::remove_where(std::string_view type, std::string_view query, const Context& context,
                                    const Preconditions& conditions) {
    return on_what_is_found(
        *this, type, query, context, [&](const SnapshotPtr& snapshot, const std::optional<Found>& found) {
            if (!found) {
                if (conditions.if_match)
                    return refused(412, IssueCode::conflict, "there is no resource at the version that If-Match names");
                Outcome nothing;
                nothing.status = 204;
                nothing.seen = snapshot->version();
                return nothing;
            }
            PendingWrite write;
            write.action = Action::remove;
            write.type = type;
            write.id = found->id;
            write.if_match = conditions.if_match;
            write.seen = found->version;
            return single(std::move(write), context);
        });
}

Outcome Records::Impl::patch_where(std::string_view type, std::string_view query, const Patch& patch,
                                   const Context& context, const Preconditions& conditions) {
    return on_what_is_found(*this, type, query, context,
                            [&](const SnapshotPtr& snapshot, const std::optional<Found>& found) {
                                if (!found)
                                    return refused(404, IssueCode::not_found, "no resource matches the condition");
                                return patch_once(*this, type, found->id, patch, *snapshot, context, conditions);
                            });
}

std::string normal_condition(std::string_view type, std::string_view query) {
    if (query.starts_with('?')) query.remove_prefix(1);
    std::string out(type);
    auto parameters = http::parameters(query);
    if (!parameters) return out;
    std::ranges::sort(*parameters);
    for (const auto& [name, value] : *parameters) out.append(1, '\0').append(name).append(1, '\0').append(value);
    return out;
}

std::mutex& Records::Impl::condition_lock(std::string_view type, std::string_view query) {
    return condition_locks[hash(normal_condition(type, query)) % condition_locks.size()];
}

}  // namespace idun::records
