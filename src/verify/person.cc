#include "verify/person.h"

#include <algorithm>
#include <bit>

#include "base/time.h"
#include "crypto/encoding.h"
#include "crypto/seal.h"
#include "verify/plain_entry.h"
#include "verify/tree.h"
#include "verify/words.h"

namespace idun::verify {
namespace {

constexpr std::size_t kFileBytesMax = 32u << 20;
constexpr std::size_t kSiblingsMax = 256;
constexpr std::size_t kPseudonymBytes = 16;
constexpr std::size_t kEntryHeadBytes = 15;  // kind, time, masked slot, opening
constexpr int kRetentionYearsMin = 3;
constexpr crypto::Hash kNoKeys{};

std::string nth(const HerEntry& one) {
    return "number " + std::to_string(one.sequence) + " (entry " + std::to_string(one.index) + ")";
}

std::string eight(std::uint64_t number) {
    std::string out;
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 255);
    return out;
}

int year_of(std::int64_t ms) {
    const auto day = std::chrono::floor<std::chrono::days>(std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(ms)));
    return static_cast<int>(std::chrono::year_month_day(day).year());
}

// LEB128 in its shortest form.
struct Leaf {
    std::uint64_t index = 0;
    std::string bytes;
};

struct RawEntry {
    HerEntry place;
    std::string bytes;
    std::string key;
};

struct Node {
    crypto::Hash hash;
    std::uint64_t sum = 0;
};

struct MapEntry {
    crypto::Hash key;
    std::uint64_t count = 0;
    std::uint64_t last = 0;
};

// The file's lines.
struct Raw {
    std::string log, person;
    Leaf root;
    std::vector<Node> siblings;
    std::optional<MapEntry> found;
    std::vector<RawEntry> entries;
    std::optional<Leaf> forgotten;
    std::optional<std::uint64_t> more;
    std::vector<crypto::Hash> hashes;
    std::string_view checkpoint;
};

class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    Result<Raw> run() {
        Raw raw;
        if (rest_.size() > kFileBytesMax || !take_line() || line_ != "idun-person-proof/v1") return none();
        if (!words("log", 1) || words_[0].empty()) return none();
        raw.log = words_[0];
        if (!words("person", 1)) return none();
        raw.person = words_[0];
        if (!words("root", 2) || !leaf(words_, raw.root)) return none();
        while (words("sibling", 2))
            if (!sibling(raw)) return none();
        if (words("found", 3) && !found_key(raw)) return none();
        while (words("entry", 4))
            if (!entry(raw)) return none();
        if (words("forgotten", 2) && !leaf(words_, raw.forgotten.emplace())) return none();
        if (words("more", 1) && !(raw.more = number_of(words_[0]))) return none();
        while (words("hash", 1)) {
            const auto hash = hash_of(words_[0]);
            if (!hash) return none();
            raw.hashes.push_back(*hash);
        }
        if (!take_line() || !line_.empty()) return none();
        raw.checkpoint = rest_;
        return raw;
    }

