// Many persons in one request: each entry is a search of its own, decided by itself, with its own log entry.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "api/fhir_answer.h"
#include "api/pointer_search.h"
#include "json/writer.h"

namespace idun::api {
namespace {

constexpr std::size_t kSearchesMax = 500;
constexpr std::size_t kPointersMax = 10'000;  // in all of the answer

// What became of one entry.
struct Searched {
    http::Response response;
    std::vector<ledger::Access> entries;
};

Result<http::Parameters> searched_in(json::Value entry) {
    constexpr std::string_view kSearch = "DocumentReference?";
    const json::Value request = entry["request"];
    const std::string_view url = request["url"].text();
    if (request["method"].text() != "GET" || entry["resource"])
        return fail(Category::invalid, "every entry is a GET without a resource");
    if (!url.starts_with(kSearch)) return fail(Category::invalid, "an entry is a search: DocumentReference?patient.identifier=SYSTEM|VALUE");
    return http::parameters(url.substr(kSearch.size()));
}

http::Response full() {
    return refusal(403, {{fhir::Severity::error, fhir::IssueCode::too_costly,
                          fmt::format("an answer has {} pointers at most: ask for this person again, in a smaller batch", kPointersMax), "", 0, 0}});
}

Searched search_entry(const Hub& hub, const trust::UserToken& user, json::Value entry, const http::Request& request, std::size_t& room) {
    const auto parameters = searched_in(entry);
    if (!parameters) return {refusal(parameters.error()), {}};
    auto answer = search_pointers(hub, user, *parameters, request);
    if (!answer) return {refusal(answer.error()), {}};
    Searched out{{}, std::move(answer->entries)};
    if (!answer->body) return out.response = refusal(answer->body.error()), out;
    if (answer->shown > room) return out.response = full(), out;
    room -= answer->shown;
    return out.response = fhir(200, std::move(*answer->body)), out;
}

void write_searched(json::Writer& w, const http::Response& response) {
    const bool refused = response.status >= 400;
    w.object();
    if (!refused) w.name("resource").raw(response.body);
    w.name("response").object().member("status", std::to_string(response.status));
    if (refused) w.name("outcome").raw(response.body);
    w.end().end();
}

std::string batch_of(const std::vector<Searched>& all) {
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", "batch-response").name("entry").array();
    for (const Searched& one : all) write_searched(w, one.response);
    w.end().end();
    return w.take();
}

Result<std::vector<Searched>> search_all(const Hub& hub, const trust::UserToken& user, const http::Request& request) {
    TRY_ASSIGN(const auto document, body_of(request));
    const json::Value bundle = document.root();
    if (bundle["resourceType"].text() != "Bundle" || bundle["type"].text() != "batch" || bundle["entry"].size() == 0)
        return fail(Category::invalid, "send a batch Bundle of searches for pointers", "Bundle.type");
    if (bundle["entry"].size() > kSearchesMax) return fail(Category::too_large, fmt::format("at most {} searches in a batch", kSearchesMax), "Bundle.entry");
    std::vector<Searched> out;
    std::size_t room = kPointersMax;
    for (const json::Value entry : bundle["entry"].elements()) out.push_back(search_entry(hub, user, entry, request, room));
    return out;
}

}  // namespace

void search_pointers_in_batch(Hub& hub, const trust::UserToken& user, const http::Request& request, http::Reply reply) {
    auto searched = search_all(hub, user, request);
    if (!searched) return reply.send(refusal(searched.error()));
    auto body = batch_of(*searched);
    std::vector<ledger::Access> entries;
    for (Searched& one : *searched) std::ranges::move(one.entries, std::back_inserter(entries));
    if (entries.empty()) return reply.send(fhir(200, std::move(body)));  // nobody was looked up
    release_all(hub, std::move(entries), fhir(200, std::move(body)), std::move(reply));
}

}  // namespace idun::api
