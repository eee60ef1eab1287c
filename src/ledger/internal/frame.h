// The bytes of a segment file: frames, one behind the other (docs/formats/ledger.md).
//
//     u32 length of the payload, little endian
//     u8  type
//     3   zero bytes
//     8   first bytes of the leaf hash SHA-256(type || payload)
//     …   payload
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/hash.h"

namespace idun::ledger {

inline constexpr std::size_t kFrameHeaderBytes = 16;
inline constexpr std::size_t kFramePayloadBytesMax = 1u << 20;

// On disk.
enum class FrameType : std::uint8_t { entry = 0, checkpoint = 2, segment = 3 };

struct Frame {
    FrameType type = FrameType::entry;
    std::string_view payload;
    crypto::Hash leaf;
    std::size_t bytes() const { return kFrameHeaderBytes + payload.size(); }
};

crypto::Hash leaf_hash(FrameType type, std::string_view payload);
void append_frame(std::string& out, FrameType type, std::string_view payload, const crypto::Hash& leaf);

enum class FrameState { whole, cut, damaged };  // cut: `bytes` end before the frame does
struct FrameRead {
    FrameState state = FrameState::cut;
    Frame frame;             // when whole; views into `bytes`
    std::size_t needed = 0;  // when cut: of bytes in all, as far as is known
};
// The frame at the start of `bytes`.
FrameRead read_frame(std::string_view bytes);

// The hash of an empty log, and of a log with one entry more.
crypto::Hash chain_start(std::string_view log_id);
crypto::Hash chain_next(const crypto::Hash& before, const crypto::Hash& leaf);

}  // namespace idun::ledger
