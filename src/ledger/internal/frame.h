// The bytes of a journal file: frames, one behind the other (docs/formats/ledger.md).
//
//     u32 length of the payload, little endian
//     u8  type
//     3   zero bytes
//     8   first bytes of SHA-256(type || payload); of an entry that is its leaf hash in the tree
//     …   payload
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/hash.h"

namespace idun::ledger {

inline constexpr std::size_t kFrameHeaderBytes = 16;
inline constexpr std::size_t kFramePayloadBytesMax = 1u << 17;

// On disk.
enum class FrameType : std::uint8_t { entry = 0, key = 1, checkpoint = 2, segment = 3 };

struct Frame {
    FrameType type = FrameType::entry;
    std::string_view payload;
    crypto::Hash hash;
    std::size_t bytes() const { return kFrameHeaderBytes + payload.size(); }
};

crypto::Hash frame_hash(FrameType type, std::string_view payload);
void append_frame(std::string& out, FrameType type, std::string_view payload, const crypto::Hash& hash);
inline void append_frame(std::string& out, FrameType type, std::string_view payload) {
    append_frame(out, type, payload, frame_hash(type, payload));
}

enum class FrameState { whole, cut, damaged };  // cut: `bytes` end before the frame does
struct FrameRead {
    FrameState state = FrameState::cut;
    Frame frame;             // when whole; views into `bytes`
    std::size_t needed = 0;  // when cut: of bytes in all, as far as is known
};
// The frame at the start of `bytes`.
FrameRead read_frame(std::string_view bytes);

}  // namespace idun::ledger
