// Any JSON as a bundle, against a store that keeps what earlier inputs wrote: every answer can be read back, a refusal says
// why, and what a transaction that was refused would have made is not there.
#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/random.h"
#include "base/time.h"
#include "fhir/definitions.h"
#include "json/document.h"
#include "records/records.h"
#include "store/embedded.h"

namespace {

using namespace idun;

struct World {
    ManualClock clock{Instant{1'767'225'600'000}};
    std::string folder = (std::filesystem::temp_directory_path() / "bundle-fuzz-XXXXXX").string();
    std::unique_ptr<store::Store> store;
    std::unique_ptr<records::Records> records;

    World() {
        IDUN_CHECK(mkdtemp(folder.data()) != nullptr);
        auto opened = store::open_embedded({.folder = folder + "/store"}, clock);
        IDUN_CHECK(opened.has_value());
        store = std::move(*opened);
        auto made = records::Records::open(*store, fhir::Definitions::r4(), clock, system_random(), {.bundle_entries_max = 50});
        IDUN_CHECK(made.has_value());
        records = std::move(*made);
    }
    ~World() {
        records.reset();
        store.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static World world;
    const auto document = json::Document::parse({reinterpret_cast<const char*>(data), size});
    if (!document) return 0;
    const auto before = world.records->snapshot();
    const auto out = world.records->bundle(document->root(), {});
    if (out.ok()) {
        IDUN_CHECK(out.body != nullptr && json::Document::parse(*out.body).has_value());
        return 0;
    }
    IDUN_CHECK(out.status >= 400 && !out.issues.empty());
    const auto after = world.records->snapshot();
    IDUN_CHECK((*before)->version() == (*after)->version());
    return 0;
}
