#include "exchange/merge.h"

#include "crypto/hash.h"
#include "json/writer.h"

namespace idun::exchange {
namespace {

// The entry with the source added: where it came from belongs to the entry, the resource stays as it was.
void write_entry(json::Writer& w, json::Value entry, std::string_view provider, std::string_view name) {
    w.object();
    w.name("extension").array().object().member("url", "urn:idun:source");
    w.name("valueReference").object().name("identifier").object().member("value", provider).end();
    w.member("display", name).end().end().end();
    w.member("fullUrl", entry["fullUrl"].text());
    w.name("resource").value(entry["resource"]);
    w.name("search").object().member("mode", "match").end().end();
}

}  // namespace

std::string content_key(json::Value resource) {
    json::Writer w;
    w.object();
    for (const json::Member& member : resource.members())
        if (member.name != "id" && member.name != "meta" && member.name != "text") w.member(member.name, member.value);
    w.end();
    return std::string(crypto::sha256(w.text()).view());
}

Result<Merged> Merger::add(std::string_view body, std::string_view provider, std::string_view provider_name) {
    TRY_ASSIGN(const auto document, json::Document::parse(body));
    const json::Value bundle = document.root();
    if (bundle["resourceType"].text() != "Bundle" || bundle["type"].text() != "searchset")
        return fail(Category::invalid, "the source did not answer with a searchset");
    if (bundle["entry"].size() > kEntriesMax) return fail(Category::invalid, "the source sent too many entries");
    for (const json::Value entry : bundle["entry"].elements())
        if (entry["resource"]["resourceType"].text().empty())
            return fail(Category::invalid, "the source sent an entry without a resource");
    Merged merged;
    merged.as_of = bundle["timestamp"].text();
    for (const json::Value entry : bundle["entry"].elements()) {
        if (entry["search"]["mode"].text() == "outcome") {
            merged.complete = false;
            continue;
        }
        ++merged.records;
        std::string key = content_key(entry["resource"]);
        {
            const std::lock_guard lock(mutex_);
            if (const auto [first, is_new] = seen_.try_emplace(std::move(key), provider);
                !is_new && first->second != provider) {
                ++merged.duplicates;
                continue;
            }
        }
        json::Writer w;
        write_entry(w, entry, provider, provider_name);
        if (!merged.entries.empty()) merged.entries += ',';
        merged.entries += w.text();
    }
    return merged;
}

}  // namespace idun::exchange
