// A JSON text, read once into an immutable tree.
//
// Numbers keep their literal digits ("1.10" stays "1.10": FHIR decimals carry precision), strings are
// decoded UTF-8. Refused with one clear Error that names line and column: malformed or truncated text,
// invalid UTF-8, a byte order mark, a member name twice in one object, and whatever is over a Limit.
//
//     TRY_ASSIGN(const auto document, json::Document::parse(body));
//     std::string_view type = document.root()["resourceType"].text();   // "" when absent
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace idun::json {

struct Limits {
    std::size_t bytes_max = 64u << 20;  // of text
    std::size_t depth_max = 64;         // nested arrays and objects
    std::size_t nodes_max = 8u << 20;   // values in all
};

enum class Kind : std::uint8_t { absent, null, boolean, number, string, array, object };

struct Node;    // internal/node.h
struct Member;  // name and value
class Elements;
class Members;

// A reference into a Document, as cheap to copy as a pointer; lives no longer than the Document.
// An absent value answers every question as an empty one would, so lookups chain:
// root["code"]["coding"][0]["system"].text().
class Value {
public:
    Value() = default;
    explicit Value(const Node* node) : node_(node) {}

    Kind kind() const;
    explicit operator bool() const { return node_ != nullptr; }
    bool is_object() const { return kind() == Kind::object; }
    bool is_array() const { return kind() == Kind::array; }
    bool is_string() const { return kind() == Kind::string; }

    // The decoded string, or the literal digits of a number; "" for every other kind.
    std::string_view text() const;
    // True only for the JSON literal true.
    bool boolean() const;
    // Elements of an array or members of an object; 0 for every other kind.
    std::size_t size() const;
    // The member of that name; absent when there is none or this is not an object.
    Value operator[](std::string_view name) const;
    // The element at that place; absent when out of range or not an array.
    Value operator[](std::size_t place) const;
    // for (Value v : value.elements()) / for (const Member& m : value.members()), in document order.
    Elements elements() const;
    Members members() const;

    // The same for the same value of the same Document only: a key for maps. Null when absent.
    const void* identity() const { return node_; }
    // Where the value starts in the text, in bytes from 0.
    std::size_t offset() const;
    // The same place of the same document, not merely equal content.
    bool same(Value other) const { return node_ == other.node_; }

private:
    const Node* node_ = nullptr;
};

struct Member {
    std::string_view name;
    Value value;
};

// Moves, does not copy. Reading from several threads at once is safe.
class Document {
public:
    // Copies what it needs: `text` may go away when this returns.
    static Result<Document> parse(std::string_view text, const Limits& limits = {});

    Document(Document&&) noexcept;
    Document& operator=(Document&&) noexcept;
    ~Document();

    Value root() const;

private:
    struct Impl;
    explicit Document(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

struct Position {
    std::size_t line = 1;    // from 1
    std::size_t column = 1;  // in bytes, from 1
};
// Line and column of a byte offset in `text`.
Position position(std::string_view text, std::size_t offset);

}  // namespace idun::json

#include "json/internal/node.h"  // Elements, Members and the inline bodies: private
