#include "api/log_files.h"

#include <algorithm>

#include "http/problem.h"
#include "ledger/tile_name.h"
#include "ledger/tiles.h"

namespace idun::api {
namespace {

constexpr std::size_t kFileBytesMax = ledger::kTileWidth * (ledger::kTileEntryBytesMax + 2);

Result<std::string> content_of(ledger::FileSystem& files, const std::string& path) {
    TRY_ASSIGN(const std::uint64_t size, files.size(path));
    if (size > kFileBytesMax) return fail(Category::corrupt, "log: a public file is longer than it can be");
    return files.read(path, 0, static_cast<std::size_t>(size));
}

http::Response log_file(ledger::FileSystem& files, const std::string& path, const char* type, const char* caching) {
    auto content = content_of(files, path);
    if (!content) {
        const bool absent = content.error().category == Category::not_found;
        // The system's words would tell where the log lies.
        return http::problem(absent ? Error(Category::not_found, "the log has no such file")
                                    : Error(Category::unavailable, "the log's file cannot be read"));
    }
    http::Response response;
    response.headers.set("Content-Type", type);
    response.headers.set("Cache-Control", caching);
    response.headers.set("Access-Control-Allow-Origin", "*");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.body = std::move(*content);
    return response;
}

}  // namespace

void add_log_routes(http::Router& router, ledger::FileSystem& files, const std::string& folder, const std::string& key_changes, const std::string& at) {
    router.add("GET", at + "/checkpoint", http::answering([&files, path = folder + "/checkpoint"](const http::Request&) {
                   return log_file(files, path, "text/plain; charset=utf-8", "no-cache");
               }));
    router.add("GET", at + "/tile/*", http::answering([&files, folder](const http::Request& request) {
                   const auto tile = ledger::TileName::from_path("tile/" + request.parts.back());
                   if (!tile) return http::problem(Error(Category::not_found, "the log has no such file"));
                   // A partial tile never changes either, but goes when the whole one is there.
                   return log_file(files, folder + "/" + tile->path(), "application/octet-stream",
                                   tile->whole() ? "public, max-age=31536000, immutable" : "public, max-age=60");
               }));
    router.add("GET", at + "/key/:number", http::answering([&files, key_changes](const http::Request& request) {
                   const std::string& number = request.parts.back();
                   const bool sound = !number.empty() && number.size() <= 2 && number.front() != '0' &&
                                      std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
                   if (!sound) return http::problem(Error(Category::not_found, "the log has no such file"));
                   return log_file(files, key_changes + "/" + number, "text/plain; charset=utf-8", "no-cache");
               }));
}

void add_lasting_log_routes(http::Router& router, ledger::FileSystem& files, const std::string& folder, const std::string& key_changes,
                            const std::string& log_id) {
    add_log_routes(router, files, folder, key_changes, "/logs/" + log_id);
}

}  // namespace idun::api
