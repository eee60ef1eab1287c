#include "exchange/line_head.h"

#include "base/bytes.h"
#include "fhir/category.h"

namespace idun::exchange {
namespace {

constexpr std::uint8_t kForm = 2;

}  // namespace

void LineHead::write(std::string& out) const {
    const auto first = static_cast<std::uint8_t>(action | (told ? kTold : 0));
    for (const std::uint8_t byte : {kForm, first, flags, categories, parts_categories}) out += static_cast<char>(byte);
    append_be(out, user);
    append_be(out, provider);
    append_be(out, purpose);
}

std::optional<LineHead> LineHead::read(std::string_view row) {
    if (row.size() < kLineHeadBytes) return std::nullopt;
    ByteReader reader(row);
    if (reader.be<std::uint8_t>() != kForm) return std::nullopt;
    LineHead out;
    out.action = reader.be<std::uint8_t>();
    out.told = (out.action & kTold) != 0;
    out.action &= static_cast<std::uint8_t>(~kTold);
    out.flags = reader.be<std::uint8_t>();
    out.categories = reader.be<std::uint8_t>();
    out.parts_categories = reader.be<std::uint8_t>();
    out.user = reader.be<std::uint32_t>();
    out.provider = reader.be<std::uint32_t>();
    out.purpose = reader.be<std::uint16_t>();
    return out;
}

LineHead head_of(const ledger::Access& access, bool gathering) {
    LineHead out;
    out.action = static_cast<std::uint8_t>(access.action);
    if (access.permit) out.flags |= LineHead::permit;
    if (access.care_relation) out.flags |= LineHead::care;
    if (access.break_glass) out.flags |= LineHead::glass;
    if (gathering) out.flags |= LineHead::gathering;
    if (!access.person) out.flags |= LineHead::nobody;
    out.categories = categories_of(access);
    out.user = short_word(access.requester.user_id);
    out.provider = short_word(access.requester.provider_id);
    out.purpose = static_cast<std::uint16_t>(short_word(access.purpose));
    return out;
}

std::uint8_t category_bit(std::string_view word) {
    const auto category = fhir::priority_category(word);
    return category ? static_cast<std::uint8_t>(1u << static_cast<unsigned>(*category)) : kOtherCategory;
}

std::uint8_t categories_of(const ledger::Access& access) {
    std::uint8_t out = 0;
    for (const ledger::Record& record : access.records) out |= category_bit(record.category);
    return out;
}

// FNV-1a.
std::uint32_t short_word(std::string_view word) {
    std::uint32_t out = 2'166'136'261u;
    for (const char c : word) out = (out ^ static_cast<std::uint8_t>(c)) * 16'777'619u;
    return out;
}

}  // namespace idun::exchange
