#include "app/index_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <memory>
#include <thread>
#include <unordered_map>

#include "app/index_load_journal.h"
#include "app/role_keys.h"
#include "app/role_place.h"
#include "app/role_tables.h"
#include "app/runtime.h"
#include "exchange/rights_register.h"
#include "fhir/category.h"
#include "people/links.h"
#include "people/named_by.h"
#include "people/person_id.h"

namespace idun::app {
namespace {

constexpr std::size_t kChunkBytes = 1u << 20;
constexpr std::size_t kLineBytesMax = 512;

// One line, small: millions of them are held.
struct Held {
    crypto::Pseudonym person;
    std::uint32_t newest = 0;  // seconds
    std::uint16_t provider = 0;
    std::uint8_t category = 0;  // place in fhir::kPriorityCategories
};

struct CloseFile {
    void operator()(std::FILE* file) const {
        if (file != stdin) std::fclose(file);
    }
};

// Reads lines with their numbers, a large piece of the file at a time. A line that is too long is given cut: it is wrong anyway.
class Lines {
public:
    static Result<Lines> open(const std::string& file) {
        Lines out;
        out.file_.reset(file == "-" ? stdin : std::fopen(file.c_str(), "rb"));
        if (!out.file_) return fail(Category::unavailable, file + ": cannot be read");
        return out;
    }
    // False at the end. The line lives until the next call.
    bool next(std::string_view& line) {
        for (;;) {
            const std::size_t end = buffer_.find('\n', at_);
            if (end != std::string::npos || (ended_ && at_ < buffer_.size())) {
                line = std::string_view(buffer_).substr(at_, std::min(end, buffer_.size()) - at_);
                at_ = end == std::string::npos ? buffer_.size() : end + 1;
                ++number_;
                return true;
            }
            if (ended_) return false;
            fill();
        }
    }
    std::uint64_t number() const { return number_; }
    bool broken() const { return std::ferror(file_.get()) != 0; }

private:
    void fill() {
        // What is longer than a line may be is thrown away but for its beginning.
        std::string rest = buffer_.substr(at_, at_ + kLineBytesMax + 1 < buffer_.size() ? kLineBytesMax + 1 : std::string::npos);
        at_ = 0;
        const std::size_t kept = rest.size();
        rest.resize(kept + kChunkBytes);
        const std::size_t count = std::fread(rest.data() + kept, 1, kChunkBytes, file_.get());
        rest.resize(kept + count);
        ended_ = count == 0;
        buffer_ = std::move(rest);
    }

    std::unique_ptr<std::FILE, CloseFile> file_;
    std::string buffer_;
    std::size_t at_ = 0;
    std::uint64_t number_ = 0;
    bool ended_ = false;
};

// Lines to pointers. Lines of one person follow each other, so she is identified once.
class Reader {
public:
    Reader(const crypto::PseudonymRing& pseudonyms, Instant now) : pseudonyms_(pseudonyms), now_(now) {}

    // SYSTEM|VALUE <tab> PROVIDER <tab> CATEGORY <tab> NEWEST
    Result<Held> read(std::string_view line) {
        if (line.size() > kLineBytesMax) return wrong("is too long");
        std::string_view parts[4];
        for (std::size_t i = 0; i < 4; ++i) {
            const std::size_t tab = line.find('\t');
            if ((tab == std::string_view::npos) != (i == 3)) return wrong("has not four columns");
            parts[i] = line.substr(0, tab);
            if (i < 3) line.remove_prefix(tab + 1);
        }
        Held out;
        TRY_ASSIGN(out.person, person(parts[0]));
        TRY_ASSIGN(out.provider, provider(parts[1]));
        const auto category = fhir::priority_category(parts[2]);
        if (!category) return wrong("has an unknown category");
        out.category = static_cast<std::uint8_t>(std::ranges::find(fhir::kPriorityCategories, *category) - fhir::kPriorityCategories.begin());
        std::int64_t ms = -1;
        const auto [end, error] = std::from_chars(parts[3].data(), parts[3].data() + parts[3].size(), ms);
        if (error != std::errc() || end != parts[3].data() + parts[3].size() || ms < 0 || ms / 1000 > 0xffff'ffff)
            return wrong("has no time in milliseconds from 1970 to 2106");
        out.newest = static_cast<std::uint32_t>(ms / 1000);
        return out;
    }
    // By number. The texts live as long as the reader.
    const std::vector<const std::string*>& providers() const { return providers_; }

private:
    static tl::unexpected<Error> wrong(const char* why) { return fail(Category::invalid, why); }

    Result<crypto::Pseudonym> person(std::string_view text) {
        if (text == last_text_) return last_;
        const std::size_t bar = text.rfind('|');
        if (bar == std::string_view::npos) return wrong("has no identifier SYSTEM|VALUE");
        const auto id = people::identify(text.substr(0, bar), text.substr(bar + 1), now_);
        if (!id) return wrong("has an identifier that names nobody");
        last_ = pseudonyms_.of(id->canonical());
        last_text_ = text;
        return last_;
    }

    Result<std::uint16_t> provider(std::string_view id) {
        if (const auto found = numbers_.find(std::string(id)); found != numbers_.end()) return found->second;
        const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
        if (id.empty() || id.size() > 64 || !std::ranges::all_of(id, fits)) return wrong("has a malformed provider");
        if (providers_.size() > 0xffff) return fail(Category::too_large, "more than 65536 providers");
        const auto number = static_cast<std::uint16_t>(providers_.size());
        providers_.push_back(&numbers_.emplace(id, number).first->first);
        return number;
    }

    const crypto::PseudonymRing& pseudonyms_;
    const Instant now_;
    std::string last_text_;
    crypto::Pseudonym last_;
    std::unordered_map<std::string, std::uint16_t> numbers_;
    std::vector<const std::string*> providers_;  // keys of numbers_, which stay where they are
};

// Provider after provider, each in the order of persons, as many at once as a batch takes.
Status put_all(index::Index& index, const std::vector<const std::string*>& providers, std::vector<Held>& held, Instant now) {
    std::ranges::sort(held, [](const Held& a, const Held& b) {
        return std::tie(a.provider, a.person, a.category, a.newest) < std::tie(b.provider, b.person, b.category, b.newest);
    });
    std::vector<index::Pointer> batch;
    batch.reserve(index::kBatchMax);
    const auto send = [&](std::uint16_t provider) -> Status {
        if (batch.empty()) return {};
        TRY(index.put(*providers[provider], batch, {now, 0}));
        batch.clear();
        return {};
    };
    for (std::size_t i = 0; i < held.size(); ++i) {
        const Held& one = held[i];
        // The same pointer in several lines is one, with the newest time.
        const bool again = i + 1 < held.size() && std::tie(held[i + 1].provider, held[i + 1].person, held[i + 1].category) ==
                                                      std::tie(one.provider, one.person, one.category);
        if (!again)
            batch.push_back({one.person, std::string(fhir::to_string(fhir::kPriorityCategories[one.category])), {std::int64_t{one.newest} * 1000}, 0});
        const bool last = i + 1 == held.size() || held[i + 1].provider != one.provider;
        if (batch.size() == index::kBatchMax || last) TRY(send(one.provider));
    }
    held.clear();
    return {};
}

// Puts what one half has read while the other half is read.
class Putting {
public:
    Putting(index::Index& index, const Reader& reader, Instant now) : index_(index), reader_(reader), now_(now) {}
    ~Putting() { (void)wait(); }

