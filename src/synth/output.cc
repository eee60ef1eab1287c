#include "synth/output.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "people/person_id.h"

namespace idun::synth {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kPeopleAChunk = kParish;

// Threads take chunks; what they made is taken in the order of chunks. `make` fills, `take` empties, the latter one at a time.
template <typename Chunk, typename Make, typename Take>
Status in_order(const Range& range, const Make& make, const Take& take) {
    std::atomic<std::uint64_t> next{range.from / kPeopleAChunk};
    std::mutex mutex;
    std::condition_variable turned;
    std::uint64_t turn = range.from / kPeopleAChunk;
    Status status;
    const auto work = [&] {
        Chunk chunk;
        for (;;) {
            const std::uint64_t mine = next++;
            if (mine * kPeopleAChunk >= range.to) return;
            const Status made = make(chunk, std::max(range.from, mine * kPeopleAChunk), std::min(range.to, (mine + 1) * kPeopleAChunk));
            std::unique_lock lock(mutex);
            turned.wait(lock, [&] { return turn == mine; });
            if (status) status = made ? take(chunk) : made;
            ++turn;
            turned.notify_all();
            if (!status) next = range.to;  // nobody begins another
        }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < std::max(1u, range.threads); ++i) threads.emplace_back(work);
    work();
    for (std::thread& thread : threads) thread.join();
    return status;
}

std::string canonical(std::string_view system, std::string_view value) { return std::string(system) + "|" + std::string(value); }

// The line of people.tsv.
void describe(std::string& out, const Country& country, const Person& person, const Lines& lines) {
    const auto cell = [&](std::string_view text) {
        out += '\t';
        out += text;
    };
    const auto whom = [](std::uint64_t number) { return number == kNobody ? std::string() : std::to_string(number); };
    const auto& municipalities = country.geography().municipalities();
    const Day today = country.population().today();
    out += std::to_string(person.number);
    cell(canonical(person.system(today), person.value(today)));
    cell(person.stay == Stay::newcomer ? person.numbers.coordination : "");
    cell(person.stay == Stay::newcomer && person.personal_from != kNever ? to_text(person.personal_from) : "");
    cell(std::string(person.given) + " " + std::string(person.family));
    cell(person.woman() ? "female" : "male");
    cell(to_text(person.born()));
    cell(person.alive() ? "" : to_text(person.died));
    cell(municipalities[person.municipality].name);
    cell(std::to_string(person.household));
    cell(whom(person.partner));
    cell(whom(person.guardians[0]) + (person.guardians[1] == kNobody ? "" : " " + whom(person.guardians[1])));
    cell(person.protection == Protection::none ? "" : person.protection == Protection::marked ? "sekretessmarkering" : "skyddad folkbokföring");
    std::string providers;
    for (const std::uint16_t provider : lines.touched()) providers += (providers.empty() ? "" : " ") + country.providers().providers()[provider].id;
    cell(providers);
    out += '\n';
}

struct Piece {
    std::uint16_t provider = 0;
    std::uint64_t person = 0;
    std::uint64_t resources = 0;
    std::string text;
};
struct FolderChunk {
    std::unique_ptr<Worker> worker;
    std::vector<Piece> pieces;
    std::vector<std::uint16_t> units;  // where the people were
    std::string people;
    Made made;
};

class Folder {
public:
    Folder(const Country& country, std::string folder, Form form, const Progress& progress)
        : country_(country), folder_(std::move(folder)), form_(form), progress_(progress), counts_(country.providers().providers().size()), unit_told_(country.providers().units().size()) {}

    Status begin() const {
        std::error_code error;
        fs::create_directories(folder_, error);
        if (error) return fail(Category::unavailable, folder_ + ": cannot be made");
        if (!fs::is_empty(folder_, error)) return fail(Category::conflict, folder_ + ": is not empty");
        return append("people.tsv", "# number\tidentifier\tcoordination number\tpersonal number from\tname\tsex\tborn\tdied\tmunicipality\thousehold\tpartner\tguardians\tprotection\tproviders\n");
    }

