// idun terms import: tables of codes and CodeSystem files into a folder that a configuration can name as a package.
#include <cstdio>
#include <filesystem>

#include "app/compressed.h"
#include "cli/commands.h"
#include "json/document.h"

namespace idun::cli {
namespace {

namespace fs = std::filesystem;

// "urn:oid:1.2.752.116.1.1.1.1.3" becomes "CodeSystem-urn-oid-1.2.752.116.1.1.1.1.3.json".
std::string file_of(std::string_view url) {
    std::string out = "CodeSystem-";
    for (const char c : url) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
        if (plain) out += c;
        else if (out.back() != '-') out += '-';
    }
    return out + ".json";
}

Result<std::string> import(const TermsImportCommand& command) {
    TRY_ASSIGN(auto bytes, app::read_file(command.file));
    TRY_ASSIGN(const auto text, app::unpacked(std::move(bytes)));
    const std::size_t first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    const bool is_json = first != text.npos && text[first] == '{';
    auto made = is_json ? terms::checked_code_system(text) : terms::code_system_from_table(text, command.head);
    if (!made) return fail(made.error().within(command.file));
    return made;
}

Status write(const TermsImportCommand& command, const std::string& resource) {
    TRY_ASSIGN(const auto document, json::Document::parse(resource, {.bytes_max = 512u << 20, .depth_max = 64, .nodes_max = 64u << 20}));
    std::error_code error;
    fs::create_directories(command.folder, error);
    if (error) return fail(Category::unavailable, command.folder + ": " + error.message());
    const json::Value root = document.root();
    const std::string path = (fs::path(command.folder) / file_of(root["url"].text())).string();
    TRY(app::write_file(path, resource));
    std::printf("%s: code system %s with %s codes\n", path.c_str(), std::string(root["url"].text()).c_str(),
                root["count"] ? std::string(root["count"].text()).c_str() : "its");
    return {};
}

}  // namespace

int terms_import(const TermsImportCommand& command) {
    const auto resource = import(command);
    if (!resource) return complain(resource.error());
    if (const Status written = write(command, *resource); !written) return complain(written.error());
    return kOk;
}

}  // namespace idun::cli
