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
constexpr milliseconds kAnswer{5'000};
constexpr std::size_t kSnapshotPartsMax = 100'000;
constexpr milliseconds kRetryMin{100};
constexpr milliseconds kRetryMax{2'000};

std::int64_t steady() { return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

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
    http::Interruptible urgent;  // of whoever asks for what is missing
    std::mutex mutex;
    std::condition_variable woken;
    bool stopping = false;
    std::atomic<bool> up_to_date{false};
    std::atomic<bool> cut_off{false};
    std::atomic<std::uint64_t> heard{0};  // answers of the hub that held
    std::atomic<std::int64_t> heard_at{steady()};  // ms of the machine's time; at first: the start
    std::mutex asking;  // by `urgent`
    std::thread thread;

    // Waits at the hub only when there is nothing to catch up and the lease is not about to end.
    milliseconds wait_at_hub() const {
        if (!up_to_date) return milliseconds(0);
        const milliseconds left = copy.lease_until() - clock.now();
        return std::clamp(left / 3, milliseconds(0), kWait);
    }

    Result<http::Response> ask(http::Interruptible& by, const std::string& path, milliseconds timeout) {
        http::Call call;
        call.url = options.hub_url + path;
        call.headers.set("Authorization", "Bearer " + options.assertion());
        call.timeout = timeout;
        return by.fetch(client, std::move(call));
    }

    // One page of the feed. Two threads may ask at once: whose page comes second has nothing to continue, and that is
    // no failure.
    Status follow(http::Interruptible& by, milliseconds wait, milliseconds answer_within = kAnswer) {
        TRY(follow_on(by, wait, answer_within));
        ++heard;
        heard_at = steady();
        cut_off = false;
        return {};
    }

    Status follow_on(http::Interruptible& by, milliseconds wait, milliseconds answer_within) {
        const std::uint64_t after = copy.number();
        TRY_ASSIGN(const auto answer,
                   ask(by, fmt::format("/rights/feed?after={}&wait={}", after, wait.count()), wait + answer_within));
        if (answer.status == 410) return start_anew(by);
        if (answer.status != 200) return fail(Category::unavailable, fmt::format("the hub answered {}", answer.status));
        const auto verified = rights::verify_page(answer.body, options.hub_keys(),
                                                  {.hub = options.hub, .provider_id = options.provider_id, .after = after, .now = clock.now()});
        if (!verified && options.stranger) options.stranger();
        TRY_ASSIGN(const auto page, verified);
        const Status applied = copy.apply(page);
        if (!applied && !(applied.error().category == Category::conflict && copy.number() != after)) return applied;
        up_to_date = page.complete();
        number.set(static_cast<double>(copy.number()));
        lease_left.set(static_cast<double>((copy.lease_until() - clock.now()).count()) / 1000);
        return {};
    }

    // The feed no longer reaches back to this copy.
    Status start_anew(http::Interruptible& by) {
        std::vector<rights::SnapshotPage> parts;
        while (parts.empty() || !parts.back().last) {
            if (parts.size() == kSnapshotPartsMax) return fail(Category::too_large, "the snapshot does not end");
            rights::SnapshotCheck check{
                .hub = options.hub, .provider_id = options.provider_id, .number = {}, .after = {}, .now = clock.now()};
            std::string path = "/rights/snapshot";
            if (!parts.empty()) {
                check.number = parts.front().number;
                if (parts.back().persons.empty()) return fail(Category::invalid, "a part of the snapshot holds nobody");
                check.after = parts.back().persons.back().person;
                path += "?after=" + check.after->text();
            }
            TRY_ASSIGN(const auto answer, ask(by, path, kAnswer));
            if (answer.status != 200)
                return fail(Category::unavailable, fmt::format("the hub answered {}", answer.status));
            TRY_ASSIGN(auto part, rights::verify_snapshot(answer.body, options.hub_keys(), check));
            parts.push_back(std::move(part));
        }
        up_to_date = false;
        return copy.replace(parts);
    }

    bool pause(milliseconds time) {
        std::unique_lock lock(mutex);
        woken.wait_for(lock, time, [&] { return stopping; });
        return !stopping;
    }

    void run() {
        milliseconds retry = kRetryMin;
        for (bool going = true; going;) {
            if (const Status status = follow(calls, wait_at_hub()); status) {
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
    impl_->urgent.interrupt();
    impl_->woken.notify_all();
}

CaughtUp RightsFollower::catch_up(std::uint64_t number, milliseconds time) {
    Impl& i = *impl_;
    const auto until = std::chrono::steady_clock::now() + time;
    const std::uint64_t heard_before = i.heard;
    while (i.copy.number() < number) {
        const auto left = std::chrono::duration_cast<milliseconds>(until - std::chrono::steady_clock::now());
        if (left <= milliseconds(0)) {
            if (i.heard != heard_before) return CaughtUp::behind;
            i.cut_off = true;
            return CaughtUp::cut_off;
        }
        const std::unique_lock asking(i.asking, std::try_to_lock);
        // Whoever asks already asks for everybody. The usual poll may be faster than both.
        if (!asking || !i.follow(i.urgent, milliseconds(0), left))
            i.copy.wait_for(number, std::min(left, milliseconds(50)));
    }
    return CaughtUp::reached;
}

bool RightsFollower::cut_off() const { return impl_->cut_off; }

Status RightsFollower::healthy() const {
    const milliseconds unheard(steady() - impl_->heard_at);
    if (unheard < kUnheardMax) return {};
    return fail(Category::unavailable, fmt::format("the hub has not answered for {} s", unheard.count() / 1000));
}

RightsFollower::~RightsFollower() {
    end();
    impl_->thread.join();
}

}  // namespace idun::gate
