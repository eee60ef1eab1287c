// A provider that takes no part any more, withdrawn by the operator in its stead: it went bankrupt, or its node is in wrong hands.
//
// A withdrawal is a row, written first; the directory and the index follow, and go on after a crash where they were.
// docs/formats/directory.md.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "directory/directory.h"
#include "index/index.h"
#include "store/store.h"

namespace idun::exchange {

inline constexpr std::size_t kWithdrawalReasonBytesMax = 500;
inline constexpr std::size_t kWithdrawalDecisionBytesMax = 128;

// Who decided what, and why.
struct Ruling {
    std::string by;        // user id
    std::string reason;    // at most kWithdrawalReasonBytesMax
    std::string decision;  // its id, at most kWithdrawalDecisionBytesMax
    friend bool operator==(const Ruling&, const Ruling&) = default;
};

struct Withdrawal {
    // A resource of the directory that it ended, and the version before.
    struct Ended {
        directory::Type type{};
        std::string id;
        std::uint64_t before = 0;
        friend bool operator==(const Ended&, const Ended&) = default;
    };
    std::uint64_t number = 0;  // from 1
    std::string provider;
    Instant since;
    Ruling ruling;
    bool whole = false;          // directory and index have followed
    std::optional<Instant> end;  // it is over
    Ruling end_ruling;
    std::vector<Ended> ended;
    friend bool operator==(const Withdrawal&, const Withdrawal&) = default;
};

// Thread-safe.
class Withdrawals {
public:
    static constexpr std::size_t kWithdrawalsMax = 10'000;

    // Finishes what a crash has left undone.
    static Result<std::unique_ptr<Withdrawals>> open(store::Store& store, directory::Directory& directory, index::Index& index, const Clock& clock);

    // `not_found` when nobody knows the provider, `conflict` when it is withdrawn already. After another failure the same call goes on.
    Result<Withdrawal> withdraw(std::string_view provider, const Ruling& ruling);
    // `conflict` when it is not withdrawn. Names the resources that stay as they are, since somebody has written them meanwhile.
    struct LetIn {
        Withdrawal withdrawal;
        std::vector<std::string> left;  // "Endpoint/x"
    };
    Result<LetIn> end(std::string_view provider, const Ruling& ruling);

    // While it is held that provider is saying something to the hub, and a withdrawal waits for it to be done.
    class Speaking {
    public:
        Speaking(Withdrawals& withdrawals, std::string provider) : withdrawals_(&withdrawals), provider_(std::move(provider)) {}
        Speaking(Speaking&& other) noexcept : withdrawals_(std::exchange(other.withdrawals_, nullptr)), provider_(std::move(other.provider_)) {}
        Speaking& operator=(Speaking&&) = delete;
        ~Speaking() {
            if (withdrawals_) withdrawals_->done_speaking(provider_);
        }

    private:
        Withdrawals* withdrawals_;
        std::string provider_;
    };
    // `forbidden` when it is withdrawn.
    Result<Speaking> let_speak(std::string_view provider);

    std::vector<Withdrawal> all() const;  // newest first

private:
    Withdrawals(store::Store& store, directory::Directory& directory, index::Index& index, const Clock& clock)
        : store_(store), directory_(directory), index_(index), clock_(clock) {}
    Status keep(const Withdrawal& one);
    Status finish(Withdrawal one);
    Status end_in_directory(Withdrawal& one);
    Result<std::vector<std::string>> put_back(const Withdrawal& one);
    std::optional<Withdrawal> in_force(std::string_view provider) const;
    void wait_for_silence(const std::string& provider);
    void done_speaking(const std::string& provider);

    store::Store& store_;
    directory::Directory& directory_;
    index::Index& index_;
    const Clock& clock_;
    std::mutex writing_;        // one change at a time
    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable silent_;
    std::map<std::uint64_t, Withdrawal> all_;
    std::map<std::string, std::size_t, std::less<>> speaking_;  // how many requests of a provider are under way
};

}  // namespace idun::exchange
