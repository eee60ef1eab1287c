// In which capacity somebody asks.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace idun::trust {

enum class Role : std::uint8_t { clinician, patient, representative, system, administrator, supervisor };

std::string_view to_string(Role role);
std::optional<Role> role_from(std::string_view text);

}  // namespace idun::trust
