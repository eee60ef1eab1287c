// Lets judges drive the validator: one JSON object a line in, one a line out.
//
//   in   {"text": "...", "profiles": ["url"], "packages": ["path"], "resources": ["..."], "strict": true, ...}
//   out  {"issues": [{"severity": "error", "code": "value", "path": "Patient.id", "line": 3, "text": "..."}]}
//
// `resources` are texts of further definitions. Definitions are kept for lines that name the same ones.
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fhir/package.h"
#include "json/writer.h"
#include "terms/terms.h"
#include "validation/package_source.h"
#include "validation/validator.h"

namespace {

using namespace idun;
using json::Value;

struct World {
    explicit World(fhir::PackageSet set) : source(std::move(set)), terms(source.packages()), library(source) {}
    validation::PackageSource source;
    terms::Terms terms;
    validation::Library library;
};

std::map<std::string, std::unique_ptr<World>> worlds;

Result<World*> world_of(Value line) {
    std::string key;
    std::vector<std::shared_ptr<const fhir::Package>> packages{fhir::Package::r4_core()};
    for (const Value path : line["packages"].elements()) key.append(path.text()).append("\n");
    for (const Value text : line["resources"].elements()) key.append(text.text()).append("\n");
    auto& at = worlds[key];
    if (at) return at.get();
    for (const Value path : line["packages"].elements()) {
        TRY_ASSIGN(auto package, fhir::Package::open(std::string(path.text())));
        packages.push_back(std::move(package));
    }
    std::vector<std::pair<std::string, std::string>> files;
    for (const Value text : line["resources"].elements()) files.emplace_back("resource-" + std::to_string(files.size()) + ".json", std::string(text.text()));
    if (!files.empty()) packages.push_back(fhir::Package::of(files));
    at = std::make_unique<World>(fhir::PackageSet(std::move(packages)));
    return at.get();
}

validation::Level level(Value text, validation::Level otherwise) {
    const std::string_view name = text.text();
    if (name == "error") return validation::Level::error;
    if (name == "warning") return validation::Level::warning;
    if (name == "information") return validation::Level::information;
    if (name == "ignore") return validation::Level::ignore;
    return otherwise;
}

// Other instances that references may lead to.
class Others final : public validation::References {
public:
    explicit Others(Value texts) {
        for (const Value text : texts.elements()) {
            auto document = json::Document::parse(text.text());
            if (document) documents_.push_back(std::move(*document));
        }
    }
    Value find(std::string_view reference) const override {
        for (const json::Document& d : documents_) {
            const Value r = d.root();
            const std::string name = std::string(r["resourceType"].text()) + "/" + std::string(r["id"].text());
            if (reference == name || (reference.size() > name.size() && reference.ends_with("/" + name))) return r;
        }
        return {};
    }

private:
    std::vector<json::Document> documents_;
};

void write(json::Writer& w, const fhir::Issue& issue) {
    w.object().member("severity", fhir::to_string(issue.severity)).member("code", fhir::to_string(issue.code)).member("path", issue.path);
    w.member("line", issue.line).member("text", issue.text).end();
}

std::string compiled(World& world, std::string_view url) {
    json::Writer w;
    const validation::CompileReport report = world.library.compile(url);
    w.object().name("compiled").raw(report.compiled ? "true" : "false").name("problems").array();
    for (const std::string& problem : report.problems) w.value(problem);
    w.end().end();
    return w.take();
}

std::string judge(Value line) {
    json::Writer w;
    auto world = world_of(line);
    if (!world) {
        w.object().member("failed", world.error().message).end();
        return w.take();
    }
    if (line["compile"]) return compiled(**world, line["compile"].text());
    const std::string_view text = line["text"].text();
    const auto document = json::Document::parse(text);
    w.object().name("issues").array();
    if (!document) {
        write(w, fhir::to_issue(document.error()));
        w.end().end();
        return w.take();
    }
    const Others others(line["others"]);
    validation::Options options;
    for (const Value profile : line["profiles"].elements()) options.profiles.emplace_back(profile.text());
    for (const Value domain : line["extension_domains"].elements()) options.extension_domains.emplace_back(domain.text());
    options.text = text;
    options.now = from_iso("2026-01-01T00:00:00Z").value_or(Instant{});
    options.references = &others;
    options.unknown_extension = level(line["unknown_extension"], options.unknown_extension);
    options.unknown_profile = level(line["unknown_profile"], options.unknown_profile);
    options.wrong_display = level(line["wrong_display"], options.wrong_display);
    options.example_urls = level(line["example_urls"], options.example_urls);
    options.html_in_text = level(line["html_in_text"], options.html_in_text);
    options.html_in_markdown = level(line["html_in_markdown"], options.html_in_markdown);
    options.unknown_code = level(line["unknown_code"], options.unknown_code);
    options.check_targets = line["check_targets"].boolean();
    const validation::Validator validator((*world)->library, &(*world)->terms);
    for (const fhir::Issue& issue : validator.validate(document->root(), options)) write(w, issue);
    w.end().end();
    return w.take();
}

}  // namespace

int main() {
    std::string line;
    while (std::getline(std::cin, line)) {
        const auto document = json::Document::parse(line, {.bytes_max = 256u << 20});
        if (!document) {
            std::cout << R"({"failed":"the line is not JSON"})" << std::endl;
            continue;
        }
        std::cout << judge(document->root()) << std::endl;
    }
}
