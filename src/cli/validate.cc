// `idun validate`: files against R4 and profiles, without a server.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "app/compressed.h"
#include "base/time.h"
#include "cli/commands.h"
#include "fhir/outcome.h"
#include "fhir/package.h"
#include "json/writer.h"
#include "terms/terms.h"
#include "validation/guides.h"

namespace idun::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileBytesMax = 256u << 20;

Result<std::string> text_of(const std::string& file) {
    TRY_ASSIGN(auto bytes, app::read_file(file));
    auto text = app::unpacked(std::move(bytes), kFileBytesMax);
    if (!text) return fail(text.error().within(file));
    return text;
}

// Folders stand for the .json and .ndjson files below them.
Result<std::vector<std::string>> files_of(const std::vector<std::string>& names) {
    std::vector<std::string> out;
    for (const std::string& name : names) {
        std::error_code error;
        if (!fs::is_directory(name, error)) {
            out.push_back(name);
            continue;
        }
        std::vector<std::string> found;
        for (const auto& entry : fs::recursive_directory_iterator(name, error)) {
            const std::string extension = entry.path().extension().string();
            if (entry.is_regular_file(error) && (extension == ".json" || extension == ".ndjson")) found.push_back(entry.path().string());
        }
        if (error) return fail(Category::unavailable, name + ": cannot be read");
        std::sort(found.begin(), found.end());
        out.insert(out.end(), found.begin(), found.end());
    }
    return out;
}

struct Count {
    std::size_t resources = 0;
    std::size_t invalid = 0;
    std::size_t errors = 0;
    std::size_t warnings = 0;
};

// The documents that go with the resources that are judged.
struct Questionnaires {
    std::vector<std::unique_ptr<const json::Document>> documents;
    std::vector<json::Value> roots;
};

class Command {
public:
    Command(const ValidateCommand& command, const validation::Guides& guides, const Questionnaires& questionnaires)
        : command_(command), guides_(guides), questionnaires_(questionnaires) {}

    Status file(const std::string& name) {
        TRY_ASSIGN(const std::string text, text_of(name));
        if (name.find(".ndjson") == std::string::npos) {
            one(name, 0, text);
            return {};
        }
        std::size_t line = 0;
        std::size_t at = 0;
        while (at < text.size()) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            ++line;
            const std::string_view row = std::string_view(text).substr(at, end - at);
            if (row.find_first_not_of(" \t\r") != std::string_view::npos) one(name, line, row);
            at = end + 1;
        }
        return {};
    }

    const Count& count() const { return count_; }

private:
    // `line` of an NDJSON file; 0: the text is the whole file.
    void one(const std::string& name, std::size_t line, std::string_view text) {
        ++count_.resources;
        const fhir::Issues issues = judge(text);
        for (const fhir::Issue& issue : issues) {
            count_.errors += issue.severity <= fhir::Severity::error ? 1 : 0;
            count_.warnings += issue.severity == fhir::Severity::warning ? 1 : 0;
        }
        if (fhir::has_errors(issues)) ++count_.invalid;
        if (command_.format == "json") return as_json(name, line, issues);
        for (const fhir::Issue& issue : issues) {
            if (command_.quiet && issue.severity > fhir::Severity::error) continue;
            const std::size_t in_file = line > 0 ? line : issue.line;
            std::printf("%s", name.c_str());
            if (in_file > 0) std::printf(":%zu", in_file);
            if (issue.column > 0) std::printf(":%zu", issue.column);
            std::printf(": %s: %s%s%s [%s]\n", std::string(fhir::to_string(issue.severity)).c_str(), issue.path.c_str(), issue.path.empty() ? "" : ": ", issue.text.c_str(),
                        std::string(fhir::to_string(issue.code)).c_str());
        }
    }

    // One line a resource: its file, line and OperationOutcome.
    void as_json(const std::string& name, std::size_t line, const fhir::Issues& issues) {
        json::Writer w;
        w.object().member("file", name);
        if (line > 0) w.member("line", line);
        w.name("valid").raw(fhir::has_errors(issues) ? "false" : "true").name("outcome").raw(fhir::operation_outcome(issues)).end();
        std::printf("%s\n", w.take().c_str());
    }

    fhir::Issues judge(std::string_view text) {
        const auto document = json::Document::parse(text, {.bytes_max = kFileBytesMax});
        if (!document) return {fhir::to_issue(document.error())};
        validation::Options options;
        options.profiles = command_.profiles;
        options.text = text;
        options.now = system_clock().now();
        options.questionnaires = questionnaires_.roots;
        if (command_.strict) {
            options.unknown_profile = validation::Level::error;
            options.unknown_extension = validation::Level::error;
        }
        return guides_.validator().validate(document->root(), options);
    }

    const ValidateCommand& command_;
    const validation::Guides& guides_;
    const Questionnaires& questionnaires_;
    Count count_;
};

Result<Questionnaires> questionnaires_of(const std::vector<std::string>& files) {
    Questionnaires out;
    for (const std::string& file : files) {
        TRY_ASSIGN(const std::string text, text_of(file));
        auto document = json::Document::parse(text);
        if (!document) return fail(document.error().within(file));
        if (document->root()["resourceType"].text() != "Questionnaire") return fail(Category::invalid, file + ": is no Questionnaire");
        out.documents.push_back(std::make_unique<const json::Document>(std::move(*document)));
        out.roots.push_back(out.documents.back()->root());
    }
    return out;
}

}  // namespace

int validate(const ValidateCommand& command) {
    const auto packages = fhir::PackageSet::load(command.packages);
    if (!packages) return complain(packages.error());
    for (const fhir::Problem& problem : packages->problems()) std::fprintf(stderr, "idun: %s: %s\n", problem.file.c_str(), problem.message.c_str());
    const auto questionnaires = questionnaires_of(command.questionnaires);
    if (!questionnaires) return complain(questionnaires.error());
    const auto files = files_of(command.files);
    if (!files) return complain(files.error());
    const terms::Terms terms(*packages);
    const validation::Guides guides(*packages, &terms);
    for (const std::string& profile : command.profiles) {
        if (guides.library().program(profile) == nullptr) {
            return complain(Error(Category::invalid, "the profile " + profile + " is not known; name its package with --package"));
        }
    }
    Command run(command, guides, *questionnaires);
    for (const std::string& file : *files) {
        if (const Status status = run.file(file); !status) return complain(status.error());
    }
    const Count& count = run.count();
    if (command.format != "json") {
        std::printf("%zu resources, %zu of them not valid; %zu errors, %zu warnings\n", count.resources, count.invalid, count.errors, count.warnings);
    }
    return count.invalid == 0 ? kOk : kInvalid;
}

}  // namespace idun::cli
