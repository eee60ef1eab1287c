#include "fhir/definitions.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/result.h"
#include "fhir/internal/blob.h"
#include "fhir/internal/embedded.h"

namespace idun::fhir {

namespace {

struct Compartment {
    std::string_view name;
    const Type* type;
    std::span<const std::string_view> parameters;
};

// A range of rows of one section.
struct Rows {
    const std::uint32_t* words = nullptr;
    std::uint32_t count = 0;
    std::uint32_t width = 1;
    const std::uint32_t* operator[](std::uint32_t row) const { return words + static_cast<std::size_t>(row) * width; }
};

// Walks the sections in their order. The blob is ours, so what does not fit is a bug.
class Reader {
public:
    explicit Reader(std::string_view blob) {
        // Aligned and of the machine's byte order: Idun runs on little-endian machines only.
        static_assert(std::endian::native == std::endian::little);
        words_ = reinterpret_cast<const std::uint32_t*>(blob.data());
        IDUN_CHECK(blob.size() > 8 && words_[0] == blob::kMagic && words_[1] * std::size_t{4} <= blob.size());
        last_ = words_[1];
        text_ = blob.substr(last_ * std::size_t{4});
        strings_ = next(blob::kStringWords);
    }

    Rows next(std::uint32_t width) {
        IDUN_CHECK(at_ < last_);
        const Rows rows{words_ + at_ + 1, words_[at_], width};
        at_ += 1 + rows.count * rows.width;
        IDUN_CHECK(at_ <= last_);
        return rows;
    }

    std::string_view string(std::uint32_t number) const {
        IDUN_CHECK(number + 1 < strings_.count);
        const std::uint32_t first = strings_[number][0];
        return text_.substr(first, strings_[number + 1][0] - first);
    }

private:
    const std::uint32_t* words_;
    std::uint32_t at_ = 2;
    std::uint32_t last_;
    std::string_view text_;
    Rows strings_;
};

Primitive primitive_of(std::string_view name) {
    static constexpr std::pair<std::string_view, Primitive> kNames[] = {
        {"base64Binary", Primitive::base64_binary}, {"boolean", Primitive::boolean}, {"canonical", Primitive::canonical},
        {"code", Primitive::code}, {"date", Primitive::date}, {"dateTime", Primitive::date_time},
        {"decimal", Primitive::decimal}, {"id", Primitive::id}, {"instant", Primitive::instant},
        {"integer", Primitive::integer}, {"markdown", Primitive::markdown}, {"oid", Primitive::oid},
        {"positiveInt", Primitive::positive_int}, {"string", Primitive::string}, {"time", Primitive::time},
        {"unsignedInt", Primitive::unsigned_int}, {"uri", Primitive::uri}, {"url", Primitive::url},
        {"uuid", Primitive::uuid}, {"xhtml", Primitive::xhtml}};
    for (const auto& [known, primitive] : kNames) {
        if (known == name) return primitive;
    }
    return Primitive::none;
}

Special special_of(std::string_view name) {
    if (name == "Extension") return Special::extension;
    if (name == "Reference") return Special::reference;
    if (name == "Coding") return Special::coding;
    if (name == "CodeableConcept") return Special::codeable_concept;
    return Special::none;
}

template <typename T>
const T* at_or_null(const std::vector<T>& all, std::uint32_t place) {
    if (place == blob::kNone) return nullptr;
    IDUN_CHECK(place < all.size());
    return &all[place];
}

template <typename T>
std::span<const T> part(const std::vector<T>& all, std::uint32_t first, std::uint32_t count) {
    IDUN_CHECK(std::size_t{first} + count <= all.size());
    return {all.data() + first, count};
}

}  // namespace

struct Definitions::Impl {
    std::vector<Type> types;
    std::vector<ValueSet> sets;
    std::vector<ValueSet::Code> codes;
    std::vector<const Type*> targets;
    std::vector<Shape> shapes;
    std::vector<Element> elements;
    std::vector<ElementType> element_types;
    std::vector<Property> properties;
    std::vector<SearchParameter> search;
    std::vector<SearchComponent> components;
    std::vector<Compartment> compartments;
    std::vector<std::string_view> compartment_parameters;

    NameTable type_names;
    NameTable set_urls;
    NameTable search_urls;
    std::vector<const Type*> resources;
    std::vector<std::vector<const SearchParameter*>> search_of;  // by type; sorted by code

    explicit Impl(std::string_view bytes) {
        Reader in(bytes);
        const Rows type_rows = in.next(blob::kTypeWords);
        const Rows set_rows = in.next(blob::kValueSetWords);
        const Rows code_rows = in.next(blob::kCodeWords);
        const Rows target_rows = in.next(blob::kTargetWords);
        const Rows shape_rows = in.next(blob::kShapeWords);
        // Sized first: from here on addresses stay.
        types.resize(type_rows.count);
        sets.resize(set_rows.count);
        codes.resize(code_rows.count);
        targets.resize(target_rows.count);
        shapes.resize(shape_rows.count);
        read_types(in, type_rows);
        read_value_sets(in, set_rows, code_rows);
        for (std::uint32_t i = 0; i < target_rows.count; ++i) targets[i] = at_or_null(types, target_rows[i][0]);
        read_elements(in);
        read_shapes(in, shape_rows);
        read_search(in);
        read_compartments(in);
        index();
    }