private:
    static tl::unexpected<Error> none() { return fail(Category::invalid, "the file is not a person's proof"); }

    bool take_line() {
        const std::size_t end = rest_.find('\n');
        if (end == std::string_view::npos) return false;
        line_ = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return true;
    }

    // Takes the next line if it has that name; its words must be so many.
    bool words(std::string_view name, std::size_t count) {
        const std::string_view before = rest_;
        if (!take_line()) return false;
        words_ = cut(line_, ' ');
        if (words_.size() == count + 1 && words_[0] == name) {
            words_.erase(words_.begin());
            return true;
        }
        rest_ = before;
        return false;
    }

    static bool leaf(const std::vector<std::string_view>& words, Leaf& out) {
        const auto index = number_of(words[0]);
        auto bytes = exact_base64(words[1]);
        if (!index || !bytes) return false;
        out = {*index, std::move(*bytes)};
        return true;
    }

    bool sibling(Raw& raw) const {
        const auto hash = hash_of(words_[0]);
        const auto sum = number_of(words_[1]);
        if (!hash || !sum || raw.siblings.size() == kSiblingsMax) return false;
        raw.siblings.push_back({*hash, *sum});
        return true;
    }

    bool found_key(Raw& raw) const {
        const auto key = hash_of(words_[0]);
        const auto count = number_of(words_[1]), last = number_of(words_[2]);
        if (!key || !count || !last) return false;
        raw.found = MapEntry{*key, *count, *last};
        return true;
    }

    bool entry(Raw& raw) const {
        const auto sequence = number_of(words_[0]);
        Leaf at;
        if (!sequence || !leaf({words_[1], words_[2]}, at)) return false;
        RawEntry out{{*sequence, at.index, Opened::yes}, std::move(at.bytes), {}};
        if (words_[3] == "closed") {
            out.place.opened = Opened::closed;
        } else if (words_[3] == "forgotten") {
            out.place.opened = Opened::forgotten;
        } else {
            auto key = exact_base64(words_[3]);
            if (!key || key->size() != crypto::kSealKeyBytes) return false;
            out.key = std::move(*key);
        }
        raw.entries.push_back(std::move(out));
        return true;
    }

    std::string_view rest_, line_;
    std::vector<std::string_view> words_;
};

// The root over these leaves and the other subtrees, which are taken from left to right.
class PartialTree {
public:
    PartialTree(std::vector<std::pair<std::uint64_t, crypto::Hash>> leaves, const std::vector<crypto::Hash>& others)
        : leaves_(std::move(leaves)), others_(others) {
        std::sort(leaves_.begin(), leaves_.end());
    }

    std::optional<crypto::Hash> root(std::uint64_t size) {
        const auto out = root_of(0, size);
        if (!out || leaf_ != leaves_.size() || other_ != others_.size()) return std::nullopt;
        return out;
    }

private:
    std::optional<crypto::Hash> root_of(std::uint64_t begin, std::uint64_t count) {
        const bool any = leaf_ < leaves_.size() && leaves_[leaf_].first - begin < count && leaves_[leaf_].first >= begin;
        if (!any) return other_ < others_.size() ? std::optional(others_[other_++]) : std::nullopt;
        if (count == 1) return leaves_[leaf_++].second;
        const std::uint64_t half = std::bit_floor(count - 1);
        const auto left = root_of(begin, half);
        if (!left) return std::nullopt;
        const auto right = root_of(begin + half, count - half);
        if (!right) return std::nullopt;
        return hash_of_pair(*left, *right);
    }

    std::vector<std::pair<std::uint64_t, crypto::Hash>> leaves_;
    const std::vector<crypto::Hash>& others_;
    std::size_t leaf_ = 0, other_ = 0;
};

bool bit_of(const crypto::Hash& key, std::size_t depth) { return (key.bytes[depth / 8] >> (7 - depth % 8) & 1) != 0; }

// One file.
class Checker {
public:
    Checker(const Raw& raw, const PersonQuestion& question, PersonPage& page)
        : raw_(raw), question_(question), page_(page) {}

    Result<Finding> run() {
        for (const auto step : {&Checker::signature, &Checker::person, &Checker::root, &Checker::entries,
                                &Checker::forgotten, &Checker::tree, &Checker::map}) {
            TRY_ASSIGN(Finding wrong, (this->*step)());
            if (wrong) return wrong;
        }
        return Finding();
    }

private:
    Result<Finding> signature() {
        auto head = open_checkpoint(raw_.checkpoint, question_.log_keys, question_.witnesses, question_.witnesses_needed);
        if (!head) return found(head.error().message);
        page_.head = std::move(*head);
        if (page_.head.origin != "idun/" + raw_.log) return found("its checkpoint is of another log, " + page_.head.origin);
        page_.head.said_by = "the checkpoint of the person's proof";
        return Finding();
    }