    Status make(FolderChunk& chunk, std::uint64_t from, std::uint64_t to) const {
        if (!chunk.worker) chunk.worker = std::make_unique<Worker>(country_);
        chunk.pieces.clear();
        chunk.units.clear();
        chunk.people.clear();
        chunk.made = {};
        std::vector<std::int32_t> at(counts_.size(), -1);
        std::vector<bool> seen(unit_told_.size());
        return chunk.worker->each(from, to, [&](const Person& person, std::span<const Person> parish, const Life& life) -> Status {
            const Lines& lines = chunk.worker->resources(person, parish, life);
            describe(chunk.people, country_, person, lines);
            ++chunk.made.people;
            if (!person.alive()) ++chunk.made.dead;
            for (const Item& item : life.items) {
                if (item.unit == kNowhere || seen[item.unit]) continue;
                seen[item.unit] = true;
                chunk.units.push_back(item.unit);
            }
            for (const std::uint16_t provider : lines.touched()) {
                const bool joins = form_ == Form::ndjson && at[provider] >= 0;
                if (!joins) {
                    at[provider] = static_cast<std::int32_t>(chunk.pieces.size());
                    chunk.pieces.push_back({provider, person.number, 0, {}});
                }
                Piece& piece = chunk.pieces[static_cast<std::size_t>(at[provider])];
                piece.text += lines.text(provider);
                piece.resources += lines.count(provider);
            }
            return {};
        });
    }

    Status take(FolderChunk& chunk) {
        for (const std::uint16_t unit : chunk.units)
            if (!unit_told_[unit]) TRY(tell_unit(unit));
        for (const Piece& piece : chunk.pieces) {
            const std::string& id = country_.providers().providers()[piece.provider].id;
            if (form_ == Form::ndjson) TRY(append(id + ".ndjson", piece.text));
            else TRY(append(id + "/" + std::to_string(piece.person) + ".json", bundle(piece.text)));
            counts_[piece.provider] += piece.resources;
            made_.resources += piece.resources;
            made_.bytes += piece.text.size();
        }
        TRY(append("people.tsv", chunk.people));
        made_.people += chunk.made.people;
        made_.dead += chunk.made.dead;
        progress_(made_.people, made_.resources);
        return {};
    }

    Result<Made> finish(const Range& range) {
        std::string text = "# id\tname\tkind\tcounty\tresources\n";
        for (std::size_t place = 0; place < counts_.size(); ++place) {
            if (counts_[place] == 0) continue;
            const Provider& provider = country_.providers().providers()[place];
            text += provider.id + "\t" + provider.name + "\t" + std::string(to_string(provider.kind)) + "\t" +
                    (provider.county == 0 ? "" : std::to_string(provider.county)) + "\t" + std::to_string(counts_[place]) + "\n";
            ++made_.providers;
        }
        TRY(append("providers.tsv", text));
        // No JSON: whoever loads or validates the folder takes .json files for FHIR.
        std::string about = "what\ta synthetic Sweden: nobody in it exists\nnumbers\t" + std::string(numbers_note(country_.numbers()));
        const auto line = [&](std::string_view name, const std::string& value) { about += "\n" + std::string(name) + "\t" + value; };
        line("seed", std::to_string(country_.population().seed()));
        line("from", std::to_string(range.from));
        line("people", std::to_string(made_.people));
        line("dead", std::to_string(made_.dead));
        line("today", to_text(country_.population().today()));
        line("since", to_text(country_.lives().since()));
        line("resources", std::to_string(made_.resources));
        line("providers", std::to_string(made_.providers));
        TRY(append("about.tsv", about + "\n"));
        return made_;
    }

private:
    // A provider's organisation before its first unit, each unit with its staff before its first record.
    Status tell_unit(std::uint16_t unit) {
        unit_told_[unit] = true;
        const std::uint16_t provider = country_.providers().units()[unit].provider;
        Lines lines(counts_.size());
        if (counts_[provider] == 0) country_.resources().write_provider(provider, lines);
        country_.resources().write_unit(unit, lines);
        counts_[provider] += lines.count(provider);
        made_.resources += lines.count(provider);
        made_.bytes += lines.text(provider).size();
        const std::string& id = country_.providers().providers()[provider].id;
        if (form_ == Form::ndjson) return append(id + ".ndjson", lines.text(provider));
        std::error_code error;
        fs::create_directory(folder_ + "/" + id, error);
        return append(id + "/0-provider.ndjson", lines.text(provider));
    }

