#include "index/internal/row.h"

#include "base/bytes.h"

namespace idun::index {
namespace {

using namespace row_bytes;

void append_varint(std::string& out, std::uint64_t number) {
    for (; number >= 0x80; number >>= 7) out += static_cast<char>(number | 0x80);
    out += static_cast<char>(number);
}

void append_group(std::string& out, std::span<const Stated> group) {
    const bool many = group.size() > kCountInHead;
    append_varint(out, std::uint64_t{group.front().provider} << 3 | (many ? 0 : group.size()));
    if (many) append_varint(out, group.size());
    const Stated* before = nullptr;
    for (const Stated& one : group) {
        const bool same_version = before && before->source_version == one.source_version;
        const bool same_learned = before && before->learned == one.learned;
        out += static_cast<char>(one.category | (one.withdrawn ? kWithdrawn : 0) | (same_version ? kSameVersion : 0) |
                                 (same_learned ? kSameLearned : 0));
        append_be(out, one.newest);
        if (!same_version) append_varint(out, one.source_version);
        if (!same_learned) append_varint(out, folded(one.learned, one.newest));
        before = &one;
    }
}

}  // namespace

std::string encode_row(std::span<const Stated> row) {
    std::string out;
    out.reserve(row.size() * 14);
    for (std::size_t from = 0; from < row.size();) {
        std::size_t to = from;
        while (to < row.size() && row[to].provider == row[from].provider) ++to;
        append_group(out, row.subspan(from, to - from));
        from = to;
    }
    return out;
}

Result<Row> decode_row(std::string_view bytes) {
    Row row;
    if (!read_row(bytes, [&](const Stated& one) { row.push_back(one); }))
        return fail(Category::corrupt, "index: malformed row");
    return row;
}

std::string encode_history(const History& history) {
    std::string out;
    append_be(out, history.from);
    for (const Former& one : history.former) {
        append_varint(out, one.said.provider);
        out += static_cast<char>(one.said.category | (one.said.withdrawn ? kWithdrawn : 0));
        append_be(out, one.said.newest);
        append_be(out, one.said.learned);
        append_be(out, one.until);
    }
    return out;
}

Result<History> decode_history(std::string_view bytes) {
    Reader in(bytes);
    History history;
    history.from = in.word();
    while (in.ok() && in.more()) {
        Former one;
        const std::uint64_t provider = in.varint();
        const std::uint8_t head = in.byte();
        one.said.provider = static_cast<std::uint32_t>(provider);
        one.said.category = head & kCategoryBits;
        one.said.withdrawn = (head & kWithdrawn) != 0;
        one.said.newest = in.word();
        one.said.learned = in.word();
        one.until = in.word();
        if (provider > 0xffff'ffff) return fail(Category::corrupt, "index: malformed history");
        history.former.push_back(one);
    }
    if (!in.ok()) return fail(Category::corrupt, "index: malformed history");
    return history;
}

}  // namespace idun::index
