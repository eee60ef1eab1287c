#include "api/person_links.h"

#include <algorithm>

#include "base/log.h"

namespace idun::api {
namespace {

using crypto::Pseudonym;
using exchange::NoticeKind;

struct Told {
    std::string sv, en;
};

Told linked_by(const std::string& who) {
    return {"Två av dina personbeteckningar räknas från och med nu som en och samma person. Det har " + who +
                " uppgett. Är det fel? Vänd dig till den som driver navet: det tas tillbaka direkt, och ingenting går förlorat.",
            "Two of your personal identifiers count as one and the same person from now on. It was stated by " + who +
                ". Is it wrong? Turn to whoever runs the hub: it is taken back at once, and nothing is lost."};
}
Told linked_by_code(const CodeSteps& steps) {
    Told how{"en kod som har lämnats ut till dig efter inloggning har använts med en annan inloggning",
             "a code that was issued to you after a login was used with another login"};
    if (!steps.issued.empty())
        how = {"personal hos " + steps.issued + " har lämnat ut en kod, och den har använts efter inloggning",
               "staff of " + steps.issued + " issued a code, and it was used after a login"};
    if (!steps.taken.empty())
        how = {"en kod som har lämnats ut till dig efter inloggning har tagits emot av personal hos " + steps.taken,
               "a code that was issued to you after a login was taken by staff of " + steps.taken};
    return {"Två av dina personbeteckningar räknas från och med nu som en och samma person: " + how.sv +
                ". Var det inte du? Vänd dig till den som driver navet: det tas tillbaka direkt, och ingenting går förlorat.",
            "Two of your personal identifiers count as one and the same person from now on: " + how.en +
                ". Was it not you? Turn to whoever runs the hub: it is taken back at once, and nothing is lost."};
}
Told taken_back() {
    return {"En av dina personbeteckningar räknas inte längre ihop med de andra. Det som har antecknats under den visas bara under den. "
            "Vem som har läst vad medan de räknades ihop står i din logg.",
            "One of your personal identifiers does not count together with the others any more. What was recorded under it is shown under it alone. "
            "Who has read what in the meantime stands in your list of accesses."};
}
Told marked(bool ambiguous) {
    if (!ambiguous)
        return {"En av dina personbeteckningar hade använts för mer än en person. Det är utrett, och den gäller igen.",
                "One of your personal identifiers had been used for more than one person. That is resolved, and it counts again."};
    return {"En av dina personbeteckningar har använts för mer än en person. Den öppnar ingenting förrän det är utrett; den vårdgivare som registrerade den hjälper dig.",
            "One of your personal identifiers was used for more than one person. It opens nothing until that is resolved; the provider that registered it helps you."};
}

// Hears of a statement: tells each number whose set it changes, in the same commit.
class Telling {
public:
    Telling(Hub& hub, Told what, std::vector<Pseudonym> named) : hub_(hub), what_(std::move(what)) { change_.numbers = std::move(named); }

    void operator()(std::span<const people::Regrouped> changed, store::Batch& batch) {
        for (const people::Regrouped& one : changed) {
            const Pseudonym& number = one.after.one();
            hub_.notices.add(batch, number, NoticeKind::identity, what_.sv, what_.en);
            if (std::ranges::find(change_.numbers, number) == change_.numbers.end()) change_.numbers.push_back(number);
        }
    }
    Result<LinkChange> finish(Result<bool> done) {
        if (!done) return fail(done.error());
        change_.changed = *done;
        return std::move(change_);
    }

private:
    Hub& hub_;
    const Told what_;
    LinkChange change_;
};

}  // namespace

Result<Pseudonym> pseudonym_of(const Hub& hub, const people::PersonId& person) {
    const Pseudonym out = hub.pseudonyms.of(person.canonical());
    if (!hub.pseudonyms.several()) return out;
    const auto all = hub.pseudonyms.all(person.canonical());
    const auto known = hub.links.sure_aliases_of(out);
    if (std::ranges::all_of(all, [&](const crypto::Alias& one) { return std::ranges::find(known, one.pseudonym) != known.end(); })) return out;
    TRY_ASSIGN(const auto others, hub.links.settle(all, {people::By::Who::the_operator, hub.id}));
    for (const people::By& one : others) log::warn("pseudonyms were said to be one number's that are not", {{"by", one.id}});
    return out;
}

Result<bool> holds(const Hub& hub, std::string_view provider, const Pseudonym& number) {
    TRY_ASSIGN(const auto holdings, hub.index.holdings(number));
    return std::ranges::any_of(holdings, [&](const index::Holding& one) { return one.provider == provider; });
}

Result<LinkChange> state_link(Hub& hub, const people::Link& link, const people::By& by, const std::string& who) {
    Telling telling(hub, linked_by(who), {link.numbers[0], link.numbers[1]});
    return telling.finish(hub.links.state(link, by, telling));
}

Result<LinkChange> prove_link(Hub& hub, const people::Link& link, const people::By& by, const CodeSteps& steps,
                              const std::function<void(store::Batch&)>& more) {
    Telling telling(hub, linked_by_code(steps), {link.numbers[0], link.numbers[1]});
    return telling.finish(hub.links.state(link, by, [&](std::span<const people::Regrouped> changed, store::Batch& batch) {
        telling(changed, batch);
        more(batch);
    }));
}

Result<LinkChange> withdraw_link(Hub& hub, const Pseudonym& one, const Pseudonym& other, const people::By& by) {
    Telling telling(hub, taken_back(), {one, other});
    return telling.finish(hub.links.withdraw(one, other, by, telling));
}

Result<LinkChange> separate_number(Hub& hub, std::span<const Pseudonym> number, std::span<const Pseudonym> other, const people::By& by, std::string why) {
    Telling telling(hub, taken_back(), {number.front(), other.front()});
    return telling.finish(hub.links.separate(number, other, by, std::move(why), telling));
}

Result<LinkChange> mark_number(Hub& hub, const Pseudonym& number, bool ambiguous, const people::By& by, std::string why) {
    Telling telling(hub, marked(ambiguous), {number});
    return telling.finish(hub.links.mark(number, ambiguous, by, std::move(why), telling));
}

std::vector<ledger::Access> entries_about(const ledger::Access& access, const std::vector<Pseudonym>& numbers) {
    std::vector<ledger::Access> out;
    for (const Pseudonym& number : numbers) {
        out.push_back(access);
        out.back().person = number;
    }
    return out;
}

}  // namespace idun::api
