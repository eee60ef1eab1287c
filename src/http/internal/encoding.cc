#include "http/internal/encoding.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>

#include "http/internal/text.h"

namespace idun::http {
namespace {

constexpr std::size_t kWorthCompressing = 1024;
constexpr int kGzipWindow = 15 + 16;  // zlib's way to ask for gzip framing
constexpr std::size_t kStep = 64u << 10;

bool is_text(std::string_view type) {
    type = trimmed(type.substr(0, type.find(';')));
    if (type.starts_with("text/")) return true;
    static constexpr std::array<std::string_view, 6> kTypes = {"application/json",   "application/javascript", "application/xml",
                                                               "application/x-ndjson", "application/fhir+ndjson", "image/svg+xml"};
    return std::ranges::find(kTypes, type) != kTypes.end() || type.ends_with("+json") || type.ends_with("+xml");
}

struct Inflater {
    z_stream stream{};
    bool open = inflateInit2(&stream, kGzipWindow) == Z_OK;
    ~Inflater() {
        if (open) inflateEnd(&stream);
    }
};

Error too_large(std::size_t bytes_max) {
    return Error(Category::too_large, "the decoded body is over " + std::to_string(bytes_max) + " bytes");
}

Result<std::string> unzstd(std::string_view bytes, std::size_t bytes_max) {
    const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
    if (!context) return fail(Category::internal, "zstd has no memory");
    ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, 23);  // RFC 9659: 8 MiB
    std::string out;
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    std::size_t left = 1;
    while (left != 0) {
        const std::size_t before = out.size();
        out.resize(before + kStep);
        ZSTD_outBuffer part{out.data() + before, kStep, 0};
        const std::size_t from = in.pos;
        left = ZSTD_decompressStream(context.get(), &part, &in);
        if (ZSTD_isError(left)) return fail(Category::invalid, "the body is not well-formed zstd");
        out.resize(before + part.pos);
        if (out.size() > bytes_max) return fail(too_large(bytes_max));
        if (left != 0 && part.pos == 0 && in.pos == from) return fail(Category::invalid, "the body is cut-off zstd");
    }
    if (in.pos != in.size) return fail(Category::invalid, "bytes follow the end of the zstd body");
    return out;
}

}  // namespace

std::string gzip(std::string_view bytes) {
    z_stream stream{};
    IDUN_CHECK(deflateInit2(&stream, 1, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string out(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int outcome = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    IDUN_CHECK(outcome == Z_STREAM_END);
    return out;
}

std::string zstd(std::string_view bytes) {
    constexpr int kLevel = 1;  // at the speed of a disk, and still smaller than gzip
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    const std::size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), kLevel);
    IDUN_CHECK(!ZSTD_isError(size));
    out.resize(size);
    return out;
}

Result<std::string> gunzip(std::string_view bytes, std::size_t bytes_max) {
    Inflater inflater;
    if (!inflater.open) return fail(Category::internal, "zlib has no memory");
    z_stream& stream = inflater.stream;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    std::string out;
    int outcome = Z_OK;
    while (outcome != Z_STREAM_END) {
        const std::size_t before = out.size();
        out.resize(before + kStep);
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
        stream.avail_out = static_cast<uInt>(kStep);
        outcome = inflate(&stream, Z_NO_FLUSH);
        out.resize(before + kStep - stream.avail_out);
        if (outcome != Z_OK && outcome != Z_STREAM_END) return fail(Category::invalid, "the body is not well-formed gzip");
        if (out.size() > bytes_max) return fail(too_large(bytes_max));
    }
    if (stream.avail_in != 0) return fail(Category::invalid, "bytes follow the end of the gzip body");
    return out;
}

Status decode_body(Headers& headers, std::string& body, std::size_t bytes_max) {
    if (!headers.has("Content-Encoding")) return {};
    const std::string encoding(trimmed(headers.get("Content-Encoding")));
    headers.remove("Content-Encoding");
    headers.remove("Content-Length");
    if (same_name(encoding, "identity") || encoding.empty()) return {};
    if (same_name(encoding, "gzip") || same_name(encoding, "x-gzip")) {
        TRY_ASSIGN(body, gunzip(body, bytes_max));
        return {};
    }
    if (same_name(encoding, "zstd")) {
        TRY_ASSIGN(body, unzstd(body, bytes_max));
        return {};
    }
    return fail(Category::media_type, "the Content-Encoding is not gzip, zstd or identity");
}

namespace {

// "0.5" in thousandths; malformed weights count as 0.
int weight_of(std::string_view parameters) {
    while (!parameters.empty()) {
        std::string_view one = parameters.substr(0, parameters.find(';'));
        parameters.remove_prefix(std::min(parameters.size(), one.size() + 1));
        one = trimmed(one);
        if (one.size() < 2 || (one[0] != 'q' && one[0] != 'Q') || one[1] != '=') continue;
        one.remove_prefix(2);
        if (one.empty() || one.size() > 5 || (one[0] != '0' && one[0] != '1') || (one.size() > 1 && one[1] != '.')) return 0;
        int out = one[0] == '1' ? 1000 : 0;
        int unit = 100;
        for (const char c : one.substr(std::min<std::size_t>(2, one.size()))) {
            if (c < '0' || c > '9') return 0;
            out += (c - '0') * unit;
            unit /= 10;
        }
        return std::min(out, 1000);
    }
    return 1000;
}

}  // namespace

Coding coding_for(std::string_view accept) {
    int gzip_weight = -1, zstd_weight = -1, other_weight = 0;
    while (!accept.empty()) {
        const std::string_view element = accept.substr(0, accept.find(','));
        accept.remove_prefix(std::min(accept.size(), element.size() + 1));
        const std::size_t semicolon = element.find(';');
        const std::string_view name = trimmed(element.substr(0, semicolon));
        const int weight = semicolon == std::string_view::npos ? 1000 : weight_of(element.substr(semicolon + 1));
        if (same_name(name, "gzip") || same_name(name, "x-gzip")) gzip_weight = weight;
        else if (same_name(name, "zstd")) zstd_weight = weight;
        else if (name == "*") other_weight = weight;
    }
    if (gzip_weight < 0) gzip_weight = other_weight;
    if (zstd_weight < 0) zstd_weight = other_weight;
    if (gzip_weight == 0 && zstd_weight == 0) return Coding::identity;
    return zstd_weight >= gzip_weight ? Coding::zstd : Coding::gzip;
}

void encode_answer(Response& response, Coding coding) {
    const std::string_view body = response.shared_body ? std::string_view(*response.shared_body) : std::string_view(response.body);
    if (body.size() <= kWorthCompressing || body.size() > (1u << 30) || response.headers.has("Content-Encoding")) return;
    if (!is_text(response.headers.get("Content-Type"))) return;
    response.headers.add("Vary", "Accept-Encoding");
    if (coding == Coding::identity) return;
    std::string coded = coding == Coding::gzip ? gzip(body) : zstd(body);
    if (response.shared_body == nullptr) {
        response.body = std::move(coded);
    } else {
        // Shared bytes may be counted as long as somebody holds them: they are on their way in this form too.
        struct Both {
            std::string coded;
            std::shared_ptr<const std::string> plain;
        };
        const auto both = std::make_shared<const Both>(Both{std::move(coded), std::move(response.shared_body)});
        response.shared_body = std::shared_ptr<const std::string>(both, &both->coded);
    }
    response.headers.set("Content-Encoding", coding == Coding::gzip ? "gzip" : "zstd");
}

}  // namespace idun::http
