// Bodies without what the header says: two cuts on the way in, two insertions on the way out.
#include <algorithm>

#include "records/internal/bytes.h"
#include "records/internal/row.h"

namespace idun::records {

std::string body_section(const Stamped& stamped, const Stamp& stamp) {
    const std::string_view text = stamped.text;
    const std::size_t stamp_size = stamp_text(stamp.version, stamp.last_updated).size();
    const bool id_first = stamped.id_at < stamped.stamp_at;
    const std::size_t first_at = std::min(stamped.id_at, stamped.stamp_at);
    const std::size_t first_size = id_first ? stamp.id.size() : stamp_size;
    const std::size_t second_at = std::max(stamped.id_at, stamped.stamp_at);
    const std::size_t second_size = id_first ? stamp_size : stamp.id.size();
    std::string out;
    out.reserve(text.size());
    put_varint(out, first_at << 1 | (id_first ? 0u : 1u));
    put_varint(out, second_at - first_at - first_size);
    out.append(text.substr(0, first_at)).append(text.substr(first_at + first_size, second_at - first_at - first_size));
    out.append(text.substr(second_at + second_size));
    return out;
}

Result<std::string> body_text(std::string_view section, std::string_view id, std::uint64_t version, Instant last_updated) {
    ByteReader in(section);
    const std::uint64_t first = in.varint();
    const std::uint64_t between = in.varint();
    const std::string_view head = in.take(first >> 1);
    const std::string_view middle = in.take(between);
    if (!in.ok()) return fail(Category::corrupt, "a stored body is malformed");
    const std::string stamp = stamp_text(version, last_updated);
    const bool id_first = (first & 1) == 0;
    std::string out;
    out.reserve(section.size() + id.size() + stamp.size());
    out.append(head).append(id_first ? id : stamp).append(middle).append(id_first ? std::string_view(stamp) : id).append(in.rest());
    return out;
}

}  // namespace idun::records
