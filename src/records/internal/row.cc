#include "records/internal/row.h"

#include "records/internal/bytes.h"

namespace idun::records {
namespace {

constexpr char kFormat = 1;
constexpr std::uint8_t kDeleted = 1;
constexpr std::uint8_t kElsewhere = 2;

void put_strings(std::string& out, const std::vector<std::string>& strings) {
    put_varint(out, strings.size());
    for (const std::string& text : strings) put_string(out, text);
}

// The bytes of a counted list of strings, without taking it apart.
std::string_view skip_strings(ByteReader& in) {
    const std::string_view before = in.rest();
    for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) in.string();
    return before.substr(0, before.size() - in.rest().size());
}

std::vector<std::string> strings(std::string_view bytes) {
    ByteReader in(bytes);
    std::vector<std::string> out;
    for (std::uint64_t left = in.count(); left > 0; --left) out.emplace_back(in.string());
    return out;
}

tl::unexpected<Error> malformed() { return fail(Category::corrupt, "a resource row is malformed"); }

}  // namespace

Result<RowView> RowView::parse(std::string_view value) {
    ByteReader in(value);
    RowView out;
    if (in.byte() != kFormat) return malformed();
    out.flags_ = in.byte();
    out.category_ = static_cast<fhir::PriorityCategory>(in.byte());
    out.version_ = in.varint();
    out.last_updated_.ms = in.i64();
    out.patient_ = in.string();
    out.others_ = skip_strings(in);
    if (in.byte() == 1) {
        const Instant from{in.i64()};
        out.date_ = std::pair(from, Instant{in.i64()});
    }
    out.responsible_ = skip_strings(in);
    out.pseudonyms_ = skip_strings(in);
    const std::uint64_t items = in.count();
    out.items_ = in.take(items * kItemBytes);
    if (!in.ok()) return malformed();
    if (!out.deleted() && !out.body_elsewhere()) {
        TRY_ASSIGN(out.body_, packed_body(in.rest()));
    }
    return out;
}

SearchItem RowView::item(std::size_t place) const {
    const char* at = items_.data() + place * kItemBytes;
    return {static_cast<std::uint8_t>(*at), u64_at(at + 1), u64_at(at + 9)};
}

std::vector<SearchItem> RowView::items() const {
    std::vector<SearchItem> out;
    out.reserve(item_count());
    for (std::size_t i = 0; i < item_count(); ++i) out.push_back(item(i));
    return out;
}

std::vector<std::string> RowView::pseudonyms() const { return strings(pseudonyms_); }

Touched RowView::touched(std::string_view type, std::string_view id) const {
    Touched out;
    out.type = type;
    out.id = id;
    out.version = version_;
    out.last_updated = last_updated_;
    out.deleted = deleted();
    out.category = category_;
    out.patient = patient_;
    out.other_patients = strings(others_);
    out.date = date_;
    out.responsible = strings(responsible_);
    return out;
}

std::string encode_row(const Header& header, std::string_view body_section, bool body_elsewhere) {
    std::string out;
    out.reserve(128 + header.items.size() * 17 + body_section.size());
    out += kFormat;
    out += static_cast<char>((header.deleted ? kDeleted : 0) | (body_elsewhere ? kElsewhere : 0));
    out += static_cast<char>(header.category);
    put_varint(out, header.version);
    put_u64(out, static_cast<std::uint64_t>(header.last_updated.ms));
    put_string(out, header.patient);
    put_strings(out, header.other_patients);
    out += static_cast<char>(header.date ? 1 : 0);
    if (header.date) {
        put_u64(out, static_cast<std::uint64_t>(header.date->first.ms));
        put_u64(out, static_cast<std::uint64_t>(header.date->second.ms));
    }
    put_strings(out, header.responsible);
    put_strings(out, header.pseudonyms);
    put_varint(out, header.items.size());
    for (const SearchItem& item : header.items) {
        out += static_cast<char>(item.number);
        put_u64(out, item.a);
        put_u64(out, item.b);
    }
    return std::move(out.append(body_section));
}

Result<std::string> with_body_inside(std::string_view row, std::string_view body_section) {
    if (row.size() < 2) return malformed();
    std::string out(row);
    out[1] = static_cast<char>(out[1] & ~kElsewhere);
    return std::move(out.append(body_section));
}

}  // namespace idun::records
