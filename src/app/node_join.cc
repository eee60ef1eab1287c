#include "app/node_join.h"

#include <algorithm>

#include "app/internal/join_guide.h"
#include "crypto/encoding.h"
#include "crypto/jws.h"
#include "trust/assertion.h"
#include "trust/connection_check.h"
#include "trust/key_change.h"

namespace idun::app {
namespace {

std::chrono::milliseconds steady() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace

std::string_view to_string(StepState state) {
    switch (state) {
        case StepState::ok: return "ok";
        case StepState::mend: return "mend";
        case StepState::skipped: return "skipped";
    }
    return "";
}

std::string body_text(const http::Response& response) { return response.shared_body ? *response.shared_body : response.body; }

void JoinGuide::step(std::string name, std::initializer_list<std::string_view> needs, const std::function<Finding()>& work) {
    for (const std::string_view need : needs) {
        const auto at = std::ranges::find(steps, need, &JoinStep::name);
        if (at != steps.end() && at->state != StepState::ok) return skip(std::move(name), "needs \"" + std::string(need) + "\"");
    }
    const auto begun = steady();
    Finding found = work();
    JoinStep step{std::move(name), found.mend.empty() ? StepState::ok : StepState::mend, std::move(found.fact), std::move(found.mend), steady() - begun};
    each(step);
    steps.push_back(std::move(step));
}

void JoinGuide::skip(std::string name, std::string why) {
    JoinStep step{std::move(name), StepState::skipped, {}, std::move(why), {}};
    each(step);
    steps.push_back(std::move(step));
}

Result<http::Response> JoinGuide::call(http::Call one) const {
    one.timeout = wish.bound;
    one.answer_bytes_max = 8u << 20;
    return client.fetch(std::move(one));
}

Result<http::Response> JoinGuide::get(const std::string& url) const {
    http::Call one;
    one.url = url;
    return call(std::move(one));
}

crypto::KeySet JoinGuide::hub_keys() const {
    trust::KeyChain chain(node.hub_id, crypto::KeySet(*node.hub_key));
    for (std::uint32_t number = 1; number <= trust::kKeyChangesMax; ++number) {
        const auto answer = get(node.hub_url + "/log/key/" + std::to_string(number));
        if (!answer || answer->status != 200) break;
        const auto change = trust::open_key_change(body_text(*answer));
        if (!change || !chain.take(*change)) break;
    }
    return chain.live(clock.now());
}

tl::expected<json::Document, JoinGuide::Refusal> JoinGuide::ask_hub(const std::string& more) const {
    const std::string word = crypto::base64url(random.bytes(24));
    const auto assertion = trust::sign_assertion(keys->key(), node.provider.id, node.hub_id, clock.now(), random);
    if (!assertion) return tl::unexpected(Refusal{0, assertion.error().message});
    http::Call question;
    question.method = "POST";
    question.url = node.hub_url + "/directory/connection-check";
    question.headers.set("Authorization", "Bearer " + *assertion);
    question.headers.set("Content-Type", "application/json");
    question.body = "{\"word\":\"" + word + "\"" + more + "}";
    const auto answer = call(std::move(question));
    if (!answer) return tl::unexpected(Refusal{0, answer.error().message});
    if (answer->status != 200) {
        const auto outcome = json::Document::parse(body_text(*answer));
        const std::string_view why = outcome ? outcome->root()["issue"][0]["diagnostics"].text() : std::string_view();
        return tl::unexpected(Refusal{answer->status, why.empty() ? "status " + std::to_string(answer->status) : std::string(why)});
    }
    const auto verified = crypto::verify_jws(body_text(*answer), hub_keys(), trust::kConnectionCheckType);
    if (!verified) return tl::unexpected(Refusal{0, verified.error().message, true});
    auto document = json::Document::parse(verified->payload);
    const json::Value root = document ? document->root() : json::Value();
    if (root["iss"].text() != node.hub_id || root["aud"].text() != node.provider.id || root["word"].text() != word)
        return tl::unexpected(Refusal{0, "the hub's answer is to another question, or of another hub: it calls itself " + std::string(root["iss"].text())});
    return std::move(*document);
}

std::vector<JoinStep> check_joining(const NodeOptions& node, const JoinWish& wish, http::Client& client, const Clock& clock, Random& random,
                                    const std::function<void(const JoinStep&)>& each) {
    JoinGuide guide(node, wish, client, clock, random, each);
    join_steps_here(guide);
    join_steps_hub(guide);
    join_steps_work(guide);
    if (wish.test_patient) join_step_test_patient(guide);
    return std::move(guide.steps);
}

bool all_well(const std::vector<JoinStep>& steps) {
    return std::ranges::all_of(steps, [](const JoinStep& one) { return one.state == StepState::ok; });
}

}  // namespace idun::app
