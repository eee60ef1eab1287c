#include "verify/key_changes.h"

#include <algorithm>

#include "verify/words.h"

namespace idun::verify {
namespace {

constexpr std::size_t kChangeBytesMax = 2048;
constexpr std::uint64_t kChangesMax = 64;
constexpr std::string_view kNames = "idun/";
constexpr std::string_view kWhat = " key-change";

struct Change {
    std::string name;  // of both keys
    crypto::PublicKey former, next;
};

Result<Change> change_of(std::string_view text, std::uint64_t number) {
    const auto lines = cut(text, '\n');
    const bool sound = lines.size() == 6 && lines[5].empty() && lines[0].starts_with(kNames) && lines[0].ends_with(kWhat) && number_of(lines[1]) == number;
    const auto former = sound ? exact_base64(lines[3]) : std::nullopt;
    const auto next = sound ? exact_base64(lines[4]) : std::nullopt;
    if (!former || !next) return fail(Category::invalid, "it is not written as a key change");
    TRY_ASSIGN(crypto::PublicKey before, crypto::PublicKey::from(*former));
    TRY_ASSIGN(crypto::PublicKey after, crypto::PublicKey::from(*next));
    return Change{std::string(lines[0].substr(0, lines[0].size() - kWhat.size())), std::move(before), std::move(after)};
}

bool knows(const std::vector<Key>& keys, const std::string& name, const crypto::PublicKey& key) {
    return std::ranges::any_of(keys, [&](const Key& one) { return one.type == 1 && (one.name.empty() || one.name == name) && one.key == key; });
}

}  // namespace

Result<Finding> add_later_keys(Source& source, std::vector<Key>& keys) {
    for (std::uint64_t number = 1; number <= kChangesMax; ++number) {
        const std::string file = "key/" + std::to_string(number);
        const auto note = source.read(file);
        if (!note && note.error().category == Category::not_found) return Finding();
        if (!note) return fail(note.error());
        const std::size_t split = note->rfind("\n\n");
        if (note->size() > kChangeBytesMax || split == std::string::npos) return found(file + " is not a signed note");
        const auto change = change_of(std::string_view(*note).substr(0, split + 1), number);
        if (!change) return found(file + ": " + change.error().message);
        if (!knows(keys, change->name, change->former)) continue;
        Key next = Key::of(change->name, 1, change->next);
        if (!is_signed_by(*note, Key::of(change->name, 1, change->former)) || !is_signed_by(*note, next))
            return found(file + " is not signed by both the key before it and the one that follows");
        keys.push_back(std::move(next));
    }
    return Finding();
}

}  // namespace idun::verify
