// How fast one person's log is searched among those of everybody: fills a hub's store with the entries of many logs, through
// the writer of its rows, and searches it through AccessView. `./dev accesses` builds and starts it.
//
//     access_size FOLDER ENTRIES...     such as 100000 1000000 10000000 100000000
//
// What it makes depends on nothing but the number, and it goes on where it was stopped. At each size five people have
// 10,000 lines each among what came since the size before; they and those of the first size are searched.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/bytes.h"
#include "base/log.h"
#include "exchange/access_view.h"
#include "exchange/log_rows.h"
#include "ledger/file_system.h"
#include "store/embedded.h"

using namespace idun;
using namespace idun::exchange;

namespace {

constexpr std::uint64_t kProviders = 300;
constexpr std::uint64_t kUsers = 50'000;
constexpr std::uint64_t kPeople = 1'000'000;
constexpr std::uint64_t kSearched = 5;          // people at each size
constexpr std::uint64_t kLines = 10'000;        // of each of them
constexpr std::uint64_t kLinesAtOnce = 4'000;  // in one commit
constexpr std::int64_t kBegin = 1'700'000'000'000;
constexpr std::int64_t kBetweenMs = 1'300;
const std::string kDone = "sizedoneD";
const std::string kHub = "hub";

std::uint64_t mixed(std::uint64_t n) {
    n += 0x9e3779b97f4a7c15ull;
    n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9ull;
    n = (n ^ (n >> 27)) * 0x94d049bb133111ebull;
    return n ^ (n >> 31);
}
std::string provider(std::uint64_t n) { return fmt::format("SE2321{:06}", n % kProviders); }
std::string uuid_of(std::uint64_t n) {
    const std::uint64_t a = mixed(n), b = mixed(a);
    return fmt::format("{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", a >> 32, a >> 16 & 0xffff, a & 0xfff, b >> 48 & 0xfff, b & 0xffffffffffff);
}
crypto::Pseudonym person(std::uint64_t n) {
    std::string bytes;
    append_be(bytes, mixed(n ^ 0xabcdef));
    append_be(bytes, mixed(mixed(n)));
    return *crypto::Pseudonym::from(bytes);
}

// Of eight lines one is a gathering: begun, two parts, ended.
bool is_gathering(std::uint64_t line) { return line % 8 == 0; }
std::uint64_t lines_of(std::uint64_t entries) { return entries / 11 * 8; }

struct Size {
    std::uint64_t first, end;  // lines
};

// Whose line it is: at each size 50,000 of the new lines belong to the people who will be searched.
crypto::Pseudonym person_of(std::uint64_t line, const Size& size) {
    const std::uint64_t wanted = kSearched * kLines, all = size.end - size.first, at = line - size.first;
    const std::uint64_t before = at * wanted / all, after = (at + 1) * wanted / all;
    return before != after ? person(size.end + before % kSearched) : person(mixed(line) % kPeople);
}

ledger::Access access_of(std::uint64_t line, const crypto::Pseudonym& who) {
    static constexpr std::string_view kCategories[] = {"patient-summary", "eprescription", "test-result", "other"};
    ledger::Access a;
    const std::uint64_t chance = mixed(line * 7), user = mixed(line * 3) % kUsers;
    a.time.ms = kBegin + static_cast<std::int64_t>(line) * kBetweenMs;
    a.action = ledger::Action::read;
    a.person = who;
    a.requester = {fmt::format("SE2321000131-{:05}", user), fmt::format("Anna Ek {}", user), "clinician", provider(user),
                   provider(user) + fmt::format("-E{}", user % 40)};
    a.purpose = chance % 500 == 0 ? "HPAYMT" : "TREAT";
    a.care_relation = chance % 10 != 0;
    a.rule = "own-provider";
    a.rules = "sweden-2026-1";
    a.store_version = line;
    if (chance % 1000 == 1) a.break_glass = ledger::BreakGlass{uuid_of(line + 5), "life"};
    for (std::uint64_t i = 0; i < 1 + chance % 3; ++i)
        a.records.push_back({i == 0 ? "Observation" : "Condition", uuid_of(line * 4 + i), "1",
                             chance % 100 == 2 ? "imaging" : std::string(kCategories[(chance >> 8) % 4]), provider(line)});
    return a;
}

Status add_gathering(Draft& draft, std::uint64_t line, ledger::Access a) {
    a.request_id = uuid_of(line + 1);
    auto records = std::move(a.records);
    a.records.clear();
    a.action = ledger::Action::gather;
    for (std::uint64_t i = 0; i < 2; ++i) a.sources.push_back({provider(line + i), "asked", "", 0});
    TRY(add_entry(draft, {kHub, {.index = 2 * line, .hash = {}, .access = a}}, true));
    ledger::Access part = a;
    part.sources.clear();
    part.action = ledger::Action::read;
    part.ticket_id = "17-" + std::string(22, 'A');
    part.records = std::move(records);
    for (std::uint64_t i = 0; i < 2; ++i)
        TRY(add_entry(draft, {provider(line + i), {.index = 2 * line + i, .hash = {}, .access = part}}, false));
    for (ledger::Source& source : a.sources) source.state = "answered", source.count = part.records.size();
    a.time.ms += 100;
    TRY(add_entry(draft, {kHub, {.index = 2 * line + 1, .hash = {}, .access = a}}, true));
    return {};
}

Status add_line(Draft& draft, std::uint64_t line, const Size& size) {
    ledger::Access a = access_of(line, person_of(line, size));
    if (is_gathering(line)) return add_gathering(draft, line, std::move(a));
    ledger::ShippedEntry entry{.index = 2 * line, .hash = {}, .sequence = 1 + line % 100, .access = std::move(a)};
    for (std::size_t i = 0; i < 8; ++i) entry.hash.bytes[i] = static_cast<std::uint8_t>(mixed(line) >> 8 * i);
    TRY(add_entry(draft, {provider(line), std::move(entry)}, false));
    return {};
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

Result<std::uint64_t> done_lines(store::Store& store) {
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY_ASSIGN(const auto row, snapshot->get(kDone));
    return row ? ByteReader(*row).be<std::uint64_t>() : 0;
}

Status fill(store::Store& store, const Size& size) {
    TRY_ASSIGN(std::uint64_t line, done_lines(store));
    const std::uint64_t first = line;
    const auto begin = std::chrono::steady_clock::now();
    while (line < size.end) {
        TRY_ASSIGN(auto snapshot, store.snapshot());
        Draft draft(std::move(snapshot));
        const std::uint64_t until = std::min(size.end, line + kLinesAtOnce);
        for (; line < until; ++line) TRY(add_line(draft, line, size));
        std::string done;
        append_be(done, line);
        draft.put(kDone, done);
        for (std::uint64_t i = 0; i < kProviders; ++i) {  // not of the hub: its log is empty here, and must not seem set back
            LogProgress progress;
            progress.next = progress.size = 2 * line;
            put_progress(draft, provider(i), progress);
        }
        TRY(store.commit(draft.batch()));
        if (until / kLinesAtOnce % 250 == 0)
            std::fprintf(stderr, "%.1f million lines, %.0f lines/s\n", static_cast<double>(line) / 1e6,
                         static_cast<double>(line - first) / seconds_since(begin));
    }
    if (line > first)
        std::printf("filled: %.0f entries/s\n", static_cast<double>(line - first) * 11 / 8 / seconds_since(begin));
    return {};
}

double resident_mib() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t all = 0, resident = 0;
    file >> all >> resident;
    return static_cast<double>(resident) * 4096 / (1 << 20);
}

struct Search {
    const char* name;
    AccessFilter filter;
};

std::vector<Search> searches(const Size& size) {
    std::vector<Search> out{{"the newest 100", {}}};
    const auto add = [&](const char* name) -> AccessFilter& { return out.emplace_back(Search{name, {}}).filter; };
    add("of one provider's staff").providers = {provider(7)};
    add("of one user").users = {"SE2321000131-00007"};
    add("imaging").categories = {"imaging"};
    add("for payment").purposes = {"HPAYMT"};
    add("broken glass").break_glass = true;
    add("denied (nothing)").permit = false;
    AccessFilter& month = add("of a month");
    month.to_ms = kBegin + static_cast<std::int64_t>(size.end) * kBetweenMs;
    month.from_ms = month.to_ms - 30LL * 86'400'000;
    return out;
}

Status search(AccessView& view, const Size& size, const char* whose) {
    for (const Search& one : searches(size)) {
        std::vector<double> ms;
        std::size_t found = 0;
        double first = 0;
        for (std::uint64_t round = 0; round < 6; ++round)
            for (std::uint64_t i = 0; i < kSearched; ++i) {
                const auto begin = std::chrono::steady_clock::now();
                TRY_ASSIGN(const auto page, view.about(person(size.end + i), one.filter, "", 100));
                const double taken = seconds_since(begin) * 1000;
                found += page.seen.size();
                if (round == 0) first = std::max(first, taken);
                else ms.push_back(taken);
            }
        std::sort(ms.begin(), ms.end());
        std::printf("  %-14s %-24s found %5.1f  first %7.2f ms  median %6.2f ms  most %6.2f ms\n", whose, one.name,
                    static_cast<double>(found) / (6.0 * kSearched), first, ms[ms.size() / 2], ms.back());
    }
    return {};
}

Status measure(const std::string& folder, const std::vector<std::uint64_t>& entries) {
    std::filesystem::create_directories(folder);
    store::EmbeddedOptions options;
    options.folder = folder + "/store";
    TRY_ASSIGN(const auto key, crypto::SigningKey::load_or_create(folder + "/key", system_random()));
    TRY_ASSIGN(const auto log, ledger::Ledger::open(folder + "/log", kHub, key, ledger::system_files(), system_clock()));
    std::optional<Size> smallest;
    std::uint64_t before = 0;
    for (const std::uint64_t count : entries) {
        const Size size{before, lines_of(count)};
        if (size.end - size.first < kSearched * kLines) return fail(Category::invalid, "each size is 100,000 more than the one before at least");
        before = size.end;
        if (!smallest) smallest = size;
        {
            TRY_ASSIGN(const auto store, store::open_embedded(options, system_clock()));
            TRY(open_access_rows(*store));
            TRY(fill(*store, size));
        }
        std::uint64_t bytes = 0;
        for (const auto& file : std::filesystem::recursive_directory_iterator(options.folder))
            if (file.is_regular_file()) bytes += file.file_size();
        TRY_ASSIGN(const auto store, store::open_embedded(options, system_clock()));
        AccessView view(*store, *log, system_clock());
        view.follow_with({});
        std::printf("%llu entries, %llu lines: %.1f GiB, %.0f bytes an entry\n", static_cast<unsigned long long>(count),
                    static_cast<unsigned long long>(size.end), static_cast<double>(bytes) / (1 << 30),
                    static_cast<double>(bytes) / static_cast<double>(count));
        TRY(search(view, size, "new"));
        if (size.end != smallest->end) TRY(search(view, *smallest, "old"));
        std::printf("  memory %.0f MiB\n", resident_mib());
        std::fflush(stdout);
    }
    return {};
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 3) return std::fprintf(stderr, "usage: access_size FOLDER ENTRIES...\n"), 2;
    std::vector<std::uint64_t> entries;
    for (int i = 2; i < count; ++i) entries.push_back(std::strtoull(arguments[i], nullptr, 10));
    const Status done = measure(arguments[1], entries);
    if (!done) std::fprintf(stderr, "access_size: %s\n", done.error().message.c_str());
    return done ? 0 : 1;
}
