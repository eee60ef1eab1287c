#include "gate/directory_copy.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "gate/tables.h"

namespace idun::gate {
namespace {

const std::string kKept = "dircopy.token";

}  // namespace

Result<std::unique_ptr<DirectoryCopy>> DirectoryCopy::open(store::Store& store, std::string hub, const crypto::KeySet& ever, trust::KeysNow hub_keys,
                                                           const Clock& clock) {
    std::unique_ptr<DirectoryCopy> copy(new DirectoryCopy(store, std::move(hub), std::move(hub_keys), clock));
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY_ASSIGN(auto token, snapshot->get(kKept));
    if (!token) return copy;
    auto read = directory::verify_snapshot(*token, ever, copy->hub_, clock.now());
    if (!read) {
        log::warn("the kept directory does not hold", {{"reason", read.error().message}});
        return copy;
    }
    copy->kept_ = std::make_shared<const Kept>(Kept{std::move(*read), std::move(*token)});
    return copy;
}

Status DirectoryCopy::take(std::string_view token) {
    TRY_ASSIGN(auto read, directory::verify_snapshot(token, hub_keys_(), hub_, clock_.now()));
    const std::lock_guard taking(taking_);
    const auto known = kept();
    if (known && known->token == token) return {};
    if (known && !read.newer_than(known->snapshot))
        return fail(Category::conflict, fmt::format("the hub's directory is at {}, older than what is known, {}", read.number, known->snapshot.number));
    store::Batch batch;
    batch.put(kKept, std::string(token));
    TRY(store_.commit(std::move(batch)));
    auto next = std::make_shared<const Kept>(Kept{std::move(read), std::string(token)});
    const std::lock_guard lock(mutex_);
    kept_ = std::move(next);
    return {};
}

std::shared_ptr<const DirectoryCopy::Kept> DirectoryCopy::kept() const {
    const std::lock_guard lock(mutex_);
    return kept_;
}

DirectoryFollower::DirectoryFollower(std::string hub_url, DirectoryCopy& copy, http::Client& client, const Clock& clock, Metrics& metrics,
                                     std::chrono::milliseconds every)
    : url_(std::move(hub_url) + "/directory/snapshot"), copy_(copy), client_(client),
      number_(metrics.gauge("idun_directory_number", "number of the hub's directory that is known here")), every_(every) {
    if (const auto kept = copy.kept()) number_.set(static_cast<double>(kept->snapshot.number));
    rounds_.emplace(RoundsOptions{.failing = "the hub's directory is not taken",
                                  .again = "taking the hub's directory again",
                                  .about = {"url", url_},
                                  .interrupt = [this] { calls_.interrupt(); }},
                    clock, [this] { return round(); });
}

Status DirectoryFollower::healthy() const {
    const Status out = rounds_->healthy(std::chrono::minutes(10));
    if (out) return {};
    return fail(Category::unavailable, "the hub's directory has not been taken for more than ten minutes: " + out.error().message);
}

Result<std::chrono::milliseconds> DirectoryFollower::round() {
    http::Call call;
    call.url = url_;
    if (!etag_.empty()) call.headers.set("If-None-Match", etag_);
    TRY_ASSIGN(const auto answer, calls_.fetch(client_, std::move(call)));
    if (answer.status == 304) return every_;
    if (answer.status != 200) return fail(Category::unavailable, fmt::format("the hub answered {}", answer.status));
    TRY(copy_.take(answer.shared_body ? *answer.shared_body : answer.body));
    etag_ = answer.headers.get("ETag");
    number_.set(static_cast<double>(copy_.kept()->snapshot.number));
    return every_;
}

store::Table directory_copy_table() {
    return {.name = "directory-copy.token", .prefix = kKept, .value_bytes_max = 64u << 20, .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                const bool jws = key == kKept && std::ranges::count(value, '.') == 2;  // whose word it is the role looks at when it starts
                return jws ? Status() : fail(Category::corrupt, "the kept directory is no signed document");
            }};
}

}  // namespace idun::gate
