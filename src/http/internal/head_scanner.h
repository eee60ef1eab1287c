// Finds the end of a message head and refuses line endings and folds that other readers take differently.
#pragma once

#include <string_view>

namespace idun::http {

class HeadScanner {
public:
    enum class Outcome { need_more, whole, empty_line, bare_line_feed, folded };

    // `bytes` starts at the start of the head and has grown since the last call.
    Outcome scan(std::string_view bytes);
    // After `whole`: the bytes of the head with the empty line that ends it.
    std::size_t size() const { return line_; }
    // Bytes of the first line that have come.
    std::size_t first_line() const { return first_line_ == 0 ? next_ : first_line_; }
    void reset() { line_ = next_ = first_line_ = 0; }

private:
    std::size_t line_ = 0;  // start of the line being read
    std::size_t next_ = 0;  // where to look for its end
    std::size_t first_line_ = 0;
};

}  // namespace idun::http
