#include "api/pointer_writer.h"

#include <algorithm>

#include "api/hub.h"
#include "json/writer.h"

namespace idun::api {

PointerWriter::PointerWriter(const Hub& hub) : hub_(hub), before_id_("{\"fullUrl\":") {
    json::append_quoted(before_id_, hub.base_url + "/DocumentReference/");
    before_id_.pop_back();  // the id goes on, and needs no escapes
}

std::optional<Instant> PointerWriter::Source::heard_of(std::string_view category) const {
    const auto found = std::ranges::find(fresh->categories, category, &index::CategoryFreshness::category);
    return found != fresh->categories.end() ? std::optional(found->heard) : std::nullopt;
}

const PointerWriter::Source& PointerWriter::source_of(Shape& shape, std::string_view provider) {
    const auto [place, is_new] = shape.sources.try_emplace(provider.data());
    Source& out = place->second;
    if (!is_new) return out;
    out.fresh = hub_.index.whole_freshness(provider);
    out.end = shape.shape->end_of(hub_.directory, provider);
    return out;
}

void PointerWriter::append(std::string& out, std::span<const FoundPointer> found, const PointerParts& parts) {
    const auto [place, is_new] = shapes_.try_emplace(parts);
    Shape& shape = place->second;
    if (is_new) shape.shape = hub_.pointer_shapes.of(parts);
    std::string person;
    const FoundPointer* before = nullptr;
    for (const FoundPointer& one : found) {
        const Source& source = source_of(shape, one.provider);
        if (!before || before->number != one.number) person = one.number.text();
        if (before) out += ',';
        before = &one;
        out.append(before_id_).append(one.id).append("\",\"resource\":");
        shape.shape->forms().append(
            out, {one.id, person, one.category, one.newest, one.learned, source.fresh->source.heard, source.heard_of(one.category)}, *source.end);
        out += ",\"search\":{\"mode\":\"match\"}}";
    }
}

}  // namespace idun::api
