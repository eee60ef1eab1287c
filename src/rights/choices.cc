#include "rights/choices.h"

#include "rights/internal/words.h"

namespace idun::rights {
namespace {

constexpr std::string_view kLayers[] = {"outer", "inner", "abroad"};
constexpr std::string_view kMandateKinds[] = {"chosen", "guardian", "parent", "foreign"};

bool agrees(const std::string& wanted, std::string_view is) { return wanted.empty() || wanted == is; }

bool agrees_in_all_but_unit_and_date(const Scope& scope, const Record& record) {
    return agrees(scope.provider_id, record.provider_id) && agrees(scope.category, record.category) &&
           agrees(scope.element, record.element) && agrees(scope.entry, record.entry);
}

bool touches(const Scope& scope, const Period& date) {
    return (!scope.from || date.to >= *scope.from) && (!scope.to || date.from < *scope.to);
}
bool contains(const Scope& scope, const Period& date) {
    return (!scope.from || date.from >= *scope.from) && (!scope.to || date.to < *scope.to);
}

}  // namespace

bool Scope::everything() const { return *this == Scope{}; }

bool hides(const Scope& scope, const Record& record) {
    return agrees_in_all_but_unit_and_date(scope, record) &&
           (record.unit_id.empty() || agrees(scope.unit_id, record.unit_id)) &&
           (!record.date || touches(scope, *record.date));
}

bool opens(const Scope& scope, const Record& record) {
    if (!agrees_in_all_but_unit_and_date(scope, record) || !agrees(scope.unit_id, record.unit_id)) return false;
    return (!scope.from && !scope.to) || (record.date && contains(scope, *record.date));
}

std::string_view to_string(Layer layer) { return kLayers[static_cast<std::size_t>(layer)]; }
std::optional<Layer> layer_from(std::string_view text) { return known_word<Layer>(kLayers, text); }

std::string_view to_string(MandateKind kind) { return kMandateKinds[static_cast<std::size_t>(kind)]; }
std::optional<MandateKind> mandate_kind_from(std::string_view text) {
    return known_word<MandateKind>(kMandateKinds, text);
}

}  // namespace idun::rights
