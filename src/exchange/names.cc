#include "exchange/names.h"

#include "rights/rules.h"

namespace idun::exchange {

ledger::Names names_from(const directory::Directory& directory) {
    const auto name = [&directory](std::string_view id) { return directory.name_of(id); };
    return {.provider = name, .unit = name, .rule = [](std::string_view id, bool swedish) -> std::string_view {
                const auto rule = rights::rule_from(id);
                if (!rule) return {};
                return swedish ? rights::reason_sv(*rule) : rights::reason_en(*rule);
            }};
}

}  // namespace idun::exchange
