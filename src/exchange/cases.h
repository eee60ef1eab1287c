// Cases that people follow: complaints, and the questions put to whoever has broken a glass.
// Bytes: docs/formats/rights-register.md.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "crypto/pseudonym.h"
#include "store/store.h"

namespace idun::exchange {

inline constexpr std::size_t kCaseTextBytesMax = 4000;
inline constexpr std::size_t kCaseStepsMax = 100;
inline constexpr std::size_t kComplainantsMax = 20;

// Words on the wire and on disk: "complaint", "follow-up".
enum class CaseKind : std::uint8_t { complaint, follow_up };
std::string_view to_string(CaseKind kind);
// "received", "in-progress", "completed", "rejected": codes of FHIR Task.status.
enum class CaseStatus : std::uint8_t { received, in_progress, completed, rejected };
std::string_view to_string(CaseStatus status);
std::optional<CaseStatus> case_status_from(std::string_view text);

struct CaseStep {
    Instant time;
    CaseStatus status = CaseStatus::received;
    std::string user_id;
    std::string name;  // may be empty
    std::string role;
    std::string note;  // may be empty
    friend bool operator==(const CaseStep&, const CaseStep&) = default;
};

struct Case {
    std::uint64_t number = 0;
    CaseKind kind = CaseKind::complaint;
    crypto::Pseudonym person;               // who complains, or whose data were opened
    std::vector<crypto::Pseudonym> others;  // who complain together with her
    std::string organisation;               // that complains on a mandate; may be empty
    std::string category;                   // of a complaint: "right" or "other"; of a follow-up: the ground
    std::string text;                       // what it is about; the reason that was given
    std::string user_id;                    // who complains, or is asked
    std::string provider_id;                // whom the complaint is about, or where she works; may be empty
    std::string break_glass;                // of a follow-up: its id
    std::string forwarded;                  // to whom the complaint went on; may be empty
    std::vector<CaseStep> steps;            // the first is how it began
    CaseStatus status() const { return steps.back().status; }
    friend bool operator==(const Case&, const Case&) = default;
};

// Thread-safe.
class Cases {
public:
    explicit Cases(store::Store& store) : store_(store) {}

    // Gives it the next number; `also` may add to the batch that makes it.
    Result<std::uint64_t> open(Case made, const std::function<void(store::Batch&, const Case&)>& also = {});
    // `not_found` for an unknown number.
    Result<Case> find(std::uint64_t number) const;
    // One more step; `conflict` when it is completed or rejected already, `too_large` over the bound.
    Result<Case> move(std::uint64_t number, CaseStep step,
                      const std::function<void(store::Batch&, const Case&)>& also = {});

    // Newest first, at most kListMax.
    static constexpr std::size_t kListMax = 200;
    Result<std::vector<Case>> of_person(const crypto::Pseudonym& person) const;
    Result<std::vector<Case>> of_user(std::string_view user_id) const;
    Result<std::vector<Case>> all() const;

private:
    Result<std::vector<Case>> listed(const std::string& prefix) const;
    store::Store& store_;
    std::mutex writing_;
};

}  // namespace idun::exchange
