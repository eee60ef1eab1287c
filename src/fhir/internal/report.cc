#include "fhir/internal/report.h"

#include <utility>

namespace idun::fhir {

void Report::add(IssueCode code, std::string text, json::Value at, std::string_view below) {
    put(Severity::error, code, std::move(text), at, below);
}

void Report::warn(IssueCode code, std::string text, json::Value at) {
    put(Severity::warning, code, std::move(text), at, {});
}

void Report::put(Severity severity, IssueCode code, std::string text, json::Value at, std::string_view below) {
    if (full_) return;
    if (issues_.size() == issues_max_) {
        full_ = true;
        issues_.push_back({.severity = Severity::error, .code = IssueCode::incomplete,
                           .text = "there are more issues; the check stopped here", .path = path({})});
        return;
    }
    Issue issue{.severity = severity, .code = code, .text = std::move(text), .path = path(below)};
    if (!text_.empty() && at) {
        const json::Position position = json::position(text_, at.offset());
        issue.line = position.line;
        issue.column = position.column;
    }
    issues_.push_back(std::move(issue));
}

std::string Report::path(std::string_view below) const {
    std::string out;
    for (std::size_t i = 0; i < size_; ++i) {
        if (i > 0) out += '.';
        out += steps_[i].name;
        if (steps_[i].index != kNoIndex) out += '[' + std::to_string(steps_[i].index) + ']';
    }
    if (!below.empty()) {
        out += '.';
        out += below;
    }
    return out;
}

}  // namespace idun::fhir
