// `idun directory import`: a table into the hub's directory.
#include <cstdio>

#include "app/compressed.h"
#include "app/runtime.h"
#include "cli/commands.h"
#include "http/client.h"
#include "json/document.h"

namespace idun::cli {
namespace {

void print_names(const char* word, json::Value names) {
    for (const json::Value one : names.elements()) std::printf("%s %s\n", word, std::string(one.text()).c_str());
}

}  // namespace

int directory_import(const DirectoryImportCommand& command) {
    const auto token = token_of(command.token_file);
    if (!token) return complain(token.error());
    auto text = app::read_file(command.file);
    if (!text) return complain(text.error());
    app::Runtime runtime;
    http::Client client(runtime.loop, {});
    http::Call call;
    call.method = "POST";
    call.url = command.hub_url;
    while (call.url.ends_with('/')) call.url.pop_back();
    call.url += "/directory/import";
    call.headers.set("Authorization", "Bearer " + *token);
    call.headers.set("Content-Type", "text/csv");
    call.body = std::move(*text);
    call.timeout = std::chrono::minutes(2);
    const auto answer = client.fetch(std::move(call));
    if (!answer) return complain(answer.error().within(command.hub_url));
    const std::string& body = answer->shared_body ? *answer->shared_body : answer->body;
    const auto document = json::Document::parse(body);
    const json::Value root = document ? document->root() : json::Value();
    if (answer->status == 200) {
        print_names("created", root["createdResources"]);
        print_names("changed", root["changedResources"]);
        std::printf("%s resources: %s created, %s changed, %s unchanged\n", std::string(root["resources"].text()).c_str(), std::string(root["created"].text()).c_str(),
                    std::string(root["changed"].text()).c_str(), std::string(root["unchanged"].text()).c_str());
        return kOk;
    }
    if (root["wrong"].is_array()) {
        for (const json::Value one : root["wrong"].elements())
            std::fprintf(stderr, "%s, line %s: %s\n", command.file.c_str(), std::string(one["line"].text()).c_str(), std::string(one["problem"].text()).c_str());
        std::fprintf(stderr, "idun: nothing was stored\n");
        return kInvalid;
    }
    const std::string_view why = root["issue"][0]["diagnostics"] ? root["issue"][0]["diagnostics"].text() : root["detail"].text();
    return complain(Error(Category::invalid, "the hub answered " + std::to_string(answer->status) + (why.empty() ? "" : ": " + std::string(why))));
}

}  // namespace idun::cli
