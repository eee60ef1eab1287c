#include "rights/rules.h"

#include <array>

namespace idun::rights {
namespace {

constexpr bool kPermit = true, kDeny = false;

// In order. PDL: patientdatalagen (2008:355). FB: föräldrabalken. SOU 2026:6: the direction of the Swedish inquiry.
constexpr std::array<RuleText, kRules> kTable = {{
    {Rule::own_unit, kPermit, "own-unit", "EHDS recital 18; PDL 4:1", "staff of the unit that made the record",
     "personal på den vårdenhet som förde in uppgiften",
     "Staff of the unit that made the record read it, whatever the person has chosen.",
     "Personal på den vårdenhet som förde in uppgiften läser den, vad personen än har valt."},
    {Rule::inner_block, kDeny, "inner-block", "EHDS Art. 8; PDL 4:4",
     "the person has blocked this from other units of the provider",
     "personen har spärrat uppgiften för andra enheter hos vårdgivaren",
     "Staff of other units of the same provider do not read what the person has blocked from them, unless a lift, an "
     "exception or an emergency opens it.",
     "Personal på andra enheter hos samma vårdgivare läser inte det som personen har spärrat för dem, om inte en "
     "tillfällig hävning, ett undantag eller en nödsituation öppnar."},
    {Rule::break_glass_inner, kPermit, "break-glass-inner", "EHDS Art. 11(5); PDL 4:5",
     "a block between units was opened because life or health is at risk",
     "spärr mellan enheter öppnad vid fara för liv eller hälsa",
     "Such a block is opened for one professional and a bounded time when life or health is at risk; the person is "
     "told at once and the professional is asked afterwards.",
     "En sådan spärr öppnas för en yrkesutövare och en begränsad tid vid fara för liv eller hälsa; personen "
     "underrättas genast och öppningen följs upp."},
    {Rule::own_provider, kPermit, "own-provider", "EHDS recital 18; PDL 4:1",
     "staff of the provider that keeps the record", "personal hos den vårdgivare som för journalen",
     "Staff of the provider that keeps the record read it, also when the person stands outside sharing.",
     "Personal hos den vårdgivare som för journalen läser den, även när personen står utanför delning."},
    {Rule::delayed, kDeny, "delayed", "EHDS Art. 3(3)",
     "shown later: a professional will explain it to the person first",
     "visas senare: vården förklarar uppgiften för personen först",
     "The person and those who act for her do not see an entry before the time until which care has delayed it.",
     "Personen och den som företräder henne ser inte en uppgift förrän den tid har gått som vården har skjutit upp "
     "visningen."},
    {Rule::person_opt_out, kDeny, "person-opt-out", "EHDS Art. 10(1)",
     "the person stands outside sharing, which closes her own access too",
     "personen står utanför sammanhållen journalföring, vilket också stänger egen åtkomst",
     "A person who stands outside sharing does not see her data herself, where the nation reads the article so.",
     "Den som står utanför delning ser inte heller själv sina uppgifter, om landet läser artikeln så."},
    {Rule::person, kPermit, "person", "EHDS Art. 3(1)", "the person herself", "personen själv",
     "The person reads her own data; blocks hide from others only.",
     "Personen läser sina egna uppgifter; spärrar döljer bara för andra."},
    {Rule::mandate, kDeny, "mandate", "EHDS Art. 4(2)", "no valid mandate for this", "giltig fullmakt saknas för detta",
     "Who acts for the person needs a mandate that holds now, for this purpose and for this record; a parent's ends "
     "when the child comes of age.",
     "Den som företräder personen behöver en behörighet som gäller nu, för ändamålet och för uppgiften; en förälders "
     "upphör när barnet blir myndigt."},
    {Rule::minor_hidden, kDeny, "minor-hidden", "EHDS recital 21; FB 6:11",
     "not shown to parents and guardians at this age", "visas inte för vårdnadshavare vid denna ålder",
     "Parents and guardians do not see what the table hides at the child's age.",
     "Vårdnadshavare ser inte det som regeltabellen döljer vid barnets ålder."},
    {Rule::protected_mandate, kDeny, "protected-mandate", "EHDS Art. 4(2)(b); SOU 2026:6",
     "the person's identity is protected and the mandate does not hold for that",
     "personen har skyddade uppgifter och behörigheten gäller inte då",
     "When the person's identity is protected, only a representative of her own choice, or one whose mandate says that "
     "it holds in spite of that, sees anything.",
     "När personen har skyddade personuppgifter ser bara ett ombud som hon själv har valt, eller en företrädare vars "
     "behörighet uttryckligen gäller ändå, något."},
    {Rule::representative_opt_out, kDeny, "representative-opt-out", "EHDS Art. 10(1)",
     "the person stands outside sharing, which closes her representatives' access too",
     "personen står utanför sammanhållen journalföring, vilket också stänger företrädares åtkomst",
     "Where an opt-out closes the person's own access, it closes that of her representatives.",
     "Där utträde ur delning stänger personens egen åtkomst stänger det också företrädarnas."},
    {Rule::representative, kPermit, "representative", "EHDS Art. 4(2)", "a representative of the person",
     "företrädare för personen", "A representative reads what her mandate covers, and it is shown that she did.",
     "En företrädare läser det som behörigheten omfattar, och det syns att hon har gjort det."},
    {Rule::role, kDeny, "role", "EHDS Art. 11(1)", "this role may not read records in care",
     "rollen får inte läsa uppgifter i vården", "Everybody else must ask as care staff.",
     "Alla andra måste fråga som vårdpersonal."},
    {Rule::assurance, kDeny, "assurance", "EHDS Art. 12", "the login is not strong enough",
     "inloggningen är inte tillräckligt stark",
     "They must have proved who they are at the level that the nation asks for.",
     "De måste ha styrkt sin identitet på den nivå som landet kräver."},
    {Rule::purpose, kDeny, "purpose", "EHDS Art. 11(1)", "the purpose is not care", "ändamålet är inte vård",
     "They must ask for care.", "De måste fråga för vård."},
    {Rule::care_relation, kDeny, "care-relation", "EHDS Art. 11(1); PDL 4:1", "no care relation to the person",
     "vårdrelation till personen saknas", "They must take part in the care of this person.",
     "De måste delta i vården av personen."},
    {Rule::task, kDeny, "task", "EHDS Art. 11(3)", "this task may not read this kind of data",
     "arbetsuppgiften omfattar inte den sortens uppgifter",
     "Their profession or task must be one that the table lets read this category of data and these sensitivities.",
     "Deras yrke eller arbetsuppgift måste enligt regeltabellen få läsa denna kategori av uppgifter och denna "
     "känslighet."},
    {Rule::border, kDeny, "border", "EHDS Art. 11(2), 23", "not shared with that country", "delas inte med det landet",
     "From abroad only the countries and categories of the table are answered.",
     "Frågor från utlandet besvaras bara för de länder och kategorier som regeltabellen anger."},
    {Rule::opt_out, kDeny, "opt-out", "EHDS Art. 10; SOU 2026:6", "the person stands outside sharing between providers",
     "personen står utanför delning mellan vårdgivare",
     "Nobody at another provider reads about a person who stands outside sharing; an emergency opens it only where the "
     "nation says so.",
     "Ingen hos en annan vårdgivare läser om den som står utanför delning; en nödsituation öppnar bara om landet har "
     "bestämt det."},
    {Rule::protected_abroad, kDeny, "protected-abroad", "SOU 2026:6",
     "the person's identity is protected: nothing is told abroad",
     "personen har skyddade uppgifter: inget lämnas till utlandet",
     "Nothing is told abroad about a person whose identity is protected.",
     "Inget lämnas till utlandet om den som har skyddade personuppgifter."},
    {Rule::block_abroad, kDeny, "block-abroad", "EHDS Art. 8, recital 17", "the person has blocked this from abroad",
     "personen har spärrat uppgiften för utlandet",
     "What the person has blocked across the border is not told to that country; an emergency opens it only where the "
     "nation says so.",
     "Det som personen har spärrat för utlandet lämnas inte till det landet; en nödsituation öppnar bara om landet har "
     "bestämt det."},
    {Rule::block, kDeny, "block", "EHDS Art. 8, 11(5)", "the person has blocked records of this provider",
     "personen har spärrat uppgifter hos vårdgivaren",
     "Other providers do not read what the person has blocked, unless a lift, an exception or an emergency opens it. "
     "They do not see that anything is blocked.",
     "Andra vårdgivare läser inte det som personen har spärrat, om inte en tillfällig hävning, ett undantag eller en "
     "nödsituation öppnar. De ser inte att något är spärrat."},
    {Rule::break_glass_opt_out, kPermit, "break-glass-opt-out", "EHDS Art. 10(2)",
     "opened although the person stands outside sharing, because life or health is at risk",
     "öppnad trots att personen står utanför delning, vid fara för liv eller hälsa",
     "Where the nation says so, danger to life or health opens the data of a person who stands outside sharing; she is "
     "told at once.",
     "Om landet har bestämt det öppnar fara för liv eller hälsa uppgifter om den som står utanför delning; personen "
     "underrättas genast."},
    {Rule::break_glass, kPermit, "break-glass", "EHDS Art. 11(5)",
     "a block was opened because life or health is at risk", "spärr öppnad vid fara för liv eller hälsa",
     "Danger to life or health opens what is blocked, for one professional and a bounded time; the person is told at "
     "once and the professional is asked afterwards.",
     "Fara för liv eller hälsa öppnar det som är spärrat, för en yrkesutövare och en begränsad tid; personen "
     "underrättas genast och öppningen följs upp."},
    {Rule::shared_care, kPermit, "shared-care", "EHDS Art. 11(1)", "care with a care relation", "vård med vårdrelation",
     "Otherwise professionals who care for the person read what other providers have recorded.",
     "Annars läser de som vårdar personen vad andra vårdgivare har antecknat."},
    {Rule::stale_facts, kDeny, "stale-facts", "EHDS Art. 8", "the choices of persons could not be known for certain",
     "personers val kunde inte fastställas säkert",
     "Outside the order: a node that has not heard of the persons' choices for longer than the lease answers nobody "
     "but its own staff.",
     "Utanför ordningen: en nod som inte har hört om personers val på längre tid än giltigheten svarar ingen annan än "
     "den egna personalen."},
    {Rule::ambiguous_identity, kDeny, "ambiguous-identity", "EHDS Art. 16(1)",
     "the number was used for more than one person and opens nothing until that is resolved: the provider that registered it, "
     "or the operator of the hub, says whose it is",
     "numret har använts för mer än en person och öppnar ingenting förrän det är utrett: vårdgivaren som registrerade det, "
     "eller den som driver navet, avgör vems det är",
     "Outside the order: a number that was used for two persons opens nothing through the hub, for anybody.",
     "Utanför ordningen: ett nummer som har använts för två personer öppnar ingenting genom navet, för någon."},
}};

constexpr bool in_order() {
    for (std::size_t i = 0; i < kRules; ++i)
        if (static_cast<std::size_t>(kTable[i].rule) != i) return false;
    return true;
}
static_assert(in_order());

}  // namespace

std::span<const RuleText, kRules> rules() { return kTable; }

std::string_view id(Rule rule) { return kTable[static_cast<std::size_t>(rule)].id; }
std::string_view reason_en(Rule rule) { return kTable[static_cast<std::size_t>(rule)].en; }
std::string_view reason_sv(Rule rule) { return kTable[static_cast<std::size_t>(rule)].sv; }

std::optional<Rule> rule_from(std::string_view wanted) {
    for (const RuleText& text : kTable)
        if (text.id == wanted) return text.rule;
    return std::nullopt;
}

}  // namespace idun::rights
