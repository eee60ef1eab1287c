// Files that are part of the program: the pages of web/dist and the people of the demo.
#pragma once

#include <span>
#include <string_view>

namespace idun::app {

struct EmbeddedFile {
    std::string_view name;  // "index.html", "assets/app-1a2b.js"
    std::string_view content;
};

std::span<const EmbeddedFile> embedded_files();

}  // namespace idun::app
