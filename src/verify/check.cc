#include "verify/check.h"

#include <algorithm>
#include <map>
#include <optional>

#include "verify/key_changes.h"
#include "verify/map_roots.h"
#include "verify/person.h"
#include "verify/tree.h"
#include "verify/words.h"

namespace idun::verify {
namespace {

constexpr std::uint64_t kWide = 256;
constexpr unsigned kLevels = 8;

// "x001/x234/067"
std::string path_of(std::uint64_t index) {
    std::string out;
    do {
        std::string digits = std::to_string(index % 1000);
        digits.insert(0, 3 - digits.size(), '0');
        out = out.empty() ? digits : "x" + digits + "/" + out;
        index /= 1000;
    } while (index != 0);
    return out;
}

std::string tile_of(const std::string& kind, std::uint64_t index, std::uint64_t wide) {
    std::string out = "tile/" + kind + "/" + path_of(index);
    return wide == kWide ? out : out + ".p/" + std::to_string(wide);
}

std::string entry(std::uint64_t index) { return "entry " + std::to_string(index); }

// The entries of a bundle; as many as are whole.
std::vector<std::string_view> entries_in(std::string_view bytes) {
    std::vector<std::string_view> out;
    while (bytes.size() >= 2) {
        const std::size_t length = static_cast<unsigned char>(bytes[0]) * 256u + static_cast<unsigned char>(bytes[1]);
        if (bytes.size() - 2 < length) break;
        out.push_back(bytes.substr(2, length));
        bytes.remove_prefix(2 + length);
    }
    if (!bytes.empty()) out.push_back({});  // a rest: one too many, so that the count is wrong
    return out;
}

class Checker {
public:
    Checker(Source& source, const Question& question, Head head)
        : source_(source), question_(question), head_(std::move(head)) {}

    // Roots that somebody signed at some time.
    void expect(Head head) { expected_[head.size].push_back(std::move(head)); }

    Result<Finding> run() {
        if (auto wrong = at_size()) return wrong;
        for (std::uint64_t bundle = 0; size_ < head_.size; ++bundle) {
            TRY_ASSIGN(Finding wrong, take_bundle(bundle));
            if (wrong) return wrong;
        }
        for (unsigned level = 0; level < kLevels; ++level) {
            TRY_ASSIGN(Finding wrong, compare_tile(level));
            if (wrong) return wrong;
        }
        if (tree_.root() != head_.root)
            return found("its entries do not have the root that was signed: entries or the whole tree were replaced");
        return clock_;
    }
    const MapRoots& maps() const { return maps_; }

private:
    // A file of that width, or the beginning of the whole one, which takes its place in time.
    Result<std::optional<std::string>> read(const std::string& kind, std::uint64_t index, std::uint64_t wide,
                                            bool& whole) {
        auto bytes = source_.read(tile_of(kind, index, wide));
        whole = wide == kWide;
        if (!bytes && bytes.error().category == Category::not_found && !whole) {
            bytes = source_.read(tile_of(kind, index, kWide));
            whole = true;
        }
        if (bytes) return std::optional(std::move(*bytes));
        if (bytes.error().category == Category::not_found) return std::optional<std::string>();
        return fail(bytes.error());
    }

    Result<Finding> take_bundle(std::uint64_t bundle) {
        const std::uint64_t wide = std::min(kWide, head_.size - size_);
        const std::string name = tile_of("entries", bundle, wide);
        bool whole = false;
        TRY_ASSIGN(const auto bytes, read("entries", bundle, wide, whole));
        if (!bytes) return found(entry(size_) + " and those after it are missing: there is no " + name);
        const auto entries = entries_in(*bytes);
        if (entries.size() != (whole ? kWide : wide))
            return found(name + " is not " + std::to_string(wide) + " whole entries: entries from number " +
                         std::to_string(size_) + " on were cut off or added");
        TRY_ASSIGN(const auto leaves, read("0", bundle, wide, whole));
        if (!leaves) return found(tile_of("0", bundle, wide) + " is missing");
        for (std::uint64_t i = 0; i < wide; ++i) {
            const crypto::Hash leaf = hash_of_entry(entries[i]);
            if (leaves->substr(std::min<std::size_t>(leaves->size(), i * crypto::kHashBytes), crypto::kHashBytes) !=
                leaf.view())
                return found(entry(size_) + " is not the one whose hash stands in " + tile_of("0", bundle, wide) +
                             ": it was changed, moved or taken out");
            TRY_ASSIGN(Finding wrong, take_entry(entries[i], leaf));
            if (wrong) return wrong;
        }
        return Finding();
    }

