// Break-glass at a provider's own node: opens, for one of its staff and one patient, what inner blocks keep from her
// unit.
//
//     TRY_ASSIGN(const auto opened, glasses.open(user, patient, ground, reason));   // opened.token goes back to her
//     TRY_ASSIGN(const auto glass, glasses.verify(token, user));                    // with each request that follows
//
// It is offered for every patient in the same way and answers the same whatever is blocked. What is given back is a
// token that the node has signed: it holds until its end, also after a restart and while the hub is away. The reason,
// which may name people, is kept in the node's store under the glass's id; in the same commit a report for the hub is
// laid out for each person behind the patient's record (glass_reports.h sends it), so that the person is told.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/jws.h"
#include "crypto/pseudonym.h"
#include "rights/rule_table.h"
#include "store/store.h"

namespace idun::gate {

inline constexpr std::string_view kGlassType = "idun-glass+jwt";
inline constexpr std::size_t kGlassBytesMax = 2048;

struct Glass {
    std::string id;       // stands in the log
    std::string user;     // who broke it, opaquely; nobody else may use it
    std::string patient;  // id of the Patient
    rights::Ground ground = rights::Ground::life;
    Instant until;
    friend bool operator==(const Glass&, const Glass&) = default;
};

// Who breaks a glass, as the person is told and the hub asks afterwards.
struct Breaker {
    std::string user_id;
    std::string name;     // may be empty
    std::string unit_id;  // may be empty
};

// Thread-safe. What is passed by reference lives as long as this.
class Glasses {
public:
    Glasses(std::string provider_id, const crypto::SigningKey& key, const rights::RuleTable& rules, store::Store& store,
            const Clock& clock, Random& random)
        : provider_id_(std::move(provider_id)),
          key_(key),
          rules_(rules),
          store_(store),
          clock_(clock),
          random_(random) {}

    struct Opened {
        Glass glass;
        std::string token;
    };
    // Breaks it for the time that the rules give; durable when it returns, and so is what `persons` (whom the record is
    // about) will be told.
    Result<Opened> open(std::string_view user, std::string_view patient, rights::Ground ground, std::string_view reason,
                        std::span<const crypto::Pseudonym> persons, const Breaker& breaker);
    // `forbidden` when it is not one of this node for this user, or has run out.
    Result<Glass> verify(std::string_view token, std::string_view user) const;
    // For whoever asks afterwards: as it was given.
    Result<std::optional<std::string>> reason_of(std::string_view id) const;

private:
    const std::string provider_id_;
    const crypto::SigningKey& key_;
    const rights::RuleTable& rules_;
    store::Store& store_;
    const Clock& clock_;
    Random& random_;
};

}  // namespace idun::gate
