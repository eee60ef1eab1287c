#include "api/log_files.h"

#include <doctest/doctest.h>

#include "ledger/internal/fault_files.h"

using namespace idun;

namespace {

struct CatchOne : http::Reply::Sink {
    explicit CatchOne(http::Response& to) : out(to) {}
    void send(http::Response response) override { out = std::move(response); }
    std::unique_ptr<http::BodyStream> stream(http::Response) override { return nullptr; }
    http::Response& out;
};

http::Response get_file(const http::Handler& handler, std::string path) {
    http::Request request;
    request.method = "GET";
    request.path = std::move(path);
    http::Response response;
    handler(std::move(request), http::Reply(std::make_unique<CatchOne>(response)));
    return response;
}

}  // namespace

TEST_CASE("everybody may read a log's public files, and nothing that lies beside them") {
    ledger::FaultFiles files;
    files.set_bytes("log/public/checkpoint", "note");
    files.set_bytes("log/public/tile/0/000", "whole");
    files.set_bytes("log/public/tile/entries/x001/234.p/7", "partial");
    files.set_bytes("log/public/tile/0/000.new", "half");
    files.set_bytes("log/public/other", "other");
    files.set_bytes("log/keys", "secret");
    http::Router router;
    api::add_log_routes(router, files, "log/public", "keys/changes");
    const http::Handler handler = std::move(router).handler();

    const auto checkpoint = get_file(handler, "/log/checkpoint");
    CHECK(checkpoint.status == 200);
    CHECK(checkpoint.body == "note");
    CHECK(checkpoint.headers.get("Content-Type") == "text/plain; charset=utf-8");
    CHECK(checkpoint.headers.get("Cache-Control") == "no-cache");
    const auto whole = get_file(handler, "/log/tile/0/000");
    CHECK(whole.body == "whole");
    CHECK(whole.headers.get("Content-Type") == "application/octet-stream");
    CHECK(whole.headers.get("Cache-Control").find("immutable") != std::string_view::npos);
    const auto partial = get_file(handler, "/log/tile/entries/x001/234.p/7");
    CHECK(partial.body == "partial");
    CHECK(partial.headers.get("Cache-Control").find("immutable") == std::string_view::npos);

    for (const char* path : {"/log/tile/0/001", "/log/tile/0/000.new", "/log/tile/0/000.p/1", "/log/tile/../checkpoint",
                             "/log/tile/../../keys", "/log/tile/0/../../../keys", "/log/keys", "/log/other", "/log",
                             "/log/", "/log/tile", "/log/tile/", "/log/tile//0/000", "/log/tile/00/000",
                             "/log/tile/0/000/", "/log/public/checkpoint", "/log/checkpoint/", "/log/tile/0/00\0"}) {
        const auto response = get_file(handler, path);
        CHECK_MESSAGE(response.status == 404, path);
        CHECK(response.body.find("secret") == std::string::npos);
        CHECK(response.body.find("log/public") == std::string::npos);
    }
}

TEST_CASE("each log has an address that stays its own when another one follows") {
    ledger::FaultFiles files;
    files.set_bytes("log/public/checkpoint", "the first");
    files.set_bytes("log-2/public/checkpoint", "the second");
    files.set_bytes("log-2/public/tile/0/000", "whole");
    files.set_bytes("keys/changes/1", "a change");
    files.set_bytes("keys/changes/hub.key", "secret");
    http::Router router;
    api::add_log_routes(router, files, "log-2/public", "keys/changes");
    api::add_lasting_log_routes(router, files, "log/public", "keys/changes", "SE1");
    api::add_lasting_log_routes(router, files, "log-2/public", "keys/changes", "SE1.log2");
    const http::Handler handler = std::move(router).handler();
    CHECK(get_file(handler, "/log/checkpoint").body == "the second");
    CHECK(get_file(handler, "/logs/SE1/checkpoint").body == "the first");
    CHECK(get_file(handler, "/logs/SE1.log2/checkpoint").body == "the second");
    CHECK(get_file(handler, "/logs/SE1.log2/tile/0/000").body == "whole");
    CHECK(get_file(handler, "/log/key/1").body == "a change");
    CHECK(get_file(handler, "/logs/SE1/key/1").body == "a change");
    for (const char* path : {"/log/key/2", "/log/key/0", "/log/key/01", "/log/key/hub.key", "/log/key/../changes/1", "/log/key/", "/logs/SE1/tile/0/000", "/logs/SE1.log3/checkpoint", "/logs/checkpoint", "/logs/SE1/keys", "/logs/../log/keys"})
        CHECK_MESSAGE(get_file(handler, path).status == 404, path);
}

TEST_CASE("a log that has published nothing yet has no files") {
    ledger::FaultFiles files;
    http::Router router;
    api::add_log_routes(router, files, "log/public", "keys/changes");
    const http::Handler handler = std::move(router).handler();
    CHECK(get_file(handler, "/log/checkpoint").status == 404);
    CHECK(get_file(handler, "/log/tile/0/000").status == 404);
}
