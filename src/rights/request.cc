#include "rights/request.h"

#include "rights/internal/words.h"

namespace idun::rights {
namespace {

constexpr std::string_view kPurposes[] = {"TREAT",   "ETREAT", "CAREMGT", "COC",    "BTG",     "PATRQT",   "FAMRQT",
                                          "PWATRNY", "HPAYMT", "HOPERAT", "HRESCH", "PUBHLTH", "HSYSADMIN"};
constexpr std::string_view kRoles[] = {"clinician", "patient",       "representative",
                                       "system",    "administrator", "supervisor"};
constexpr std::string_view kCares[] = {"none", "declared", "known"};
constexpr std::string_view kGrounds[] = {"life", "health"};

struct Assurance {
    std::string_view word;
    std::uint8_t level;
};
constexpr Assurance kAssurances[] = {{"loa1", 1}, {"loa2", 2},        {"loa3", 3}, {"loa4", 4},
                                     {"low", 2},  {"substantial", 3}, {"high", 4}};

}  // namespace

std::string_view to_string(Purpose purpose) {
    return purpose == Purpose::other ? "other" : kPurposes[static_cast<std::size_t>(purpose)];
}
Purpose purpose_from(std::string_view code) { return known_word<Purpose>(kPurposes, code).value_or(Purpose::other); }

std::string_view to_string(Role role) { return role == Role::other ? "other" : kRoles[static_cast<std::size_t>(role)]; }
Role role_from(std::string_view text) { return known_word<Role>(kRoles, text).value_or(Role::other); }

std::string_view to_string(Care care) { return kCares[static_cast<std::size_t>(care)]; }
std::optional<Care> care_from(std::string_view text) { return known_word<Care>(kCares, text); }

std::string_view to_string(Ground ground) { return kGrounds[static_cast<std::size_t>(ground)]; }
std::optional<Ground> ground_from(std::string_view text) { return known_word<Ground>(kGrounds, text); }

std::uint8_t assurance_from(std::string_view text) {
    const std::string_view last = text.substr(text.rfind('/') + 1);  // npos + 1 is 0
    for (const Assurance& known : kAssurances)
        if (known.word == last) return known.level;
    return 0;
}

}  // namespace idun::rights
