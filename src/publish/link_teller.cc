#include "publish/link_teller.h"

#include <algorithm>
#include <map>

#include "json/document.h"
#include "json/writer.h"
#include "publish/own_pointers.h"
#include "publish/tables.h"

namespace idun::publish {
namespace {

constexpr std::size_t kLinksAtOnce = 10;  // the hub takes no more
constexpr std::size_t kAliasesAtOnce = 200;

void write_link(json::Writer& w, const OwnLink& link, bool withdrawn) {
    w.object().name("persons").array().value(link.numbers[0].text()).value(link.numbers[1].text()).end();
    if (withdrawn) {
        w.member("withdrawn", true).end();
        return;
    }
    w.name("kinds").array().value(people::to_string(link.kinds[0])).value(people::to_string(link.kinds[1])).end();
    w.member("ground", people::to_string(link.ground));
    if (link.since) w.member("since", to_iso(*link.since));
    w.end();
}

}  // namespace

// Does another Patient of ours carry both numbers?
Result<bool> LinkTeller::carried_elsewhere(const Pair& pair, const store::Snapshot& snapshot) const {
    TRY_ASSIGN(const auto one, records_.patients_of(pair.first.view(), snapshot));
    TRY_ASSIGN(const auto other, records_.patients_of(pair.second.view(), snapshot));
    return std::ranges::find_first_of(one, other) != one.end();
}

Status LinkTeller::tell(const std::set<std::string>& patients, const store::Snapshot& snapshot, const Send& send, bool again) {
    std::vector<Said> said;
    for (const std::string& patient : patients) {
        TRY_ASSIGN(const auto links, links_of(patient, records_, snapshot, knows_));
        TRY_ASSIGN(const auto row, snapshot.get(stated_row(patient)));
        TRY_ASSIGN(auto before, decode_stated(row ? *row : std::string()));
        for (const OwnLink& link : links) {
            const bool taken = before.erase(pair_of(link)) > 0;
            if (again || !taken) said.push_back({patient, link, false});
        }
        for (const Pair& pair : before) {
            TRY_ASSIGN(const bool elsewhere, carried_elsewhere(pair, snapshot));
            if (!elsewhere) said.push_back({patient, {{pair.first, pair.second}, {}, {}, {}}, true});
        }
    }
    if (said.empty()) return {};
    TRY(say(said, send));
    return remember(patients, said, snapshot);
}

Result<LinkTeller::AliasesTold> LinkTeller::tell_aliases(const std::set<std::string>& patients, const store::Snapshot& snapshot, const Send& send) {
    std::vector<SaidAlias> said;
    for (const std::string& patient : patients) {
        TRY_ASSIGN(const auto hers, aliases_of(patient, records_, snapshot, knows_));
        for (const people::AliasPair& pair : hers) said.push_back({patient, pair});
    }
    AliasesTold out;
    for (std::span<const SaidAlias> rest(said); !rest.empty();) {
        const auto part = rest.first(std::min(kAliasesAtOnce, rest.size()));
        const auto words = say_aliases(part, send);
        if (!words && words.error().category == Category::unavailable) return fail(words.error());
        if (!words && words.error().category == Category::busy) {
            for (const SaidAlias& one : rest) out.later.insert(one.patient);
            return out;
        }
        if (!words) out.why = words.error().message;
        for (std::size_t i = 0; i < part.size(); ++i) {
            TRY_ASSIGN(const bool taken, words ? took_alias((*words)[i], part[i].pair, snapshot) : Result<bool>(false));
            if (!taken) out.refused.insert(part[i].patient);
        }
        rest = rest.subspan(part.size());
    }
    return out;
}

// The hub's word for each.
Result<std::vector<std::string>> LinkTeller::say_aliases(std::span<const SaidAlias> said, const Send& send) {
    json::Writer w;
    w.object().name("aliases").array();
    for (const auto& [patient, pair] : said) {
        w.object().name("persons").array().value(pair.one.pseudonym.text()).value(pair.other.pseudonym.text()).end();
        w.name("keys").array().value(pair.one.key).value(pair.other.key).end().end();
    }
    w.end().end();
    TRY_ASSIGN(const auto answer, send(w.take()));
    const auto document = json::Document::parse(answer);
    const json::Value results = document ? document->root()["results"] : json::Value();
    if (results.size() != said.size()) return fail(Category::conflict, "the hub's answer about aliases cannot be read");
    std::vector<std::string> out;
    for (const json::Value result : results.elements()) out.emplace_back(result.text());
    return out;
}

// Of somebody of whom nothing is held here the index knows nothing either, and need not.
Result<bool> LinkTeller::took_alias(std::string_view word, const people::AliasPair& pair, const store::Snapshot& snapshot) const {
    if (word.starts_with("refused")) aliases_refused_.add();
    if (word != "not held") return word == "joined" || word == "unchanged";
    TRY_ASSIGN(const auto one, held_under(pair.one.pseudonym.view(), records_, snapshot));
    TRY_ASSIGN(const auto other, held_under(pair.other.pseudonym.view(), records_, snapshot));
    return one.empty() && other.empty();
}

// Leaves in `said` what the hub has taken.
Status LinkTeller::say(std::vector<Said>& said, const Send& send) {
    std::vector<Said> taken;
    for (std::size_t from = 0; from < said.size(); from += kLinksAtOnce) {
        const auto part = std::span(said).subspan(from, std::min(kLinksAtOnce, said.size() - from));
        json::Writer w;
        w.object().name("links").array();
        for (const Said& one : part) write_link(w, one.link, one.withdrawn);
        w.end().end();
        const auto answer = send(w.take());
        if (!answer && answer.error().category == Category::not_found) break;  // an older hub: the next comparison says all of it
        if (!answer) return fail(answer.error());
        TRY_ASSIGN(const auto document, json::Document::parse(*answer));
        const json::Value results = document.root()["results"];
        if (results.size() != part.size()) return fail(Category::unavailable, "the hub's answer about links cannot be read");
        for (std::size_t i = 0; i < part.size(); ++i) {
            const std::string_view word = results[i].text();
            if (word == "linked" || word == "withdrawn" || word == "unchanged") taken.push_back(part[i]);
            else refused_.add();
        }
    }
    said = std::move(taken);
    return {};
}

Status LinkTeller::remember(const std::set<std::string>& patients, const std::vector<Said>& taken, const store::Snapshot& snapshot) {
    store::Batch batch;
    auto one = taken.begin();  // in the order of the patients
    for (const std::string& patient : patients) {
        TRY_ASSIGN(const auto row, snapshot.get(stated_row(patient)));
        TRY_ASSIGN(auto pairs, decode_stated(row ? *row : std::string()));
        for (; one != taken.end() && one->patient == patient; ++one) {
            if (one->withdrawn) pairs.erase(pair_of(one->link));
            else pairs.insert(pair_of(one->link));
        }
        std::vector<OwnLink> links;
        for (const Pair& pair : pairs) links.push_back({{pair.first, pair.second}, {}, {}, {}});
        std::string bytes = encode_stated(links);
        if (bytes == (row ? *row : std::string())) continue;
        if (bytes.empty()) batch.erase(stated_row(patient));
        else batch.put(stated_row(patient), std::move(bytes));
    }
    if (batch.empty()) return {};
    TRY(store_.commit(std::move(batch)));
    return {};
}

store::Table taken_links_table() {
    return {.name = "publish.links", .prefix = stated_row(""), .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                TRY_ASSIGN(const auto pairs, decode_stated(value));
                if (pairs.empty() || key.size() == stated_row("").size()) return fail(Category::corrupt, "the links that the hub has taken are malformed");
                std::string again;
                for (const Pair& pair : pairs) again.append(pair.first.view()).append(pair.second.view());
                return store::encodes_to_itself(again, value);
            }};
}

}  // namespace idun::publish
