// Does one resource, stored or not, fit a query?
#include "records/internal/impl.h"
#include "records/internal/matcher.h"

namespace idun::records {

Result<bool> Records::fits(std::string_view type, json::Value resource, const Parameters& query) const {
    const auto parsed = impl_->parse(type, query);
    if (!parsed) {
        const fhir::Issue& first = parsed.error().issues.front();
        return fail(parsed.error().status == 404 ? Category::unsupported : Category::invalid, first.text, first.path);
    }
    for (const search::Clause& clause : parsed->clauses) {
        if (clause.kind == search::Clause::Kind::chained_identifier)
            return fail(Category::unsupported, "a chained parameter asks about more than one resource");
    }
    const Instant now = impl_->clock.now();
    const std::string_view id = resource["id"].text();
    TRY_ASSIGN(Header header, impl_->extractor.header(type, id, resource, {}));
    header.last_updated = from_iso(resource["meta"]["lastUpdated"].text()).value_or(now);
    const std::string row = encode_row(header, {}, true);
    TRY_ASSIGN(const RowView view, RowView::parse(row));
    return Matcher(*parsed, {}, impl_->hash, now).matches(view, id);
}

}  // namespace idun::records
