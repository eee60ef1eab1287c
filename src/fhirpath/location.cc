#include "fhirpath/location.h"

namespace idun::fhirpath {
namespace {

// Values lie in the order of their offsets in the text, so one path down leads to the target.
template <typename Range, typename ValueOf>
std::size_t last_before(const Range& range, std::size_t offset, ValueOf value_of) {
    std::size_t found = Step::kNoIndex;
    std::size_t place = 0;
    for (const auto& entry : range) {
        if (value_of(entry).offset() > offset) break;
        found = place++;
    }
    return found;
}

std::string_view without_underscore(std::string_view name) {
    return name.starts_with('_') ? name.substr(1) : name;
}

}  // namespace

std::optional<Location> locate(json::Value root, const Item& item) {
    const json::Value target = item.value() && item.value().kind() != json::Kind::null ? item.value() : item.sidecar();
    if (!target || !root) return std::nullopt;
    Location out;
    out.root = root["resourceType"].text();
    json::Value at = root;
    while (!at.same(target)) {
        if (at.is_object()) {
            const std::size_t place = last_before(at.members(), target.offset(), [](const json::Member& m) { return m.value; });
            if (place == Step::kNoIndex) return std::nullopt;
            const json::Member& member = at.members().begin()[place];
            out.parent = at;
            out.steps.push_back({without_underscore(member.name), Step::kNoIndex});
            at = member.value;
        } else if (at.is_array()) {
            const std::size_t place = last_before(at.elements(), target.offset(), [](json::Value v) { return v; });
            if (place == Step::kNoIndex || out.steps.empty()) return std::nullopt;
            out.steps.back().index = place;
            at = at[place];
        } else {
            return std::nullopt;
        }
    }
    return out;
}

std::string Location::text() const {
    std::string out(root);
    for (const Step& step : steps) {
        if (!out.empty()) out.push_back('.');
        out.append(step.name);
        if (step.index != Step::kNoIndex) out.append("[" + std::to_string(step.index) + "]");
    }
    return out;
}

}  // namespace idun::fhirpath
