// `idun fhirpath`: an expression over files, or lines of questions.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "base/time.h"
#include "cli/commands.h"
#include "fhirpath/batch.h"
#include "json/writer.h"

namespace idun::cli {
namespace {

constexpr std::size_t kFileBytesMax = 64u << 20;

Result<std::string> read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return fail(Category::not_found, "the file cannot be read");
    std::string out;
    char block[64 * 1024];
    while (in.read(block, sizeof block) || in.gcount() > 0) {
        out.append(block, static_cast<std::size_t>(in.gcount()));
        if (out.size() > kFileBytesMax) return fail(Category::too_large, "the file is longer than 64 MB");
    }
    return out;
}

// One line an item: type, path and value, tabs between.
void print(std::string_view type, std::string_view path, std::string_view text) {
    std::cout << type << '\t' << (path.empty() ? "-" : path) << '\t' << text << '\n';
}

int over_file(const FhirpathCommand& command, const std::string& file, fhirpath::Batch& batch) {
    json::Writer line;
    line.object().member("expression", command.expression).member("file", file).member("strict", command.strict);
    if (!command.context.empty()) line.member("context", command.context);
    const auto answer = json::Document::parse(batch.run(line.end().take()));
    if (!answer) return complain(answer.error().within(file));
    const json::Value root = answer->root();
    if (root["error"]) {
        std::cerr << "idun: " << file << ": " << root["error"].text() << '\n';
        return kFailed;
    }
    for (const json::Value item : root["result"].elements()) {
        print(item["type"].text(), item["path"].text(), item["text"] ? std::string(item["text"].text()) : json::to_text(item["json"]));
    }
    return kOk;
}

}  // namespace

int fhirpath(const FhirpathCommand& command) {
    fhirpath::Batch batch(read_file, system_clock().now());
    if (command.batch) {
        for (std::string line; std::getline(std::cin, line);) std::cout << batch.run(line) << '\n';
        return std::cout.flush() ? kOk : kFailed;
    }
    int worst = kOk;
    for (const std::string& file : command.files) worst = std::max(worst, over_file(command, file, batch));
    return worst;
}

}  // namespace idun::cli
