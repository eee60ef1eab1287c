#include "publish/person_links.h"

#include <algorithm>

#include "fhir/reference.h"
#include "records/change_note.h"

namespace idun::publish {
namespace {

using people::Kind;

constexpr std::size_t kIdentifiersMax = 32;  // of one Patient that are looked at
constexpr std::size_t kOthersMax = 8;        // Patients that she refers to

struct Carried {
    KnownNumber known;
    bool old = false;
    std::optional<Instant> from, to;
};

// A FHIR date or dateTime that names a day at least.
std::optional<Instant> day_of(std::string_view text) {
    if (text.size() == 10) return from_iso(std::string(text) + "T00:00:00Z");
    return from_iso(text);
}

Result<std::shared_ptr<const std::string>> body_of_patient(std::string_view patient, const records::Records& records, const store::Snapshot& snapshot) {
    records::Selection only;
    only.types = {"Patient"};
    std::shared_ptr<const std::string> out;
    TRY(records.scan_patient(snapshot, patient, only, {}, [&](std::vector<records::Row> rows) {
        if (!rows.empty()) out = rows.front().body;
        return false;
    }));
    return out;
}

void carried_by(json::Value patient, bool old, const Knows& knows, std::vector<Carried>& out) {
    std::size_t seen = 0;
    for (const json::Value identifier : patient["identifier"].elements()) {
        if (++seen > kIdentifiersMax) return;
        const auto known = knows(identifier["system"].text(), identifier["value"].text());
        if (!known || std::ranges::any_of(out, [&](const Carried& one) { return one.known.number == known->number; })) continue;
        out.push_back({*known, old || identifier["use"].text() == "old", day_of(identifier["period"]["start"].text()),
                       day_of(identifier["period"]["end"].text())});
    }
}

people::Ground ground_of(const Carried& now, const Carried& other) {
    const Kind kind = other.known.kind;
    if (kind == Kind::national_reserve_number || kind == Kind::regional_reserve_number) return people::Ground::resolved;
    const bool preliminary = kind == Kind::coordination_number || kind == Kind::interim_number;
    if (other.old || (preliminary && now.known.kind == Kind::personal_number)) return people::Ground::replaced;
    return people::Ground::record;
}

}  // namespace

Result<std::vector<OwnLink>> links_of(std::string_view patient, const records::Records& records, const store::Snapshot& snapshot,
                                      const Knows& knows) {
    TRY_ASSIGN(const auto body, body_of_patient(patient, records, snapshot));
    std::vector<OwnLink> out;
    if (!body) return out;
    TRY_ASSIGN(const auto document, json::Document::parse(*body));
    std::vector<Carried> carried;
    const json::Value links = document.root()["link"];
    bool replaced = false;
    for (const json::Value link : links.elements()) replaced = replaced || link["type"].text() == "replaced-by";
    carried_by(document.root(), replaced, knows, carried);
    std::size_t others = 0;
    for (const json::Value link : links.elements()) {
        const bool replaces = link["type"].text() == "replaces";
        const auto reference = fhir::parse_reference(link["other"]["reference"].text());
        if ((!replaces && link["type"].text() != "replaced-by") || !reference || reference->kind != fhir::ReferenceKind::relative) continue;
        if (reference->type != "Patient" || ++others > kOthersMax) continue;
        TRY_ASSIGN(const auto other, body_of_patient(reference->id, records, snapshot));
        if (!other) continue;
        TRY_ASSIGN(const auto read, json::Document::parse(*other));
        carried_by(read.root(), replaces, knows, carried);
    }
    if (carried.size() < 2) return out;
    const auto now = std::ranges::min_element(carried, {}, [](const Carried& one) { return std::pair(one.old, one.known.kind); });
    for (const Carried& one : carried) {
        if (&one == &*now) continue;
        out.push_back({{now->known.number, one.known.number}, {now->known.kind, one.known.kind}, ground_of(*now, one),
                       now->from ? now->from : one.to});
    }
    return out;
}

Result<std::vector<people::AliasPair>> aliases_of(std::string_view patient, const records::Records& records, const store::Snapshot& snapshot,
                                                  const Knows& knows) {
    TRY_ASSIGN(const auto body, body_of_patient(patient, records, snapshot));
    std::vector<people::AliasPair> out;
    if (!body) return out;
    TRY_ASSIGN(const auto document, json::Document::parse(*body));
    std::set<crypto::Pseudonym> seen;
    for (const json::Value identifier : document.root()["identifier"].elements()) {  // all: she is found by each
        const auto known = knows(identifier["system"].text(), identifier["value"].text());
        if (!known || !seen.insert(known->number).second) continue;
        for (std::size_t i = 1; i < known->aliases.size(); ++i) out.push_back({known->aliases.front(), known->aliases[i]});
    }
    return out;
}

Result<std::set<std::string>> perhaps_linked(std::span<const store::Change> changes) {
    std::set<std::string> out;
    for (const store::Change& change : changes) {
        const auto note = records::decode_change_note(change.note);
        if (!note && note.error().category == Category::unsupported) continue;
        if (!note) return fail(note.error());
        for (const records::NotedPerson& person : note->persons)
            if (person.pseudonyms.size() > 1) out.insert(person.patient);
        for (const records::NotedWrite& write : note->writes)
            if (write.type == "Patient") out.insert(write.id);
    }
    return out;
}

std::string stated_row(std::string_view patient) { return "publishdL" + std::string(patient); }

Pair pair_of(const OwnLink& link) { return std::minmax(link.numbers[0], link.numbers[1]); }

std::string encode_stated(std::span<const OwnLink> links) {
    std::set<Pair> pairs;
    for (const OwnLink& one : links) pairs.insert(pair_of(one));
    std::string out;
    for (const Pair& pair : pairs) out.append(pair.first.view()).append(pair.second.view());
    return out;
}

Result<std::set<Pair>> decode_stated(std::string_view bytes) {
    constexpr std::size_t kPairBytes = 2 * crypto::kPseudonymBytes;
    if (bytes.size() % kPairBytes != 0) return fail(Category::corrupt, "the links that the hub has taken cannot be read");
    std::set<Pair> out;
    for (; !bytes.empty(); bytes.remove_prefix(kPairBytes))
        out.emplace(*crypto::Pseudonym::from(bytes.substr(0, crypto::kPseudonymBytes)),
                    *crypto::Pseudonym::from(bytes.substr(crypto::kPseudonymBytes, crypto::kPseudonymBytes)));
    return out;
}

}  // namespace idun::publish
