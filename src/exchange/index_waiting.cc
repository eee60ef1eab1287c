#include "exchange/index_waiting.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <set>
#include <thread>
#include <unordered_map>

namespace idun::exchange {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kMatchedAtOnce = 4'096;  // changes

}  // namespace

struct IndexWaiting::Impl {
    Impl(const IndexFollowing& f, index::Index& i, const people::Links& l, Metrics& m)
        : following(f), index(i), links(l), count(m.gauge("idun_index_followers_waiting", "followers of the index that wait in their request")),
          looks(m.counter("idun_index_looks_total", "looks for waiting followers whose provider has pointers of who changed")),
          news(m.counter("idun_index_waits_total", "how waiting followers were answered", {{"with", "news"}})),
          nothing(m.counter("idun_index_waits_total", "how waiting followers were answered", {{"with", "nothing"}})),
          failures(m.counter("idun_index_waits_total", "how waiting followers were answered", {{"with", "failure"}})) {}

    struct One {
        IndexFollower follower;
        IndexPlace from;  // up to here it is told of nothing
        std::size_t count;
        Steady::time_point until;
        Answer answer;
    };
    using Id = std::uint64_t;

    const IndexFollowing& following;
    index::Index& index;
    const people::Links& links;
    Gauge& count;
    Counter& looks;
    Counter& news;
    Counter& nothing;
    Counter& failures;

    std::mutex wake_mutex;  // for what follows; held for no work
    std::condition_variable woken;
    bool changed = false;  // something did, or somebody came
    bool ending = false;

    std::atomic<bool> anybody = false;
    std::mutex mutex;  // for what follows; held for no look
    Id next = 0;
    std::map<Id, std::shared_ptr<One>> waiting;  // only the thread takes out
    std::set<std::pair<Steady::time_point, Id>> by_time;
    std::unordered_map<std::string, std::set<Id>> by_provider;
    std::unordered_map<crypto::Pseudonym, std::set<Id>> by_person;
    std::set<Id> to_look;  // something that concerns them may lie behind their `from`
    IndexPlace matched;    // all changes up to here were held against all others who wait
    std::thread thread;

    void nudge() {
        {
            const std::lock_guard lock(wake_mutex);
            changed = true;
        }
        woken.notify_one();
    }

    std::set<Id>& those_of(const IndexFollower& follower) {
        return follower.herself ? by_person[*follower.herself] : by_provider[follower.requester.provider_id];
    }

    // Nothing when there is no room.
    bool add(const std::shared_ptr<One>& one) {
        const std::lock_guard lock(mutex);
        std::set<Id>& same = those_of(one->follower);
        if (waiting.size() >= kIndexWaitingMax || same.size() >= kIndexWaitingOfOneMax) {
            if (same.empty()) forget_name(one->follower);
            return false;
        }
        const Id id = next++;
        if (waiting.empty() && matched.version < one->from.version) matched = one->from;  // nothing was matched for nobody
        if (one->from.version < matched.version) to_look.insert(id);
        same.insert(id);
        by_time.emplace(one->until, id);
        waiting.emplace(id, one);
        anybody = true;
        count.set(static_cast<double>(waiting.size()));
        return true;
    }

    enum class Admitted : std::uint8_t { waits, full, ending };
    Admitted admit(const std::shared_ptr<One>& one) {
        const std::lock_guard lock(wake_mutex);  // none comes between the thread's last answers and its end
        if (ending) return Admitted::ending;
        if (!add(one)) return Admitted::full;
        changed = true;
        woken.notify_one();
        return Admitted::waits;
    }

    void forget_name(const IndexFollower& follower) {
        if (follower.herself) by_person.erase(*follower.herself);
        else by_provider.erase(follower.requester.provider_id);
    }

    std::shared_ptr<One> take(Id id) {
        const std::lock_guard lock(mutex);
        const std::shared_ptr<One> one = waiting.at(id);
        std::set<Id>& same = those_of(one->follower);
        same.erase(id);
        if (same.empty()) forget_name(one->follower);
        by_time.erase({one->until, id});
        to_look.erase(id);
        waiting.erase(id);
        anybody = !waiting.empty();
        count.set(static_cast<double>(waiting.size()));
        return one;
    }

    void answer(Id id, Result<IndexNews> with) {
        const std::shared_ptr<One> one = take(id);
        (!with ? failures : with->persons.empty() ? nothing : news).add();
        one->answer(std::move(with));
    }

