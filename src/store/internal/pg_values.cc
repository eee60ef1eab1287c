#include "store/internal/pg_values.h"

namespace idun::store {
namespace {

// Type numbers of PostgreSQL's catalogue (pg_type.dat); they never change.
constexpr std::uint32_t kBytea = 17;
constexpr std::uint32_t kBigint = 20;
constexpr std::uint32_t kText = 25;
constexpr std::uint32_t kByteaArray = 1001;
constexpr std::uint32_t kBigintArray = 1016;

void add(std::string& out, std::uint64_t number, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>((number >> (8 * i)) & 0xff));
}

std::int64_t part_of(std::string_view eight) { return read_number(eight) ^ std::int64_t{INT64_MIN}; }

}  // namespace

std::int64_t read_number(std::string_view binary) {
    IDUN_CHECK(binary.size() == 8 || binary.size() == 4);
    std::uint64_t number = 0;
    for (const char c : binary) number = number << 8 | static_cast<unsigned char>(c);
    if (binary.size() == 4) return static_cast<std::int32_t>(static_cast<std::uint32_t>(number));
    return static_cast<std::int64_t>(number);
}

PgKey split_key(std::string_view key) {
    IDUN_CHECK(key.size() >= kPartitionBytes);
    return {part_of(key.substr(0, kPartitionBytes)), key.substr(kPartitionBytes)};
}

std::string join_key(std::int64_t part, std::string_view rest) {
    std::string key;
    key.reserve(kPartitionBytes + rest.size());
    add(key, static_cast<std::uint64_t>(part ^ std::int64_t{INT64_MIN}), 8);
    key += rest;
    return key;
}

PgBound split_bound(std::string_view bound) {
    std::string padded(bound);
    if (padded.size() < kPartitionBytes) padded.resize(kPartitionBytes, '\0');
    const PgKey key = split_key(padded);
    return {key.part, std::string(key.rest)};
}

PgParams& PgParams::number(std::int64_t value) {
    std::string bytes;
    add(bytes, static_cast<std::uint64_t>(value), 8);
    values_.push_back({kBigint, std::move(bytes)});
    return *this;
}

PgParams& PgParams::bytes(std::string_view value) {
    values_.push_back({kBytea, std::string(value)});
    return *this;
}

PgParams& PgParams::text(std::string_view value) {
    values_.push_back({kText, std::string(value)});
    return *this;
}

void PgParams::Array::number(std::int64_t value) {
    add(elements_, 8, 4);
    add(elements_, static_cast<std::uint64_t>(value), 8);
    ++count_;
}

void PgParams::Array::bytes(std::string_view value) {
    add(elements_, value.size(), 4);
    elements_ += value;
    ++count_;
}

void PgParams::Array::null() {
    add(elements_, 0xffffffff, 4);
    has_null_ = true;
    ++count_;
}

PgParams& PgParams::numbers(const Array& array) { return this->array(array, kBigintArray, kBigint); }

PgParams& PgParams::byte_strings(const Array& array) { return this->array(array, kByteaArray, kBytea); }

PgParams& PgParams::array(const Array& array, std::uint32_t type, std::uint32_t element_type) {
    std::string bytes;
    bytes.reserve(20 + array.elements_.size());
    add(bytes, array.count_ == 0 ? 0 : 1, 4);  // dimensions
    add(bytes, array.has_null_ ? 1 : 0, 4);
    add(bytes, element_type, 4);
    if (array.count_ != 0) {
        add(bytes, array.count_, 4);
        add(bytes, 1, 4);  // the first index
    }
    bytes += array.elements_;
    values_.push_back({type, std::move(bytes)});
    return *this;
}

}  // namespace idun::store
