#include "api/unaccounted.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "json/writer.h"

namespace idun::api {
namespace {

constexpr std::size_t kMissingShownMax = 100;
constexpr std::size_t kUnansweredCounted = 1'000;
constexpr std::string_view kTranslation = "http://hl7.org/fhir/StructureDefinition/translation";

struct InTwoLanguages {
    std::string en, sv;
};

std::string day_of(Instant time) { return to_iso(time).substr(0, 10); }
std::string minute_of(Instant time) {
    std::string out = to_iso(time).substr(0, 16);
    out[10] = ' ';
    return out;
}

std::string outcome(const InTwoLanguages& text, std::string_view log_id) {
    json::Writer w;
    w.object().member("resourceType", "OperationOutcome").name("issue").array().object();
    w.member("severity", "warning").member("code", "incomplete").name("details").object().member("text", text.en);
    w.name("_text").object().name("extension").array().object().member("url", kTranslation).name("extension").array();
    w.object().member("url", "lang").member("valueCode", "sv").end();
    w.object().member("url", "content").member("valueString", text.sv).end();
    w.end().end().end().end().end();
    w.member("diagnostics", "log " + std::string(log_id)).end().end().end();
    return w.take();
}

InTwoLanguages of_missing(const std::string& name, Instant time) {
    return {fmt::format("One access at {} on {} UTC is not accounted for yet.", name, minute_of(time)),
            fmt::format("En åtkomst hos {} den {} UTC är inte redovisad än.", name, minute_of(time))};
}

// Of tickets that nothing has come of, newest first. Whether the question was lost on its way or answered and not logged cannot be
// told from here: the words leave it open.
InTwoLanguages of_unanswered(const std::string& name, std::size_t count, Instant newest) {
    const std::string day = minute_of(newest) + " UTC";
    if (count == 1)
        return {fmt::format("One question to {} on {} has no entry in its log. Whether it arrived there is not known.", name, day),
                fmt::format("En fråga till {} den {} saknas i dess logg. Om den kom fram är inte känt.", name, day)};
    return {fmt::format("{} questions to {}, the last on {}, have no entry in its log. Whether they arrived there is not known.",
                        count, name, day),
            fmt::format("{} frågor till {}, den senaste den {}, saknas i dess logg. Om de kom fram är inte känt.", count, name, day)};
}

InTwoLanguages of_silence(const std::string& name, Instant since) {
    return {fmt::format("The access log of {} has not come in since {} UTC: accesses there after that may be lacking here.", name,
                        minute_of(since)),
            fmt::format("Åtkomstloggen från {} har inte kommit in sedan {} UTC: senare åtkomster där kan saknas här.", name,
                        minute_of(since))};
}

InTwoLanguages words_of(exchange::LogFault fault) {
    using exchange::LogFault;
    switch (fault) {
        case LogFault::cut_back: return {"entries are gone", "poster är borta"};
        case LogFault::changed: return {"an entry was changed", "en post har ändrats"};
        case LogFault::contradicted: return {"an entry is not the one of its receipt", "en post är inte den som kvittot gäller"};
        case LogFault::forged: return {"a signature does not hold", "en underskrift håller inte"};
        case LogFault::forked: return {"two versions of it are signed", "två versioner av den är undertecknade"};
        case LogFault::unfit: return {"entries are not those that were signed", "poster är inte de som undertecknades"};
        case LogFault::hidden: return {"entries are hidden", "poster är dolda"};
        case LogFault::miscounted: return {"the number of accesses does not fit", "antalet åtkomster stämmer inte"};
        case LogFault::unasked: return {"an entry names a question that was not asked", "en post nämner en fråga som inte har ställts"};
    }
    return {};
}

InTwoLanguages of_faults(const std::string& name, const std::vector<exchange::FaultSeen>& faults) {
    InTwoLanguages which;
    Instant since = faults.front().first;
    for (const exchange::FaultSeen& seen : faults) {
        const InTwoLanguages words = words_of(seen.fault);
        const std::string_view between = which.en.empty() ? "" : ", ";
        which.en.append(between).append(words.en);
        which.sv.append(between).append(words.sv);
        since = std::min(since, seen.first);
    }
    return {fmt::format("The access log of {} does not agree with what it has said before (since {} UTC): {}. The supervisor sees it.",
                        name, minute_of(since), which.en),
            fmt::format("Åtkomstloggen från {} stämmer inte med vad den har uppgett tidigare (sedan {} UTC): {}. Tillsynen ser det.",
                        name, minute_of(since), which.sv)};
}

// The times of entries that it wrote stay what they are.
InTwoLanguages of_clock(const std::string& name, const exchange::ClockSeen& seen) {
    const auto minutes = (std::chrono::abs(seen.off).count() + 30'000) / 60'000;
    const bool ahead = seen.off.count() > 0;
    return {fmt::format("The clock of the access log of {} was about {} min {} ({} to {} UTC): times of accesses there may be wrong.", name, minutes,
                        ahead ? "fast" : "slow", minute_of(seen.first), minute_of(seen.last)),
            fmt::format("Klockan i åtkomstloggen hos {} gick omkring {} min {} ({} till {} UTC): tider för åtkomster där kan vara fel.", name,
                        minutes, ahead ? "före" : "efter", minute_of(seen.first), minute_of(seen.last))};
}

// That the log was set back stays in the list for ever.
InTwoLanguages of_cut(const std::string& name, Instant since) {
    return {fmt::format("The access log of {} lost entries on {} and was begun anew. What it had sent before is kept here.", name,
                        day_of(since)),
            fmt::format("Åtkomstloggen hos {} förlorade poster den {} och började om. Det som den hade skickat dessförinnan finns kvar här.",
                        name, day_of(since))};
}

// The hub's own: that somebody asked here and found nothing stands in no provider's log.
InTwoLanguages of_hub_cut(Instant since) {
    return {fmt::format("The national log of accesses lost entries on {} and was begun anew. Accesses from before may "
                        "be lacking here; what the logs of care providers say of them is kept.",
                        day_of(since)),
            fmt::format("Den nationella loggen över åtkomster förlorade poster den {} och började om. Tidigare "
                        "åtkomster kan saknas här; det som vårdgivarnas loggar säger om dem finns kvar.",
                        day_of(since))};
}

void of_log(const Hub& hub, const exchange::LogAccount& account, const std::string& name,
            std::vector<std::string>& out) {
    if (account.behind || account.silent)
        out.push_back(outcome(of_silence(name, account.behind ? *account.progress.behind_since : *account.silent_since), account.log_id));
    if (account.clock) out.push_back(outcome(of_clock(name, *account.clock), account.log_id));
    const std::vector<exchange::FaultSeen>& faults = account.faults;
    if (faults.empty()) return;
    // An owner who says that entries were lost has said so; whoever did anything else besides is not excused by it.
    const bool only_cut = faults.size() == 1 && faults[0].fault == exchange::LogFault::cut_back;
    const bool renewed = only_cut && !account.progress.successor.empty();
    if (renewed && ledger::owner_of(account.log_id) == hub.id)
        return out.push_back(outcome(of_hub_cut(faults[0].first), account.log_id));
    out.push_back(outcome(renewed ? of_cut(name, faults[0].first) : of_faults(name, faults), account.log_id));
}

}  // namespace

Result<std::vector<std::string>> unaccounted(Hub& hub, const crypto::Pseudonym& person) {
    const auto name_of = [&](const std::string& log_id) {
        const std::string owner(ledger::owner_of(log_id));
        const std::string name = hub.directory.name_of(owner);
        return name.empty() ? owner : name;
    };
    TRY_ASSIGN(const auto missing, hub.accesses.missing(person, kMissingShownMax));
    std::vector<std::string> out;
    for (const exchange::MissingEntry& one : missing)
        out.push_back(outcome(of_missing(name_of(one.log_id), one.time), one.log_id));
    TRY_ASSIGN(const auto unanswered, hub.accesses.unanswered(person, kUnansweredCounted));
    std::map<std::string, std::pair<std::size_t, Instant>> by_node;  // how many, and the newest
    for (const exchange::UnansweredTicket& one : unanswered) ++by_node.try_emplace(one.node, 0, one.time).first->second.first;
    for (const auto& [node, seen] : by_node)
        out.push_back(outcome(of_unanswered(name_of(node), seen.first, seen.second), node));
    TRY_ASSIGN(const auto holdings, hub.index.holdings(person));
    std::vector<std::string> holders;
    for (const index::Holding& holding : holdings) holders.emplace_back(holding.provider);
    TRY_ASSIGN(const auto accounts, hub.accesses.incomplete(person, holders));
    for (const exchange::LogAccount& account : accounts) of_log(hub, account, name_of(account.log_id), out);
    return out;
}

}  // namespace idun::api
