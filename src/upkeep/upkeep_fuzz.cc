// Any bytes as an archive, a manifest and sealed keys: nothing leaves its folder, and what is read as a manifest is written back the same.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>

#include "upkeep/archive.h"
#include "upkeep/manifest.h"

using namespace idun;
using namespace idun::upkeep;

namespace {

struct Measured final : ledger::CopyTo {
    Status begin(const std::string& name, std::uint64_t size) override {
        if (!is_archive_name(name) || name.starts_with('/') || name.find("..") == 0 || left != 0) std::abort();
        left = size;
        return {};
    }
    Status take(std::string_view bytes) override {
        if (bytes.size() > left) std::abort();
        left -= bytes.size();
        return {};
    }
    std::uint64_t left = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto manifest = manifest_from(bytes)) {
        const auto again = manifest_from(to_json(*manifest));
        if (!again || *again != *manifest) std::abort();
    }
    const int file = ::memfd_create("archive", MFD_CLOEXEC);
    if (file < 0 || ::write(file, data, size) != static_cast<ssize_t>(size)) std::abort();
    Measured measured;
    if (read_archive("/proc/self/fd/" + std::to_string(file), measured) && measured.left != 0) std::abort();
    ::close(file);
    return 0;
}