    // Waits for what is being put; then puts this meanwhile, and calls `done` when it is durable.
    Status begin(std::vector<Held>& held, std::function<Status()> done) {
        TRY(wait());
        held_.swap(held);
        held.clear();
        providers_ = reader_.providers();  // the reader goes on meanwhile
        thread_ = std::thread([this, done = std::move(done)] {
            state_ = put_all(index_, providers_, held_, now_);
            if (state_) state_ = done();
        });
        return {};
    }
    Status wait() {
        if (thread_.joinable()) thread_.join();
        return state_;
    }

private:
    index::Index& index_;
    const Reader& reader_;
    const Instant now_;
    std::vector<Held> held_;
    std::vector<const std::string*> providers_;
    std::thread thread_;
    Status state_;
};

}  // namespace

Result<IndexLoaded> load_index(index::Index& index, const crypto::PseudonymRing& pseudonyms, const IndexLoad& load, const Clock& clock) {
    TRY_ASSIGN(auto journal, IndexLoadJournal::open(load.journal));
    const Instant now = clock.now();
    Reader reader(pseudonyms, now);
    IndexLoaded out;
    std::vector<Held> held;
    held.reserve(std::min<std::size_t>(load.held_max, 1u << 20));
    for (const std::string& file : load.files) {
        TRY_ASSIGN(auto lines, Lines::open(file));
        const std::uint64_t skipped = journal.lines_of(file);
        // Of this file alone, so that the journal's word about it is whole.
        Putting putting(index, reader, now);
        const auto begin = [&]() -> Status {
            return putting.begin(held, [&journal, &file, upto = lines.number()] { return journal.note(file, upto); });
        };
        std::string_view line;
        while (lines.next(line)) {
            if (lines.number() <= skipped) {
                ++out.lines_skipped;
                continue;
            }
            const auto one = reader.read(line);
            if (!one && one.error().category == Category::too_large) return fail(one.error());
            if (!one) {
                if (++out.wrong_count <= kWrongLinesMax) out.wrong.push_back({file, lines.number(), one.error().message});
                continue;
            }
            held.push_back(*one);
            ++out.pointers;
            if (load.progress && out.pointers % 65'536 == 0) load.progress(out.pointers);
            if (held.size() >= load.held_max / 2) TRY(begin());
        }
        if (lines.broken()) return fail(Category::unavailable, file + ": cannot be read to its end");
        TRY(begin());
        TRY(putting.wait());
    }
    if (load.progress) load.progress(out.pointers);
    return out;
}

Result<IndexLoaded> load_index(const HubOptions& hub, const IndexLoad& load, const Clock& clock, Random& random) {
    TRY(make_folder(hub.folder));
    TRY_ASSIGN(const auto keys, RoleKeys::load(hub_keys(hub.folder, hub.id), clock, random));
    Runtime runtime;
    TRY_ASSIGN(const auto store, open_role_store(runtime, place_of(hub)));
    TRY_ASSIGN(const auto pseudonyms, blind_key_of_role(hub.blind_key, MakesKey::at_first, *store, random));
    TRY(people::name_people_by(*store, pseudonyms.names()));
    TRY_ASSIGN(const auto index, index::Index::open(*store, {.joined = true}));
    // A provider's first pointer and what it must be told of the person's choices are one commit, here as in a hub that runs.
    TRY_ASSIGN(const auto links, people::Links::open(*store, clock));
    TRY_ASSIGN(const auto rights, exchange::RightsRegister::open(*store, *index, {hub.id, hub.rights_lease, hub.rules, links.get()}, keys.key(), clock, random));
    return load_index(*index, pseudonyms, load, clock);
}

}  // namespace idun::app