    // Who of the waiting follows the person of a change by what the index says. The provider that said it hears nothing of it.
    Status concerned(const index::Change& change, std::set<Id>& out) const {
        const auto add = [&](const auto& found, const auto& none) {
            if (found != none) out.insert(found->second.begin(), found->second.end());
        };
        const people::Numbers numbers = links.of(change.person);
        for (const crypto::Pseudonym& number : numbers.all()) {
            add(by_person.find(number), by_person.end());
            if (by_provider.empty()) continue;
            TRY_ASSIGN(const auto holdings, index.holdings(number));
            for (const index::Holding& holding : holdings)
                if (holding.provider != change.provider) add(by_provider.find(std::string(holding.provider)), by_provider.end());
        }
        return {};
    }

    // Holds what has changed against those who wait. False when there may be more.
    bool match() {
        const IndexPlace upto = following.here();  // before the changes are read: what comes later is not of an earlier second
        const std::lock_guard lock(mutex);
        const auto piece = index.changes(matched.version, [](const crypto::Pseudonym&) { return true; }, kMatchedAtOnce);
        std::set<Id> ids;
        Status well = piece ? Status() : fail(piece.error());
        for (std::size_t i = 0; well && i < piece->changes.size(); ++i) well = concerned(piece->changes[i], ids);
        if (!well)  // overtaken, or the index cannot be read: everybody looks, and is told so
            for (const auto& [id, one] : waiting) ids.insert(id);
        for (const Id id : ids) {
            IndexPlace& from = waiting.at(id)->from;
            if (to_look.insert(id).second) from = later(from, matched);
        }
        matched = well ? IndexPlace{piece->upto, upto.at, {}} : upto;
        return !well || piece->changes.size() < kMatchedAtOnce;
    }

    static IndexPlace later(const IndexPlace& one, const IndexPlace& other) { return one.version < other.version ? other : one; }

    void look_for_those() {
        for (;;) {
            std::unique_lock lock(mutex);
            if (to_look.empty()) return;
            const Id id = to_look.extract(to_look.begin()).value();
            const std::shared_ptr<One> one = waiting.at(id);
            lock.unlock();
            looks.add();
            auto found = following.news(one->follower, one->from, one->count);
            const bool go_on = found && found->persons.empty() && !found->after.catch_up;
            if (!go_on) {
                answer(id, std::move(found));
                continue;
            }
            lock.lock();
            one->from = found->after;
        }
    }

    void answer_whose_time_is_up(Steady::time_point now) {
        for (;;) {
            std::unique_lock lock(mutex);
            if (by_time.empty() || by_time.begin()->first > now) return;
            const Id id = by_time.begin()->second;
            const IndexPlace& own = waiting.at(id)->from;
            const IndexPlace from = to_look.contains(id) ? own : later(own, matched);  // who came meanwhile has not been looked for yet
            lock.unlock();
            answer(id, IndexNews{{}, from});
        }
    }

    // False at the end.
    bool pause() {
        std::optional<Steady::time_point> due;
        {
            const std::lock_guard lock(mutex);
            if (!by_time.empty()) due = by_time.begin()->first;
        }
        std::unique_lock lock(wake_mutex);
        const auto wake = [&] { return changed || ending; };
        if (due) woken.wait_until(lock, *due, wake);
        else woken.wait(lock, wake);
        changed = false;
        return !ending;
    }

    void run() {
        while (pause()) {
            while (!match()) {}
            look_for_those();
            answer_whose_time_is_up(Steady::now());
        }
        answer_whose_time_is_up(Steady::time_point::max());
    }
};

IndexWaiting::IndexWaiting(const IndexFollowing& following, index::Index& index, const people::Links& links, Metrics& metrics)
    : impl_(std::make_shared<Impl>(following, index, links, metrics)) {
    impl_->matched = following.here();
    index.changed_by([weak = std::weak_ptr<Impl>(impl_)] {
        const auto impl = weak.lock();
        if (impl && impl->anybody) impl->nudge();  // whoever comes later has looked, or is matched from where it looked
    });
    impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

IndexWaiting::~IndexWaiting() {
    end();
    impl_->thread.join();
}

void IndexWaiting::end() {
    {
        const std::lock_guard lock(impl_->wake_mutex);
        impl_->ending = true;
    }
    impl_->woken.notify_one();
}

void IndexWaiting::wait(IndexFollower follower, IndexPlace from, std::size_t count, std::chrono::milliseconds time, Answer answer) {
    const auto one = std::make_shared<Impl::One>(Impl::One{std::move(follower), from, count, Steady::now() + time, std::move(answer)});
    switch (impl_->admit(one)) {
        case Impl::Admitted::waits: return;
        case Impl::Admitted::full: return one->answer(fail(Category::busy, "too many followers wait; ask without waiting, or later"));
        case Impl::Admitted::ending: return one->answer(IndexNews{{}, from});
    }
}

}  // namespace idun::exchange
