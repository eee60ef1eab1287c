// For tests: an embedded store in a folder that goes away with it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "store/embedded.h"

namespace idun::store {

struct TemporaryFolder {
    TemporaryFolder() {
        path = (std::filesystem::temp_directory_path() / "idun-test-XXXXXX").string();
        IDUN_CHECK(::mkdtemp(path.data()) != nullptr);
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    std::string path;
};

struct TemporaryStore {
    TemporaryStore() { open(); }
    void reopen() {
        store.reset();
        open();
    }

    TemporaryFolder folder;
    std::unique_ptr<Store> store;

private:
    void open() {
        EmbeddedOptions options;
        options.folder = folder.path + "/store";
        auto opened = open_embedded(options, system_clock());
        IDUN_CHECK(opened.has_value());
        store = std::move(*opened);
    }
};

}  // namespace idun::store
