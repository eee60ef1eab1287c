// What the rows of the rights register owe each other.
#include <algorithm>
#include <memory>

#include "base/bytes.h"
#include "exchange/rights_register.h"
#include "exchange/rights_rows.h"
#include "exchange/tables.h"
#include "store/person_key.h"

namespace idun::exchange {

using namespace rights_rows;
using rights::FactChange;
using rights::PersonFacts;

namespace {

constexpr std::size_t kNewestBytes = 24;

tl::unexpected<Error> malformed_row() { return fail(Category::corrupt, "rights: malformed row"); }

// What is seen on the way: the highest number, and of the person whose rows are read the sum that her changes make.
struct RightsSeen {
    std::uint64_t highest = 0;
    std::optional<crypto::Pseudonym> person;
    std::string sum;      // as it stands
    PersonFacts replayed; // as her changes make it
    bool broken = false;  // a change did not fit

    void settle(store::Owed& owed) {
        if (person && (broken || rights::encode(replayed) != sum)) owed.wrong("the sum of the person before is not what her changes add up to");
        person.reset();
    }
    void begin(const crypto::Pseudonym& who, std::string_view value) {
        person = who;
        sum = value;
        replayed = PersonFacts();
        broken = false;
    }
    void add(const FactChange& change) {
        highest = std::max(highest, change.number);
        if (person == change.person && !rights::apply(replayed, change)) broken = true;
    }
};
using Seen = std::shared_ptr<RightsSeen>;

store::Table head_table(const Seen& seen) {
    store::Table out{.name = "rights.head", .prefix = kRegisterHeadKey};
    const auto head = std::make_shared<std::optional<std::uint64_t>>();
    out.check = [head](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
        if (key != kRegisterHeadKey || value.size() != sizeof(std::uint64_t)) return malformed_row();
        *head = number_at_end(value);
        owed.row(kRegisterFormatKey, std::string(kRegisterFormat), "the row that tells the form of the register is missing");
        return {};
    };
    out.ended = [head, seen](store::Owed& owed) {
        if (head->value_or(0) != seen->highest) owed.wrong("the newest number is not the highest that a change has");
    };
    return out;
}

Status check_format(std::string_view key, std::string_view value, store::Owed&) {
    return key == kRegisterFormatKey && value == kRegisterFormat ? Status() : malformed_row();
}

store::Table facts_table(const Seen& seen) {
    store::Table out{.name = "rights.facts", .letter = 'F', .whose = store::whose_row, .form = 2, .value_bytes_max = rights::kFactsBytesMax};
    out.check = [seen](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
        seen->settle(owed);
        if (key.size() != kBareKeyBytes) return malformed_row();
        TRY_ASSIGN(const PersonFacts facts, rights::decode_person_facts(value));
        const crypto::Pseudonym person = whose_key(key);
        seen->begin(person, value);
        for (const rights::Mandate& mandate : facts.mandates) {
            owed.row(represented_prefix(mandate.representative) + std::string(person.view()) + mandate.fact_id, "her representative's row of the mandate is missing");
            owed.row(names_key(person, mandate.fact_id), "the names of the mandate are missing");
        }
        return store::encodes_to_itself(rights::encode(facts), value);
    };
    out.ended = [seen](store::Owed& owed) { seen->settle(owed); };
    return out;
}

bool is_history(std::string_view key, std::string_view) { return key.size() == kNumberKeyBytes; }

std::string_view judge_newest(const std::optional<std::string>& row, std::uint64_t number) {
    const auto newest = newest_in(row);
    return newest && *newest && (*newest)->number >= number ? "" : "the newest version of the choice is missing, or older";
}

store::Table history_table(const Seen& seen) {
    store::Table out{.name = "rights.history", .letter = 'H', .owns = is_history, .whose = store::whose_row, .form = 2};
    out.check = [seen](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
        TRY_ASSIGN(const FactChange change, rights::decode_fact_change(value));
        const crypto::Pseudonym person = whose_key(key);
        if (change.person != person || change.number != number_at_end(key)) return fail(Category::corrupt, "rights: a change of another person or number");
        seen->add(change);
        owed.row(facts_key(person), "the sum of the person is missing");
        const std::string choice = choice_of(change);
        if (!choice.empty()) owed.row(version_prefix(person, choice) + change_number(change.number), "its version is missing");
        if (std::holds_alternative<rights::Mandate>(change.fact)) owed.row(names_key(person, rights::fact_id(change)), "the names of the mandate are missing");
        return store::encodes_to_itself(rights::encode(change), value);
    };
    return out;
}

// The choice's id lies between the person and a zero byte.
Status check_version(std::string_view key, std::string_view value, store::Owed& owed) {
    constexpr std::size_t kEnd = 1 + sizeof(std::uint64_t);
    if (key.size() <= kBareKeyBytes + kEnd || key[key.size() - kEnd] != '\0') return malformed_row();
    TRY_ASSIGN(const Place place, place_in(std::string(value)));
    const crypto::Pseudonym person = whose_key(key);
    const std::uint64_t number = number_at_end(key);
    const std::string choice(key.substr(kBareKeyBytes, key.size() - kBareKeyBytes - kEnd));
    owed.row(history_prefix(person) + change_number(number), [choice](const store::Snapshot&, const auto& row) -> std::string_view {
        const auto change = row ? rights::decode_fact_change(*row) : Result<FactChange>(fail(Category::not_found, ""));
        return change && choice_of(*change) == choice ? "" : "the change that it is a version by is missing, or of another choice";
    });
    for (const std::string& of : {choice, std::string()})
        owed.row(newest_key(person, of), [number](const store::Snapshot&, const auto& row) { return judge_newest(row, number); });
    owed.row(version_prefix(person, choice) + change_number(place.first), [place, number](const store::Snapshot&, const auto& row) -> std::string_view {
        const auto first = place_in(row);
        const bool is_first = place.first == number;
        return first && first->version == 1 && is_first == (place.version == 1) ? "" : "the first version of the choice is missing, or another";
    });
    return {};
}

bool is_newest(std::string_view key, std::string_view value) { return key.size() != kNumberKeyBytes || value.size() == kNewestBytes; }

Status check_newest(std::string_view key, std::string_view value, store::Owed& owed) {
    if (key.size() < kBareKeyBytes) return malformed_row();
    TRY_ASSIGN(const auto newest, newest_in(std::string(value)));
    const crypto::Pseudonym person = whose_key(key);
    const std::string_view choice = key.substr(kBareKeyBytes);
    if (choice.empty()) {
        owed.row(history_prefix(person) + change_number(newest->number), "the newest of all changes of the person is missing");
        owed.row(history_prefix(person) + change_number(newest->place.first), "the first of all changes of the person is missing");
    } else {
        owed.row(version_prefix(person, choice) + change_number(newest->number), place_bytes(newest->place), "the newest version of the choice is missing, or another");
    }
    return {};
}

Status check_names(std::string_view key, std::string_view value, store::Owed& owed) {
    ByteReader in(value);
    in.text();
    in.text();
    if (!in.done() || key.size() <= kBareKeyBytes) return malformed_row();
    owed.row(newest_key(whose_key(key), key.substr(kBareKeyBytes)), "the mandate that it names was never chosen");
    return {};
}

bool is_represented(std::string_view key, std::string_view) { return key.size() != kNumberKeyBytes; }

Status check_represented(std::string_view key, std::string_view value, store::Owed& owed) {
    constexpr std::size_t kHead = kBareKeyBytes + crypto::kPseudonymBytes;
    if (key.size() <= kHead || !value.empty()) return malformed_row();
    const auto person = crypto::Pseudonym::from(key.substr(kBareKeyBytes, crypto::kPseudonymBytes));
    owed.row(names_key(*person, key.substr(kHead)), "the mandate by which she represents was never chosen");
    return {};
}

// Provider, 0, rest.
struct ProviderKey {
    std::string_view provider;
    std::string_view rest;
};
std::optional<ProviderKey> provider_key_from(std::string_view key) {
    const std::string_view tail = key.substr(store::kPartitionBytes);
    const std::size_t end = tail.find('\0');
    if (end == 0 || end == std::string_view::npos) return std::nullopt;
    return ProviderKey{tail.substr(0, end), tail.substr(end + 1)};
}

store::Table addressed_table(const Seen& seen) {
    store::Table out{.name = "rights.addressed", .prefix = "rightspf", .form = 2, .value_bytes_max = rights::kFactsBytesMax};
    out.check = [seen](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
        const auto place = provider_key_from(key);
        if (!place || place->rest.size() != sizeof(std::uint64_t)) return malformed_row();
        TRY_ASSIGN(const FactChange change, rights::decode_fact_change(value));
        if (change.number != number_at_end(key)) return fail(Category::corrupt, "rights: a change of another number");
        seen->highest = std::max(seen->highest, change.number);
        const std::string provider(place->provider);
        owed.row(person_row(provider, change.person), [number = change.number, other = former_row(provider, change.person)](const store::Snapshot& at, const auto& row) -> std::string_view {
            if (row) return row->size() == sizeof(std::uint64_t) && number_at_end(*row) >= number ? "" : "what the provider was sent last about the person is older than this";
            const auto former = at.get(other);
            return former && *former ? "" : "nothing says that the provider was sent something about the person";
        });
        if (change.kind == rights::ChangeKind::introduce) return store::encodes_to_itself(rights::encode(change), value);
        owed.row(history_prefix(change.person) + change_number(change.number), [provider, sent = std::string(value)](const store::Snapshot&, const auto& row) -> std::string_view {
            const auto made = row ? rights::decode_fact_change(*row) : Result<FactChange>(fail(Category::not_found, ""));
            return made && rights::encode(rights::for_provider(*made, provider)) == sent ? "" : "the change that it was made from is missing, or another";
        });
        return store::encodes_to_itself(rights::encode(change), value);
    };
    return out;
}

Status check_followed(std::string_view key, std::string_view value, store::Owed& owed) {
    const auto place = provider_key_from(key);
    const auto person = place ? crypto::Pseudonym::from(place->rest) : std::nullopt;
    if (!person || value.size() != sizeof(std::uint64_t)) return malformed_row();
    owed.row(addressed_prefix(place->provider) + std::string(value), [person = *person](const store::Snapshot&, const auto& row) -> std::string_view {
        const auto change = row ? rights::decode_fact_change(*row) : Result<FactChange>(fail(Category::not_found, ""));
        return change && change->person == person ? "" : "the change that the provider was sent last is missing, or about somebody else";
    });
    return {};
}

Status check_former(std::string_view key, std::string_view value, store::Owed&) {
    const auto place = provider_key_from(key);
    return place && place->rest.size() == crypto::kPseudonymBytes && value.empty() ? Status() : malformed_row();
}

}  // namespace

store::Tables rights_tables() {
    const Seen seen = std::make_shared<RightsSeen>();
    store::Tables out;
    out.push_back(head_table(seen));
    out.push_back({.name = "rights.form", .prefix = kRegisterFormatKey, .check = check_format});
    out.push_back(facts_table(seen));
    out.push_back(history_table(seen));
    out.push_back({.name = "rights.versions", .letter = 'I', .whose = store::whose_row, .form = 2, .check = check_version});
    out.push_back({.name = "rights.newest", .letter = 'E', .owns = is_newest, .whose = store::whose_row, .form = 2, .check = check_newest});
    out.push_back({.name = "rights.names", .letter = 'M', .whose = store::whose_row, .form = 2, .check = check_names});
    out.push_back({.name = "rights.represented", .letter = 'R', .owns = is_represented, .whose = store::whose_row, .form = 2, .check = check_represented});
    out.push_back(addressed_table(seen));
    out.push_back({.name = "rights.followed", .prefix = "rightspp", .whose = store::whose_end, .form = 2, .check = check_followed});
    out.push_back({.name = "rights.former", .prefix = "rightspo", .whose = store::whose_end, .form = 2, .check = check_former});
    return out;
}

}  // namespace idun::exchange
