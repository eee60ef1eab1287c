// Bodies without what the header says: two cuts on the way in, two insertions on the way out.
#include <algorithm>

#include "records/internal/bytes.h"
#include "records/internal/row.h"

namespace idun::records {

void append_section(std::string& out, const Cut& cut) {
    const bool id_first = cut.id_at < cut.stamp_at;
    const std::size_t first_at = std::min(cut.id_at, cut.stamp_at);
    put_varint(out, first_at << 1 | (id_first ? 0u : 1u));
    put_varint(out, std::max(cut.id_at, cut.stamp_at) - first_at);
    out.append(cut.text);
}

std::string stamp_text(std::uint64_t version, Instant last_updated) {
    std::string out;
    out.reserve(80);
    out.append("\"versionId\":\"")
        .append(std::to_string(version))
        .append("\",\"lastUpdated\":\"")
        .append(to_iso(last_updated));
    return std::move(out.append("\""));
}

Result<std::string> body_text(std::string_view section, std::string_view id, std::uint64_t version, Instant last_updated) {
    std::string out;
    TRY(append_body(out, section, id, version, last_updated));
    return out;
}

Status append_body(std::string& out, std::string_view section, std::string_view id, std::uint64_t version,
                   Instant last_updated) {
    ByteReader in(section);
    const std::uint64_t first = in.varint();
    const std::uint64_t between = in.varint();
    const std::string_view head = in.take(first >> 1);
    const std::string_view middle = in.take(between);
    if (!in.ok()) return fail(Category::corrupt, "a stored body is malformed");
    const std::string stamp = stamp_text(version, last_updated);
    const bool id_first = (first & 1) == 0;
    out.reserve(out.size() + section.size() + id.size() + stamp.size());
    out.append(head).append(id_first ? id : stamp).append(middle).append(id_first ? std::string_view(stamp) : id).append(in.rest());
    return {};
}

}  // namespace idun::records