    Result<Finding> person() {
        const auto raw = crypto::from_base64url(raw_.person);
        if (!raw || raw->size() != kPseudonymBytes || crypto::base64url(*raw) != raw_.person)
            return fail(Category::invalid, "the file is not a person's proof");
        if (!question_.pseudonym.empty() && raw_.person != question_.pseudonym)
            return found("it is about another person than the one asked for");
        page_.person = raw_.person;
        pseudonym_ = *raw;
        return Finding();
    }

    Result<Finding> root() {
        const std::string name = "entry " + std::to_string(raw_.root.index);
        const auto plain = plain_entry(raw_.root.bytes);
        const auto root = plain ? map_root(*plain) : std::nullopt;
        if (!root) return found(name + " is not a map root");
        if (root->covered > raw_.root.index) return found(name + ", a map root, covers more entries than stand before it");
        if (raw_.root.index >= page_.head.size) return found(name + ", a map root, is not among those that were signed");
        root_ = *root;
        page_.root_at = raw_.root.index;
        page_.covered = root->covered;
        page_.time_ms = plain->time_ms;
        return Finding();
    }

    // Each opens, has the number that is due, and leads to the next.
    Result<Finding> entries() {
        std::optional<std::uint64_t> due;
        for (std::size_t i = 0; i < raw_.entries.size(); ++i) {
            const RawEntry& one = raw_.entries[i];
            TRY_ASSIGN(Finding wrong, place_of(i, due));
            if (wrong) return wrong;
            due.reset();
            if (one.place.opened == Opened::yes) {
                wrong = open(one, i + 1 == raw_.entries.size(), due);
                if (wrong) return Result<Finding>(wrong);
            }
            page_.entries.push_back(one.place);
        }
        const bool closed_oldest = !raw_.entries.empty() && raw_.entries.back().place.opened == Opened::closed;
        if (closed_oldest && !raw_.more && raw_.entries.back().place.sequence != 1)
            return found("the oldest entry here is " + nth(raw_.entries.back().place) + ": older ones were left out");
        page_.more = raw_.more;
        return Finding();
    }

    Result<Finding> place_of(std::size_t i, const std::optional<std::uint64_t>& due) const {
        const HerEntry& here = raw_.entries[i].place;
        if (here.index >= page_.covered) return found(nth(here) + " is newer than the map root covers: the map root is older than the entries");
        if (here.sequence == 0) return found("an entry has the number 0");
        if (i == 0) return Finding();
        const HerEntry& newer = raw_.entries[i - 1].place;
        if (newer.opened == Opened::forgotten) return found(nth(newer) + " was forgotten, and an older one is here");
        if (here.sequence + 1 != newer.sequence)
            return found("behind " + nth(newer) + " comes " + nth(here) + ": an entry is missing");
        if (here.index >= newer.index || (due && *due != here.index))
            return found(nth(newer) + " does not lead to " + nth(here) + ": it is another entry than the one that was counted");
        return Finding();
    }

    // `due`: where the one before it must stand.
    Finding open(const RawEntry& one, bool oldest, std::optional<std::uint64_t>& due) const {
        const auto plain = plain_entry(one.bytes);
        if (!plain || plain->kind != kAboutPerson || one.bytes.size() < kEntryHeadBytes)
            return Wrong{nth(one.place) + " is not about a person"};
        const std::string nonce = eight(one.place.index) + one.bytes.substr(11, 4);
        const auto body = crypto::open_sealed(one.key, nonce, one.bytes.substr(0, 7) + raw_.log + pseudonym_,
                                              std::string_view(one.bytes).substr(kEntryHeadBytes));
        if (!body)
            return Wrong{nth(one.place) + " does not open with the key that is given for it: it was changed, or is about somebody else"};
        std::string_view rest = *body;
        const auto sequence = take_varint(rest);
        const auto distance = sequence ? take_varint(rest) : std::nullopt;
        if (!distance || *sequence != one.place.sequence)
            return Wrong{nth(one.place) + " says of itself that it is another one"};
        if (*distance > one.place.index || (*distance == 0) != (one.place.sequence == 1))
            return Wrong{nth(one.place) + " has one before it that cannot be"};
        if (*distance > 0) due = one.place.index - *distance;
        if (oldest && due && due != raw_.more)
            return Wrong{"the oldest entry here is " + nth(one.place) + ", and it says that entry " + std::to_string(*due) +
                         " comes before it: older ones were left out"};
        if (oldest && !due && raw_.more) return Wrong{nth(one.place) + " is the first, and more are promised"};
        return {};
    }

