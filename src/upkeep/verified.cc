#include "upkeep/verified.h"

#include <algorithm>

#include "base/file.h"
#include "base/stop.h"
#include "crypto/encoding.h"
#include "crypto/hash.h"

namespace idun::upkeep {

Result<BackedUpFile> digest_of(const std::string& folder, const std::string& name, const std::stop_token& stop) {
    constexpr std::uint64_t kReadAtOnce = 1u << 20;
    TRY_ASSIGN(InFile file, InFile::open(folder + "/" + name));
    BackedUpFile out{name, file.left(), {}};
    crypto::Sha256 hash;
    while (file.left() > 0) {
        TRY(go_on(stop, "backup"));
        TRY_ASSIGN(const std::string bytes, file.read(static_cast<std::size_t>(std::min(kReadAtOnce, file.left()))));
        hash.add(bytes);
    }
    out.sha256 = crypto::hex(hash.finish().view());
    return out;
}

Result<Manifest> verified_backup(const std::string& folder) {
    TRY_ASSIGN(Manifest manifest, read_manifest(folder));
    if (manifest.files.size() != 2 || manifest.files[0].name != "store/store.backup" || manifest.files[1].name != "log.backup")
        return fail(Category::corrupt, "manifest.json does not name the files of a backup");
    for (const BackedUpFile& said : manifest.files) {
        const auto found = digest_of(folder, said.name);
        if (!found) return fail(found.error().within(said.name));
        if (*found != said) return fail(Category::corrupt, said.name + " is not what the manifest says: it is damaged or was changed");
    }
    return manifest;
}

}  // namespace idun::upkeep
