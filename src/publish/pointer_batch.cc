#include "publish/pointer_batch.h"

#include <fmt/format.h>

#include <charconv>

#include "json/document.h"
#include "json/writer.h"

namespace idun::publish {

std::string pointer_batch(std::span<const index::Pointer> pointers, const index::Source& source, store::Version version,
                          Instant now) {
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", "batch");
    w.name("identifier").object().member("system", "urn:idun:store-version");
    w.member("value", std::to_string(version.number)).end();
    w.member("timestamp", to_iso(now));
    if (!pointers.empty()) {
        w.name("entry").array();
        for (const index::Pointer& p : pointers) {
            w.object().name("resource");
            index::write_pointer(w, p, source);
            w.name("request").object().member("method", "PUT");
            w.member("url", "DocumentReference/" + index::pointer_id(p.person, source.provider, p.category));
            if (p.if_believed && p.if_believed->source_version)
                w.member("ifMatch", fmt::format("W/\"{}\"", *p.if_believed->source_version));
            else if (p.if_believed)
                w.member("ifNoneMatch", "*");
            w.end().end();
        }
        w.end();
    }
    w.end();
    return w.take();
}

std::optional<std::uint64_t> heard_before(const std::string& answer) {
    const auto document = json::Document::parse(answer);
    if (!document || document->root()["identifier"]["system"].text() != "urn:idun:store-version") return std::nullopt;
    const std::string_view text = document->root()["identifier"]["value"].text();
    std::uint64_t version = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return version;
}

}  // namespace idun::publish
