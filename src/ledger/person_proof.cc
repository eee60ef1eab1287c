#include "ledger/person_proof.h"

#include <charconv>

#include "crypto/encoding.h"
#include "crypto/seal.h"
#include "ledger/receipt.h"

namespace idun::ledger {
namespace {

constexpr std::string_view kFirstLine = "idun-person-proof/v1\n";
constexpr std::size_t kSiblingsMax = 256;

std::string leaf_words(const ProvenLeaf& leaf) {
    return std::to_string(leaf.index) + " " + crypto::base64(leaf.bytes);
}

tl::unexpected<Error> no_proof() { return fail(Category::invalid, "log: not a person's proof"); }

std::optional<std::uint64_t> number_of(std::string_view word) {
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
    if (error != std::errc() || end != word.data() + word.size() || std::to_string(out) != word) return std::nullopt;
    return out;
}

std::optional<std::string> bytes_of(std::string_view word) {
    auto out = crypto::from_base64(word);
    if (out && crypto::base64(*out) != word) out.reset();
    return out;
}

std::optional<crypto::Hash> hash_of(std::string_view word) {
    const auto raw = bytes_of(word);
    return raw ? crypto::Hash::from(*raw) : std::nullopt;
}

// Lines of words, in a fixed order.
class Lines {
public:
    explicit Lines(std::string_view text) : rest_(text) {}

    // The words behind `name` of the next line, if it is that and has so many.
    std::optional<std::vector<std::string_view>> next(std::string_view name, std::size_t words) {
        const std::size_t end = rest_.find('\n');
        if (end == std::string_view::npos) return std::nullopt;
        std::string_view line = rest_.substr(0, end);
        if (!line.starts_with(name) || line.substr(name.size()).substr(0, 1) != " ") return std::nullopt;
        line.remove_prefix(name.size() + 1);
        std::vector<std::string_view> out;
        for (std::size_t at; out.size() + 1 < words && (at = line.find(' ')) != std::string_view::npos; line.remove_prefix(at + 1))
            out.push_back(line.substr(0, at));
        out.push_back(line);
        if (out.size() != words) return std::nullopt;
        rest_.remove_prefix(end + 1);
        return out;
    }
    bool skip(std::string_view text) {
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }
    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
};

std::optional<ProvenLeaf> leaf_of(std::string_view index, std::string_view bytes) {
    const auto at = number_of(index);
    auto raw = bytes_of(bytes);
    if (!at || !raw) return std::nullopt;
    return ProvenLeaf{*at, std::move(*raw)};
}

std::optional<ProvenEntry> entry_of(const std::vector<std::string_view>& words) {
    const auto sequence = number_of(words[0]);
    auto leaf = leaf_of(words[1], words[2]);
    if (!sequence || !leaf) return std::nullopt;
    ProvenEntry out{*sequence, std::move(*leaf), Opens::yes, {}};
    if (words[3] == "closed") out.opens = Opens::closed;
    else if (words[3] == "forgotten") out.opens = Opens::forgotten;
    if (out.opens != Opens::yes) return out;
    auto key = bytes_of(words[3]);
    if (!key || key->size() != crypto::kSealKeyBytes) return std::nullopt;
    out.key = std::move(*key);
    return out;
}

}  // namespace

std::string PersonProof::text() const {
    std::string out(kFirstLine);
    out += "log " + log_id + "\nperson " + person.text() + "\nroot " + leaf_words(root) + "\n";
    for (const crypto::MapNode& node : way.siblings)
        out += "sibling " + crypto::base64(node.hash.view()) + " " + std::to_string(node.sum) + "\n";
    if (way.found)
        out += "found " + crypto::base64(way.found->key.view()) + " " + std::to_string(way.found->count) + " " +
               std::to_string(way.found->last) + "\n";
    for (const ProvenEntry& entry : entries) {
        out += "entry " + std::to_string(entry.sequence) + " " + leaf_words(entry.leaf) + " ";
        out += entry.opens == Opens::yes ? crypto::base64(entry.key) : entry.opens == Opens::closed ? "closed" : "forgotten";
        out += "\n";
    }
    if (forgotten) out += "forgotten " + leaf_words(*forgotten) + "\n";
    if (more) out += "more " + std::to_string(*more) + "\n";
    for (const crypto::Hash& hash : hashes) out += "hash " + crypto::base64(hash.view()) + "\n";
    return out + "\n" + checkpoint;
}

Result<PersonProof> PersonProof::from_text(std::string_view text) {
    if (text.size() > kPersonProofBytesMax) return no_proof();
    Lines lines(text);
    if (!lines.skip(kFirstLine)) return no_proof();
    PersonProof out;
    const auto log = lines.next("log", 1);
    const auto who = log ? lines.next("person", 1) : std::nullopt;
    const auto root = who ? lines.next("root", 2) : std::nullopt;
    const auto person = root ? crypto::Pseudonym::from_text(who->at(0)) : std::nullopt;
    auto map_root = person ? leaf_of(root->at(0), root->at(1)) : std::nullopt;
    if (!map_root || !is_log_id(log->at(0))) return no_proof();
    out.log_id = log->at(0);
    out.person = *person;
    out.root = std::move(*map_root);
    while (const auto words = lines.next("sibling", 2)) {
        const auto hash = hash_of(words->at(0));
        const auto sum = number_of(words->at(1));
        if (!hash || !sum || out.way.siblings.size() == kSiblingsMax) return no_proof();
        out.way.siblings.push_back({*hash, *sum});
    }
    if (const auto words = lines.next("found", 3)) {
        const auto key = hash_of(words->at(0));
        const auto count = number_of(words->at(1)), last = number_of(words->at(2));
        if (!key || !count || !last) return no_proof();
        out.way.found = crypto::MapEntry{*key, *count, *last};
    }
    while (const auto words = lines.next("entry", 4)) {
        auto entry = entry_of(*words);
        if (!entry || out.entries.size() > kProvenEntriesMax) return no_proof();
        out.entries.push_back(std::move(*entry));
    }
    if (const auto words = lines.next("forgotten", 2)) {
        out.forgotten = leaf_of(words->at(0), words->at(1));
        if (!out.forgotten) return no_proof();
    }
    if (const auto words = lines.next("more", 1)) {
        out.more = number_of(words->at(0));
        if (!out.more) return no_proof();
    }
    while (const auto words = lines.next("hash", 1)) {
        const auto hash = hash_of(words->at(0));
        if (!hash) return no_proof();
        out.hashes.push_back(*hash);
    }
    if (!lines.skip("\n")) return no_proof();
    out.checkpoint = lines.rest();
    if (!peek_checkpoint(out.checkpoint)) return no_proof();
    return out;
}

}  // namespace idun::ledger
