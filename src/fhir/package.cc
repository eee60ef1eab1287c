#include "fhir/package.h"

#include <zstd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "fhir/internal/embedded_package.h"
#include "fhir/internal/package_files.h"

namespace idun::fhir {
namespace {

constexpr int kLevel = 3;
constexpr std::uint32_t kSkippable = 0x184D2A50;

Result<std::string> unpack(std::string_view frame, std::size_t size) {
    std::string out(size, '\0');
    const std::size_t got = ZSTD_decompress(out.data(), out.size(), frame.data(), frame.size());
    if (ZSTD_isError(got) || got != size) return fail(Category::corrupt, "a packed resource is damaged");
    return out;
}

std::string pack(std::string_view text) {
    std::string out(ZSTD_compressBound(text.size()), '\0');
    const std::size_t size = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), kLevel);
    IDUN_CHECK(!ZSTD_isError(size));
    return std::string(out.data(), size);  // no room to spare is kept
}

// "a\tb" one cell after the other.
std::string_view cell(std::string_view& row) {
    const std::size_t end = std::min(row.find('\t'), row.size());
    const std::string_view out = row.substr(0, end);
    row.remove_prefix(std::min(end + 1, row.size()));
    return out;
}

std::uint32_t number(std::string_view text) {
    std::uint32_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

std::uint32_t word(std::string_view bytes, std::size_t at) {
    std::uint32_t out = 0;
    std::memcpy(&out, bytes.data() + at, sizeof(out));
    return out;
}

bool beside_the_point(std::string_view file) {
    return file == "package.json" || file.starts_with(".") || file.ends_with(".openapi.json") || file.ends_with(".schema.json") ||
           file == "ig-r4.json" || file == "ig-r4b.json" || file == "validation-summary.json" || file == "validation-oo.json";
}

}  // namespace

Result<std::string> PackagedResource::text() const {
    TRY_ASSIGN(std::string all, unpack(frame_, frame_size_));
    if (offset_ == 0 && size_ == all.size()) return all;
    return all.substr(offset_, size_);
}

Result<json::Document> PackagedResource::parse() const {
    TRY_ASSIGN(const std::string all, unpack(frame_, frame_size_));
    return json::Document::parse(std::string_view(all).substr(offset_, size_));
}

void Package::add(std::string file, std::string_view text) {
    if (file == "package.json") {
        if (const auto about = json::Document::parse(text)) {
            name_ = about->root()["name"].text();
            version_ = about->root()["version"].text();
        }
        return;
    }
    if (beside_the_point(file)) return;
    const auto document = json::Document::parse(text);
    if (!document) return problems_.push_back({std::move(file), document.error().message});
    const json::Value root = document->root();
    if (root["resourceType"].text().empty()) return problems_.push_back({std::move(file), "is not a FHIR resource: it has no resourceType"});

    PackagedResource found;
    found.type = root["resourceType"].text();
    found.id = root["id"].text();
    found.url = root["url"].is_string() ? root["url"].text() : "";
    found.version = root["version"].is_string() ? root["version"].text() : "";
    found.file = std::move(file);
    frames_.push_back(pack(text));
    found.frame_size_ = found.size_ = static_cast<std::uint32_t>(text.size());
    resources_.push_back(std::move(found));
}

class PackageReader {
public:
    static std::shared_ptr<Package> empty() { return std::shared_ptr<Package>(new Package()); }

    // Frames may have moved while they were added: only now do resources point at them.
    static std::shared_ptr<const Package> finish(std::shared_ptr<Package> package) {
        package->frames_.shrink_to_fit();
        package->resources_.shrink_to_fit();
        for (std::size_t i = 0; i < package->frames_.size(); ++i) package->resources_[i].frame_ = package->frames_[i];
        return package;
    }

    static Result<std::shared_ptr<const Package>> open(const std::string& path, const PackageLimits& limits) {
        const auto package = empty();
        const TakeFile take = [&](std::string file, std::string_view text) { package->add(std::move(file), text); };
        std::error_code error;
        const auto status = std::filesystem::status(path, error);
        if (!std::filesystem::exists(status)) return fail(Category::not_found, "there is no such package");
        TRY((std::filesystem::is_directory(status) ? read_folder : read_tgz)(path, limits, take, package->problems_));
        if (package->resources_.empty() && package->problems_.empty()) return fail(Category::invalid, "the package holds no resources");
        if (package->name_.empty()) package->name_ = std::filesystem::path(path).filename().string();
        return finish(package);
    }

    // docs/formats/fhir-package.md. The file is part of the program: what is wrong with it is a bug.
    static std::shared_ptr<const Package> core() {
        const auto package = empty();
        package->name_ = "hl7.fhir.r4.core";
        package->version_ = "4.0.1";
        const std::string_view file = embedded_package();
        IDUN_CHECK(file.size() > 12 && word(file, 0) == kSkippable);
        const std::size_t packed = word(file, 4) - 4;
        const auto index = unpack(file.substr(12, packed), word(file, 8));
        IDUN_CHECK(index.has_value());
        read_index(*package, *index, file.substr(12 + packed));
        return package;
    }

private:
    static void read_index(Package& package, std::string_view index, std::string_view frames) {
        struct Frame {
            std::string_view bytes;
            std::uint32_t size;
        };
        std::vector<Frame> all;
        bool rows = false;
        while (!index.empty()) {
            std::string_view row = index.substr(0, index.find('\n'));
            index.remove_prefix(row.size() + 1);
            if (row.empty()) {
                rows = true;
            } else if (!rows) {
                const std::uint32_t bytes = number(cell(row));
                IDUN_CHECK(bytes <= frames.size());
                all.push_back({frames.substr(0, bytes), number(cell(row))});
                frames.remove_prefix(bytes);
            } else {
                PackagedResource r;
                const std::uint32_t frame = number(cell(row));
                IDUN_CHECK(frame < all.size());
                r.frame_ = all[frame].bytes;
                r.frame_size_ = all[frame].size;
                r.offset_ = number(cell(row));
                r.size_ = number(cell(row));
                for (std::string* part : {&r.type, &r.id, &r.url, &r.version, &r.file}) *part = cell(row);
                IDUN_CHECK(r.size_ <= r.frame_size_ && r.offset_ <= r.frame_size_ - r.size_);
                package.resources_.push_back(std::move(r));
            }
        }
        package.resources_.shrink_to_fit();
    }
};

std::shared_ptr<const Package> Package::r4_core() {
    static const std::shared_ptr<const Package> core = PackageReader::core();
    return core;
}

Result<std::shared_ptr<const Package>> Package::open(const std::string& path, const PackageLimits& limits) {
    auto opened = PackageReader::open(path, limits);
    if (!opened) return fail(opened.error().within(path));
    return opened;
}

std::shared_ptr<const Package> Package::of(std::span<const std::pair<std::string, std::string>> files) {
    const auto package = PackageReader::empty();
    for (const auto& [file, text] : files) package->add(file, text);
    return PackageReader::finish(package);
}

Canonical split_canonical(std::string_view canonical) {
    const std::size_t bar = canonical.rfind('|');
    if (bar == canonical.npos) return {canonical, {}};
    return {canonical.substr(0, bar), canonical.substr(bar + 1)};
}

}  // namespace idun::fhir