    void read_types(const Reader& in, const Rows& rows) {
        for (std::uint32_t i = 0; i < rows.count; ++i) {
            const std::uint32_t* row = rows[i];
            Type& type = types[i];
            type.name = in.string(row[0]);
            type.kind = static_cast<TypeKind>(row[1]);
            type.primitive = type.kind == TypeKind::primitive ? primitive_of(type.name) : Primitive::none;
            type.special = special_of(type.name);
            IDUN_CHECK((type.primitive != Primitive::none) == (type.kind == TypeKind::primitive));
            type.is_abstract = row[2] != 0;
            type.base = at_or_null(types, row[3]);
            type.shape = at_or_null(shapes, row[4]);
        }
    }

    void read_value_sets(const Reader& in, const Rows& set_rows, const Rows& code_rows) {
        for (std::uint32_t i = 0; i < code_rows.count; ++i) codes[i] = {in.string(code_rows[i][0]), in.string(code_rows[i][1])};
        for (std::uint32_t i = 0; i < set_rows.count; ++i) {
            ValueSet& set = sets[i];
            set.url = in.string(set_rows[i][0]);
            set.codes = part(codes, set_rows[i][1], set_rows[i][2]);
            set.by_code_ = NameTable(set_rows[i][2], [&](std::uint32_t c) { return set.codes[c].code; });
        }
    }

    void read_elements(Reader& in) {
        const Rows element_rows = in.next(blob::kElementWords);
        const Rows type_rows = in.next(blob::kElementTypeWords);
        const Rows property_rows = in.next(blob::kPropertyWords);
        elements.resize(element_rows.count);
        element_types.resize(type_rows.count);
        properties.resize(property_rows.count);
        for (std::uint32_t i = 0; i < type_rows.count; ++i) {
            element_types[i] = {at_or_null(types, type_rows[i][0]), part(targets, type_rows[i][1], type_rows[i][2])};
        }
        for (std::uint32_t i = 0; i < element_rows.count; ++i) {
            const std::uint32_t* row = element_rows[i];
            elements[i] = {.path = in.string(row[0]),
                           .name = in.string(row[1]),
                           .min = static_cast<std::uint16_t>(row[2]),
                           .max = static_cast<std::uint16_t>(row[3]),
                           .choice = (row[4] & blob::kChoice) != 0,
                           .summary = (row[4] & blob::kSummary) != 0,
                           .modifier = (row[4] & blob::kModifier) != 0,
                           .types = part(element_types, row[5], row[6]),
                           .children = at_or_null(shapes, row[7]),
                           .required = at_or_null(sets, row[8])};
        }
        for (std::uint32_t i = 0; i < property_rows.count; ++i) {
            const std::uint32_t* row = property_rows[i];
            const ElementType* typed = at_or_null(element_types, row[2]);
            properties[i] = {.name = in.string(row[0]),
                             .element = at_or_null(elements, row[1]),
                             .typed = typed,
                             .type = typed == nullptr ? nullptr : typed->type,
                             .shape = at_or_null(shapes, row[3])};
        }
    }

    void read_shapes(const Reader& in, const Rows& rows) {
        for (std::uint32_t i = 0; i < rows.count; ++i) {
            const std::uint32_t* row = rows[i];
            Shape& shape = shapes[i];
            shape.path = in.string(row[0]);
            shape.elements = part(elements, row[1], row[2]);
            shape.properties = part(properties, row[3], row[4]);
            IDUN_CHECK(row[2] <= Shape::kElementsMax);
            for (std::uint32_t e = 0; e < row[2]; ++e) {
                Element& element = elements[row[1] + e];
                element.place = static_cast<std::uint16_t>(e);
                if (element.min > 0) shape.required |= std::uint64_t{1} << e;
            }
            shape.by_name_ = NameTable(row[4], [&](std::uint32_t p) { return shape.properties[p].name; });
        }
    }

    void read_search(Reader& in) {
        const Rows rows = in.next(blob::kSearchWords);
        const Rows component_rows = in.next(blob::kComponentWords);
        components.resize(component_rows.count);
        search.resize(rows.count);
        for (std::uint32_t i = 0; i < component_rows.count; ++i) {
            components[i] = {in.string(component_rows[i][0]), in.string(component_rows[i][1])};
        }
        for (std::uint32_t i = 0; i < rows.count; ++i) {
            const std::uint32_t* row = rows[i];
            search[i] = {.code = in.string(row[0]),
                         .url = in.string(row[1]),
                         .type = static_cast<SearchType>(row[2]),
                         .expression = in.string(row[3]),
                         .bases = part(targets, row[4], row[5]),
                         .targets = part(targets, row[6], row[7]),
                         .components = part(components, row[8], row[9])};
        }
    }

