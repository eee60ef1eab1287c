// What FHIRPath expressions run over: an Item is one element of a FHIR document or one System value; Items is an
// ordered list of them; a Collection is a result, which owns what was computed.
//
//     Item patient = Item::resource(document.root());      // of the type that its resourceType names
//     for (const Item& item : collection) use(item.value());   // the JSON behind the element
//
// An Item is 40 bytes, freely copied, and borrows: the document, the Expression whose literals it may be, and the
// Collection that holds computed texts and numbers must outlive it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <forward_list>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/decimal.h"
#include "fhir/definitions.h"
#include "fhirpath/temporal.h"
#include "json/document.h"

namespace idun::fhirpath {

struct Quantity {
    Decimal value;
    std::string unit = "1";  // a UCUM code, or the calendar's word in the singular ("month")
    bool calendar = false;
};

struct TypeInfo {
    std::string name_space;  // "System" or "FHIR"
    std::string name;
};

class Item {
public:
    // `element` is part of a document, of whatever type; the others are values of the System types.
    enum class Kind : std::uint8_t { element, boolean, integer, decimal, string, date, date_time, time, quantity, type_info };

    Item() : element_{} {}
    // The root of a document, or another resource in it. Without a known resourceType it has no type.
    static Item resource(json::Value value, const fhir::Definitions& definitions = fhir::Definitions::r4());
    // An element whose type is known from elsewhere: `property` is what the definitions say of it. `sidecar` is the
    // object with id and extension of a primitive ("_birthDate").
    static Item element(json::Value value, json::Value sidecar, const fhir::Property& property,
                        const fhir::Definitions& definitions = fhir::Definitions::r4());
    // An element of this type, such as a CodeableConcept on its own.
    static Item typed(json::Value value, json::Value sidecar, const fhir::Type& type) {
        return raw_element(value, sidecar, &type, type.shape);
    }
    static Item raw_element(json::Value value, json::Value sidecar, const fhir::Type* type, const fhir::Shape* shape) {
        Item out;
        out.element_ = {value, sidecar};
        out.type_ = type;
        out.shape_ = shape;
        return out;
    }
    // The target of a reference of which only the type is known: it has no content.
    static Item type_only(const fhir::Type& type) { return raw_element({}, {}, &type, type.shape); }
    static Item boolean(bool value) {
        Item out(Kind::boolean);
        out.integer_ = value ? 1 : 0;
        return out;
    }
    static Item integer(std::int64_t value) {
        Item out(Kind::integer);
        out.integer_ = value;
        return out;
    }
    static Item decimal(const Decimal* value) {
        Item out(Kind::decimal);
        out.decimal_ = value;
        return out;
    }
    static Item string(std::string_view text) {
        Item out(Kind::string);
        out.text_ = text;
        return out;
    }
    // `kind` is date, date_time or time.
    static Item temporal(Kind kind, const Temporal& value) {
        Item out(kind);
        out.temporal_ = value;
        return out;
    }
    static Item quantity(const Quantity* value) {
        Item out(Kind::quantity);
        out.quantity_ = value;
        return out;
    }
    static Item type_info(const TypeInfo* value) {
        Item out(Kind::type_info);
        out.info_ = value;
        return out;
    }

    Kind kind() const { return kind_; }
    bool is_element() const { return kind_ == Kind::element; }

    // Of elements. The JSON value is absent when a primitive has only extensions; both are absent when only the type
    // of a reference's target is known.
    json::Value value() const { return is_element() ? element_.value : json::Value(); }
    json::Value sidecar() const { return is_element() ? element_.sidecar : json::Value(); }
    const fhir::Type* type() const { return type_; }     // null: not known
    const fhir::Shape* shape() const { return shape_; }  // what children it may have; null: not known
    bool is_primitive() const { return type_ != nullptr && type_->kind == fhir::TypeKind::primitive; }

    // Of System values; only for that kind.
    bool as_boolean() const { return integer_ != 0; }
    std::int64_t as_integer() const { return integer_; }
    const Decimal& as_decimal() const { return *decimal_; }
    std::string_view as_string() const { return text_; }
    const Temporal& as_temporal() const { return temporal_; }
    const Quantity& as_quantity() const { return *quantity_; }
    const TypeInfo& as_type_info() const { return *info_; }

private:
    struct Element {
        json::Value value;
        json::Value sidecar;
    };
    explicit Item(Kind kind) : element_{}, kind_(kind) {}

    union {
        Element element_;
        std::int64_t integer_;
        std::string_view text_;
        const Decimal* decimal_;
        const Quantity* quantity_;
        const TypeInfo* info_;
        Temporal temporal_;
    };
    const fhir::Type* type_ = nullptr;
    const fhir::Shape* shape_ = nullptr;
    Kind kind_ = Kind::element;
};
static_assert(std::is_trivially_copyable_v<Item>);

// A list that holds its first items in place.
class Items {
public:
    static constexpr std::uint32_t kInPlace = 3;

