#include "publish/name_marks.h"

#include "ledger/shipment.h"
#include "search/fold.h"

namespace idun::publish {
namespace {

std::string first_word(const std::string& text) { return text.substr(0, text.find(' ')); }

bool ends_with_words(std::string_view text, std::string_view words) {
    return !words.empty() && text.ends_with(words) &&
           (text.size() == words.size() || text[text.size() - words.size() - 1] == ' ');
}

}  // namespace

void add_names(PersonNames& names, json::Value patient) {
    for (const json::Value name : patient["name"].elements()) {
        if (names.given_and_family.size() == kNamesMax) return;
        std::string family = search::folded(name["family"].text());
        if (!family.empty()) names.given_and_family.emplace_back(first_word(search::folded(name["given"][0].text())), std::move(family));
    }
}

std::uint8_t marks_between(const PersonNames& patient, std::string_view user) {
    const std::string whole = search::folded(user);
    std::uint8_t out = 0;
    for (const auto& [given, family] : patient.given_and_family) {
        if (!ends_with_words(whole, family)) continue;
        out |= ledger::kSameFamilyName;
        if (!given.empty() && whole.size() > family.size() && first_word(whole) == given) out |= ledger::kSameName;
    }
    return out;
}

Result<PersonNames> NameMarks::names_of(const crypto::Pseudonym& person) const {
    TRY_ASSIGN(const auto snapshot, records_.snapshot());
    TRY_ASSIGN(const auto patients, records_.patients_of(person.view(), *snapshot));
    PersonNames out;
    for (const std::string& patient : patients) {
        const auto first = [&](std::vector<records::Row> rows) {  // the Patient comes first
            for (const records::Row& row : rows)
                if (row.body)
                    if (const auto document = json::Document::parse(*row.body)) add_names(out, document->root());
            return false;
        };
        TRY(records_.scan_patient(*snapshot, patient, {.types = {"Patient"}}, {}, first));
        if (out.given_and_family.size() == kNamesMax) break;
    }
    return out;
}

std::uint8_t NameMarks::of(const ledger::Access& access) {
    const ledger::Actor& who = access.requester;
    if (!access.person || who.name.empty() || (who.role != "clinician" && who.role != "administrator")) return 0;
    auto known = kept_.find(*access.person);
    if (known == kept_.end()) {
        auto names = names_of(*access.person);
        if (!names) return 0;
        if (kept_.size() >= kKeptMax) kept_.clear();
        known = kept_.emplace(*access.person, std::move(*names)).first;
    }
    return marks_between(known->second, who.name);
}

}  // namespace idun::publish
