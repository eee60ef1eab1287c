#include "api/pointer_writer.h"

#include <algorithm>

#include "api/hub.h"
#include "json/writer.h"

namespace idun::api {

PointerWriter::PointerWriter(const Hub& hub) : hub_(hub), before_id_("{\"fullUrl\":") {
    json::append_quoted(before_id_, hub.base_url + "/DocumentReference/");
    before_id_.pop_back();  // the id goes on, and needs no escapes
}

std::string_view PointerWriter::Source::heard_of(std::string_view category) const {
    const auto found = std::ranges::find(categories_heard, category, [](const auto& one) { return one.first; });
    return found != categories_heard.end() ? std::string_view(found->second) : std::string_view();
}

const PointerWriter::Source& PointerWriter::source_of(const std::shared_ptr<const PointerShape>& shape, std::string_view provider) {
    const auto [place, is_new] = sources_.try_emplace({shape.get(), provider.data()});
    Source& out = place->second;
    if (!is_new) return out;
    const index::WholeFreshness fresh = hub_.index.whole_freshness(provider);
    out.end = shape->end_of(hub_.directory, provider);
    out.heard = to_iso(fresh.source.heard);
    for (const index::CategoryFreshness& one : fresh.categories) out.categories_heard.emplace_back(one.category, to_iso(one.heard));
    return out;
}

void PointerWriter::append(std::string& out, std::span<const FoundPointer> found, const PointerParts& parts) {
    const auto [place, is_new] = shapes_.try_emplace(parts);
    if (is_new) place->second = hub_.pointer_shapes.of(parts);
    const std::shared_ptr<const PointerShape>& shape = place->second;
    std::string person;
    const FoundPointer* before = nullptr;
    for (const FoundPointer& one : found) {
        const Source& source = source_of(shape, one.provider);
        if (!before || before->number != one.number) person = one.number.text();
        if (before) out += ',';
        before = &one;
        out.append(before_id_).append(one.id).append("\",\"resource\":");
        shape->forms().append(out, {one.id, person, one.category, one.newest, one.learned, source.heard, source.heard_of(one.category)}, *source.end);
        out += ",\"search\":{\"mode\":\"match\"}}";
    }
}

}  // namespace idun::api
