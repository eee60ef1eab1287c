#include "app/compressed.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

namespace idun::app {
namespace {

constexpr std::size_t kStep = 1u << 20;

Result<std::string> from_zstd(std::string_view bytes, std::size_t bytes_max) {
    const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), &ZSTD_freeDCtx);
    std::string out;
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    std::size_t left = 1;  // 0 when a frame has ended
    while (in.pos < in.size || left != 0) {
        const std::size_t before = out.size();
        if (before >= bytes_max) return fail(Category::too_large, "the file unpacks to more than is taken");
        const std::size_t room = std::min(kStep, bytes_max - before);
        out.resize(before + room);
        ZSTD_outBuffer step{out.data() + before, room, 0};
        const bool at_end = in.pos == in.size;
        left = ZSTD_decompressStream(context.get(), &step, &in);
        out.resize(before + step.pos);
        if (ZSTD_isError(left)) return fail(Category::corrupt, "broken zstd file");
        if (at_end && left != 0 && step.pos == 0) return fail(Category::corrupt, "zstd file is cut off");
    }
    return out;
}

Result<std::string> from_gzip(std::string_view bytes, std::size_t bytes_max) {
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) return fail(Category::internal, "zlib does not start");
    const std::unique_ptr<z_stream, decltype(&inflateEnd)> guard(&stream, &inflateEnd);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    std::string out;
    for (int state = Z_OK; state != Z_STREAM_END || stream.avail_in > 0;) {
        if (state == Z_STREAM_END) inflateReset(&stream);
        const std::size_t before = out.size();
        if (before >= bytes_max) return fail(Category::too_large, "the file unpacks to more than is taken");
        out.resize(before + std::min(kStep, bytes_max - before));
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
        stream.avail_out = static_cast<uInt>(out.size() - before);
        state = inflate(&stream, Z_NO_FLUSH);
        out.resize(out.size() - stream.avail_out);
        if (state == Z_BUF_ERROR && stream.avail_in == 0) return fail(Category::corrupt, "gzip file is cut off");
        if (state != Z_OK && state != Z_STREAM_END) return fail(Category::corrupt, "broken gzip file");
    }
    return out;
}

}  // namespace

Result<std::string> unpacked(std::string bytes, std::size_t bytes_max) {
    if (bytes.starts_with("\x28\xb5\x2f\xfd")) return from_zstd(bytes, bytes_max);
    if (bytes.starts_with("\x1f\x8b")) return from_gzip(bytes, bytes_max);
    if (bytes.size() > bytes_max) return fail(Category::too_large, "the file is larger than is taken");
    return bytes;
}

Result<std::string> read_file(const std::string& path) {
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    if (!in) return fail(errno == ENOENT ? Category::not_found : Category::unavailable,
                         path + ": " + (errno ? std::strerror(errno) : "cannot be read"));
    std::string out;
    std::error_code unknown;
    if (const auto size = std::filesystem::file_size(path, unknown); !unknown)
        out.reserve(std::min<std::uintmax_t>(size, kUnpackedBytesMax) + kStep);
    while (in) {
        const std::size_t at = out.size();
        out.resize(at + kStep);
        in.read(out.data() + at, kStep);
        out.resize(at + static_cast<std::size_t>(in.gcount()));
    }
    if (in.bad()) return fail(Category::unavailable, path + ": cannot be read");
    return out;
}

Status write_file(const std::string& path, std::string_view text) {
    const std::string part = path + ".part";
    {
        std::ofstream out(part, std::ios::binary | std::ios::trunc);
        out << text;
        out.close();
        if (!out) return fail(Category::unavailable, path + ": cannot be written");
    }
    std::error_code error;
    std::filesystem::rename(part, path, error);
    if (error) return fail(Category::unavailable, path + ": " + error.message());
    return {};
}

}  // namespace idun::app
