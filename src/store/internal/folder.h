// The folder of an embedded store: who has it open, and that it is one of ours.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace idun::store {

// Holds an advisory lock on FOLDER/STORE until destroyed; the kernel lets go of it when the process dies.
class FolderLock {
public:
    // Makes the folder if it is absent. `busy` when another store, of this or another process, has it open;
    // `invalid` when the folder holds something else; `unsupported` when its format is newer than this program.
    static Result<std::unique_ptr<FolderLock>> take(const std::string& folder);
    ~FolderLock();
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

private:
    explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
    Status claim(const std::string& folder) const;
    int descriptor_;
};

}  // namespace idun::store
