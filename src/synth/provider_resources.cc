// Organisations, staff and questionnaires of a provider.
#include "synth/internal/text.h"

namespace idun::synth {
namespace {

constexpr std::string_view kPositionCodes = "urn:oid:1.2.759.129.2.2.1.4";  // as the Swedish base profile writes it

}  // namespace

void Resources::write_organization(std::string& out, const std::string& id, const std::string& name, const std::string& part_of) {
    out += R"({"resourceType":"Organization","id":")" + id + R"(","meta":{"profile":["http://hl7.se/fhir/ig/base/StructureDefinition/SEBaseOrganization"]},"identifier":[)" +
           hsa_identifier(id) + R"(],"active":true,"name":)" + in_quotes(name);
    if (!part_of.empty()) out += R"(,"partOf":{"reference":"Organization/)" + part_of + "\"}";
    out += "}\n";
}

void Resources::write_provider(std::uint16_t place, Lines& lines) const {
    const Provider& provider = lives_.providers().providers()[place];
    write_organization(lines.of(place), provider.id, provider.name, "");
    for (const Questionnaire& one : lives_.codes().questionnaires) {
        std::string& out = lines.of(place);
        out += R"({"resourceType":"Questionnaire","id":")" + one.key + R"(","url":")" + std::string(kQuestionnaires) + one.key +
               R"(","status":"active","title":)" + in_quotes(one.title) + R"(,"subjectType":["Patient"],"item":[)";
        for (std::size_t i = 0; i < one.items.size(); ++i)
            out += (i > 0 ? "," : "") + (R"({"linkId":")" + std::to_string(i + 1)) + R"(","text":)" + in_quotes(one.items[i]) + R"(,"type":"integer"})";
        out += "]}\n";
    }
}

void Resources::write_unit(std::uint16_t place, Lines& lines) const {
    const Unit& unit = lives_.providers().units()[place];
    write_organization(lines.of(unit.provider), unit.id, unit.name, lives_.providers().providers()[unit.provider].id);
    const bool hospital = unit.service == Service::emergency || unit.service == Service::university;
    const auto& roles = lives_.providers().roles();
    for (std::uint16_t role = 0; role < roles.size(); ++role) {
        if (roles[role].service != (hospital ? Service::hospital : unit.service)) continue;
        for (std::uint8_t i = 0; i < roles[role].count; ++i) {
            write_staff(lines.of(unit.provider), place, role, i);
            lines.of(unit.provider);  // two resources each
        }
    }
}

void Resources::write_staff(std::string& out, std::uint16_t place, std::uint16_t role, std::uint8_t staff) const {
    const Unit& unit = lives_.providers().units()[place];
    const Role& what = lives_.providers().roles()[role];
    std::string id;
    append_staff_id(id, place, role, staff);
    const std::string rest = id.substr(1);
    const auto [given, family] = lives_.population().staff_name(staff_number(place, role, staff));
    out += R"({"resourceType":"Practitioner","id":")" + id + R"(","meta":{"profile":["http://hl7.se/fhir/ig/base/StructureDefinition/SEBasePractitioner"]},"identifier":[)" +
           hsa_identifier(unit.id + "P" + rest) + R"(],"active":true,"name":[{"family":)" + in_quotes(family) + R"(,"given":[)" + in_quotes(given) + "]}]}\n";
    std::string code;
    if (!what.position_code.empty())
        code = R"("coding":[{"system":")" + std::string(kPositionCodes) + R"(","code":")" + what.position_code + R"(","display":)" + in_quotes(what.position) + "}],";
    out += R"({"resourceType":"PractitionerRole","id":"r)" + rest + R"(","meta":{"profile":["http://hl7.se/fhir/ig/base/StructureDefinition/SEBasePractitionerRole"]},"identifier":[)" +
           hsa_identifier(unit.id + "R" + rest) + R"(],"active":true,"practitioner":{"reference":"Practitioner/)" + id + R"("},"organization":{"reference":"Organization/)" + unit.id +
           R"("},"code":[{)" + code + R"("text":)" + in_quotes(what.position) + "}]}\n";
}

}  // namespace idun::synth
