// Does one resource, stored or not, fit a query?
#include "records/internal/finder.h"
#include "records/internal/impl.h"

namespace idun::records {

Result<Records::Question> Records::question(std::string_view type, const Parameters& query) const {
    auto parsed = impl_->parse(type, query);
    if (!parsed) {
        const fhir::Issue& first = parsed.error().issues.front();
        return fail(parsed.error().status == 404 ? Category::unsupported : Category::invalid, first.text, first.path);
    }
    for (const search::Clause& clause : parsed->clauses) {
        if (!clause.inner.empty() || clause.kind == search::Clause::Kind::list)
            return fail(Category::unsupported, "a chained parameter asks about more than one resource");
    }
    return Question{std::string(type), std::make_shared<const search::Query>(std::move(*parsed))};
}

Result<bool> Records::fits(const Question& question, json::Value resource) const {
    const Instant now = impl_->clock.now();
    const Instant updated = from_iso(resource["meta"]["lastUpdated"].text()).value_or(now);
    return Judge(*impl_, *question.query, question.type, now).fits(resource, resource["id"].text(), updated);
}

Result<bool> Records::fits(std::string_view type, json::Value resource, const Parameters& query) const {
    TRY_ASSIGN(const Question asked, question(type, query));
    return fits(asked, resource);
}

}  // namespace idun::records
