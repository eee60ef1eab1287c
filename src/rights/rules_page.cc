#include "rights/rules_page.h"

#include <fmt/format.h>

#include "rights/rules.h"

namespace idun::rights {
namespace {

std::string joined(const std::vector<std::string>& words) {
    if (words.empty()) return "none / inga";
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : ", ") + (word == "*" ? "all / alla" : word);
    return out;
}

std::string joined(fhir::LabelSet labels) {
    std::vector<std::string> words;
    for (unsigned i = 0; i < fhir::kSecurityLabels; ++i)
        if (const auto label = static_cast<fhir::SecurityLabel>(i); labels.any_of(label))
            words.emplace_back(to_string(label));
    return joined(words);
}

template <typename Enum>
std::string joined(std::uint32_t set) {
    std::vector<std::string> words;
    for (unsigned i = 0; i < static_cast<unsigned>(Enum::other); ++i)
        if ((set >> i & 1) != 0) words.emplace_back(to_string(static_cast<Enum>(i)));
    return joined(words);
}

std::string yes_or_no(bool flag) { return flag ? "yes / ja" : "no / nej"; }

std::string order() {
    std::string out = "| | rule | effect | source | when | när |\n|---|---|---|---|---|---|\n";
    for (const RuleText& rule : rules()) {
        const std::string number =
            static_cast<std::size_t>(rule.rule) >= kRulesInOrder ? "–" : std::to_string(static_cast<unsigned>(rule.rule) + 1);
        out += fmt::format("| {} | `{}` | {} | {} | {} | {} |\n", number, rule.id,
                           rule.permit ? "permit / tillåt" : "deny / neka", rule.law, rule.when_en, rule.when_sv);
    }
    return out;
}

struct Switch {
    std::string_view name, source, en, sv;
    std::string value;
};

std::string switches(const RuleTable& t) {
    const std::vector<Switch> all = {
        {"care-purposes", "Art. 11(1)", "purposes that are care", "ändamål som är vård",
         joined<Purpose>(t.care_purposes)},
        {"care-roles", "Art. 11(3)", "roles that may ask other providers", "roller som får fråga andra vårdgivare",
         joined<Role>(t.care_roles)},
        {"own-roles", "recital 18", "roles that read at their own provider",
         "roller som läser hos den egna vårdgivaren", joined<Role>(t.own_roles)},
        {"assurance-min", "Art. 12", "least level of assurance of the login", "lägsta tillitsnivå för inloggningen",
         std::to_string(t.assurance_min)},
        {"care-relation-required", "Art. 11(1)", "a care relation is required", "vårdrelation krävs",
         yes_or_no(t.care_relation_required)},
        {"care-known.days-before", "Art. 11(1)",
         "days since care ended for which a booking or encounter shows the relation",
         "dagar efter avslutad vård då en bokning eller kontakt visar relationen",
         std::to_string(t.care_known_days_before)},
        {"care-known.days-after", "Art. 11(1)", "days before care begins for which it does",
         "dagar innan vården börjar då den gör det", std::to_string(t.care_known_days_after)},
        {"care-known.check-after-hours", "Art. 11(1)", "hours after which a declared relation is checked so",
         "timmar efter vilka en uppgiven relation kontrolleras så", std::to_string(t.care_check_hours)},
        {"opt-out-hides-from-person", "Art. 10(1)", "an opt-out closes the person's own access",
         "utträde stänger personens egen åtkomst", yes_or_no(t.opt_out_hides_from_person)},
        {"opt-out-breakable", "Art. 10(2); SOU 2026:6", "an emergency opens an opt-out",
         "en nödsituation öppnar vid utträde", yes_or_no(t.opt_out_breakable)},
        {"break-glass.minutes", "Art. 11(5)", "minutes for which an emergency opens",
         "minuter som en nödöppning gäller", std::to_string(t.break_glass_minutes)},
        {"break-glass.needs-care-relation", "Art. 11(5)", "an emergency needs a care relation",
         "nödöppning kräver vårdrelation", yes_or_no(t.break_glass_needs_care_relation)},
        {"break-glass.opens-abroad-blocks", "Art. 11(5)", "an emergency opens blocks across the border",
         "nödöppning öppnar spärrar för utlandet", yes_or_no(t.break_glass_opens_abroad_blocks)},
        {"break-glass.second-person", "Art. 11(5)", "a second professional must confirm",
         "en andra yrkesutövare måste bekräfta", yes_or_no(t.break_glass_needs_second_person)},
        {"break-glass.second-person-minutes", "Art. 11(5)", "minutes within which she does",
         "minuter inom vilka hon gör det", std::to_string(t.second_person_minutes)},
        {"lift-days-max", "Art. 8", "days that a lift may last", "dagar som en hävning får gälla",
         std::to_string(t.lift_days_max)},
        {"border.countries", "Art. 23", "countries that may ask", "länder som får fråga", joined(t.border_countries)},
        {"border.categories", "Art. 23", "categories that they may ask for", "kategorier som de får fråga om",
         joined(t.border_categories)},
        {"guardian-until-age", "Art. 4(2)(b); FB 9:1", "age at which parents' access ends",
         "ålder då föräldrars åtkomst upphör", std::to_string(t.guardian_until_age)},
        {"delay.allowed", "Art. 3(3)", "what is shown to the person may be delayed",
         "visning för personen får skjutas upp", yes_or_no(t.delay_allowed)},
        {"delay.categories", "Art. 3(3)", "of these categories", "för dessa kategorier", joined(t.delay_categories)},
        {"delay.days-max", "Art. 3(3)", "for at most so many days", "högst så många dagar",
         std::to_string(t.delay_days_max)},
        {"lease-hours", "Art. 8", "hours that a node may go on without news of choices",
         "timmar som en nod får arbeta utan besked om val", std::to_string(t.lease_hours)},
        {"choices.at-once-max", "Art. 8", "blocks, lifts and mandates that a person may have at once",
         "spärrar, hävningar och behörigheter som en person får ha samtidigt", std::to_string(t.choices_at_once_max)},
        {"choices.of-day-max", "Art. 8", "choices that she may set within a day", "val som hon får göra under ett dygn",
         std::to_string(t.choices_of_day_max)},
        {"messages-years", "Art. 9", "years for which messages to a person are kept",
         "år som meddelanden till en person sparas", std::to_string(t.messages_years)},
        {"log-years", "Art. 9(2)", "years for which accesses are kept and shown, where no row below says otherwise",
         "år som åtkomster sparas och visas, om ingen rad nedan säger annat", std::to_string(t.log_years)},
        {"granularity", "Art. 8 ¶4", "what a block may name", "vad en spärr får avse", joined(t.granularity)},
    };
    std::string out = "| switch | source | what | vad | value |\n|---|---|---|---|---|\n";
    for (const Switch& one : all)
        out += fmt::format("| `{}` | {} | {} | {} | {} |\n", one.name, one.source, one.en, one.sv, one.value);
    return out;
}

std::string tasks(const RuleTable& table) {
    if (table.tasks.empty()) return "Every task reads everything. / Alla arbetsuppgifter läser allt.\n";
    std::string out = "| task / arbetsuppgift | reads / läser | not / inte |\n|---|---|---|\n";
    for (const TaskRow& row : table.tasks)
        out += fmt::format("| {} | {} | {} |\n", row.task == "*" ? "all others / alla andra" : row.task,
                           joined(row.categories), joined(row.hidden_labels));
    return out;
}

std::string minors(const RuleTable& table) {
    if (table.minors.empty()) return "Nothing is hidden from them. / Inget döljs för dem.\n";
    std::string out =
        "| from age / från ålder | to / till | hidden categories / dolda kategorier | hidden labels / dold känslighet "
        "|\n"
        "|---|---|---|---|\n";
    for (const MinorRow& row : table.minors)
        out += fmt::format("| {} | {} | {} | {} |\n", row.from_age, row.to_age, joined(row.hidden_categories),
                           joined(row.hidden_labels));
    return out;
}

std::string logs(const RuleTable& table) {
    if (table.logs.empty()) return "All alike. / Alla lika.\n";
    std::string out = "| rule / regel | origin / ursprung | categories / kategorier | years / år | left out for / utelämnas för |\n|---|---|---|---|---|\n";
    for (const LogRow& row : table.logs)
        out += fmt::format("| {} | {} | {} | {} | {} |\n", row.name, joined(row.origins), joined(row.categories), row.years,
                           joined(row.hidden_from));
    return out;
}

}  // namespace

std::string rules_page(const RuleTable& table) {
    return fmt::format(
        "# Who may read: the rules in their order\n\n"
        "Written by `idun rights rules`; do not edit. The first rule that applies decides, and the log names it. EHDS "
        "and Art.: "
        "Regulation (EU) 2025/327. PDL: patientdatalagen (2008:355), chapter and section. FB: föräldrabalken. SOU "
        "2026:6: the "
        "direction of the Swedish inquiry.\n\n"
        "{}\n## National choices: `{}`\n\n{}\n"
        "### What tasks read at other providers (Art. 11(3)) / Vad arbetsuppgifter läser hos andra vårdgivare\n\n{}\n"
        "### What parents and guardians do not see (Art. 4(2)(b)) / Vad vårdnadshavare inte ser\n\n{}\n"
        "### How long accesses are kept, by origin and category (Annex II 3.4) / Hur länge åtkomster sparas\n\n{}",
        order(), table.version, switches(table), tasks(table), minors(table), logs(table));
}

}  // namespace idun::rights
