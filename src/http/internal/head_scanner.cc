#include "http/internal/head_scanner.h"

namespace idun::http {

HeadScanner::Outcome HeadScanner::scan(std::string_view bytes) {
    while (true) {
        const std::size_t end = bytes.find('\n', next_);
        if (end == std::string_view::npos) {
            next_ = bytes.size();
            return Outcome::need_more;
        }
        if (end == line_ || bytes[end - 1] != '\r') return Outcome::bare_line_feed;
        const std::string_view line = bytes.substr(line_, end - 1 - line_);
        const bool first = line_ == 0;
        if (line.empty() && first) return Outcome::empty_line;
        line_ = next_ = end + 1;
        if (first) first_line_ = line_;
        if (line.empty()) return Outcome::whole;
        if (!first && (line.front() == ' ' || line.front() == '\t')) return Outcome::folded;
    }
}

}  // namespace idun::http
