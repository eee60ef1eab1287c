#include "people/internal/aliases.h"

#include <algorithm>

#include "base/bytes.h"

namespace idun::people {
namespace {

using crypto::Pseudonym;

constexpr char kForm = 1;

tl::unexpected<Error> malformed() { return fail(Category::corrupt, "links: malformed row"); }

bool is_key_name(std::string_view text) {
    const auto letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return text.size() == crypto::kKeyNameBytes && std::ranges::all_of(text, letter);
}

}  // namespace

std::string alias_row(const AliasPair& pair) {
    const auto& [one, other] = std::minmax(pair.one.pseudonym, pair.other.pseudonym);
    return std::string(kAliasRows).append(one.view()).append(other.view());
}

std::string encode_alias(const AliasPair& pair, Instant time, const By& by) {
    const bool in_order = pair.one.pseudonym < pair.other.pseudonym;
    std::string out(1, kForm);
    append_be(out, time.ms);
    out.append(in_order ? pair.one.key : pair.other.key).append(in_order ? pair.other.key : pair.one.key);
    out += static_cast<char>(by.who);
    append_text(out, by.id);
    return out;
}

Result<AliasStatement> decode_alias(std::string_view key, std::string_view value) {
    constexpr std::size_t kHead = 1 + sizeof(std::int64_t) + 2 * crypto::kKeyNameBytes + 1;
    const std::string_view names = key.substr(std::min(key.size(), kAliasRows.size()));
    if (names.size() != 2 * crypto::kPseudonymBytes || value.size() < kHead || value.front() != kForm)
        return malformed();
    AliasStatement out;
    out.pair.one.pseudonym = *Pseudonym::from(names.substr(0, crypto::kPseudonymBytes));
    out.pair.other.pseudonym = *Pseudonym::from(names.substr(crypto::kPseudonymBytes));
    ByteReader in(value.substr(1, sizeof(std::int64_t)));
    out.time = {in.be<std::int64_t>()};
    value.remove_prefix(1 + sizeof(std::int64_t));
    out.pair.one.key = value.substr(0, crypto::kKeyNameBytes);
    out.pair.other.key = value.substr(crypto::kKeyNameBytes, crypto::kKeyNameBytes);
    const auto who = static_cast<std::uint8_t>(value[2 * crypto::kKeyNameBytes]);
    ByteReader text(value.substr(2 * crypto::kKeyNameBytes + 1));
    out.by = {static_cast<By::Who>(who), std::string(text.text())};
    const bool well = out.pair.one.pseudonym < out.pair.other.pseudonym && is_key_name(out.pair.one.key) &&
                      is_key_name(out.pair.other.key) && out.pair.one.key != out.pair.other.key &&
                      who <= static_cast<std::uint8_t>(By::Who::person) && text.done();
    if (!well) return malformed();
    return out;
}

std::vector<Pseudonym> Aliases::all(const Pseudonym& one) const {
    std::vector<Pseudonym> out{one};
    const auto first = places_.find(one);
    if (first == places_.end()) return out;
    for (Pseudonym next = first->second.next; next != one; next = places_.at(next).next) out.push_back(next);
    return out;
}

bool Aliases::same(const Pseudonym& one, const Pseudonym& other) const {
    if (one == other) return true;
    const auto first = places_.find(one);
    if (first == places_.end()) return false;
    for (Pseudonym next = first->second.next; next != one; next = places_.at(next).next)
        if (next == other) return true;
    return false;
}

std::optional<std::string_view> Aliases::key_of(const Pseudonym& one) const {
    const auto found = places_.find(one);
    return found == places_.end() ? std::nullopt : std::optional<std::string_view>(keys_[found->second.key]);
}

bool Aliases::fits(const AliasPair& pair) const {
    if (!is_key_name(pair.one.key) || !is_key_name(pair.other.key)) return false;
    std::vector<std::string_view> keys;
    for (const crypto::Alias* end : {&pair.one, &pair.other}) {
        const auto known = key_of(end->pseudonym);
        if (known && *known != end->key) return false;
        for (const Pseudonym& one : all(end->pseudonym)) keys.push_back(key_of(one).value_or(end->key));
    }
    std::ranges::sort(keys);
    return keys.size() <= kAliasesMax && std::ranges::adjacent_find(keys) == keys.end();
}

Aliases::Place& Aliases::place_of(const crypto::Alias& one) {
    const auto [place, is_new] = places_.try_emplace(one.pseudonym, Place{one.pseudonym, 0});
    if (is_new) {
        auto key = std::ranges::find(keys_, one.key);
        if (key == keys_.end()) key = keys_.insert(key, one.key);
        place->second.key = static_cast<std::uint8_t>(key - keys_.begin());
    }
    return place->second;
}

void Aliases::join(const AliasPair& pair) {
    place_of(pair.one);
    place_of(pair.other);  // may move the first one
    std::swap(places_.at(pair.one.pseudonym).next, places_.at(pair.other.pseudonym).next);
}

std::vector<crypto::Alias> Aliases::dissolve(const Pseudonym& one) {
    std::vector<crypto::Alias> out;
    if (!known(one)) return out;
    for (const Pseudonym& member : all(one)) out.push_back({member, std::string(*key_of(member))});
    for (const crypto::Alias& member : out) places_.erase(member.pseudonym);
    return out;
}

std::vector<AliasPair> Aliases::replace(const std::set<Pseudonym>& members, std::span<const AliasPair> pairs) {
    std::vector<AliasPair> former;
    for (const Pseudonym& member : members) {
        const auto circle = dissolve(member);
        for (std::size_t i = 1; i < circle.size(); ++i) former.push_back({circle[0], circle[i]});
    }
    for (const AliasPair& pair : pairs)
        if (!same(pair.one.pseudonym, pair.other.pseudonym)) join(pair);
    return former;
}

void Aliases::part(const AliasPair& pair) {
    std::swap(places_.at(pair.one.pseudonym).next, places_.at(pair.other.pseudonym).next);
    for (const Pseudonym& one : {pair.one.pseudonym, pair.other.pseudonym})
        if (places_.at(one).next == one) places_.erase(one);
}

Result<std::vector<AliasStatement>> statements_among(const store::Snapshot& snapshot, const std::set<Pseudonym>& members) {
    std::vector<std::string> keys;
    for (auto one = members.begin(); one != members.end(); ++one)
        for (auto other = std::next(one); other != members.end(); ++other) keys.push_back(alias_row({{*one, ""}, {*other, ""}}));
    TRY_ASSIGN(const auto rows, snapshot.multi_get(keys));
    std::vector<AliasStatement> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!rows[i]) continue;
        TRY_ASSIGN(out.emplace_back(), decode_alias(keys[i], *rows[i]));
    }
    return out;
}

Heard hear(std::span<const AliasStatement> said, FunctionRef<bool(const Aliases& before, const AliasPair& pair)> may_be) {
    Heard out;
    Aliases heard;
    for (const AliasStatement& one : said) {
        const auto& [here, there] = one.pair;
        const bool known = heard.same(here.pseudonym, there.pseudonym);
        // A row with other names of keys than are known by now would be read first at the next start.
        const bool fits = known ? heard.key_of(here.pseudonym) == here.key && heard.key_of(there.pseudonym) == there.key
                                : heard.fits(one.pair) && may_be(heard, one.pair);
        if (!fits) {
            out.gone.push_back(one);
            continue;
        }
        if (!known) heard.join(one.pair);
        out.kept.push_back(one.pair);
        if (one.by.who == By::Who::the_operator) out.by_hub.push_back(one.pair);
    }
    return out;
}

}  // namespace idun::people
