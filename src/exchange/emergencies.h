// Broken glasses: who opened blocked data of whom, on which ground, until when.
//
// Breaking one is the same for every person, whether or not she has blocked anything or is known at all: it tells
// nothing. In the same step the person is told and the one who broke it is asked why.
#pragma once

#include <optional>
#include <string>

#include "base/random.h"
#include "base/time.h"
#include "crypto/pseudonym.h"
#include "exchange/cases.h"
#include "exchange/notices.h"
#include "store/store.h"

namespace idun::exchange {

inline constexpr std::size_t kReasonBytesMax = 500;

struct Emergency {
    std::string id;
    std::string user_id;
    std::string name;  // may be empty
    std::string provider_id;
    std::string unit_id;  // may be empty
    std::string ground;   // "life" or "health"
    std::string reason;
    Instant from;
    Instant until;
    std::uint64_t case_number = 0;  // of the follow-up
    std::string second_user = {};   // who confirmed it; empty: nobody
    std::string second_name = {};   // may be empty
    friend bool operator==(const Emergency&, const Emergency&) = default;
};

// Thread-safe.
class Emergencies {
public:
    Emergencies(store::Store& store, Cases& cases, Notices& notices, const Clock& clock, Random& random)
        : store_(store), cases_(cases), notices_(notices), clock_(clock), random_(random) {}

    // From now for `lasts`; gives it its id and times. `where`: the provider's name, for the person to read.
    Result<Emergency> open(const crypto::Pseudonym& person, Emergency glass, std::chrono::milliseconds lasts,
                           std::string_view where);
    // A second person, of the same provider and not the breaker, confirms one within `within` of its opening: the person
    // is told and the follow-up names her, in one commit. `forbidden`, in the same words, for every other. Confirming
    // again changes nothing.
    struct Second {
        std::string user_id;
        std::string name;  // may be empty
        std::string role;
        std::string provider_id;
    };
    Result<Emergency> confirm(const crypto::Pseudonym& person, std::string_view id, const Second& second,
                              std::chrono::milliseconds within, std::string_view where);
    // One that was broken at a provider's own node, with the id and the times that the node gave it: the person is told
    // and the breaker asked, in one commit. False when it has been reported before; `conflict` when something else was
    // reported under that id. It opens nothing here.
    Result<bool> report(const crypto::Pseudonym& person, const Emergency& glass, std::string_view where);
    // The user's own about that person, while it lasts; nothing else is told apart.
    Result<std::optional<Emergency>> find(const crypto::Pseudonym& person, std::string_view id,
                                          std::string_view user_id) const;

private:
    Result<bool> reported(const crypto::Pseudonym& person, const Emergency& glass) const;
    Result<std::optional<Emergency>> read(const crypto::Pseudonym& person, std::string_view id) const;

    store::Store& store_;
    Cases& cases_;
    Notices& notices_;
    const Clock& clock_;
    Random& random_;
};

}  // namespace idun::exchange
