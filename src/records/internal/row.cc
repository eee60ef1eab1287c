#include "records/internal/row.h"

#include <algorithm>
#include <limits>

#include "records/internal/bytes.h"
#include "records/internal/keys.h"

namespace idun::records {
namespace {

constexpr char kFormat = 3;
constexpr std::uint8_t kDeleted = 1;
constexpr std::uint8_t kElsewhere = 2;
constexpr std::uint8_t kSignatureCut = 4;  // the filter knows nothing: everything may be there
constexpr std::uint8_t kHasPatient = 8;
constexpr std::uint8_t kHasOthers = 16;
constexpr std::uint8_t kHasResponsible = 32;
constexpr std::uint8_t kHasPseudonyms = 64;
constexpr std::uint8_t kGuarded = 128;  // what only few have, for decisions: a byte of these follows
constexpr std::uint8_t kHasUnit = 1;
constexpr std::uint8_t kHasLabels = 2;
constexpr std::uint8_t kHasDelay = 4;

constexpr std::int64_t kOpenFrom = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kOpenTo = std::numeric_limits<std::int64_t>::max();

void put_signed(std::string& out, std::int64_t value) {
    put_varint(out, static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
}
std::int64_t take_signed(ByteReader& in) {
    const std::uint64_t value = in.varint();
    return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
}

void put_strings(std::string& out, const std::vector<std::string>& strings) {
    put_varint(out, strings.size());
    for (const std::string& text : strings) put_string(out, text);
}

std::string_view since(const ByteReader& in, std::string_view before) { return before.substr(0, before.size() - in.rest().size()); }

// The bytes of a counted list of strings, without taking it apart.
std::string_view skip_strings(ByteReader& in) {
    const std::string_view before = in.rest();
    for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) in.string();
    return since(in, before);
}
std::string_view skip_packed(ByteReader& in) {
    const std::string_view before = in.rest();
    const std::uint8_t size = in.byte();
    in.take(size == 0 ? 16u : size);
    return since(in, before);
}

std::vector<std::string> strings(std::string_view bytes) {
    ByteReader in(bytes);
    std::vector<std::string> out;
    if (bytes.empty()) return out;
    for (std::uint64_t left = in.count(); left > 0; --left) out.emplace_back(in.string());
    return out;
}

// Bit 0: it has a start, bit 1: an end; then those, the end as the distance from the start when both are there.
void put_date(std::string& out, const std::optional<std::pair<Instant, Instant>>& date) {
    if (!date) {
        out += '\0';
        return;
    }
    const bool from = date->first.ms != kOpenFrom;
    const bool to = date->second.ms != kOpenTo;
    out += static_cast<char>((from ? 1 : 0) | (to ? 2 : 0) | 4);
    if (from) put_signed(out, date->first.ms);
    if (to) put_signed(out, from ? static_cast<std::int64_t>(static_cast<std::uint64_t>(date->second.ms) - static_cast<std::uint64_t>(date->first.ms)) : date->second.ms);
}
std::uint8_t guards_of(const Header& header) {
    return static_cast<std::uint8_t>((header.unit.empty() ? 0 : kHasUnit) | (header.labels.empty() ? 0 : kHasLabels) |
                                     (header.delayed_until ? kHasDelay : 0));
}
void put_guards(std::string& out, const Header& header) {
    const std::uint8_t guards = guards_of(header);
    out += static_cast<char>(guards);
    if (!header.unit.empty()) put_string(out, header.unit);
    if ((guards & kHasLabels) != 0) put_varint(out, header.labels.bits);
    if (header.delayed_until) put_signed(out, header.delayed_until->ms);
}

std::optional<std::pair<Instant, Instant>> take_date(ByteReader& in) {
    const std::uint8_t form = in.byte();
    if (form == 0) return std::nullopt;
    Instant from{kOpenFrom};
    Instant to{kOpenTo};
    if ((form & 1) != 0) from.ms = take_signed(in);
    if ((form & 2) != 0) to.ms = take_signed(in);
    if ((form & 3) == 3) to.ms = static_cast<std::int64_t>(static_cast<std::uint64_t>(to.ms) + static_cast<std::uint64_t>(from.ms));
    return std::pair(from, to);
}

tl::unexpected<Error> malformed() { return fail(Category::corrupt, "a resource row is malformed"); }

}  // namespace

Result<RowView> RowView::parse(std::string_view value) {
    ByteReader in(value);
    RowView out;
    if (in.byte() != kFormat) return malformed();
    out.flags_ = in.byte();
    out.category_ = static_cast<fhir::PriorityCategory>(in.byte());
    out.element_ = static_cast<fhir::SummaryElement>(in.byte());
    out.version_ = in.varint();
    out.last_updated_.ms = static_cast<std::int64_t>(in.varint());
    if ((out.flags_ & kHasPatient) != 0) out.patient_ = skip_packed(in);
    if ((out.flags_ & kHasOthers) != 0) {
        const std::string_view before = in.rest();
        for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) skip_packed(in);
        out.others_ = since(in, before);
    }
    out.date_ = take_date(in);
    if ((out.flags_ & kHasResponsible) != 0) out.responsible_ = skip_strings(in);
    if ((out.flags_ & kHasPseudonyms) != 0) out.pseudonyms_ = skip_strings(in);
    if ((out.flags_ & kGuarded) != 0) {
        const std::uint8_t guards = in.byte();
        if ((guards & kHasUnit) != 0) out.unit_ = in.string();
        if ((guards & kHasLabels) != 0) out.labels_ = fhir::LabelSet(static_cast<std::uint32_t>(in.varint()));
        if ((guards & kHasDelay) != 0) out.delayed_until_ = Instant{take_signed(in)};
    }
    out.signature_ = in.take(in.count() * 2);
    if (!in.ok()) return malformed();
    out.body_ = in.rest();
    return out;
}

