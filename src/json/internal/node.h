// The tree behind json::Value, and the bodies of its small functions. Included by json/document.h.
#pragma once

#include <cstring>

namespace idun::json {

// 16 bytes. What `data` points at lives in the Document: a Node array (array), a Member array (object),
// the decoded bytes (string) or the digits (number).
struct Node {
    static constexpr std::uint32_t kSizeMax = (1u << 29) - 1;

    const void* data = nullptr;
    std::uint32_t offset = 0;         // where the value starts in the text
    std::uint32_t size_and_kind = 0;  // size << 3 | kind; the size of a boolean is its value

    Kind kind() const { return static_cast<Kind>(size_and_kind & 7u); }
    std::uint32_t size() const { return size_and_kind >> 3; }
    const Node* elements() const { return static_cast<const Node*>(data); }
    const Member* members() const { return static_cast<const Member*>(data); }
};

class Elements {
public:
    class Iterator {
    public:
        explicit Iterator(const Node* at) : at_(at) {}
        Value operator*() const { return Value(at_); }
        Iterator& operator++() {
            ++at_;
            return *this;
        }
        friend bool operator==(const Iterator&, const Iterator&) = default;

    private:
        const Node* at_;
    };
    Elements(const Node* first, std::size_t count) : first_(first), count_(count) {}
    Iterator begin() const { return Iterator(first_); }
    Iterator end() const { return Iterator(first_ + count_); }
    std::size_t size() const { return count_; }

private:
    const Node* first_;
    std::size_t count_;
};

class Members {
public:
    Members(const Member* first, std::size_t count) : first_(first), count_(count) {}
    const Member* begin() const { return first_; }
    const Member* end() const { return first_ + count_; }
    std::size_t size() const { return count_; }

private:
    const Member* first_;
    std::size_t count_;
};

inline Kind Value::kind() const { return node_ == nullptr ? Kind::absent : node_->kind(); }

inline std::string_view Value::text() const {
    const Kind k = kind();
    if (k != Kind::string && k != Kind::number) return {};
    return {static_cast<const char*>(node_->data), node_->size()};
}

inline bool Value::boolean() const { return kind() == Kind::boolean && node_->size() == 1; }

inline std::size_t Value::size() const {
    const Kind k = kind();
    return k == Kind::array || k == Kind::object ? node_->size() : 0;
}

inline Value Value::operator[](std::string_view name) const {
    if (kind() == Kind::object) {
        for (const Member& member : Members(node_->members(), node_->size())) {
            if (member.name.size() == name.size() && std::memcmp(member.name.data(), name.data(), name.size()) == 0) {
                return member.value;
            }
        }
    }
    return {};
}

inline Value Value::operator[](std::size_t place) const {
    if (kind() != Kind::array || place >= node_->size()) return {};
    return Value(node_->elements() + place);
}

inline Elements Value::elements() const {
    if (kind() != Kind::array) return {nullptr, 0};
    return {node_->elements(), node_->size()};
}

inline Members Value::members() const {
    if (kind() != Kind::object) return {nullptr, 0};
    return {node_->members(), node_->size()};
}

inline std::size_t Value::offset() const { return node_ == nullptr ? 0 : node_->offset; }

}  // namespace idun::json
