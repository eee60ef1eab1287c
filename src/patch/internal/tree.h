// A JSON tree that can be changed. What no operation has touched is still the Value it came from: opening a node
// unfolds one level, so a small change to a large document costs little. Nothing is copied out of the documents, which
// must outlive the tree.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"
#include "json/writer.h"

namespace idun::patch {

struct Tree {
    std::string_view name;       // of a member of an object
    json::Value value;           // while folded; of an unfolded node it only tells the kind
    bool unfolded = false;
    bool array = false;          // of an unfolded node: array, else object
    std::vector<Tree> children;  // in document order

    static Tree of(json::Value value, std::string_view name = {});
    static Tree empty_object(std::string_view name = {});
    static Tree empty_array(std::string_view name = {});

    bool is_object() const { return unfolded ? !array : value.is_object(); }
    bool is_array() const { return unfolded ? array : value.is_array(); }
    std::size_t size() const { return unfolded ? children.size() : value.size(); }

    // Of an object or array; nothing for other kinds.
    void unfold();
    // The place of the member of that name; npos when there is none. Of an unfolded object.
    std::size_t find(std::string_view member) const;
    static constexpr std::size_t npos = static_cast<std::size_t>(-1);
};

void write(json::Writer& writer, const Tree& tree);

struct Measure {
    std::size_t bytes = 0;  // of its text, nearly
    std::size_t nodes = 0;
    std::size_t depth = 0;  // of nested arrays and objects
};
Measure measure(const Tree& tree);

// The same text for trees that are equal by RFC 6902 §4.6: members in any order, numbers by their value.
std::string canonical(const Tree& tree);

// The budget of one patch.
class Budget {
public:
    Budget(std::size_t bytes_max, std::size_t steps_max) : bytes_left_(bytes_max), steps_left_(steps_max) {}
    Status bytes(std::size_t count);
    Status steps(std::size_t count);

private:
    std::size_t bytes_left_;
    std::size_t steps_left_;
};

}  // namespace idun::patch
