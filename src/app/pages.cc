#include "app/pages.h"

#include "app/embedded_files.h"

namespace idun::app {
namespace {

std::string content_type(std::string_view name) {
    constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
        {".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},   {".svg", "image/svg+xml"},
        {".png", "image/png"},                 {".json", "application/json"},
        {".txt", "text/plain; charset=utf-8"}, {".ico", "image/x-icon"}, {".webmanifest", "application/manifest+json"}};
    for (const auto& [ending, type] : kTypes)
        if (name.ends_with(ending)) return std::string(type);
    return "application/octet-stream";
}

}  // namespace

std::vector<api::Page> embedded_pages() {
    std::vector<api::Page> pages;
    for (const EmbeddedFile& file : embedded_files()) {
        if (file.name.starts_with("demo/") || file.name.ends_with(".gz") || file.name.ends_with(".map")) continue;
        const std::string path = file.name == "index.html" ? "/" : "/" + std::string(file.name);
        pages.push_back({path, content_type(file.name), file.content, file.name.starts_with("assets/")});
    }
    return pages;
}

}  // namespace idun::app
