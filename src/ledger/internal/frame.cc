#include "ledger/internal/frame.h"

#include <cstring>

namespace idun::ledger {
namespace {

constexpr std::size_t kCheckBytes = 8;
constexpr std::size_t kCheckAt = 8;

std::uint32_t u32(std::string_view bytes) {
    std::uint32_t out = 0;
    for (int i = 3; i >= 0; --i) out = out << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
    return out;
}

bool is_type(std::uint8_t type) { return type <= 3; }

}  // namespace

crypto::Hash frame_hash(FrameType type, std::string_view payload) {
    const char tag = static_cast<char>(type);
    return crypto::sha256({std::string_view(&tag, 1), payload});
}

void append_frame(std::string& out, FrameType type, std::string_view payload, const crypto::Hash& hash) {
    const auto length = static_cast<std::uint32_t>(payload.size());
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(length >> shift & 255);
    out += static_cast<char>(type);
    out.append(3, '\0');
    out += hash.view().substr(0, kCheckBytes);
    out += payload;
}

FrameRead read_frame(std::string_view bytes) {
    FrameRead out;
    out.needed = kFrameHeaderBytes;
    if (bytes.size() < kFrameHeaderBytes) return out;
    const std::uint32_t length = u32(bytes);
    const auto type = static_cast<std::uint8_t>(bytes[4]);
    if (length == 0 || length > kFramePayloadBytesMax || !is_type(type) ||
        bytes.substr(5, 3) != std::string_view("\0\0\0", 3)) {
        out.state = FrameState::damaged;
        return out;
    }
    out.needed = kFrameHeaderBytes + length;
    if (bytes.size() < out.needed) return out;
    out.frame.type = static_cast<FrameType>(type);
    out.frame.payload = bytes.substr(kFrameHeaderBytes, length);
    out.frame.hash = frame_hash(out.frame.type, out.frame.payload);
    const bool holds = out.frame.hash.view().substr(0, kCheckBytes) == bytes.substr(kCheckAt, kCheckBytes);
    out.state = holds ? FrameState::whole : FrameState::damaged;
    return out;
}

}  // namespace idun::ledger
