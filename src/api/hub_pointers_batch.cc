// Many persons in one request: each entry is a search of its own, decided by itself, with its own log entry.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "api/fhir_answer.h"
#include "api/pointer_search.h"
#include "json/writer.h"

namespace idun::api {
namespace {

constexpr std::size_t kSearchesMax = 500;
constexpr std::size_t kPointersMax = 10'000;  // in all of the answer
constexpr std::size_t kFirstRoom = 16u << 20;  // for an answer before its size is known, at most

// The answer as it is written, and what must be durable before it leaves.
struct Searches {
    std::string body;
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

// Writes the entry, or says why it is refused.
std::optional<http::Response> write_entry(const Hub& hub, const trust::UserToken& user, json::Value entry, const http::Request& request,
                                          PointerWriter& pointers, std::size_t& room, Searches& out) {
    const auto parameters = searched_in(entry);
    if (!parameters) return refusal(parameters.error());
    out.body += "{\"resource\":";
    auto answer = search_pointers(hub, user, *parameters, request, pointers, out.body);
    if (!answer) return refusal(answer.error());
    std::ranges::move(answer->entries, std::back_inserter(out.entries));
    if (!answer->written) return refusal(answer->written.error());
    if (answer->shown > room) return full();
    room -= answer->shown;
    out.body += ",\"response\":{\"status\":\"200\"}}";
    return std::nullopt;
}

void write_refused(std::string& out, const http::Response& refused) {
    json::Writer w;
    w.object().name("response").object().member("status", std::to_string(refused.status)).name("outcome").raw(refused.body).end().end();
    out += w.take();
}

// An answer of megabytes that grows by doubling is copied once more than it needs to be. The first entries tell how long it will be.
constexpr std::size_t kGuessedFrom = 16;
void make_room(std::string& body, std::size_t done, std::size_t all) {
    body.reserve(std::min(kFirstRoom, body.size() / done * (all + all / 8)));
}

Result<Searches> search_all(const Hub& hub, const trust::UserToken& user, const http::Request& request) {
    TRY_ASSIGN(const auto document, body_of(request));
    const json::Value bundle = document.root();
    if (bundle["resourceType"].text() != "Bundle" || bundle["type"].text() != "batch" || bundle["entry"].size() == 0)
        return fail(Category::invalid, "send a batch Bundle of searches for pointers", "Bundle.type");
    if (bundle["entry"].size() > kSearchesMax) return fail(Category::too_large, fmt::format("at most {} searches in a batch", kSearchesMax), "Bundle.entry");
    Searches out{"{\"resourceType\":\"Bundle\",\"type\":\"batch-response\",\"entry\":[", {}};
    PointerWriter pointers(hub);
    std::size_t room = kPointersMax;
    std::size_t done = 0;
    for (const json::Value entry : bundle["entry"].elements()) {
        if (done++ > 0) out.body += ',';
        const std::size_t begin = out.body.size();
        if (done == kGuessedFrom) make_room(out.body, done, bundle["entry"].size());
        const auto refused = write_entry(hub, user, entry, request, pointers, room, out);
        if (!refused) continue;
        out.body.resize(begin);
        write_refused(out.body, *refused);
    }
    out.body += "]}";
    return out;
}

}  // namespace

void search_pointers_in_batch(Hub& hub, const trust::UserToken& user, const http::Request& request, http::Reply reply) {
    auto batch = search_all(hub, user, request);
    if (!batch) return reply.send(refusal(batch.error()));
    http::Response response = fhir(200, std::move(batch->body));
    if (batch->entries.empty()) return reply.send(std::move(response));  // nobody was looked up
    release_all(hub, std::move(batch->entries), std::move(response), std::move(reply));
}

}  // namespace idun::api
