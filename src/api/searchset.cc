#include "api/searchset.h"

namespace idun::api {

void Searchset::add(std::string_view full_url, std::string_view resource) {
    entries_.object();
    if (!full_url.empty()) entries_.member("fullUrl", full_url);
    entries_.name("resource").raw(resource);
    entries_.name("search").object().member("mode", "match").end().end();
    ++total_;
}

std::string Searchset::finish() {
    entries_.end();
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", "searchset").member("total", total_);
    if (total_ > 0) w.name("entry").raw(entries_.take());  // FHIR knows no empty arrays
    w.end();
    return w.take();
}

}  // namespace idun::api
