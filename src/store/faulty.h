// For tests: a store whose commits fail, and whose backups take long, when told to.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>


namespace idun::store {

// What has failed may or may not have happened.
class FaultyStore final : public Store {
public:
    explicit FaultyStore(Store& inner) : inner_(inner) {}
    enum class Next { works, fails, fails_though_written };
    std::atomic<Next> next = Next::works;  // how the commit after the next `first` ends; then all work again
    std::atomic<int> first = 0;

    std::atomic<bool> backup_waits = false;  // for its stop

    using Store::commit;
    Result<std::shared_ptr<const Snapshot>> snapshot() override { return inner_.snapshot(); }
    Result<std::shared_ptr<const Snapshot>> snapshot_at(Version version) override { return inner_.snapshot_at(version); }
    void hold(std::shared_ptr<const Snapshot> one, std::chrono::milliseconds time) override { inner_.hold(std::move(one), time); }
    void commit(Batch batch, Committed done) override {
        if (next == Next::works || first-- > 0) return inner_.commit(std::move(batch), std::move(done));
        if (next.exchange(Next::works) == Next::fails_though_written) IDUN_CHECK(inner_.commit(std::move(batch)).has_value());
        done(fail(Category::unavailable, "the disk has gone"));
    }
    Result<std::vector<Change>> changes(Version after, std::size_t count) override { return inner_.changes(after, count); }
    Status trim_changes(Version until) override { return inner_.trim_changes(until); }
    Result<Version> backup(const std::string& folder, std::stop_token stop) override {
        while (backup_waits && !stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return inner_.backup(folder, stop);
    }
    Status healthy() const override { return inner_.healthy(); }

private:
    Store& inner_;
};

}  // namespace idun::store