std::string RowView::patient() const {
    std::string_view rest = patient_;
    return patient_.empty() ? std::string() : take_packed(rest).value_or("");
}

std::vector<std::string> RowView::other_patients() const {
    std::vector<std::string> out;
    if (others_.empty()) return out;
    ByteReader in(others_);
    std::uint64_t left = in.count();
    for (std::string_view rest = in.rest(); left > 0; --left) out.push_back(take_packed(rest).value_or(""));
    return out;
}

std::vector<std::string> RowView::pseudonyms() const { return strings(pseudonyms_); }

bool RowView::may_have(std::uint16_t mark) const {
    if ((flags_ & kSignatureCut) != 0) return true;
    const char high = static_cast<char>(mark >> 8);
    const char low = static_cast<char>(mark);
    for (std::size_t i = 0; i < signature_.size(); i += 2) {
        if (signature_[i] == high && signature_[i + 1] == low) return true;
    }
    return false;
}

Header RowView::header() const {
    Header out;
    out.deleted = deleted();
    out.category = category_;
    out.version = version_;
    out.last_updated = last_updated_;
    out.patient = patient();
    out.other_patients = other_patients();
    out.date = date_;
    out.responsible = strings(responsible_);
    out.unit = unit_;
    out.labels = labels_;
    out.element = element_;
    out.delayed_until = delayed_until_;
    out.pseudonyms = pseudonyms();
    return out;
}

Touched RowView::touched(std::string_view type, std::string_view id) const {
    Touched out;
    touch(out, type, id);
    return out;
}

void RowView::touch(Touched& out, std::string_view type, std::string_view id) const {
    out.type = type;
    out.id = id;
    out.version = version_;
    out.last_updated = last_updated_;
    out.deleted = deleted();
    out.category = category_;
    out.patient.clear();
    if (std::string_view rest = patient_; !rest.empty()) take_packed(rest, out.patient);
    out.other_patients = other_patients();
    out.date = date_;
    out.responsible = strings(responsible_);
    out.unit = unit_;
    out.labels = labels_;
    out.element = element_;
    out.delayed_until = delayed_until_;
}

Touched touched_of(const Header& header, std::string_view type, std::string_view id) {
    Touched out;
    out.type = type;
    out.id = id;
    out.version = header.version;
    out.last_updated = header.last_updated;
    out.deleted = header.deleted;
    out.category = header.category;
    out.patient = header.patient;
    out.other_patients = header.other_patients;
    out.date = header.date;
    out.responsible = header.responsible;
    out.unit = header.unit;
    out.labels = header.labels;
    out.element = header.element;
    out.delayed_until = header.delayed_until;
    return out;
}

std::string encode_header(const Header& header, bool body_elsewhere, std::size_t more) {
    std::string out;
    out.reserve(128 + header.signature.size() * 2 + more);
    std::uint8_t flags = header.deleted ? kDeleted : 0;
    if (body_elsewhere) flags |= kElsewhere;
    if (!header.signature_whole) flags |= kSignatureCut;
    if (!header.patient.empty()) flags |= kHasPatient;
    if (!header.other_patients.empty()) flags |= kHasOthers;
    if (!header.responsible.empty()) flags |= kHasResponsible;
    if (!header.pseudonyms.empty()) flags |= kHasPseudonyms;
    if (guards_of(header) != 0) flags |= kGuarded;
    out += kFormat;
    out += static_cast<char>(flags);
    out += static_cast<char>(header.category);
    out += static_cast<char>(header.element);
    put_varint(out, header.version);
    put_varint(out, static_cast<std::uint64_t>(header.last_updated.ms));
    if (!header.patient.empty()) append_packed(out, header.patient);
    if (!header.other_patients.empty()) {
        put_varint(out, header.other_patients.size());
        for (const std::string& id : header.other_patients) append_packed(out, id);
    }
    put_date(out, header.date);
    if (!header.responsible.empty()) put_strings(out, header.responsible);
    if (!header.pseudonyms.empty()) put_strings(out, header.pseudonyms);
    if ((flags & kGuarded) != 0) put_guards(out, header);
    put_varint(out, header.signature.size());
    for (const std::uint16_t mark : header.signature) {
        out += static_cast<char>(mark >> 8);
        out += static_cast<char>(mark);
    }
    return out;
}

Result<std::string> with_body_inside(std::string_view row, std::string_view body_section) {
    if (row.size() < 2) return malformed();
    std::string out(row);
    out[1] = static_cast<char>(out[1] & ~kElsewhere);
    return std::move(out.append(body_section));
}

}  // namespace idun::records