    // Only what has passed its retention may have lost its key.
    Result<Finding> forgotten() {
        const bool any = !page_.entries.empty() && page_.entries.back().opened == Opened::forgotten;
        if (any != raw_.forgotten.has_value()) return found("entries are said to be forgotten, and nothing says by which decision");
        if (!any) return Finding();
        if (raw_.more) return found("entries are said to be forgotten, and older ones promised");
        const auto why = plain_entry(raw_.forgotten->bytes);
        const auto what = plain_entry(raw_.entries.back().bytes);
        const std::string name = "entry " + std::to_string(raw_.forgotten->index);
        if (!why || why->kind != kForgotten) return found(name + " does not say that keys were forgotten");
        if (!what || what->kind != kAboutPerson) return found(nth(page_.entries.back()) + " is not about a person");
        if (year_of(why->time_ms) <= year_of(what->time_ms) + kRetentionYearsMin)
            return found(nth(page_.entries.back()) + " is said to be forgotten by " + name +
                         ", and had not passed the three years of the law");
        const auto statement = forgotten_statement(*why);
        if (!statement) return found(name + " does not say that keys were forgotten");
        page_.decision = statement->decision;
        return Finding();
    }

    Result<Finding> tree() {
        std::vector<std::pair<std::uint64_t, crypto::Hash>> leaves{{raw_.root.index, hash_of_entry(raw_.root.bytes)}};
        for (const RawEntry& one : raw_.entries) leaves.emplace_back(one.place.index, hash_of_entry(one.bytes));
        if (raw_.forgotten) leaves.emplace_back(raw_.forgotten->index, hash_of_entry(raw_.forgotten->bytes));
        const auto root = PartialTree(std::move(leaves), raw_.hashes).root(page_.head.size);
        if (!root || *root != page_.head.root)
            return found("its entries and hashes do not have the root that was signed: one of them was changed, or is not of this log");
        return Finding();
    }

    Result<Finding> map() {
        const std::string no_way = "its way through the map does not lead to the map root (entry " + std::to_string(page_.root_at) + ")";
        const crypto::Hash hers = crypto::sha256({"idun map", raw_.log, pseudonym_});
        Node node;
        if (raw_.found) {
            node.hash = crypto::sha256({std::string_view("\0", 1), raw_.found->key.view(), eight(raw_.found->count), eight(raw_.found->last)});
            node.sum = raw_.found->count;
        }
        for (std::size_t depth = raw_.siblings.size(); depth-- > 0;) {
            const Node& sibling = raw_.siblings[depth];
            // A single key stands as high as it can; where no key is nothing is counted; the key lies on this way.
            if (depth + 1 == raw_.siblings.size() && sibling.hash == kNoKeys) return found(no_way);
            if (sibling.hash == kNoKeys && sibling.sum != 0) return found(no_way);
            if (node.sum + sibling.sum < node.sum) return found(no_way);
            if (raw_.found && bit_of(raw_.found->key, depth) != bit_of(hers, depth)) return found(no_way);
            const Node& left = bit_of(hers, depth) ? sibling : node;
            const Node& right = bit_of(hers, depth) ? node : sibling;
            node.hash = crypto::sha256({std::string_view("\1", 1), left.hash.view(), eight(left.sum), right.hash.view(), eight(right.sum)});
            node.sum += sibling.sum;
        }
        if (node.hash != root_.hash || node.sum != root_.counted) return found(no_way);
        if (raw_.found && raw_.found->key == hers) {
            page_.count = raw_.found->count;
            page_.last = raw_.found->last;
        }
        if (page_.count == 0 && !page_.entries.empty())
            return found("the map knows no entry about this person, and " + nth(page_.entries.front()) + " is here");
        return Finding();
    }

