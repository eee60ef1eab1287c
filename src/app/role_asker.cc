#include "app/role_asker.h"

#include <charconv>
#include <thread>

#include "base/log.h"
#include "trust/assertion.h"

namespace idun::app {
namespace {

constexpr std::chrono::milliseconds kAskEvery{300};
constexpr std::chrono::milliseconds kBeginEvery{1'000};
constexpr int kMissedMax = 100;  // answers in a row: half a minute

std::string text_of_answer(http::Response& answer) { return answer.shared_body ? *answer.shared_body : std::move(answer.body); }

}  // namespace

RoleAsker::RoleAsker(const RolePlace& place, const crypto::SigningKey& key, const Clock& clock, Random& random)
    : place_(place), key_(key), clock_(clock), random_(random), client_(loop_, {.ca_file = place.ca_file}) {}

Result<std::string> RoleAsker::call(const std::string& method, std::string_view path, std::string body) {
    TRY_ASSIGN(const std::string token, trust::sign_assertion(key_, place_.id, place_.audience(), clock_.now(), random_));
    http::Call call;
    call.method = method;
    call.url = place_.url + std::string(path);
    call.headers.set("Authorization", "Bearer " + token);
    if (!body.empty()) call.headers.set("Content-Type", "application/json");
    call.body = std::move(body);
    TRY_ASSIGN(http::Response answer, client_.fetch(std::move(call)));
    std::string text = text_of_answer(answer);
    if (answer.status < 300) return text;
    const auto document = json::Document::parse(text);
    const std::string why = document ? std::string(document->root()["detail"].text()) : std::string();
    return fail(answer.status == 409 ? Category::conflict : Category::unavailable, place_.name + " answered " + std::to_string(answer.status) + (why.empty() ? "" : ": " + why));
}

Status RoleAsker::begin(std::string_view path, const std::string& body, std::chrono::milliseconds wait_max) {
    using Steady = std::chrono::steady_clock;
    const auto deadline = Steady::now() + wait_max;
    for (bool told = false;; told = true) {
        const auto begun = call("POST", path, body);
        if (begun) return {};
        if (begun.error().category != Category::conflict) return fail(begun.error());
        if (Steady::now() + kBeginEvery > deadline) return fail(Category::busy, begun.error().message + ", and did so all the while: try again later");
        if (!told) log::info("one runs already: its end is waited for", {{"role", place_.name}});
        std::this_thread::sleep_for(kBeginEvery);
    }
}

Result<std::string> RoleAsker::ask_again(std::string_view path) {
    for (int missed = 0;; ++missed) {
        std::this_thread::sleep_for(kAskEvery);
        auto answer = call("GET", path, "");
        if (answer || missed == kMissedMax) return answer;
    }
}

Result<json::Document> ask_task(const RolePlace& place, std::string_view path, const Clock& clock, Random& random,
                                const std::function<void(std::uint64_t)>& progress) {
    TRY_ASSIGN(const RoleKeys keys, keys_of(place));
    RoleAsker role(place, keys.key(), clock, random);
    TRY(role.begin(path, ""));
    for (;;) {
        TRY_ASSIGN(const std::string answer, role.ask_again(path));
        TRY_ASSIGN(auto document, json::Document::parse(answer));
        const json::Value root = document.root();
        if (root["running"]) {
            std::uint64_t done = 0;
            const std::string_view digits = root["running"].text();
            std::from_chars(digits.data(), digits.data() + digits.size(), done);
            if (progress) progress(done);
            continue;
        }
        if (!root["last"]) return fail(Category::unavailable, place.name + " was started again meanwhile: nothing came of it");
        if (root["last"]["error"]) return fail(Category::unavailable, std::string(root["last"]["error"].text()));
        return document;
    }
}

}  // namespace idun::app
