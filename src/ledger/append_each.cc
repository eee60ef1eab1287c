#include "ledger/append_each.h"

#include <memory>
#include <mutex>
#include <vector>

namespace idun::ledger {
namespace {

constexpr std::size_t kEntriesAtOnce = 256;
constexpr std::size_t kRecordsAtOnce = 4 * kRecordsMax;

class Waves : public std::enable_shared_from_this<Waves> {
public:
    Waves(Ledger& ledger, NextAccess next, Appended done)
        : ledger_(ledger), next_(std::move(next)), done_(std::move(done)) {}

    void wave() {
        std::vector<Access> entries;
        std::size_t records = 0;
        while (entries.size() < kEntriesAtOnce && records < kRecordsAtOnce) {
            auto one = next_();
            if (!one) break;
            records += one->records.size();
            entries.push_back(std::move(*one));
        }
        if (entries.empty()) {
            IDUN_CHECK(last_.has_value());
            return done_(std::move(*last_));
        }
        left_ = entries.size();  // nobody else looks at it before the first append
        for (const Access& entry : entries)
            ledger_.append(entry, [self = shared_from_this()](Result<Receipt> one) { self->finish(std::move(one)); });
    }

private:
    void finish(Result<Receipt> one) {
        {
            const std::lock_guard lock(mutex_);
            if (!one)
                error_ = one.error();
            else if (!last_ || one->index > last_->index)
                last_ = std::move(*one);
            if (--left_ > 0) return;
        }
        if (error_) return done_(fail(*error_));
        wave();
    }

    Ledger& ledger_;
    const NextAccess next_;
    const Appended done_;
    std::mutex mutex_;  // of what follows, while a wave is under way
    std::size_t left_ = 0;
    std::optional<Error> error_;
    std::optional<Receipt> last_;
};

}  // namespace

void append_each(Ledger& ledger, NextAccess next, Appended done) {
    std::make_shared<Waves>(ledger, std::move(next), std::move(done))->wave();
}

}  // namespace idun::ledger
