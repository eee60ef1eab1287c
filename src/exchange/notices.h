// What the person is told: messages to her, newest first, and whether she wants those about ordinary accesses.
// Bytes: docs/formats/rights-register.md.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "crypto/pseudonym.h"
#include "exchange/delivery.h"
#include "people/links.h"
#include "store/store.h"

namespace idun::exchange {

template <typename T>
class Lately;  // internal/lately.h

inline constexpr std::size_t kNoticeBytesMax = 4096;  // of each text

// On the wire and on disk: "access", "break-glass", "case", "identity".
enum class NoticeKind : std::uint8_t { access, break_glass, complaint, identity };
std::string_view to_string(NoticeKind kind);

struct Notice {
    std::string id;
    Instant time;
    NoticeKind kind = NoticeKind::access;
    std::string sv, en;  // what happened, in plain words
    friend bool operator==(const Notice&, const Notice&) = default;
};

struct NoticePage {
    std::vector<Notice> notices;  // newest first
    std::string next;             // for the page after; "": none
};

class ToldLines;

// Thread-safe.
class Notices {
public:
    // `links` null: everybody has one number. `lines` null: nobody is told by lines of the list of accesses. Both live longer.
    Notices(store::Store& store, const Clock& clock, Random& random, const people::Links* links = nullptr, const ToldLines* lines = nullptr);
    ~Notices();

    // Goes into a batch of the caller's: she is told in the same step. It lies under that number of hers; whether and where it
    // is sent she may have chosen under any.
    void add(store::Batch& batch, const crypto::Pseudonym& person, NoticeKind kind, std::string sv, std::string en);
    // The same where the message is a line of her list: what is due outside the hub.
    void add_due(store::Batch& batch, const crypto::Pseudonym& person, bool urgent);

    using Page = NoticePage;
    // Of all her numbers, at most `count_max`; a page may be short, and have a next. `invalid` for a `before` that is none of ours.
    Result<Page> about(const crypto::Pseudonym& person, std::string_view before, std::size_t count_max) const;

    // About accesses under that number, whatever key made its pseudonym; on unless she has switched it off with it. A broken glass is always told.
    Result<bool> wanted(const crypto::Pseudonym& person) const;
    Status want(const crypto::Pseudonym& person, bool on);

    // Reads at once what is asked about these numbers before they are told something. What it cannot read is read then.
    void read_ahead(std::span<const crypto::Pseudonym> numbers) const;

    // How she is told outside the hub (delivery.h).
    Status choose_delivery(std::span<const crypto::Pseudonym> aliases, const DeliveryChoice& choice);

private:
    static Result<Page> of_number(const store::Snapshot& snapshot, const crypto::Pseudonym& number, std::string_view before, std::size_t count_max);
    people::Numbers numbers_of(const crypto::Pseudonym& person) const;
    std::vector<crypto::Pseudonym> sure_aliases_of(const crypto::Pseudonym& number) const;
    enum class Setting : std::uint8_t { none, off, on };
    static Setting setting_in(const std::optional<std::string>& row);
    Result<Setting> setting_of(const crypto::Pseudonym& number) const;

    store::Store& store_;
    const Clock& clock_;
    Random& random_;
    const people::Links* const links_;
    const ToldLines* const lines_;
    const std::unique_ptr<Lately<Setting>> settings_;
    const std::unique_ptr<Lately<bool>> unchosen_;  // numbers under which nobody has chosen how to be told outside
};

}  // namespace idun::exchange
