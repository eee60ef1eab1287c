#include "publish/key_news.h"

#include <fmt/format.h>

#include "base/log.h"

namespace idun::publish {

KeyNews::KeyNews(KeyNewsOptions options, trust::PeerKeys& hub_keys, http::Client& client, const Clock& clock)
    : options_(std::move(options)), hub_keys_(hub_keys), client_(client), clock_(clock) {
    rounds_.emplace(RoundsOptions{.failing = "key changes are not exchanged with the hub",
                                  .again = "exchanging key changes with the hub again",
                                  .about = {"provider", options_.provider_id},
                                  .interrupt = [this] { calls_.interrupt(); }},
                    clock, [this] { return round(); });
}

bool KeyNews::caught_up(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return done_.wait_for(lock, patience, [this] { return done_once_; });
}

Result<std::chrono::milliseconds> KeyNews::round() {
    if (const auto since = clock_.now() - asked_; since >= std::chrono::milliseconds(0) && since < options_.nudged_after) return options_.nudged_after - since;
    TRY(ask());
    TRY(tell());
    const std::lock_guard lock(mutex_);
    done_once_ = true;
    asked_ = clock_.now();
    done_.notify_all();
    return options_.every;
}

Status KeyNews::ask() {
    for (std::uint32_t number = hub_keys_.number(options_.hub_id) + 1; number <= trust::kKeyChangesMax; ++number) {
        http::Call call;
        call.url = fmt::format("{}/log/key/{}", options_.hub_url, number);
        call.answer_bytes_max = trust::kKeyChangeBytesMax;
        TRY_ASSIGN(const auto answer, calls_.fetch(client_, std::move(call)));
        if (answer.status == 404) return {};
        if (answer.status != 200) return fail(Category::unavailable, fmt::format("the hub answered {}", answer.status));
        TRY(hub_keys_.take(answer.shared_body ? *answer.shared_body : answer.body));
    }
    return {};
}

// All of them each time: they are few, and a hub whose store was set back has forgotten them.
Status KeyNews::tell() {
    TRY_ASSIGN(const auto notes, options_.own());
    for (std::size_t i = 0; i < notes.size(); ++i) {
        http::Call call;
        call.method = "POST";
        call.url = options_.hub_url + "/log-keys";
        call.headers.set("Content-Type", "text/plain; charset=utf-8");
        call.body = notes[i];
        TRY_ASSIGN(const auto answer, calls_.fetch(client_, std::move(call)));
        if (answer.status != 200) return fail(Category::unavailable, fmt::format("the hub answered {} to key change {}", answer.status, i + 1));
    }
    return {};
}

}  // namespace idun::publish
