// One-time codes by which a person proves that another identity is hers: issued to somebody who is known for certain, given
// back by whoever comes with the other identity. Bytes and rules: docs/formats/identity-codes.md.
//
//     TRY_ASSIGN(const auto issued, codes.issue(person, issuer));                // issued.code is shown once
//     TRY_ASSIGN(const auto proved, codes.check(code, tries_of_whom));           // proved.person; still unused
//     ... links.state(..., [&](auto, store::Batch& batch) { codes.use(proved, batch); });
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/pseudonym.h"
#include "people/person_id.h"
#include "store/store.h"

namespace idun::people {

inline constexpr std::chrono::minutes kCodeLasts{15};
inline constexpr unsigned kFreeTries = 3;                     // before whoever guesses must wait
inline constexpr std::chrono::seconds kFirstWait{10};         // doubles with each further wrong code
inline constexpr std::chrono::hours kLongestWait{24};

// Thread-safe.
class IdentityCodes {
public:
    IdentityCodes(store::Store& store, const Clock& clock, Random& random) : store_(store), clock_(clock), random_(random) {}

    struct Issued {
        std::string code;  // "7K3M-9QXA-0TBE"
        Instant until;
    };
    // Who has issued it: she herself, or staff of a provider, who have seen an identity.
    struct Issuer {
        std::string provider;  // "": she herself
        std::string user_id;   // of the staff
        std::optional<Kind> kind = {};  // of that identity, where it is known
        bool staff() const { return !provider.empty(); }
        friend bool operator==(const Issuer&, const Issuer&) = default;
    };
    // A new one takes the place of the person's last, which opens nothing any more.
    Result<Issued> issue(const crypto::Pseudonym& person, const Issuer& issuer);

    struct Proved {
        crypto::Pseudonym person;
        Issuer issuer;
        std::string row, bytes, of_person;  // of the code, for use()
    };
    // Capitals, hyphens and letters that look like digits do not matter. `forbidden`, in the same words, for one that is
    // wrong, used, over, or of nobody, after the try was counted durably; `busy` for whoever has tried too often, whatever she says.
    Result<Proved> check(std::string_view code, std::string_view who_tries);
    // It is used in that batch, which fails with `conflict` if it was meanwhile.
    static void use(const Proved& proved, store::Batch& batch);
    // The same in a commit of its own: for one that said what was known.
    Status use_up(const Proved& proved);
    // How long the next try of theirs has to wait.
    Result<std::chrono::milliseconds> wait_of(std::string_view who_tries) const;

private:
    Result<std::chrono::milliseconds> wait_in(const store::Snapshot& snapshot, const std::string& tries_row) const;
    Status count_try(const store::Snapshot& snapshot, const std::string& tries_row);

    store::Store& store_;
    const Clock& clock_;
    Random& random_;
    std::mutex trying_;  // one at a time, so that none is left uncounted
};

}  // namespace idun::people
