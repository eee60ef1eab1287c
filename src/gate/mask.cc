#include "gate/mask.h"

#include <algorithm>
#include <array>

#include "json/document.h"
#include "json/writer.h"

namespace idun::gate {
namespace {

constexpr std::array<std::string_view, 2> kPersons = {"Patient", "RelatedPerson"};
// The narrative may say the same in words.
constexpr std::array<std::string_view, 6> kLeftOut = {"address", "telecom", "contact", "photo", "text", "extension"};

bool left_out(std::string_view name) {
    if (name.starts_with('_')) name.remove_prefix(1);
    return std::ranges::find(kLeftOut, name) != kLeftOut.end();
}

void copy(json::Writer& w, json::Value value) {
    if (value.is_array()) {
        w.array();
        for (const json::Value element : value.elements()) copy(w, element);
        w.end();
    } else if (value.is_object()) {
        const bool person = std::ranges::find(kPersons, value["resourceType"].text()) != kPersons.end();
        w.object();
        for (const json::Member& member : value.members()) {
            if (person && left_out(member.name)) continue;
            w.name(member.name);
            copy(w, member.value);
        }
        w.end();
    } else {
        w.value(value);
    }
}

}  // namespace

std::string without_contact(std::string_view body) {
    // Stored text is minified. Most resources name no person but by reference.
    const auto holds = [&](std::string_view type) {
        return body.find(std::string("\"resourceType\":\"").append(type)) != std::string_view::npos;
    };
    if (std::ranges::none_of(kPersons, holds)) return std::string(body);
    const auto document = json::Document::parse(body);
    if (!document) return {};
    json::Writer w;
    copy(w, document->root());
    return w.take();
}

}  // namespace idun::gate
