#include "bulk/digest.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "crypto/hash.h"
#include "json/document.h"
#include "json/writer.h"

namespace idun::bulk {
namespace {

namespace fs = std::filesystem;

// The resource without what its node wrote into meta.
std::string content_of(json::Value resource) {
    json::Writer w;
    w.object();
    for (const json::Member& member : resource.members()) {
        if (member.name != "meta") {
            w.name(member.name).value(member.value);
            continue;
        }
        json::Writer meta;
        meta.object();
        std::size_t kept = 0;
        for (const json::Member& one : member.value.members()) {
            if (one.name == "versionId" || one.name == "lastUpdated") continue;
            meta.name(one.name).value(one.value);
            ++kept;
        }
        meta.end();
        if (kept > 0) w.name("meta").raw(meta.text());
    }
    w.end();
    return w.take();
}

Status add_file(const fs::path& path, Digest& digest) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return fail(Category::unavailable, path.string() + ": cannot be read");
    std::size_t number = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        if (line.empty()) continue;
        const auto document = json::Document::parse(line);
        if (!document || document->root()["resourceType"].text().empty())
            return fail(Category::invalid, fmt::format("{}, line {}: not a resource", path.string(), number));
        const auto hash = crypto::sha256(content_of(document->root()));
        TypeDigest& type = digest[std::string(document->root()["resourceType"].text())];
        ++type.count;
        for (std::size_t i = 0; i < crypto::kHashBytes; i += 8) {
            std::uint64_t word = 0;
            for (std::size_t k = 0; k < 8; ++k) word = word << 8 | hash.bytes[i + k];
            type.sum[i / 8] += word;
        }
    }
    return {};
}

}  // namespace

std::string TypeDigest::hex() const { return fmt::format("{:016x}{:016x}{:016x}{:016x}", sum[0], sum[1], sum[2], sum[3]); }

Result<Digest> digest_of(const std::string& folder) {
    Digest out;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        const std::string name = entry.path().filename().string();
        if (!name.ends_with(".ndjson") || name.starts_with("deleted.")) continue;
        TRY(add_file(entry.path(), out));
    }
    if (error) return fail(Category::not_found, folder + ": no such folder");
    return out;
}

}  // namespace idun::bulk
