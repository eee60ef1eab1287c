#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <thread>

#include "base/log.h"
#include "gate/rights_copy.h"
#include "http/interruptible.h"

namespace idun::gate {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kWait{10'000};  // how long the hub may hold a question open
constexpr milliseconds kRetryMin{100};
constexpr milliseconds kRetryMax{2'000};

}  // namespace

struct RightsFollower::Impl {
    Impl(FollowerOptions o, RightsCopy& c, http::Client& h, const Clock& k, Metrics& m)
        : options(std::move(o)), copy(c), client(h), clock(k),
          lease_left(m.gauge("idun_rights_lease_seconds", "seconds until the copy of the rights is stale")),
          number(m.gauge("idun_rights_number", "newest rights change in the copy")) {}

    FollowerOptions options;
    RightsCopy& copy;
    http::Client& client;
    const Clock& clock;
    Gauge& lease_left;
    Gauge& number;
    http::Interruptible calls;
    std::mutex mutex;
    std::condition_variable woken;
    bool stopping = false;
    bool up_to_date = false;
    std::thread thread;

    // Waits at the hub only when there is nothing to catch up and the lease is not about to end.
    milliseconds wait_at_hub() const {
        if (!up_to_date) return milliseconds(0);
        const milliseconds left = copy.lease_until() - clock.now();
        return std::clamp(left / 3, milliseconds(0), kWait);
    }

    Status follow_once() {
        const std::uint64_t after = copy.number();
        const milliseconds wait = wait_at_hub();
        http::Call call;
        call.url = fmt::format("{}/rights/feed?after={}&wait={}", options.hub_url, after, wait.count());
        call.headers.set("Authorization", "Bearer " + options.assertion());
        call.timeout = wait + milliseconds(5'000);
        TRY_ASSIGN(const auto answer, calls.fetch(client, std::move(call)));
        if (answer.status != 200)
            return fail(Category::unavailable, fmt::format("the hub answered {}", answer.status));
        TRY_ASSIGN(const auto page, rights::verify_page(answer.body, options.hub_keys,
                                                        {.hub = options.hub,
                                                         .provider_id = options.provider_id,
                                                         .after = after,
                                                         .now = clock.now()}));
        TRY(copy.apply(page));
        up_to_date = page.complete();
        number.set(static_cast<double>(copy.number()));
        lease_left.set(static_cast<double>((copy.lease_until() - clock.now()).count()) / 1000);
        return {};
    }

    bool pause(milliseconds time) {
        std::unique_lock lock(mutex);
        woken.wait_for(lock, time, [&] { return stopping; });
        return !stopping;
    }

    void run() {
        milliseconds retry = kRetryMin;
        for (bool going = true; going;) {
            if (const Status status = follow_once(); status) {
                retry = kRetryMin;
                going = pause(milliseconds(0));
                continue;
            } else if (retry == kRetryMin && pause(milliseconds(0))) {
                log::warn("rights feed not followed",
                          {{"provider", options.provider_id}, {"error", status.error().message}});
            }
            up_to_date = false;
            lease_left.set(static_cast<double>((copy.lease_until() - clock.now()).count()) / 1000);
            going = pause(retry);
            retry = std::min(retry * 2, kRetryMax);
        }
    }
};

RightsFollower::RightsFollower(FollowerOptions options, RightsCopy& copy, http::Client& client, const Clock& clock,
                               Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), copy, client, clock, metrics)) {
    impl_->thread = std::thread([this] { impl_->run(); });
}

void RightsFollower::end() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->calls.interrupt();
    impl_->woken.notify_all();
}

RightsFollower::~RightsFollower() {
    end();
    impl_->thread.join();
}

}  // namespace idun::gate
