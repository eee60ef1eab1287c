// The tree of RFC 9162 §2.1, in the few lines that a verifier needs: it reads every entry, so it needs no proofs.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "crypto/hash.h"

namespace idun::verify {

crypto::Hash hash_of_entry(std::string_view entry);                              // SHA-256(00 entry)
crypto::Hash hash_of_pair(const crypto::Hash& left, const crypto::Hash& right);  // SHA-256(01 left right)

class Tree {
public:
    void add(const crypto::Hash& leaf);
    crypto::Hash root() const;

private:
    struct Subtree {
        int height;
        crypto::Hash hash;
    };
    std::vector<Subtree> row_;  // whole subtrees from left to right, each less high than the one before
};

}  // namespace idun::verify
