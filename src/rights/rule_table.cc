#include <array>

#include "json/document.h"
#include "rights/decide.h"

namespace idun::rights {
namespace {

constexpr json::Limits kLimits{.bytes_max = 16u << 10, .depth_max = 3, .nodes_max = 256};

tl::unexpected<Error> malformed(std::string what) { return fail(Category::invalid, "rule table: " + std::move(what)); }

Status read_flag(const json::Member& member, bool& out) {
    if (member.value.kind() != json::Kind::boolean)
        return malformed(std::string(member.name) + " must be true or false");
    out = member.value.boolean();
    return {};
}

template <typename Enum>
Status read_set(const json::Member& member, Enum (*parse)(std::string_view), std::uint32_t& out) {
    if (!member.value.is_array()) return malformed(std::string(member.name) + " must be a list");
    out = 0;
    for (const json::Value value : member.value.elements()) {
        const Enum parsed = value.is_string() ? parse(value.text()) : Enum::other;
        if (parsed == Enum::other) return malformed(std::string(member.name) + " holds an unknown code");
        out |= RuleTable::bit(parsed);
    }
    return {};
}

Status read_member(const json::Member& member, RuleTable& out) {
    if (member.name == "opt-out-hides-from-person") return read_flag(member, out.opt_out_hides_from_person);
    if (member.name == "care-relation-required") return read_flag(member, out.care_relation_required);
    if (member.name == "care-purposes") return read_set(member, &purpose_from, out.care_purposes);
    if (member.name == "care-roles") return read_set(member, &role_from, out.care_roles);
    if (member.name == "own-roles") return read_set(member, &role_from, out.own_roles);
    return malformed(
        "knows opt-out-hides-from-person, care-relation-required, care-purposes, care-roles and own-roles only");
}

}  // namespace

Result<RuleTable> rule_table_from_json(std::string_view text) {
    const auto document = json::Document::parse(text, kLimits);
    if (!document) return fail(document.error().within("rule table"));
    if (!document->root().is_object()) return malformed("must be an object");
    RuleTable out;
    for (const json::Member& member : document->root().members()) TRY(read_member(member, out));
    // Patients come in by the person's rule; nobody becomes staff by a slip in this table.
    constexpr std::uint32_t kNeverStaff = RuleTable::bit(Role::patient) | RuleTable::bit(Role::representative);
    if (((out.care_roles | out.own_roles) & kNeverStaff) != 0)
        return malformed("patients and representatives are not staff");
    return out;
}

}  // namespace idun::rights
