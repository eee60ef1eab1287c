#include "ledger/export_query.h"

#include <charconv>

namespace idun::ledger {
namespace {

constexpr std::string_view kStart = "export ";
constexpr std::string_view kChosen = " chosen";

bool is_export(const Access& access) { return access.action == Action::export_data && access.query.starts_with(kStart); }

}  // namespace

std::string export_query(std::string_view job, bool chosen) {
    return std::string(kStart).append(job).append(chosen ? kChosen : " all");
}

bool is_chosen_export(const Access& access) { return is_export(access) && access.query.ends_with(kChosen); }

std::size_t counted_in_export(const Access& access) {
    if (!is_export(access) || !access.records.empty()) return 0;
    std::size_t out = 0;
    const std::string_view text = access.query;
    for (std::size_t at = text.find(':'); at != text.npos; at = text.find(':', at + 1)) {
        std::uint32_t count = 0;
        std::from_chars(text.data() + at + 1, text.data() + text.size(), count);
        out += count;
    }
    return out;
}

}  // namespace idun::ledger