    // Each line begins {"resourceType":"TYPE","id":"ID".
    static std::string bundle(std::string_view lines) {
        std::string out = R"({"resourceType":"Bundle","type":"transaction","entry":[)";
        constexpr std::string_view kType = R"({"resourceType":")";
        constexpr std::string_view kId = R"(","id":")";
        bool first = true;
        while (!lines.empty()) {
            const std::string_view line = lines.substr(0, lines.find('\n'));
            lines.remove_prefix(line.size() + 1);
            const std::size_t type_end = line.find('"', kType.size());
            const std::size_t id_at = type_end + kId.size();
            if (!first) out += ',';
            first = false;
            out += R"({"resource":)";
            out += line;
            out += R"(,"request":{"method":"PUT","url":")";
            out += line.substr(kType.size(), type_end - kType.size());
            out += '/';
            out += line.substr(id_at, line.find('"', id_at) - id_at);
            out += "\"}}";
        }
        return out + "]}\n";
    }

    Status append(const std::string& name, std::string_view text) const {
        std::ofstream out(folder_ + "/" + name, std::ios::binary | std::ios::app);
        out.write(text.data(), static_cast<std::streamsize>(text.size()));
        out.close();
        if (!out) return fail(Category::unavailable, folder_ + "/" + name + ": cannot be written");
        return {};
    }

    const Country& country_;
    std::string folder_;
    Form form_;
    const Progress& progress_;
    std::vector<std::uint64_t> counts_;  // resources by provider
    std::vector<bool> unit_told_;
    Made made_;
};

struct PointerChunk {
    std::unique_ptr<Worker> worker;
    std::string text;
    Made made;
};

void append_pointer(std::string& out, const Country& country, const Identity& identity, const PointerSeen& one) {
    out += identity.system;
    out += '|';
    out += identity.value;
    out += '\t';
    out += country.providers().providers()[one.provider].id;
    out += '\t';
    out += fhir::to_string(one.category);
    out += '\t';
    out += std::to_string(one.newest_ms);
    out += '\n';
}

}  // namespace

void append_pointers(std::string& out, const Country& country, const Person& person, const Life& life, const std::vector<PointerSeen>& pointers) {
    // Others than newcomers have one identifier all their lives.
    if (person.stay != Stay::newcomer) {
        const Day today = country.population().today();
        for (const PointerSeen& one : pointers) append_pointer(out, country, {person.system(today), person.value(today)}, one);
        return;
    }
    for (const LastDay& seen : last_days(life, country.providers())) {
        const Identities identities = person.identities(seen.day);
        for (const PointerSeen& one : pointers) {
            if (one.provider != seen.provider) continue;
            append_pointer(out, country, identities.official, one);
            if (!identities.old.value.empty()) append_pointer(out, country, identities.old, one);
        }
    }
}

std::string_view numbers_note(NumberKind kind) {
    return kind == NumberKind::test
               ? "personal numbers are test numbers of the Swedish Tax Agency; coordination numbers are made from them; identifiers of other countries cannot belong to anybody; "
                 "of 41,000 people the last 7,500 died long ago, since that many numbers are of births more than 109 years back"
               : "personal numbers say a birth 140 years earlier than it was, before 1890, so that no number can be a living person's; the birth dates in the records are those of the lives";
}

Result<Made> write_folder(const Country& country, const Range& range, const std::string& folder, Form form, const Progress& progress) {
    Folder out(country, folder, form, progress);
    TRY(out.begin());
    TRY(in_order<FolderChunk>(
        range, [&](FolderChunk& chunk, std::uint64_t from, std::uint64_t to) { return out.make(chunk, from, to); },
        [&](FolderChunk& chunk) { return out.take(chunk); }));
    return out.finish(range);
}

Result<Made> write_pointers(const Country& country, const Range& range, std::FILE* out, const Progress& progress) {
    Made made;
    const auto make = [&](PointerChunk& chunk, std::uint64_t from, std::uint64_t to) {
        if (!chunk.worker) chunk.worker = std::make_unique<Worker>(country);
        chunk.text.clear();
        chunk.made = {};
        return chunk.worker->each(from, to, [&](const Person& person, std::span<const Person>, const Life& life) -> Status {
            const auto& pointers = chunk.worker->pointers(life);
            append_pointers(chunk.text, country, person, life, pointers);
            ++chunk.made.people;
            if (!person.alive()) ++chunk.made.dead;
            chunk.made.resources += pointers.size();
            return {};
        });
    };
    const auto take = [&](PointerChunk& chunk) -> Status {
        if (std::fwrite(chunk.text.data(), 1, chunk.text.size(), out) != chunk.text.size())
            return fail(Category::unavailable, "the pointers cannot be written");
        made.people += chunk.made.people;
        made.dead += chunk.made.dead;
        made.resources += chunk.made.resources;
        made.bytes += chunk.text.size();
        progress(made.people, made.resources);
        return {};
    };
    TRY(in_order<PointerChunk>(range, make, take));
    if (std::fflush(out) != 0) return fail(Category::unavailable, "the pointers cannot be written");
    return made;
}

}  // namespace idun::synth
