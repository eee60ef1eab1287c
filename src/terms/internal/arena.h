// Keeps copies of short texts for as long as it lives; views stay valid while it grows or moves.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace idun::terms {

class Arena {
public:
    std::string_view keep(std::string_view text) {
        if (text.empty()) return {};
        if (text.size() > left_) {
            left_ = std::max(kChunk, text.size());
            chunks_.push_back(std::make_unique<char[]>(left_));
            next_ = chunks_.back().get();
        }
        std::memcpy(next_, text.data(), text.size());
        const std::string_view out(next_, text.size());
        next_ += text.size();
        left_ -= text.size();
        return out;
    }

private:
    static constexpr std::size_t kChunk = 4096;
    std::vector<std::unique_ptr<char[]>> chunks_;
    char* next_ = nullptr;
    std::size_t left_ = 0;
};

}  // namespace idun::terms
