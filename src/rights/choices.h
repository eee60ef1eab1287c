// What a person has chosen, and what the authorities have registered about her: the facts of a decision.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "crypto/pseudonym.h"
#include "rights/request.h"

namespace idun::rights {

// Which records: those that agree with every member that is set; all of them when none is.
struct Scope {
    std::string provider_id = {};
    std::string unit_id = {};  // of that provider: provider_id is set too
    std::string category = {};
    std::string element = {};
    std::string entry = {};            // a single one: provider_id is set too
    std::optional<Instant> from = {};  // care in [from, to)
    std::optional<Instant> to = {};
    bool everything() const;
    friend bool operator==(const Scope&, const Scope&) = default;
};
// Does a block with this scope hide the record? Where the record does not say its unit or date, it does: what is
// unknown is hidden.
bool hides(const Scope& scope, const Record& record);
// Does a mandate with this scope open the record? Where the record does not say, it does not; a period opens only
// what lies wholly in it.
bool opens(const Scope& scope, const Record& record);

// Whom a block spares: one of the two is set.
struct Except {
    std::string provider_id = {};
    std::string user_id = {};
    friend bool operator==(const Except&, const Except&) = default;
};

// From whom a block hides: other providers, other units of the same provider, or whoever asks from abroad.
enum class Layer : std::uint8_t { outer, inner, abroad };
std::string_view to_string(Layer layer);
std::optional<Layer> layer_from(std::string_view text);

// Every fact holds in [from, to), or from `from` on. `fact_id` is unique for the person.
struct Block {
    std::string fact_id = {};
    Layer layer = Layer::outer;
    Scope scope = {};
    std::vector<Except> except = {};
    std::string country = {};  // of an `abroad` block; empty: every country
    Instant from = {};
    std::optional<Instant> to = {};
    friend bool operator==(const Block&, const Block&) = default;
};

// Opens blocks for one provider or one user, with the person's consent, for some days.
struct Lift {
    std::string fact_id = {};
    std::string block_id = {};  // empty: all blocks
    std::string provider_id = {};
    std::string user_id = {};  // with provider_id: only there
    Instant from = {};
    Instant to = {};  // at most RuleTable::lift_days_max after `from`; what is over does not count
    friend bool operator==(const Lift&, const Lift&) = default;
};

// Chosen by the person herself, appointed by a court or authority, by birth, or registered in another country.
enum class MandateKind : std::uint8_t { chosen, guardian, parent, foreign };
std::string_view to_string(MandateKind kind);
std::optional<MandateKind> mandate_kind_from(std::string_view text);

struct Mandate {
    std::string fact_id = {};
    crypto::Pseudonym representative = {};
    MandateKind kind = MandateKind::chosen;
    std::vector<Scope> scopes = {};   // any of them; empty: everything
    std::string purpose = {};         // the only one; empty: any
    bool may_manage = false;          // may set the person's choices for her
    bool despite_protection = false;  // holds although the person's identity is protected
    std::optional<Instant> born =
        {};  // the person's day of birth, as it begins where she lives; a parent's mandate has it
    Instant from = {};
    std::optional<Instant> to = {};
    std::string country = {};  // that registered a foreign one
    friend bool operator==(const Mandate&, const Mandate&) = default;
};

// Borrowed, like a Request.
struct Facts {
    bool opted_out = false;
    bool protected_identity = false;
    std::span<const Block> blocks = {};
    std::span<const Lift> lifts = {};
    std::span<const Mandate> mandates = {};
};

}  // namespace idun::rights
