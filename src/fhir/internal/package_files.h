// The files of a package, from a folder or an archive. Private to fhir.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fhir/package.h"

namespace idun::fhir {

// Called with the bare name of each *.json file that lies directly in the package, and its text.
using TakeFile = std::function<void(std::string name, std::string_view text)>;

// Files come in order of name. Files that are over a limit of their own become problems.
Status read_folder(const std::string& path, const PackageLimits& limits, const TakeFile& take, std::vector<Problem>& problems);
// Files come in the order of the archive.
Status read_tgz(const std::string& path, const PackageLimits& limits, const TakeFile& take, std::vector<Problem>& problems);

// The folder a name of an archive lies in and its last part, or nothing when it could lead outside: absolute, "..",
// backslashes, control characters. "package/a.json" -> {"package", "a.json"}
struct ArchiveName {
    std::string_view folder;
    std::string_view file;
};
std::optional<ArchiveName> archive_name(std::string_view name);

}  // namespace idun::fhir
