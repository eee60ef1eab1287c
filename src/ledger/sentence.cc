#include <fmt/format.h>

#include "ledger/audit_event.h"
#include "ledger/export_query.h"

namespace idun::ledger {
namespace {

struct Words {
    std::string_view code, sv, en;
};
constexpr Words kRoles[] = {
    {"clinician", "vårdpersonal", "care professional"},  {"patient", "patienten själv", "the patient"},
    {"representative", "företrädare", "representative"}, {"system", "system", "system"},
    {"administrator", "administratör", "administrator"}, {"supervisor", "tillsyn", "supervisor"}};
constexpr Words kPurposes[] = {{"TREAT", "för vård", "for care"},
                               {"ETREAT", "för akut vård", "for emergency care"},
                               {"CAREMGT", "för planering av vård", "to plan care"},
                               {"COC", "för samordning av vård", "to coordinate care"},
                               {"BTG", "genom nödöppning", "by break-glass"},
                               {"PATRQT", "på egen begäran", "at the patient's own request"},
                               {"FAMRQT", "på begäran av närstående", "at the family's request"},
                               {"PWATRNY", "med fullmakt", "under a power of attorney"},
                               {"HPAYMT", "för betalning av vård", "for payment of care"},
                               {"HOPERAT", "för drift och tillsyn", "for operations and supervision"},
                               {"HRESCH", "för forskning", "for research"},
                               {"PUBHLTH", "för folkhälsa", "for public health"},
                               {"HSYSADMIN", "för administration", "for administration"}};
constexpr Words kActions[] = {
    {"read", "läste", "read"},
    {"vread", "läste en äldre version av", "read an older version of"},
    {"history", "läste historiken för", "read the history of"},
    {"search", "sökte och läste", "searched and read"},
    {"gather", "hämtade samlat", "gathered"},
    {"create", "skrev", "wrote"},
    {"update", "ändrade", "changed"},
    {"delete", "tog bort", "deleted"},
    {"transaction", "läste eller skrev", "read or wrote"},
    {"export", "exporterade", "exported"},
    {"rights-change", "ändrade valen om delning", "changed the choices about sharing"},
    {"login", "loggade in", "signed in"},
    {"notify", "fick besked om", "was notified of"},
    {"break-glass", "öppnade spärrade uppgifter genom nödöppning", "broke the glass to open blocked data"}};
constexpr Words kGrounds[] = {{"life", "fara för liv", "life at risk"}, {"health", "fara för hälsa", "health at risk"}};

// The words of a code, or the code.
template <std::size_t Size>
std::string words(const Words (&table)[Size], std::string_view code, bool swedish) {
    for (const Words& row : table)
        if (row.code == code) return std::string(swedish ? row.sv : row.en);
    return std::string(code);
}

std::string purpose_words(std::string_view code, bool swedish) {
    const std::string found = words(kPurposes, code, swedish);
    return found == code ? (swedish ? "för ett annat ändamål" : "for another purpose") : found;
}

// The name of a provider or unit, or the id.
std::string named(const std::function<std::string(std::string_view)>& names, const std::string& id) {
    const std::string name = names && !id.empty() ? names(id) : std::string();
    return name.empty() ? id : name;
}

bool counts_records(Action action) {
    return action != Action::rights_change && action != Action::login && action != Action::break_glass;
}

// Why a glass was broken.
std::string ground(const Access& access, bool swedish) {
    if (!access.break_glass) return "";
    const std::string why = words(kGrounds, access.break_glass->ground, swedish);
    if (access.action == Action::break_glass) return " (" + why + ")";
    return (swedish ? ", efter nödöppning (" : ", after breaking the glass (") + why + ")";
}

// Begun: nobody knows yet how many.
bool is_asking(const Access& access) {
    for (const Source& source : access.sources)
        if (source.state == "asked") return true;
    return false;
}

std::string records_words(std::size_t count, bool swedish) {
    if (swedish) return count == 1 ? "1 uppgift" : fmt::format("{} uppgifter", count);
    return count == 1 ? "1 record" : fmt::format("{} records", count);
}

std::string sources_words(std::size_t count, bool swedish) {
    if (swedish) return fmt::format("från {} vårdgivare", count);
    return count == 1 ? "from 1 provider" : fmt::format("from {} providers", count);
}

std::size_t record_count(const Access& access) {
    std::size_t out = access.records.size() + counted_in_export(access);
    if (!access.sources.empty()) {
        out = 0;
        for (const Source& source : access.sources) out += source.count;
    }
    return out;
}

// Whose records were touched, when it is one provider's other than the requester's own.
std::string owner(const Access& access, const Names& names, bool swedish) {
    if (access.records.empty()) return "";
    const std::string& id = access.records.front().provider_id;
    if (id.empty() || id == access.requester.provider_id) return "";
    for (const Record& record : access.records)
        if (record.provider_id != id) return "";
    return (swedish ? " hos " : " at ") + named(names.provider, id);
}

std::string who(const Access& access, const Names& names, bool swedish) {
    const Actor& actor = access.requester;
    // Somebody who asks as a patient about another person is not "the patient" of this list.
    const bool stranger = actor.role == "patient" && !access.permit;
    const std::string role =
        stranger ? (swedish ? "en annan person" : "another person") : words(kRoles, actor.role, swedish);
    std::string out = actor.name.empty() ? role : actor.name + " (" + role + ")";
    if (out.empty()) out = swedish ? "Okänd" : "Unknown";
    if (out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
    const TokenUse& token = access.token;
    if (!token.actor_id.empty()) out += (swedish ? " genom " : " through ") + (token.actor_name.empty() ? token.actor_id : token.actor_name);
    if (!actor.unit_id.empty() && actor.unit_id != actor.provider_id) out += ", " + named(names.unit, actor.unit_id);
    if (!actor.provider_id.empty()) out += ", " + named(names.provider, actor.provider_id);
    return actor.unit_id.empty() && actor.provider_id.empty() ? out : out + ",";
}

// What was read or written.
std::string what(const Access& access, const Names& names, bool swedish) {
    if (is_asking(access)) return swedish ? "uppgifter" : "records";
    if (access.query.starts_with("AuditEvent")) return swedish ? "loggen över åtkomster" : "the log of accesses";
    return records_words(record_count(access), swedish) + owner(access, names, swedish);
}

std::string why_denied(const Access& access, const Names& names, bool swedish) {
    const std::string_view words = names.rule ? names.rule(access.rule, swedish) : std::string_view();
    return words.empty() ? std::string() : " (" + std::string(words) + ")";
}

std::string day(std::uint32_t days) {
    constexpr std::int64_t kDayMs = 86'400'000;
    return to_iso(Instant{days * kDayMs}).substr(0, 10);
}

// Of a parent or guardian it is no "fullmakt".
std::string mandate(const Access& access, bool swedish) {
    if (!access.mandate || !access.permit) return "";
    return (swedish ? ", å patientens vägnar, enligt behörigheten från " : ", on the patient's behalf, by the mandate of ") + day(access.mandate->from);
}

std::string sentence(const Access& access, const Names& names, bool swedish) {
    std::string out = who(access, names, swedish);
    const std::string verb = words(kActions, to_string(access.action), swedish);
    if (!access.permit) {
        out += (swedish ? " nekades åtkomst" : " was denied access") + why_denied(access, names, swedish);
    } else {
        out += " " + verb;
        if (counts_records(access.action)) out += " " + what(access, names, swedish);
        if (!access.sources.empty()) out += " " + sources_words(access.sources.size(), swedish);
    }
    out += ground(access, swedish);
    out += mandate(access, swedish);
    const bool said = access.mandate && access.permit && access.purpose == "PWATRNY";  // that it was by a mandate
    if (!access.purpose.empty() && !said) out += ", " + purpose_words(access.purpose, swedish);
    if (access.on_behalf_of) out += swedish ? ", för någon annans räkning" : ", on somebody else's behalf";
    return out + ".";
}

}  // namespace

std::string sentence_sv(const Access& access, const Names& names) { return sentence(access, names, true); }
std::string sentence_en(const Access& access, const Names& names) { return sentence(access, names, false); }

}  // namespace idun::ledger
