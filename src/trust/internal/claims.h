// What all our tokens share: a strict reader of their payload and the checks of time.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "json/document.h"

namespace idun::trust {

inline constexpr std::size_t kTextBytesMax = 256;

// The payload as an object that has no member outside `known`.
class Claims {
public:
    static Result<Claims> parse(std::string_view payload, std::span<const std::string_view> known);

    // Text of 1 to kTextBytesMax bytes.
    Result<std::string> text(std::string_view name) const;
    // The same, or "" when the member is absent.
    Result<std::string> text_or_empty(std::string_view name) const;
    // True or false, false when absent.
    Result<bool> flag(std::string_view name) const;
    // A whole number from 1, or 0 when the member is absent.
    Result<std::uint64_t> number_or_zero(std::string_view name) const;
    // A NumericDate in whole seconds.
    Result<Instant> time(std::string_view name) const;
    json::Value value(std::string_view name) const { return root_[name]; }

private:
    Claims(json::Document document) : document_(std::move(document)), root_(document_.root()) {}
    json::Document document_;
    json::Value root_;
};

tl::unexpected<Error> refuse(std::string message);  // unauthorized

struct Lifetime {
    Instant issued;
    Instant expires;
};
// The lifetime is positive and at most `lifetime_max`, and `now` lies in it, give or take `skew`.
Status check_time(const Lifetime& lifetime, Instant now, std::chrono::milliseconds skew,
                  std::chrono::milliseconds lifetime_max);
// For those who sign: the lifetime is positive and at most `lifetime_max`.
Status check_lifetime(const Lifetime& lifetime, std::chrono::milliseconds lifetime_max);
// For those who sign: not empty unless `may_be_empty`, not over kTextBytesMax.
Status check_text(std::string_view name, std::string_view text, bool may_be_empty = false);

inline std::int64_t seconds(Instant time) { return time.ms / 1000; }
inline Instant whole_second(Instant time) { return {time.ms / 1000 * 1000}; }

}  // namespace idun::trust
