// What the steps of a joining share: what is known so far, and how a step is judged.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "app/node_join.h"
#include "app/role_keys.h"
#include "crypto/pseudonym_ring.h"
#include "json/document.h"

namespace idun::app {

// What a step found. A fault says what to mend.
struct Finding {
    std::string fact;
    std::string mend = {};
};
inline Finding well(std::string fact) { return {std::move(fact), {}}; }
inline Finding fault(std::string fact, std::string mend) { return {std::move(fact), std::move(mend)}; }

// Work that has no bound of its own, such as a look into the name system, on a thread that is left alone when the time is over.
template <typename Work>
auto within(std::chrono::milliseconds bound, Work work) -> std::optional<decltype(work())> {
    auto promise = std::make_shared<std::promise<decltype(work())>>();
    auto result = promise->get_future();
    std::thread([promise, work = std::move(work)] { promise->set_value(work()); }).detach();
    if (result.wait_for(bound) != std::future_status::ready) return std::nullopt;
    return result.get();
}

// Not thread-safe.
class JoinGuide {
public:
    JoinGuide(const NodeOptions& n, const JoinWish& w, http::Client& h, const Clock& c, Random& r, const std::function<void(const JoinStep&)>& e)
        : node(n), wish(w), client(h), clock(c), random(r), each(e) {}

    const NodeOptions& node;
    const JoinWish& wish;
    http::Client& client;
    const Clock& clock;
    Random& random;
    const std::function<void(const JoinStep&)>& each;
    std::vector<JoinStep> steps;

    // Found by the steps.
    std::optional<RoleKeys> keys;
    std::optional<crypto::PseudonymRing> pseudonyms;
    std::string own_url;    // as others reach the node, without a slash at the end
    std::string near_url;   // as the node is reached from this machine
    std::string health;     // what the node says of itself
    std::optional<std::chrono::milliseconds> clock_ahead;  // the hub's clock before this one
    std::optional<json::Document> check;  // what the hub has signed last

    // Does the step, unless one that it needs is not well.
    void step(std::string name, std::initializer_list<std::string_view> needs, const std::function<Finding()>& work);
    void skip(std::string name, std::string why);

    Result<http::Response> get(const std::string& url) const;
    Result<http::Response> call(http::Call one) const;
    // The hub's signed answer; `more` are members of the question after the word. The error says what the hub said.
    struct Refusal {
        int status = 0;    // 0: no answer, or one that does not hold
        std::string why;
        bool wrong_key = false;  // an answer came, signed by another than hub_key
    };
    tl::expected<json::Document, Refusal> ask_hub(const std::string& more) const;

    // hub_key, and what follows from it by the hub's own word (docs/formats/key-change.md).
    crypto::KeySet hub_keys() const;

    std::string in_file(std::string_view what) const { return std::string(what) + " in " + wish.config_file; }
};

// In the order in which they are done.
void join_steps_here(JoinGuide& guide);
void join_steps_hub(JoinGuide& guide);
void join_steps_work(JoinGuide& guide);
void join_step_test_patient(JoinGuide& guide);

std::string body_text(const http::Response& response);

}  // namespace idun::app
