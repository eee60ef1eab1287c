// Many resources in one commit.
#include <algorithm>
#include <unordered_set>

#include "fhir/resource_id.h"
#include "records/internal/impl.h"

namespace idun::records {
namespace {

fhir::Issues one_issue(fhir::IssueCode code, std::string text) {
    return {fhir::Issue{fhir::Severity::error, code, std::move(text), {}, 0, 0}};
}

}  // namespace

Result<Records::PutAll> Records::put_all(std::span<const json::Value> resources, const Context& context) {
    static const ReferenceMap kNone;
    PutAll out;
    std::vector<PendingWrite> writes;
    std::vector<std::size_t> places;
    std::unordered_set<std::string> seen;
    writes.reserve(resources.size());
    for (std::size_t i = 0; i < resources.size(); ++i) {
        const std::string_view type = resources[i]["resourceType"].text();
        const std::string_view id = resources[i]["id"].text();
        if (!impl_->definitions.is_resource(type)) {
            out.refused.push_back({i, one_issue(fhir::IssueCode::structure, "this is not a resource of R4")});
        } else if (!fhir::valid_id(id)) {
            out.refused.push_back({i, one_issue(fhir::IssueCode::required, "a resource that is imported needs a valid id")});
        } else if (!seen.insert(std::string(type) + "/" + std::string(id)).second) {
            out.refused.push_back({i, one_issue(fhir::IssueCode::duplicate, "the resource comes twice")});
        } else if (auto wrong = impl_->unfit(type, id, resources[i], "")) {
            out.refused.push_back({i, std::move(wrong->issues)});
        } else {
            PendingWrite& write = writes.emplace_back();
            write.action = PendingWrite::Action::put;
            write.type = type;
            write.id = id;
            write.resource = resources[i];
            write.shows_body = false;
            places.push_back(i);
        }
    }
    if (writes.empty()) return out;
    const auto version = impl_->apply(writes, kNone, context);
    if (version) {
        out.seen = *version;
        for (PendingWrite& write : writes) out.touched.push_back(std::move(write.touched));
        return out;
    }
    if (version.error().status >= 500) return fail(Category::unavailable, "the store takes no writes");
    // One of them is to blame, and it is not said which: each by itself.
    for (std::size_t i = 0; i < writes.size(); ++i) {
        Outcome one = impl_->update(writes[i].type, writes[i].id, writes[i].resource, context, {});
        if (!one.ok()) {
            out.refused.push_back({places[i], std::move(one.issues)});
            continue;
        }
        out.seen = std::max(out.seen, one.seen);
        std::ranges::move(one.touched, std::back_inserter(out.touched));
    }
    std::ranges::sort(out.refused, {}, &Refusal::place);
    return out;
}

}  // namespace idun::records