    Items() = default;
    explicit Items(const Item& one) { push(one); }
    Items(Items&& other) noexcept { take(other); }
    Items& operator=(Items&& other) noexcept {
        if (this == &other) return *this;
        release();
        take(other);
        return *this;
    }
    Items(const Items& other) { append(other); }
    Items& operator=(const Items& other) {
        if (this == &other) return *this;
        size_ = 0;
        append(other);
        return *this;
    }
    ~Items() { release(); }

    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    const Item* begin() const { return data_; }
    const Item* end() const { return data_ + size_; }
    Item* begin() { return data_; }
    Item* end() { return data_ + size_; }
    const Item& operator[](std::size_t place) const { return data_[place]; }
    Item& operator[](std::size_t place) { return data_[place]; }
    const Item& front() const { return data_[0]; }

    void push(const Item& item) {
        if (size_ == capacity_) {
            const Item copy = item;  // may lie in the list
            grow(capacity_ * 2);
            new (data_ + size_++) Item(copy);
            return;
        }
        new (data_ + size_++) Item(item);
    }
    void append(const Items& other) {
        const std::uint32_t count = other.size_;
        if (size_ + count > capacity_) grow(std::max(capacity_ * 2, size_ + count));
        if (count > 0) std::memcpy(static_cast<void*>(data_ + size_), other.data_, count * sizeof(Item));
        size_ += count;
    }
    void clear() { size_ = 0; }
    void resize_down(std::size_t size) { size_ = static_cast<std::uint32_t>(size); }

private:
    Item* in_place() { return std::launder(reinterpret_cast<Item*>(place_)); }
    void grow(std::uint32_t capacity);
    void release() {
        if (data_ != in_place()) ::operator delete(data_);
        data_ = in_place();
        size_ = 0;
        capacity_ = kInPlace;
    }
    void take(Items& other) {
        if (other.data_ == other.in_place()) {
            size_ = other.size_;
            if (size_ > 0) std::memcpy(static_cast<void*>(place_), other.place_, size_ * sizeof(Item));
        } else {
            data_ = other.data_;
            size_ = other.size_;
            capacity_ = other.capacity_;
            other.data_ = other.in_place();
            other.capacity_ = kInPlace;
        }
        other.size_ = 0;
    }

    alignas(Item) unsigned char place_[kInPlace * sizeof(Item)];
    Item* data_ = in_place();
    std::uint32_t size_ = 0;
    std::uint32_t capacity_ = kInPlace;
};

// Texts and numbers that an evaluation made. Their addresses stay, also when the Store moves. An empty one costs nothing.
class Store {
public:
    std::string_view keep(std::string text) { return data().texts.emplace_front(std::move(text)); }
    const Decimal* keep(Decimal value) { return &data().decimals.emplace_front(std::move(value)); }
    const Quantity* keep(Quantity value) { return &data().quantities.emplace_front(std::move(value)); }
    const TypeInfo* keep(TypeInfo value) { return &data().infos.emplace_front(std::move(value)); }
    // Documents that a Resolver brought.
    void keep(std::shared_ptr<const json::Document> document) { data().documents.push_back(std::move(document)); }

private:
    struct Data {
        std::forward_list<std::string> texts;
        std::forward_list<Decimal> decimals;
        std::forward_list<Quantity> quantities;
        std::forward_list<TypeInfo> infos;
        std::vector<std::shared_ptr<const json::Document>> documents;
    };
    Data& data() {
        if (!data_) data_ = std::make_unique<Data>();
        return *data_;
    }
    std::unique_ptr<Data> data_;
};

// What an evaluation gives. Moves, does not copy.
class Collection {
public:
    Collection() = default;
    Collection(Items items, Store store) : items_(std::move(items)), store_(std::move(store)) {}

    bool empty() const { return items_.empty(); }
    std::size_t size() const { return items_.size(); }
    const Item* begin() const { return items_.begin(); }
    const Item* end() const { return items_.end(); }
    const Item& operator[](std::size_t place) const { return items_[place]; }
    const Items& items() const { return items_; }

private:
    Items items_;
    Store store_;
};

// The System value of an element of a primitive type ("2015" of a date: Date), or the item itself; nullopt for elements that
// are no primitives or have no value. Numbers are kept in `store`. A Quantity element gives a System Quantity when its
// unit is UCUM.
std::optional<Item> to_system(const Item& item, Store& store);
// As FHIRPath's toString() writes it; nullopt for complex elements and type infos.
std::optional<std::string> to_text(const Item& item);
// "FHIR.code", "System.Integer", "FHIR.BackboneElement"; "" when not known.
std::string type_name(const Item& item);
// Is it of that type, or one derived from it? For elements.
bool is_kind_of(const fhir::Type* type, const fhir::Type* ancestor);
bool is_quantity(const fhir::Type* type);  // Quantity, Age, Duration and so on: what turns into a System Quantity

}  // namespace idun::fhirpath