    void read_compartments(Reader& in) {
        const Rows rows = in.next(blob::kCompartmentWords);
        const Rows parameter_rows = in.next(blob::kCompartmentParameterWords);
        compartment_parameters.resize(parameter_rows.count);
        for (std::uint32_t i = 0; i < parameter_rows.count; ++i) compartment_parameters[i] = in.string(parameter_rows[i][0]);
        for (std::uint32_t i = 0; i < rows.count; ++i) {
            const std::uint32_t* row = rows[i];
            compartments.push_back({in.string(row[0]), at_or_null(types, row[1]), part(compartment_parameters, row[2], row[3])});
        }
    }

    void index() {
        type_names = NameTable(count(types), [&](std::uint32_t i) { return types[i].name; });
        set_urls = NameTable(count(sets), [&](std::uint32_t i) { return sets[i].url; });
        search_urls = NameTable(count(search), [&](std::uint32_t i) { return search[i].url; });
        for (const Type& type : types) {
            if (type.kind == TypeKind::resource && !type.is_abstract) resources.push_back(&type);
        }
        const auto by_name = [](const Type* a, const Type* b) { return a->name < b->name; };
        std::sort(resources.begin(), resources.end(), by_name);
        search_of.resize(types.size());
        for (const Type* type : resources) {
            auto& own = search_of[place(type)];
            for (const SearchParameter& parameter : search) {
                if (applies(parameter, type)) own.push_back(&parameter);
            }
        }
    }

    static bool applies(const SearchParameter& parameter, const Type* type) {
        for (const Type* t = type; t != nullptr; t = t->base) {
            if (std::find(parameter.bases.begin(), parameter.bases.end(), t) != parameter.bases.end()) return true;
        }
        return false;
    }

    template <typename T>
    static std::uint32_t count(const std::vector<T>& of) {
        return static_cast<std::uint32_t>(of.size());
    }
    std::size_t place(const Type* type) const { return static_cast<std::size_t>(type - types.data()); }
};

bool ValueSet::contains(std::string_view system, std::string_view code) const {
    const std::uint32_t place = by_code_.find(code);
    if (place == NameTable::kNone) return false;
    if (codes[place].system == system) return true;
    return std::any_of(codes.begin(), codes.end(), [&](const Code& c) { return c.code == code && c.system == system; });
}

const Definitions& Definitions::r4() {
    static const Definitions definitions(std::make_unique<Impl>(embedded_r4()));
    return definitions;
}

Definitions::Definitions(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Definitions::~Definitions() = default;

const Type* Definitions::type(std::string_view name) const {
    const std::uint32_t place = impl_->type_names.find(name);
    return place == NameTable::kNone ? nullptr : &impl_->types[place];
}

bool Definitions::is_resource(std::string_view name) const {
    const Type* found = type(name);
    return found != nullptr && found->kind == TypeKind::resource && !found->is_abstract;
}

std::span<const Type* const> Definitions::resources() const { return impl_->resources; }

std::span<const SearchParameter* const> Definitions::search_parameters(std::string_view resource_type) const {
    const Type* found = type(resource_type);
    if (found == nullptr) return {};
    return impl_->search_of[impl_->place(found)];
}

const SearchParameter* Definitions::search_parameter(std::string_view resource_type, std::string_view code) const {
    const auto all = search_parameters(resource_type);
    const auto before = [](const SearchParameter* p, std::string_view c) { return p->code < c; };
    const auto at = std::lower_bound(all.begin(), all.end(), code, before);
    return at != all.end() && (*at)->code == code ? *at : nullptr;
}

const SearchParameter* Definitions::search_parameter_by_url(std::string_view url) const {
    const std::uint32_t place = impl_->search_urls.find(url);
    return place == NameTable::kNone ? nullptr : &impl_->search[place];
}

std::optional<std::span<const std::string_view>> Definitions::compartment(std::string_view name, std::string_view resource_type) const {
    for (const Compartment& c : impl_->compartments) {
        if (c.name == name && c.type->name == resource_type) return c.parameters;
    }
    return std::nullopt;
}

std::span<const Type> Definitions::types() const { return impl_->types; }
std::span<const SearchParameter> Definitions::search_parameters() const { return impl_->search; }

const ValueSet* Definitions::value_set(std::string_view url) const {
    const std::uint32_t place = impl_->set_urls.find(url);
    return place == NameTable::kNone ? nullptr : &impl_->sets[place];
}

std::string_view to_string(SearchType type) {
    static constexpr std::array<std::string_view, 9> kNames = {"number",    "date",     "string", "token", "reference",
                                                               "composite", "quantity", "uri",    "special"};
    return kNames[static_cast<std::size_t>(type)];
}

}  // namespace idun::fhir
