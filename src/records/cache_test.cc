#include "records/internal/cache.h"

#include <doctest/doctest.h>

namespace idun::records {
namespace {

std::shared_ptr<const CachedResource> resource(const std::string& id, std::uint64_t version, std::size_t bytes) {
    auto out = std::make_shared<CachedResource>();
    out->touched.id = id;
    out->touched.version = version;
    out->body = std::make_shared<const std::string>(bytes, 'x');
    return out;
}

TEST_CASE("a version is found as itself only") {
    Cache cache(1u << 20);
    cache.keep(1, resource("a", 1, 10));
    CHECK(cache.find(1, "a", 1) != nullptr);
    CHECK(cache.find(1, "a", 2) == nullptr);
    CHECK(cache.find(2, "a", 1) == nullptr);
    CHECK(cache.find(1, "b", 1) == nullptr);
    cache.keep(1, resource("a", 1, 10));
    CHECK(cache.find(1, "a", 1)->touched.version == 1);
}

TEST_CASE("what was asked for longest ago makes room, and the too large is not kept") {
    Cache cache(160u << 10);
    for (int i = 0; i < 1000; ++i) {
        cache.keep(1, resource(std::to_string(i), 1, 1000));
        CHECK(cache.find(1, std::to_string(i), 1) != nullptr);
    }
    int kept = 0;
    for (int i = 0; i < 1000; ++i) kept += cache.find(1, std::to_string(i), 1) != nullptr ? 1 : 0;
    CHECK(kept > 20);
    CHECK(kept <= 120);
    cache.keep(1, resource("large", 1, 100'000));
    CHECK(cache.find(1, "large", 1) == nullptr);
    Cache none(0);
    none.keep(1, resource("a", 1, 1));
    CHECK(none.find(1, "a", 1) == nullptr);
}

}  // namespace
}  // namespace idun::records
