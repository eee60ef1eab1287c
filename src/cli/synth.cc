// `idun synth`: a synthetic Sweden as files, as pointers, or straight into nodes.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <thread>

#include "cli/commands.h"
#include "synth/output.h"

namespace idun::cli {
namespace {

namespace fs = std::filesystem;

// Says now and then how far it has come, where somebody looks.
class Shown {
public:
    Shown(bool quiet, std::uint64_t people, std::string_view what) : shown_(!quiet && isatty(STDERR_FILENO)), people_(people), what_(what) {}

    void show(std::uint64_t people, std::uint64_t count) {
        const auto now = std::chrono::steady_clock::now();
        if (!shown_ || (now - last_ < std::chrono::milliseconds(200) && people < people_)) return;
        last_ = now;
        std::fprintf(stderr, "\r%llu of %llu people, %llu %s ", static_cast<unsigned long long>(people), static_cast<unsigned long long>(people_),
                     static_cast<unsigned long long>(count), std::string(what_).c_str());
        if (people == people_) std::fputc('\n', stderr);
    }
    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count(); }

private:
    bool shown_;
    std::uint64_t people_;
    std::string_view what_;
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point last_{};
};

Result<synth::CountryOptions> options_of(const SynthCommand& command) {
    synth::CountryOptions out;
    out.seed = command.seed;
    out.people = command.people;
    out.counties = command.counties;
    out.municipalities = command.municipalities;
    out.one_of_each = command.one_of_each;
    out.years = command.years;
    out.folder = command.data;
    if (command.numbers == "test") out.numbers = synth::NumberKind::test;
    if (command.numbers == "shifted") out.numbers = synth::NumberKind::shifted;
    if (!command.today.empty()) {
        TRY_ASSIGN(out.today, synth::read_day(command.today));
    }
    if (command.people == 0 || command.from >= command.people) return fail(Category::invalid, "--from is below --people, which is at least 1");
    if (command.pointers && !command.nodes.empty()) return fail(Category::invalid, "--pointers go to a file, not to nodes");
    if (!command.pointers && command.out.empty() && command.nodes.empty()) return fail(Category::invalid, "--out names a folder, or --node a node");
    return out;
}

struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

// A folder that goes away with this.
class Temporary {
public:
    Temporary() : path_((fs::temp_directory_path() / ("idun-synth-" + std::to_string(getpid()))).string()) {}
    ~Temporary() {
        std::error_code error;
        fs::remove_all(path_, error);
    }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

void say(const synth::Country& country, const synth::Made& made, std::string_view what, double seconds) {
    std::fprintf(stderr, "%llu people (%llu dead), %llu %s", static_cast<unsigned long long>(made.people), static_cast<unsigned long long>(made.dead),
                 static_cast<unsigned long long>(made.resources), std::string(what).c_str());
    if (made.providers > 0) std::fprintf(stderr, " at %llu providers", static_cast<unsigned long long>(made.providers));
    std::fprintf(stderr, ", %.0f people/s, %.0f %s/s\nnobody in it exists: %s\n", static_cast<double>(made.people) / seconds,
                 static_cast<double>(made.resources) / seconds, std::string(what).c_str(), std::string(numbers_note(country.numbers())).c_str());
}

int pointers(const SynthCommand& command, const synth::Country& country, const synth::Range& range) {
    std::unique_ptr<std::FILE, Closer> file;
    if (!command.out.empty()) {
        file.reset(std::fopen(command.out.c_str(), "wb"));
        if (!file) return complain(Error(Category::unavailable, command.out + ": cannot be written"));
    }
    Shown shown(command.quiet, range.to - range.from, "pointers");
    const auto made = write_pointers(country, range, file ? file.get() : stdout, [&](std::uint64_t people, std::uint64_t count) { shown.show(people, count); });
    if (!made) return complain(made.error());
    if (!command.quiet) say(country, *made, "pointers", shown.seconds());
    return kOk;
}

// What load() takes: the provider's file, or its folder of transactions.
Result<std::string> records_of(const std::string& folder, const std::string& provider) {
    for (const std::string& name : {folder + "/" + provider + ".ndjson", folder + "/" + provider}) {
        std::error_code error;
        if (fs::exists(name, error)) return name;
    }
    return fail(Category::not_found, "no records at the provider " + provider + "; providers.tsv names those that have some");
}

int send(const SynthCommand& command, const std::string& folder) {
    for (const auto& node : command.nodes) {
        const auto records = records_of(folder, node[0]);
        if (!records) return complain(records.error());
        LoadCommand sent;
        sent.files = {*records};
        sent.node_url = node[1];
        sent.token_file = node[2];
        sent.quiet = command.quiet;
        if (const int code = load(sent); code != kOk) return code;
    }
    return kOk;
}

}  // namespace

int synth(const SynthCommand& command) {
    const auto options = options_of(command);
    if (!options) return complain(options.error());
    const auto country = synth::Country::make(*options);
    if (!country) return complain(country.error());
    const unsigned threads = command.threads > 0 ? std::min(command.threads, 64u) : std::max(1u, std::thread::hardware_concurrency());
    const synth::Range range{command.from, command.people, threads};
    if (command.pointers) return pointers(command, **country, range);
    const Temporary temporary;
    const std::string folder = command.out.empty() ? temporary.path() : command.out;
    Shown shown(command.quiet, range.to - range.from, "resources");
    const auto form = command.form == "bundles" ? synth::Form::bundles : synth::Form::ndjson;
    const auto made = write_folder(**country, range, folder, form, [&](std::uint64_t people, std::uint64_t count) { shown.show(people, count); });
    if (!made) return complain(made.error());
    if (!command.quiet) say(**country, *made, "resources", shown.seconds());
    return send(command, folder);
}

}  // namespace idun::cli
