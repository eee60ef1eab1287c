// One validation of one document: where it stands, what it has found, what it may still spend, and which resources the
// document holds. The rules themselves are free functions that take a Run.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fhir/issue.h"
#include "fhir/terminology.h"
#include "fhirpath/environment.h"
#include "json/document.h"
#include "validation/internal/invariant.h"
#include "validation/internal/item.h"
#include "validation/internal/program.h"
#include "validation/validator.h"

namespace idun::validation {

// A resource of the document: the root, one inside another, or one in an entry or parameter.
struct Holder {
    static constexpr std::uint32_t kNone = 0xFFFFFFFF;

    json::Value resource;
    const fhir::Type* type = nullptr;
    std::uint32_t parent = kNone;   // that contains it, or whose entry it is in
    bool contained = false;
    std::string_view full_url;      // of its entry
    std::uint32_t bundle = kNone;   // the innermost Bundle around it, by place among the holders
    std::uint32_t entry = kNone;    // of that Bundle
};

// What a reference was found to point at.
struct Found {
    enum class Where : std::uint8_t { nowhere, contained, bundled, outside };
    Where where = Where::nowhere;
    json::Value resource;
    std::uint32_t holder = Holder::kNone;  // of what the document holds
};

class Run {
public:
    static constexpr std::size_t kStepsMax = 200;

    Run(Library& library, const fhir::Terminology* terminology, const Options& options, json::Value root);

    Library& library() { return library_; }
    const Options& options() const { return options_; }
    const fhir::Terminology* terminology() const { return terminology_; }

    // --- where it stands ---
    class Inside {  // while it lives, issues are about this element
    public:
        Inside(Run& run, std::string_view name, std::uint32_t index = Item::kSingle) : run_(run), pushed_(run.push(name, index)) {}
        ~Inside() {
            if (pushed_) --run_.size_;
        }
        Inside(const Inside&) = delete;
        explicit operator bool() const { return pushed_; }

    private:
        Run& run_;
        bool pushed_;
    };
    std::string path(std::string_view below = {}) const;
    std::string plain_path() const;  // without places: "Patient.name.given"
    std::size_t depth() const { return size_; }
    std::string_view step(std::size_t place) const { return steps_[place].name; }

    // --- what it has found ---
    template <typename... Args>
    void report(fhir::Severity severity, fhir::IssueCode code, json::Value at, fmt::format_string<Args...> text, Args&&... args) {
        if (quiet(severity)) return;
        put(severity, code, fmt::format(text, std::forward<Args>(args)...), at);
    }
    template <typename... Args>
    void error(fhir::IssueCode code, json::Value at, fmt::format_string<Args...> text, Args&&... args) {
        report(fhir::Severity::error, code, at, text, std::forward<Args>(args)...);
    }
    template <typename... Args>
    void warn(fhir::IssueCode code, json::Value at, fmt::format_string<Args...> text, Args&&... args) {
        report(fhir::Severity::warning, code, at, text, std::forward<Args>(args)...);
    }
    template <typename... Args>
    void at_level(Level level, fhir::IssueCode code, json::Value at, fmt::format_string<Args...> text, Args&&... args) {
        if (level == Level::ignore) return;
        const auto severity = level == Level::error ? fhir::Severity::error : level == Level::warning ? fhir::Severity::warning : fhir::Severity::information;
        report(severity, code, at, text, std::forward<Args>(args)...);
    }
    void add(const fhir::Issues& issues);  // found by another check
    // True when nothing more need be looked at: too many issues, too many steps, or a trial that has failed.
    bool stopped() const { return stopped_ || (trial_ != nullptr && *trial_ > 0); }
    // One more element judged.
    bool spend(std::uint64_t steps = 1);
    fhir::Issues take();

    // Does `judge()` find no error? Nothing of what it finds is reported.
    template <typename Judge>
    bool passes(Judge judge) {
        std::size_t failures = 0;
        std::size_t* const outer = std::exchange(trial_, &failures);
        judge();
        trial_ = outer;
        return failures == 0;
    }
    bool in_trial() const { return trial_ != nullptr; }

    // --- the document's resources ---
    const std::vector<Holder>& holders() const { return holders_; }
    std::uint32_t here() const { return here_; }
    const Holder& holder() const { return holders_[here_]; }
    // The place of the resource among the holders; kNone when it is none of them.
    std::uint32_t holder_of(json::Value resource) const;
    class At {  // while it lives, %resource and references are those of this holder
    public:
        At(Run& run, std::uint32_t holder) : run_(run), before_(run.here_) {
            if (holder != Holder::kNone) run.here_ = holder;
        }
        ~At() { run_.here_ = before_; }
        At(const At&) = delete;

    private:
        Run& run_;
        std::uint32_t before_;
    };
    // From the resource that is judged now.
    Found find(std::string_view reference);
    // Entries of a Bundle by fullUrl.
    std::pair<const std::uint32_t*, std::size_t> entries_with(std::uint32_t bundle, std::string_view full_url);
    std::uint32_t bundle_of_here() const;

    // --- invariants ---
    // `steps_max`: of FHIRPath, for what comes with the document.
    Truth holds(const Invariant& invariant, const Item& item, std::string* why = nullptr, std::uint64_t steps_max = UINT64_MAX);
    // Is the element among what the expression selects in the resource at hand? True when that cannot be said.
    bool selects(const Invariant& expression, const Item& item);
    void check(const std::vector<const Invariant*>& invariants, const Item& item, std::string_view profile);

    // Conformity that is being judged or has been: stops circles of profiles that refer to each other.
    std::optional<bool> known_conformity(const Program& program, json::Value value) const;
    void remember_conformity(const Program& program, json::Value value, bool conforms);

private:
    friend class Inside;
    friend class At;
    struct Step {
        std::string_view name;
        std::uint32_t index;
    };
    bool push(std::string_view name, std::uint32_t index) {
        if (size_ == kStepsMax) return false;
        steps_[size_++] = {name, index};
        return true;
    }
    bool quiet(fhir::Severity severity);
    void put(fhir::Severity severity, fhir::IssueCode code, std::string text, json::Value at);
    void collect(json::Value resource, std::uint32_t parent, bool contained, std::string_view full_url, std::uint32_t entry, std::size_t depth);
    std::uint64_t nodes();
    void collect_parameters(json::Value parameters, std::uint32_t parent, std::size_t depth);

    Library& library_;
    const fhir::Terminology* terminology_;
    const Options& options_;
    json::Value root_;
    std::array<Step, kStepsMax> steps_;
    std::size_t size_ = 0;
    fhir::Issues issues_;
    std::size_t errors_ = 0;
    std::size_t remarks_ = 0;  // warnings and informations
    bool remarks_left_out_ = false;
    bool stopped_ = false;
    std::uint64_t steps_left_;
    std::uint64_t nodes_ = 0;  // of the document, counted when first needed
    std::size_t* trial_ = nullptr;
    std::vector<Holder> holders_;
    std::uint32_t here_ = 0;
    std::unordered_map<std::uint32_t, std::unordered_map<std::string_view, std::vector<std::uint32_t>>> by_url_;
    std::map<std::pair<const Program*, const void*>, bool> conformity_;
};

}  // namespace idun::validation