    const Raw& raw_;
    const PersonQuestion& question_;
    PersonPage& page_;
    std::string pseudonym_;
    MapRoot root_;
};

std::uint64_t newest_number(const PersonPage& page) { return page.entries.empty() ? 0 : page.entries.front().sequence; }

// That the first file begins where its map says.
Finding begins_right(const PersonPage& page) {
    const std::string counts = "the map counts " + std::to_string(page.count) + " entries about this person, the newest is entry " +
                               std::to_string(page.last) + ", and ";
    if (page.count == 0) return {};
    if (page.entries.empty()) return Wrong{counts + "none is here"};
    const HerEntry& newest = page.entries.front();
    if (newest.sequence < page.count)
        return Wrong{counts + "the newest here is " + nth(newest) + ": newer ones are missing"};
    if (newest.sequence > page.count || newest.index != page.last) return Wrong{counts + "here it is " + nth(newest)};
    return {};
}

}  // namespace

Result<Finding> read_person_file(std::string_view text, const PersonQuestion& question, PersonPage& page) {
    TRY_ASSIGN(const Raw raw, Reader(text).run());
    return Checker(raw, question, page).run();
}

Result<Finding> join_pages(std::vector<PersonPage> pages, History& history) {
    std::sort(pages.begin(), pages.end(), [](const PersonPage& a, const PersonPage& b) { return newest_number(a) > newest_number(b); });
    for (const PersonPage& page : pages) {
        if (page.head.origin != pages.front().head.origin) return fail(Category::invalid, "the files are of different logs");
        if (page.person != pages.front().person) return found("the files are about different people");
    }
    history.newest = pages.front();
    if (auto wrong = begins_right(history.newest)) return Finding(wrong);
    for (std::size_t i = 0; i < pages.size(); ++i) {
        const PersonPage& page = pages[i];
        history.entries.insert(history.entries.end(), page.entries.begin(), page.entries.end());
        if (!page.decision.empty()) history.decision = page.decision;
        if (i + 1 == pages.size()) {
            if (page.more)
                return fail(Category::invalid, "older entries follow from entry " + std::to_string(*page.more) +
                                                   " on: give the file that holds them too");
            break;
        }
        const PersonPage& next = pages[i + 1];
        if (!page.more || next.entries.empty() || next.entries.front().index != *page.more ||
            next.entries.front().sequence + 1 != page.entries.back().sequence)
            return found("the files do not follow each other: behind number " + std::to_string(page.entries.empty() ? 0 : page.entries.back().sequence) +
                         " another file was to begin");
    }
    return Finding();
}

bool History::holds(std::uint64_t index) const {
    return std::any_of(entries.begin(), entries.end(), [&](const HerEntry& one) { return one.index == index; });
}

std::uint64_t History::named_from() const {
    return !entries.empty() && entries.back().opened == Opened::forgotten ? entries.back().index : 0;
}

std::string History::sentence() const {
    const auto many = [&](Opened how) {
        return std::count_if(entries.begin(), entries.end(), [&](const HerEntry& one) { return one.opened == how; });
    };
    std::string out = newest.count == 0 ? "holds no entry about this person"
                                        : "holds " + std::to_string(newest.count) + (newest.count == 1 ? " entry" : " entries") + " about this person";
    out += " up to entry " + std::to_string(newest.covered) + " (" + to_iso(Instant{newest.time_ms}) + ")";
    if (newest.count == 0) return out + ", as its map of all people shows";
    out += ": all are here, none is missing, each is in the log";
    if (many(Opened::closed) > 0)
        out += "; " + std::to_string(many(Opened::closed)) + " of them stay closed for now, as the law lets some be withheld";
    if (many(Opened::forgotten) > 0)
        out += "; the oldest " + std::to_string(entries.back().sequence) + " had passed their retention and cannot be opened any more (" + decision + ")";
    return out + "; all else in the log stays sealed";
}

}  // namespace idun::verify
