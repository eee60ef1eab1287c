#include "witness/shown.h"

#include "json/document.h"

namespace idun::witness {
namespace {

constexpr std::size_t kReportBytesMax = 4u << 20;  // with what it has refused

}  // namespace

http::Call ask_shown(const std::string& url, std::string_view owner, std::chrono::milliseconds timeout) {
    http::Call call;
    call.url = url + "/witness?log=" + std::string(owner);
    call.timeout = timeout;
    call.answer_bytes_max = kReportBytesMax;
    return call;
}

Result<std::vector<std::string>> shown_checkpoints(std::string_view body) {
    TRY_ASSIGN(const auto report, json::Document::parse(body));
    const json::Value logs = report.root()["logs"];
    if (!logs.is_array()) return fail(Category::invalid, "a witness's page without a list of logs");
    std::vector<std::string> out;
    for (const json::Value log : logs.elements()) {
        const json::Value checkpoint = log["checkpoint"];
        if (!checkpoint && log["size"].text() == "0") continue;  // a log that it looks at and has cosigned nothing of
        if (!checkpoint.is_string())
            return fail(Category::invalid, "a witness's page with a log without its checkpoint");
        out.emplace_back(checkpoint.text());
    }
    return out;
}

}  // namespace idun::witness
