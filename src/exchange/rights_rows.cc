#include "exchange/rights_rows.h"

#include "base/bytes.h"
#include "exchange/rights_register.h"
#include "store/person_key.h"

namespace idun::exchange::rights_rows {

using rights::ChangeKind;
using rights::FactChange;
using rights::PersonFacts;

namespace {

std::string provider_prefix(std::string_view table, std::string_view provider) {
    std::string out(table);
    out.append(provider) += '\0';
    return out;
}

}  // namespace

const std::string kRegisterHeadKey = "rightshdN";
const std::string kRegisterFormatKey = "rightshdV";

std::string facts_key(const crypto::Pseudonym& person) { return store::person_key(person, 'F'); }
std::string history_prefix(const crypto::Pseudonym& person) { return store::person_key(person, 'H'); }
std::string names_key(const crypto::Pseudonym& person, std::string_view fact_id) {
    return store::person_key(person, 'M') + std::string(fact_id);
}
std::string version_prefix(const crypto::Pseudonym& person, std::string_view choice_id) {
    return store::person_key(person, 'I') + std::string(choice_id) + '\0';
}
std::string newest_key(const crypto::Pseudonym& person, std::string_view choice_id) {
    return store::person_key(person, 'E') + std::string(choice_id);
}
std::string represented_prefix(const crypto::Pseudonym& person) { return store::person_key(person, 'R'); }

std::string change_number(std::uint64_t number) {
    std::string out;
    append_be(out, number);
    return out;
}

std::string addressed_prefix(std::string_view provider) { return provider_prefix("rightspf", provider); }
std::string persons_prefix(std::string_view provider) { return provider_prefix("rightspp", provider); }
std::string person_row(std::string_view provider, const crypto::Pseudonym& person) {
    return persons_prefix(provider) + std::string(person.view());
}
std::string former_row(std::string_view provider, const crypto::Pseudonym& person) {
    return provider_prefix("rightspo", provider) + std::string(person.view());
}

Result<std::optional<PersonFacts>> facts_in(const std::optional<std::string>& row) {
    if (!row) return std::optional<PersonFacts>();
    TRY_ASSIGN(auto facts, rights::decode_person_facts(*row));
    return std::optional(std::move(facts));
}

std::string choice_of(const FactChange& change) {
    switch (change.kind) {
        case ChangeKind::opt_out:
        case ChangeKind::opt_in: return std::string(RightsRegister::kOptOut);
        case ChangeKind::secondary_opt_out:
        case ChangeKind::secondary_opt_in: return std::string(RightsRegister::kSecondaryOptOut);
        case ChangeKind::protect:
        case ChangeKind::unprotect: return {};
        default: return std::string(rights::fact_id(change));
    }
}

std::string place_bytes(const Place& place) { return change_number(place.version) + change_number(place.first); }
Result<Place> place_in(const std::optional<std::string>& row) {
    if (!row) return fail(Category::corrupt, "rights: a version is missing");
    ByteReader in(*row);
    Place out;
    out.version = in.be<std::uint64_t>();
    out.first = in.be<std::uint64_t>();
    if (!in.done()) return fail(Category::corrupt, "rights: malformed row");
    return out;
}
Result<std::optional<NewestVersion>> newest_in(const std::optional<std::string>& row) {
    if (!row) return std::optional<NewestVersion>();
    if (row->size() != 24) return fail(Category::corrupt, "rights: malformed row");
    NewestVersion out;
    out.number = ByteReader(*row).be<std::uint64_t>();
    TRY_ASSIGN(out.place, place_in(row->substr(8)));
    return std::optional(out);
}

}  // namespace idun::exchange::rights_rows
