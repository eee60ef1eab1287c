// Asks a role that runs for what only its operator may ask: whoever can read its key.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "app/role_place.h"
#include "base/random.h"
#include "http/client.h"
#include "json/document.h"

namespace idun::app {

// What it is given lives longer.
class RoleAsker {
public:
    RoleAsker(const RolePlace& place, const crypto::SigningKey& key, const Clock& clock, Random& random);
    // The body of its answer. `path`: "/upkeep/backups". `conflict` where the role does that already.
    Result<std::string> call(const std::string& method, std::string_view path, std::string body);
    // Has it begin something. One that somebody else began is waited for, since it saw an earlier state; `busy` after `wait_max`.
    static constexpr std::chrono::milliseconds kOtherWaitMax = std::chrono::minutes(10);
    Status begin(std::string_view path, const std::string& body, std::chrono::milliseconds wait_max = kOtherWaitMax);
    // After a moment, and again where it does not answer: a role that is started again is away for some seconds.
    Result<std::string> ask_again(std::string_view path);

private:
    const RolePlace& place_;
    const crypto::SigningKey& key_;
    const Clock& clock_;
    Random& random_;
    http::Loop loop_{1};
    http::Client client_;
};

// Has the role do the task of that path (role_task.h) and waits for its end: what came of it. `progress` is told now and then.
Result<json::Document> ask_task(const RolePlace& place, std::string_view path, const Clock& clock, Random& random,
                                const std::function<void(std::uint64_t)>& progress);

}  // namespace idun::app
