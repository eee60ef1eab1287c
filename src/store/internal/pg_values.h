// PostgreSQL's binary forms of the values that cross the wire: bigint, bytea and arrays of both.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace idun::store {

// A key as the two columns of its row. `part` is the first eight bytes as a signed number that sorts as they do.
struct PgKey {
    std::int64_t part = 0;
    std::string_view rest;  // of the key it was made from
};
PgKey split_key(std::string_view key);
std::string join_key(std::int64_t part, std::string_view rest);

// The bound of a range, which may be shorter than a partition: filled with zeros, as no key lies between.
struct PgBound {
    std::int64_t part = 0;
    std::string rest;
};
PgBound split_bound(std::string_view bound);

// Parameters of one statement, in order.
class PgParams {
public:
    PgParams& number(std::int64_t value);
    PgParams& bytes(std::string_view value);
    PgParams& text(std::string_view value);

    // $n::bigint[] and $n::bytea[], element by element, between two calls of array_*.
    class Array {
    public:
        void number(std::int64_t value);
        void bytes(std::string_view value);
        void null();
        std::size_t size() const { return elements_.size(); }

    private:
        friend class PgParams;
        std::string elements_;
        std::uint32_t count_ = 0;
        bool has_null_ = false;
    };
    PgParams& numbers(const Array& array);
    PgParams& byte_strings(const Array& array);

    struct Value {
        std::uint32_t type;
        std::string bytes;
    };
    const std::vector<Value>& values() const { return values_; }

private:
    PgParams& array(const Array& array, std::uint32_t type, std::uint32_t element_type);
    std::vector<Value> values_;
};

std::int64_t read_number(std::string_view binary);

}  // namespace idun::store
