#include "trust/role.h"

namespace idun::trust {
namespace {

struct Named {
    Role role;
    std::string_view text;
};
constexpr Named kRoles[] = {{Role::clinician, "clinician"},           {Role::patient, "patient"},
                            {Role::representative, "representative"}, {Role::system, "system"},
                            {Role::administrator, "administrator"},   {Role::supervisor, "supervisor"}};

}  // namespace

std::string_view to_string(Role role) {
    for (const Named& named : kRoles)
        if (named.role == role) return named.text;
    return "";
}

std::optional<Role> role_from(std::string_view text) {
    for (const Named& named : kRoles)
        if (named.text == text) return named.role;
    return std::nullopt;
}

}  // namespace idun::trust
