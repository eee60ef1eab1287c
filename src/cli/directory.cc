// `idun directory`: a table into the hub's directory, and the report on who is connected.
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

Result<http::Response> ask_hub(const std::string& hub_url, const std::string& token, http::Call call) {
    app::Runtime runtime;
    http::Client client(runtime.loop, {});
    std::string url = hub_url;
    while (url.ends_with('/')) url.pop_back();
    call.url = url + call.url;
    call.headers.set("Authorization", "Bearer " + token);
    auto answer = client.fetch(std::move(call));
    if (!answer) return fail(answer.error().within(hub_url));
    return answer;
}

Error refused_by_hub(const http::Response& answer) {
    const auto document = json::Document::parse(answer.shared_body ? *answer.shared_body : answer.body);
    const json::Value root = document ? document->root() : json::Value();
    const std::string_view why = root["issue"][0]["diagnostics"] ? root["issue"][0]["diagnostics"].text() : root["detail"].text();
    return Error(Category::invalid, "the hub answered " + std::to_string(answer.status) + (why.empty() ? "" : ": " + std::string(why)));
}

Status keep_national_figures(const DirectoryReportCommand& command, const std::string& token) {
    TRY_ASSIGN(std::string text, app::read_file(command.national_file));
    http::Call call;
    call.method = "PUT";
    call.url = "/report/national";
    call.headers.set("Content-Type", "application/json");
    call.body = std::move(text);
    TRY_ASSIGN(const auto answer, ask_hub(command.hub_url, token, std::move(call)));
    if (answer.status != 200) return fail(refused_by_hub(answer).within(command.national_file));
    return {};
}

}  // namespace

int directory_report(const DirectoryReportCommand& command) {
    const auto token = token_of(command.token_file);
    if (!token) return complain(token.error());
    if (!command.national_file.empty())
        if (const Status kept = keep_national_figures(command, *token); !kept) return complain(kept.error());
    http::Call call;
    call.url = "/report/connection?from=" + http::percent_encoded(command.from) + "&to=" + http::percent_encoded(command.to);
    call.headers.set("Accept", command.csv ? "text/csv" : "application/fhir+json");
    call.timeout = std::chrono::hours(1);
    const auto answer = ask_hub(command.hub_url, *token, std::move(call));
    if (!answer) return complain(answer.error());
    if (answer->status != 200) return complain(refused_by_hub(*answer));
    const std::string& body = answer->shared_body ? *answer->shared_body : answer->body;
    std::fwrite(body.data(), 1, body.size(), stdout);
    if (!body.ends_with('\n')) std::printf("\n");
    return kOk;
}

int directory_import(const DirectoryImportCommand& command) {
    const auto token = token_of(command.token_file);
    if (!token) return complain(token.error());
    auto text = app::read_file(command.file);
    if (!text) return complain(text.error());
    http::Call call;
    call.method = "POST";
    call.url = "/directory/import";
    call.headers.set("Content-Type", "text/csv");
    call.body = std::move(*text);
    call.timeout = std::chrono::minutes(2);
    const auto answer = ask_hub(command.hub_url, *token, std::move(call));
    if (!answer) return complain(answer.error());
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
    return complain(refused_by_hub(*answer));
}

}  // namespace idun::cli
