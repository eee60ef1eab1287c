#include "subscriptions/hub_news.h"

#include <fmt/format.h>

#include "json/document.h"
#include "json/writer.h"

namespace idun::subscriptions {
namespace {

constexpr std::size_t kAnswerBytesMax = 1u << 20;
constexpr std::size_t kPersonsMax = 20'000;  // whole commits of up to 10,000 pointers
constexpr std::size_t kPlaceBytesMax = 256;
constexpr std::chrono::milliseconds kAnswer{15'000};  // beyond the wait

}  // namespace

std::string news_question(const NewsAsk& ask) {
    json::Writer w;
    w.object().name("requester").object().member("id", ask.requester.user_id).member("name", ask.requester.name);
    w.member("unit", ask.requester.unit_id).member("assurance", ask.assurance).member("task", ask.task).end();
    w.member("careRelation", true);
    if (!ask.after.empty()) w.member("after", ask.after);
    w.member("_count", ask.count).member("wait", ask.wait.count()).end();
    return w.take();
}

Result<News> news_answer(const Result<http::Response>& answer) {
    if (!answer) return fail(Category::unavailable, "the hub did not answer");
    if (answer->status == 403) return fail(Category::forbidden, "the hub tells systems of this provider nothing of others");
    if (answer->status == 410) return fail(Category::gone, "the hub no longer knows what is new since then");
    if (answer->status != 200) return fail(Category::unavailable, fmt::format("the hub answered {}", answer->status));
    TRY_ASSIGN(const auto document, json::Document::parse(answer->body, {.bytes_max = kAnswerBytesMax, .depth_max = 4, .nodes_max = 2 * kPersonsMax}));
    News out;
    out.after = document.root()["after"].text();
    if (out.after.empty() || out.after.size() > kPlaceBytesMax) return fail(Category::invalid, "the hub's answer names no place");
    for (const json::Value one : document.root()["persons"].elements()) {
        const auto person = crypto::Pseudonym::from_text(one.text());
        if (!person) return fail(Category::invalid, "the hub's answer names nobody");
        out.persons.push_back(*person);
    }
    return out;
}

AskHub hub_asker(std::string hub_url, std::function<std::string()> assertion, http::Client& client) {
    return [hub_url = std::move(hub_url), assertion = std::move(assertion), &client](const NewsAsk& ask, NewsAnswered answered) {
        http::Call call;
        call.method = "POST";
        call.url = hub_url + "/index/changes";
        call.headers.set("Authorization", "Bearer " + assertion());
        call.headers.set("Content-Type", "application/json");
        call.body = news_question(ask);
        call.timeout = ask.wait + kAnswer;
        call.answer_bytes_max = kAnswerBytesMax;
        client.send(std::move(call), [answered = std::move(answered)](const Result<http::Response>& answer) { answered(news_answer(answer)); });
    };
}

}  // namespace idun::subscriptions
