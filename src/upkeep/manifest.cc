#include "upkeep/manifest.h"

#include <algorithm>
#include <charconv>

#include "base/file.h"
#include "crypto/encoding.h"
#include "json/document.h"
#include "json/writer.h"

namespace idun::upkeep {
namespace {

constexpr std::string_view kManifestFile = "/manifest.json";
constexpr std::string_view kSignatureFile = "/manifest.sig";
constexpr std::string_view kSignedAs = "idun backup 1\n";
constexpr std::uint64_t kManifestBytesMax = 1u << 20;

tl::unexpected<Error> no_manifest(std::string_view why) { return fail(Category::corrupt, "manifest.json " + std::string(why)); }

// Members of an object, each of its kind; the first that is not is the failure.
class Members {
public:
    explicit Members(json::Value object) : object_(object) {}

    std::string text(std::string_view name) {
        const json::Value value = object_[name];
        good_ = good_ && value.is_string();
        return value.is_string() ? std::string(value.text()) : std::string();
    }
    std::uint64_t number(std::string_view name) {
        const std::string_view digits = object_[name].text();
        std::uint64_t out = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
        good_ = good_ && object_[name].kind() == json::Kind::number && error == std::errc() && end == digits.data() + digits.size();
        return out;
    }
    Instant time(std::string_view name) {
        const auto read = from_iso(text(name));
        good_ = good_ && read.has_value();
        return read.value_or(Instant{});
    }
    bool good() const { return good_; }

private:
    json::Value object_;
    bool good_ = true;
};

// "log", "log-2" … "log-9999": what becomes a path.
bool is_log_folder(std::string_view name) {
    if (name == "log") return true;
    if (!name.starts_with("log-")) return false;
    name.remove_prefix(4);
    const bool digits = std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
    return digits && !name.empty() && name.size() <= 4 && name.front() != '0' && name != "1";
}

bool take_store(json::Value store, Manifest& out) {
    Members in(store);
    out.version = in.number("version");
    out.entries = in.number("entries");
    out.notes = in.number("notes");
    return in.good();
}

bool take_logs(json::Value logs, Manifest& out) {
    for (const json::Value log : logs.elements()) {
        Members in(log);
        BackedUpLog one;
        one.id = in.text("id");
        one.folder = in.text("folder");
        one.size = in.number("size");
        one.checkpoint = in.text("checkpoint");
        const bool twice = std::any_of(out.logs.begin(), out.logs.end(), [&](const BackedUpLog& other) { return other.folder == one.folder; });
        if (!in.good() || !is_log_folder(one.folder) || twice) return false;
        out.logs.push_back(std::move(one));
    }
    return !out.logs.empty();
}

bool take_files(json::Value files, Manifest& out) {
    for (const json::Value file : files.elements()) {
        Members in(file);
        BackedUpFile one;
        one.name = in.text("name");
        one.bytes = in.number("bytes");
        one.sha256 = in.text("sha256");
        if (!in.good()) return false;
        out.files.push_back(std::move(one));
    }
    return true;
}

Result<std::string> small_file(const std::string& path) {
    TRY_ASSIGN(InFile file, InFile::open(path));
    if (file.left() > kManifestBytesMax) return no_manifest("is too large");
    return file.read(static_cast<std::size_t>(file.left()));
}

Status write_file(const std::string& path, std::string_view bytes) {
    TRY_ASSIGN(OutFile file, OutFile::create(path));
    TRY(file.write(bytes));
    return file.finish();
}

}  // namespace

std::uint64_t Manifest::bytes() const {
    std::uint64_t out = 0;
    for (const BackedUpFile& file : files) out += file.bytes;
    return out;
}

std::string to_json(const Manifest& manifest) {
    json::Writer w;
    w.object().member("format", 1).member("program", manifest.program).member("role", manifest.role).member("id", manifest.id);
    w.member("key", manifest.key).member("began", to_iso(manifest.began)).member("ended", to_iso(manifest.ended));
    w.name("store").object().member("version", manifest.version).member("entries", manifest.entries).member("notes", manifest.notes).end();
    w.name("logs").array();
    for (const BackedUpLog& log : manifest.logs)
        w.object().member("id", log.id).member("folder", log.folder).member("size", log.size).member("checkpoint", log.checkpoint).end();
    w.end().name("files").array();
    for (const BackedUpFile& file : manifest.files)
        w.object().member("name", file.name).member("bytes", file.bytes).member("sha256", file.sha256).end();
    w.end().end();
    return json::indented(w.take()) + "\n";
}

Result<Manifest> manifest_from(std::string_view text) {
    if (text.size() > kManifestBytesMax) return no_manifest("is too large");
    const auto document = json::Document::parse(text);
    if (!document || !document->root().is_object()) return no_manifest("is damaged");
    const json::Value root = document->root();
    Members in(root);
    const std::uint64_t format = in.number("format");
    if (in.good() && format > 1) return fail(Category::unsupported, "the backup was written by a newer program");
    Manifest out;
    out.program = in.text("program");
    out.role = in.text("role");
    out.id = in.text("id");
    out.key = in.text("key");
    out.began = in.time("began");
    out.ended = in.time("ended");
    const bool role = out.role == "hub" || out.role == "node";
    if (!in.good() || format != 1 || !role || !take_store(root["store"], out) || !take_logs(root["logs"], out) || !take_files(root["files"], out))
        return no_manifest("is damaged");
    return out;
}

Status write_manifest(const std::string& folder, const Manifest& manifest, const crypto::SigningKey& key) {
    const std::string json = to_json(manifest);
    TRY(write_file(folder + std::string(kManifestFile), json));
    const crypto::Signature signature = key.sign(std::string(kSignedAs) + json);
    return write_file(folder + std::string(kSignatureFile), crypto::base64url(signature.view()) + "\n");
}

Result<Manifest> read_manifest(const std::string& folder) {
    auto json = small_file(folder + std::string(kManifestFile));
    if (!json) return fail(json.error().within("manifest.json"));
    auto signed_with = small_file(folder + std::string(kSignatureFile));
    if (!signed_with) return fail(signed_with.error().within("manifest.sig"));
    TRY_ASSIGN(Manifest manifest, manifest_from(*json));
    while (signed_with->ends_with('\n')) signed_with->pop_back();
    const auto raw = crypto::from_base64url(*signed_with);
    const auto key = crypto::PublicKey::from_base64url(manifest.key);
    const auto signature = raw ? crypto::Signature::from(*raw) : Result<crypto::Signature>(no_manifest("is not signed"));
    if (!key || !signature || !key->verify(std::string(kSignedAs) + *json, *signature)) return no_manifest("is not what was signed");
    return manifest;
}

}  // namespace idun::upkeep