    Result<Finding> take_entry(std::string_view bytes, const crypto::Hash& leaf) {
        const auto plain = plain_entry(bytes);
        if (!plain) return found(entry(size_) + " does not begin as an entry of an access log does");
        if (auto wrong = maps_.take(size_, *plain)) return Result<Finding>(wrong);
        const std::int64_t time = plain->time_ms;
        if (!clock_ && time < time_ - question_.backwards_ms_max)
            clock_ = Wrong{
                entry(size_) + " says that it was written " + std::to_string((time_ - time) / 1000) +
                " seconds before the one that it follows: the log's clock was set back, or entries were put in later"};
        time_ = std::max(time, time_);
        tree_.add(leaf);
        ++size_;
        TRY_ASSIGN(Finding wrong, add(0, leaf));
        if (wrong) return wrong;
        return at_size();
    }

    // Files are compared tile by tile, as they become whole.
    Result<Finding> add(unsigned level, const crypto::Hash& hash) {
        auto& tile = tiles_[level];
        tile.push_back(hash);
        if (tile.size() < kWide) return Finding();
        TRY_ASSIGN(Finding wrong, compare_tile(level));
        if (wrong) return wrong;
        for (std::size_t count = kWide; count > 1; count /= 2)
            for (std::size_t i = 0; i < count / 2; ++i) tile[i] = hash_of_pair(tile[2 * i], tile[2 * i + 1]);
        const crypto::Hash above = tile[0];
        tile.clear();
        ++places_[level];
        return add(level + 1, above);
    }

    Result<Finding> compare_tile(unsigned level) {
        const auto& tile = tiles_[level];
        if (tile.empty()) return Finding();
        const std::string name = tile_of(std::to_string(level), places_[level], tile.size());
        bool whole = false;
        TRY_ASSIGN(const auto bytes, read(std::to_string(level), places_[level], tile.size(), whole));
        if (!bytes) return found(name + " is missing");
        std::string expected;
        for (const crypto::Hash& hash : tile) expected += hash.view();
        const bool fits = bytes->size() == (whole ? kWide * crypto::kHashBytes : expected.size());
        if (!fits || !bytes->starts_with(expected))
            return found(name + " does not hold the hashes of the entries below it");
        return Finding();
    }

    // Compares with what was signed when the log had this many entries.
    Finding at_size() const {
        const auto then = expected_.find(size_);
        if (then == expected_.end()) return {};
        for (const Head& head : then->second)
            if (head.root != tree_.root())
                return Wrong{"the first " + std::to_string(size_) + " entries are not those of " + head.said_by +
                             ": some of them were changed, moved or taken out since"};
        return {};
    }

