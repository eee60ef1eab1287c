// Gathers the issues of one check. Keeps the path to where the check stands as cheap steps; text is made
// only when there is something to report.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "fhir/issue.h"
#include "json/document.h"

namespace idun::fhir {

class Report {
public:
    static constexpr std::size_t kStepsMax = 130;

    // `text` is the document's, for lines and columns; may be empty.
    Report(std::string_view text, std::size_t issues_max) : text_(text), issues_max_(issues_max) {}

    // False when the path is too long; then the caller must not go deeper.
    bool push(std::string_view name) {
        if (size_ == kStepsMax) return false;
        steps_[size_++] = {name, kNoIndex};
        return true;
    }
    void pop() { --size_; }
    void set_index(std::size_t index) { steps_[size_ - 1].index = static_cast<std::uint32_t>(index); }
    void clear_index() { steps_[size_ - 1].index = kNoIndex; }

    // At the present path, or one step below it.
    void add(IssueCode code, std::string text, json::Value at, std::string_view below = {});
    void warn(IssueCode code, std::string text, json::Value at);
    // No more issues are taken: stop checking.
    bool full() const { return full_; }

    Issues take() { return std::move(issues_); }

private:
    static constexpr std::uint32_t kNoIndex = 0xFFFFFFFF;
    struct Step {
        std::string_view name;
        std::uint32_t index;
    };
    std::string path(std::string_view below) const;
    void put(Severity severity, IssueCode code, std::string text, json::Value at, std::string_view below);

    std::string_view text_;
    std::size_t issues_max_;
    bool full_ = false;
    std::size_t size_ = 0;
    std::array<Step, kStepsMax> steps_;  // the first size_ are set
    Issues issues_;
};

}  // namespace idun::fhir
