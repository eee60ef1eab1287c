// Packing of bodies: zstd with a dictionary.
#include <zstd.h>

#include <array>
#include <memory>

#include "records/internal/bytes.h"
#include "records/internal/row.h"

namespace idun::records {
namespace {

constexpr unsigned char kDictionary1[] = {
#include "records/internal/dictionary_1.inc"
};
constexpr std::uint8_t kPlain = 0;
constexpr std::size_t kPlainBelow = 64;
constexpr std::uint64_t kLengthMax = 64u << 20;
constexpr int kLevel = 3;

struct FreeContext {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// Immutable and shared by all threads; made once.
const ZSTD_CDict* packing_dictionary() {
    static const ZSTD_CDict* const made = ZSTD_createCDict(kDictionary1, sizeof kDictionary1, kLevel);
    IDUN_CHECK(made != nullptr);
    return made;
}
const ZSTD_DDict* unpacking_dictionary() {
    static const ZSTD_DDict* const made = ZSTD_createDDict(kDictionary1, sizeof kDictionary1);
    IDUN_CHECK(made != nullptr);
    return made;
}

ZSTD_CCtx* packer() {
    thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context = [] {
        std::unique_ptr<ZSTD_CCtx, FreeContext> made(ZSTD_createCCtx());
        IDUN_CHECK(made != nullptr);
        ZSTD_CCtx_setParameter(made.get(), ZSTD_c_contentSizeFlag, 0);
        ZSTD_CCtx_setParameter(made.get(), ZSTD_c_dictIDFlag, 0);
        ZSTD_CCtx_refCDict(made.get(), packing_dictionary());
        return made;
    }();
    return context.get();
}

ZSTD_DCtx* unpacker() {
    thread_local const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
    IDUN_CHECK(context != nullptr);
    return context.get();
}

tl::unexpected<Error> damaged() { return fail(Category::corrupt, "a stored body cannot be unpacked"); }

}  // namespace

std::string pack_body(std::string_view json) {
    const bool plain = json.size() < kPlainBelow;
    std::string out;
    out += static_cast<char>(plain ? kPlain : 1);
    put_varint(out, json.size());
    if (plain) return std::move(out.append(json));
    const std::size_t head = out.size();
    out.resize(head + ZSTD_compressBound(json.size()));
    const std::size_t size = ZSTD_compress2(packer(), out.data() + head, out.size() - head, json.data(), json.size());
    IDUN_CHECK(!ZSTD_isError(size));
    out.resize(head + size);
    return out;
}

Result<PackedBody> packed_body(std::string_view section) {
    ByteReader in(section);
    PackedBody out;
    out.dictionary = in.byte();
    out.length = in.varint();
    out.bytes = in.rest();
    if (!in.ok() || out.length > kLengthMax || out.dictionary > 1) return damaged();
    return out;
}

Result<std::string> unpack(const PackedBody& body) {
    if (body.dictionary == kPlain) {
        if (body.length != body.bytes.size()) return damaged();
        return std::string(body.bytes);
    }
    std::string out;
    out.resize(body.length);
    const std::size_t size = ZSTD_decompress_usingDDict(unpacker(), out.data(), out.size(), body.bytes.data(),
                                                        body.bytes.size(), unpacking_dictionary());
    if (ZSTD_isError(size) || size != body.length) return damaged();
    return out;
}

}  // namespace idun::records
