// What the person is told: messages to her, newest first, and whether she wants those about ordinary accesses.
// Bytes: docs/formats/rights-register.md.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "crypto/pseudonym.h"
#include "store/store.h"

namespace idun::exchange {

inline constexpr std::size_t kNoticeBytesMax = 4096;  // of each text

// On the wire and on disk: "access", "break-glass", "case".
enum class NoticeKind : std::uint8_t { access, break_glass, complaint };
std::string_view to_string(NoticeKind kind);

struct Notice {
    std::string id;
    Instant time;
    NoticeKind kind = NoticeKind::access;
    std::string sv, en;  // what happened, in plain words
    friend bool operator==(const Notice&, const Notice&) = default;
};

// Thread-safe.
class Notices {
public:
    Notices(store::Store& store, const Clock& clock, Random& random) : store_(store), clock_(clock), random_(random) {}

    // Goes into a batch of the caller's: she is told in the same step.
    void add(store::Batch& batch, const crypto::Pseudonym& person, NoticeKind kind, std::string sv, std::string en);

    struct Page {
        std::vector<Notice> notices;  // newest first
        std::string next;             // for the page after; "": none
    };
    // `invalid` for a `before` that is none of ours.
    Result<Page> about(const crypto::Pseudonym& person, std::string_view before, std::size_t count_max) const;

    // About accesses; on unless she has switched it off. A broken glass is always told.
    Result<bool> wanted(const crypto::Pseudonym& person) const;
    Status want(const crypto::Pseudonym& person, bool on);

private:
    store::Store& store_;
    const Clock& clock_;
    Random& random_;
};

}  // namespace idun::exchange