    Source& source_;
    const Question& question_;
    const Head head_;
    std::map<std::uint64_t, std::vector<Head>> expected_;
    Tree tree_;
    std::uint64_t size_ = 0;
    std::int64_t time_ = 0;
    Finding clock_;
    MapRoots maps_;
    std::vector<crypto::Hash> tiles_[kLevels + 1];
    std::uint64_t places_[kLevels + 1] = {};
};

std::string cosigned(const Head& head) {
    std::string out;
    for (const std::string& one : head.cosigned_by) out += (out.empty() ? " It is cosigned by " : ", ") + one;
    return out.empty() ? out : out + ".";
}

// Whether it was right to forget the log cannot show; that it did, and how much, it cannot hide.
std::string forgotten(const MapRoots& maps) {
    if (maps.statements() == 0) return {};
    std::string out = " By " + std::to_string(maps.statements()) + (maps.statements() == 1 ? " statement" : " statements") +
                      " of the log keys were forgotten: its map counts " + std::to_string(maps.gone()) + " entries about people no more";
    if (maps.silent() > 0) out += "; " + std::to_string(maps.silent()) + " of them are older and do not say how many";
    if (maps.ahead() > 0) out += "; " + std::to_string(maps.ahead()) + " of them no map covers yet";
    return out + ".";
}

// "idun/SE1.log2" goes on where "idun/SE1" was closed: whoever reads one proof should know that there are more.
std::string follows(std::string_view origin) {
    constexpr std::string_view kFollowing = ".log";
    const std::size_t at = origin.rfind(kFollowing);
    const auto place = at == std::string_view::npos ? std::nullopt : number_of(origin.substr(at + kFollowing.size()));
    if (!place || *place < 2) return {};
    return " It follows " + (*place == 2 ? std::string(origin.substr(0, at)) : std::string(origin.substr(0, at)) + std::string(kFollowing) + std::to_string(*place - 1)) +
           ", which was closed: what was logged before is in the proof of that log.";
}

Verdict not_holding(const std::string& origin, const std::string& sentence) {
    return {false, "The log " + origin + " does not hold: " + sentence + ".", {}};
}

// The person's files, if there are any. Each is right by itself, or `wrong` says why not.
struct Person {
    std::vector<Head> heads;
    std::vector<std::uint64_t> roots;  // the map root that each uses
    History history;
    Finding wrong;
};

Result<Person> person_of(const Question& question, const std::vector<Key>& witnesses) {
    Person out;
    std::vector<PersonPage> pages;
    for (const std::string& text : question.persons) {
        PersonPage page;
        TRY_ASSIGN(out.wrong, read_person_file(text, {question.log_keys, witnesses, question.witnesses_needed, question.pseudonym}, page));
        if (out.wrong) return out;
        out.heads.push_back(page.head);
        out.roots.push_back(page.root_at);
        pages.push_back(std::move(page));
    }
    if (pages.empty()) return out;
    TRY_ASSIGN(out.wrong, join_pages(std::move(pages), out.history));
    return out;
}

// Receipts whose entries the map covers are hers, but for those of before what was forgotten, which no file names.
Finding foreign_receipt(const Person& person, const std::vector<Head>& receipts) {
    for (const Head& receipt : receipts)
        if (receipt.index && *receipt.index < person.history.newest.covered && *receipt.index >= person.history.named_from() &&
            !person.history.holds(*receipt.index))
            return Wrong{receipt.said_by + " is not of one of this person's entries: it is not the receipt that she got, or the access was logged about somebody else"};
    return {};
}

// The newest map root before a file's checkpoint is the one that it uses.
Finding older_root(const Person& person, const std::vector<std::uint64_t>& roots) {
    for (std::size_t i = 0; i < person.heads.size(); ++i) {
        const auto behind = std::lower_bound(roots.begin(), roots.end(), person.heads[i].size);
        if (behind != roots.begin() && *(behind - 1) > person.roots[i])
            return Wrong{"it uses the map root of entry " + std::to_string(person.roots[i]) + ", and when it was made there was a newer one, entry " +
                         std::to_string(*(behind - 1))};
    }
    return {};
}

Verdict person_does_not_hold(const Finding& wrong) {
    return {false, "The person's proof does not hold: " + wrong->sentence + ".", {}};
}

// Older checkpoints and receipts.
Result<std::vector<Head>> known_heads(const Question& question, const std::string& origin) {
    std::vector<Head> out;
    for (const std::string& text : question.since) {
        auto head = open_checkpoint(text, question.log_keys, {});
        if (!head) return fail(head.error().within("--since"));
        head->said_by = "the older checkpoint of " + std::to_string(head->size) + " entries";
        out.push_back(std::move(*head));
    }
    for (const std::string& text : question.receipts) {
        TRY_ASSIGN(Head head, open_receipt(text, question.log_keys));
        out.push_back(std::move(head));
    }
    for (const Head& head : out)
        if (head.origin != origin) return fail(Category::invalid, head.said_by + " is of another log, " + head.origin);
    return out;
}

// What signatures alone prove, whatever the entries are.
Finding contradiction(const std::vector<Head>& heads) {
    for (const Head& one : heads)
        for (const Head& other : heads)
            if (one.size == other.size && one.root != other.root)
                return Wrong{one.said_by + " and " + other.said_by + " say different things about the same " +
                             std::to_string(one.size) + " entries: different readers were shown different logs"};
    return {};
}

}  // namespace

Result<Verdict> check(Source& source, const Question& asked) {
    Question question = asked;
    TRY_ASSIGN(const Finding no_key, add_later_keys(source, question.log_keys));
    if (no_key) return Verdict{false, "The log does not hold: " + no_key->sentence + ".", {}};
    TRY_ASSIGN(const std::string note, source.read("checkpoint"));
    const auto head = open_checkpoint(note, question.log_keys, question.witnesses, question.witnesses_needed);
    if (!head) return Verdict{false, "The log does not hold: " + head.error().message + ".", {}, !question.witnesses.empty()};
    // What witnesses have cosigned is the log's own checkpoint, which holds the person's.
    TRY_ASSIGN(const Person person, person_of(question, {}));
    if (person.wrong) return person_does_not_hold(person.wrong);
    TRY_ASSIGN(std::vector<Head> known, known_heads(question, head->origin));
    if (const auto wrong = foreign_receipt(person, known)) return person_does_not_hold(wrong);
    for (const Head& one : person.heads) {
        if (one.origin != head->origin) return fail(Category::invalid, "the person's proof is of another log, " + one.origin);
        known.push_back(one);
    }
    for (const Head& older : known)
        if (older.size > head->size) {
            Verdict behind = not_holding(head->origin, "it was set back: " + older.said_by + " knows " +
                                                           std::to_string(older.size) + " entries, and now there are " +
                                                           std::to_string(head->size));
            behind.early = true;
            return behind;
        }
    known.insert(known.begin(), *head);
    if (const auto wrong = contradiction(known)) return not_holding(head->origin, wrong->sentence);
    Checker checker(source, question, *head);
    for (std::size_t i = 1; i < known.size(); ++i)
        if (known[i].size < head->size) checker.expect(known[i]);
    TRY_ASSIGN(const auto wrong, checker.run());
    if (wrong) return not_holding(head->origin, wrong->sentence);
    if (const auto older = older_root(person, checker.maps().places())) return person_does_not_hold(older);
    if (!question.persons.empty())
        return Verdict{true, "The log " + head->origin + ", all " + std::to_string(head->size) + " entries of which were checked, " +
                                 person.history.sentence() + "." + follows(head->origin) + forgotten(checker.maps()), note};
    return Verdict{true,
                   "The log " + head->origin + " holds: " + std::to_string(head->size) +
                       " entries have the root that was signed, compared with " +
                       std::to_string(question.since.size()) + " older checkpoints, " +
                       std::to_string(question.receipts.size()) + " receipts and " +
                       std::to_string(head->cosigned_by.size()) + " witnesses." + cosigned(*head) + forgotten(checker.maps()),
                   note};
}

Result<Verdict> check_person(const Question& question) {
    TRY_ASSIGN(const Person person, person_of(question, question.witnesses));
    if (person.wrong) return person_does_not_hold(person.wrong);
    const Head& head = person.history.newest.head;
    TRY_ASSIGN(std::vector<Head> known, known_heads(question, head.origin));
    if (const auto wrong = foreign_receipt(person, known)) return person_does_not_hold(wrong);
    known.insert(known.end(), person.heads.begin(), person.heads.end());
    if (const auto wrong = contradiction(known)) return not_holding(head.origin, wrong->sentence);
    return Verdict{true, "The log " + head.origin + ", as it signed, " + person.history.sentence() + "." + follows(head.origin), std::string()};
}

}  // namespace idun::verify
