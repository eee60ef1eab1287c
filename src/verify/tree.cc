#include "verify/tree.h"

namespace idun::verify {

crypto::Hash hash_of_entry(std::string_view entry) { return crypto::sha256({std::string_view("\x00", 1), entry}); }

crypto::Hash hash_of_pair(const crypto::Hash& left, const crypto::Hash& right) {
    return crypto::sha256({std::string_view("\x01", 1), left.view(), right.view()});
}

void Tree::add(const crypto::Hash& leaf) {
    row_.push_back({0, leaf});
    while (row_.size() > 1 && row_[row_.size() - 2].height == row_.back().height) {
        const Subtree right = row_.back();
        row_.pop_back();
        row_.back() = {right.height + 1, hash_of_pair(row_.back().hash, right.hash)};
    }
}

crypto::Hash Tree::root() const {
    if (row_.empty()) return crypto::sha256("");
    crypto::Hash hash = row_.back().hash;
    for (std::size_t i = row_.size() - 1; i > 0; --i) hash = hash_of_pair(row_[i - 1].hash, hash);
    return hash;
}

}  // namespace idun::verify
