#include "index/tables.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "index/internal/impl.h"
#include "store/person_key.h"

namespace idun::index {
namespace {

constexpr std::size_t kPersonKeyBytes = 17;
constexpr std::size_t kNameBytesMax = 64;

tl::unexpected<Error> malformed_row(const char* what) { return fail(Category::corrupt, std::string("index: a malformed ") + what); }

// Rows of her history or pointers; those of other tables never have this length and letter.
bool is_person_key(std::string_view key, std::string_view) { return key.size() == kPersonKeyBytes; }

// A number that rows speak under.
std::string_view judge_number(const std::optional<std::string>& value) {
    const auto row = value ? decode_provider(*value) : std::nullopt;
    if (!row) return "it speaks of a number that no provider has";
    return row->swept ? "it speaks under a number that has been swept" : "";
}

void owe_names(std::span<const Stated> row, store::Owed& owed) {
    std::set<std::uint32_t> providers;
    std::set<std::uint8_t> categories;
    for (const Stated& one : row) {
        if (providers.insert(one.provider).second)
            owed.row(provider_key(one.provider), [](const store::Snapshot&, const auto& value) { return judge_number(value); });
        if (categories.insert(one.category).second) owed.row(category_key(one.category), "it speaks of a number that no category has");
    }
}

Status check_person(std::string_view, std::string_view value, store::Owed& owed) {
    TRY_ASSIGN(const Row row, decode_row(value));
    if (row.empty()) return malformed_row("row without pointers");
    owe_names(row, owed);
    return store::encodes_to_itself(encode_row(row), value);
}

// What it has left is swept by and by: some people's rows have gone before it is done.
bool has_withdrawn(const store::Snapshot& at, std::uint32_t provider) {
    const auto value = at.get(provider_key(provider));
    const auto row = value && *value ? decode_provider(**value) : std::nullopt;
    return row && row->retired != 0;
}

// A person of whom only providers that withdrew had something has what they said, and no pointers.
store::Owed::Judge judge_pointers(const History& history) {
    std::set<std::uint32_t> providers;
    for (const Former& one : history.former) providers.insert(one.said.provider);
    return [providers = std::move(providers)](const store::Snapshot& at, const std::optional<std::string>& value) -> std::string_view {
        if (value || std::ranges::any_of(providers, [&](std::uint32_t one) { return has_withdrawn(at, one); })) return "";
        return "there is a history of pointers, and no pointers";
    };
}

Status check_history(std::string_view key, std::string_view value, store::Owed& owed) {
    TRY_ASSIGN(const History history, decode_history(value));
    std::set<std::uint8_t> categories;
    for (const Former& one : history.former)
        if (categories.insert(one.said.category).second) owed.row(category_key(one.said.category), "it speaks of a number that no category has");
    std::string pointers(key);
    pointers[store::kPartitionBytes] = 'X';
    owed.row(std::move(pointers), judge_pointers(history));
    return store::encodes_to_itself(encode_history(history), value);
}

Status check_form(std::string_view key, std::string_view value, store::Owed&) {
    return key == kFormRow && value == kFormNow ? Status() : malformed_row("form");
}

// Numbers count from 0 without a gap; a provider has one in use.
store::Table provider_table() {
    store::Table out{.name = "index.providers", .prefix = std::string(kProviderRows)};
    out.check = [in_use = std::set<std::string, std::less<>>()](std::string_view key, std::string_view value, store::Owed& owed) mutable -> Status {
        ByteReader in(key.substr(kProviderRows.size()));
        const auto number = in.be<std::uint32_t>();
        const auto row = decode_provider(value);
        if (!in.done() || !row || number >= kProvidersMax || row->id.empty() || row->id.size() > kNameBytesMax || (row->swept && row->retired == 0))
            return malformed_row("name of a provider");
        owed.row(std::string(kFormRow), "the row that tells the form of the index is missing");
        if (number > 0) owed.row(provider_key(number - 1), "the number before it is missing");
        if (row->retired != 0) return store::encodes_to_itself(encode_provider(*row), value);
        if (!in_use.emplace(row->id).second) owed.wrong("its provider has another number in use");
        owed.row(heard_key(number), "it is in use, and it is not said when it was heard");
        return store::encodes_to_itself(encode_provider(*row), value);
    };
    return out;
}

store::Table category_table() {
    store::Table out{.name = "index.categories", .prefix = std::string(kCategoryRows)};
    out.check = [words = std::set<std::string, std::less<>>()](std::string_view key, std::string_view value, store::Owed& owed) mutable -> Status {
        const auto number = static_cast<std::uint8_t>(key.back());
        if (key.size() != kCategoryRows.size() + 1 || number >= kCategoriesMax || value.empty() || value.size() > kNameBytesMax)
            return malformed_row("name of a category");
        if (number > 0) owed.row(category_key(static_cast<std::uint8_t>(number - 1)), "the number before it is missing");
        if (!words.emplace(value).second) owed.wrong("its category has another number");
        return {};
    };
    return out;
}

Status check_heard(std::string_view key, std::string_view value, store::Owed& owed) {
    ByteReader in(key.substr(kHeardRows.size()));
    const auto number = in.be<std::uint32_t>();
    if (!in.done()) return malformed_row("freshness");
    TRY_ASSIGN(const SourceHeard heard, decode_heard(value));
    owed.row(provider_key(number), [](const store::Snapshot&, const auto& row) -> std::string_view {
        const auto named = row ? decode_provider(*row) : std::nullopt;
        if (!named) return "it is of a number that no provider has";
        return named->retired != 0 ? "it is of a provider that has withdrawn" : "";
    });
    for (const auto& [category, of] : heard.categories) owed.row(category_key(category), "it speaks of a number that no category has");
    return store::encodes_to_itself(encode_heard(heard), value);
}

}  // namespace

store::Tables tables() {
    store::Tables out;
    out.push_back({.name = "index.form", .prefix = std::string(kFormRow), .form = 2, .value_bytes_max = 1, .check = check_form});
    out.push_back(provider_table());
    out.push_back(category_table());
    out.push_back({.name = "index.freshness", .prefix = std::string(kHeardRows), .form = 2, .check = check_heard});
    out.push_back({.name = "index.persons", .letter = 'X', .owns = is_person_key, .whose = store::whose_row, .form = 2, .check = check_person});
    out.push_back({.name = "index.history", .letter = 'Y', .owns = is_person_key, .whose = store::whose_row, .form = 2, .check = check_history});
    return out;
}

}  // namespace idun::index
