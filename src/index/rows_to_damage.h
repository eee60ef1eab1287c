// For tests of tables (store/scan_testing.h): rows of each of the index's.
#pragma once

#include "index/index.h"
#include "store/scan_testing.h"
#include "store/testing.h"

namespace idun::index {

inline store::RowsInMemory rows_to_damage() {
    const auto of_person = [](std::uint8_t who, std::string category, std::int64_t newest_s, std::uint64_t version) {
        Pointer out{{}, std::move(category), {newest_s * 1000}, version};
        out.person.bytes.fill(who);
        return out;
    };
    store::TemporaryStore temporary;
    const auto index = *Index::open(*temporary.store);
    const auto publish = [&](std::string_view provider, const std::vector<Pointer>& pointers, std::int64_t heard_s) {
        REQUIRE(index->put(provider, pointers, {{heard_s * 1000}, static_cast<std::uint64_t>(heard_s)}));
    };
    publish("SE1", {of_person(1, "imaging", 60, 1), of_person(1, "test-result", 50, 1), of_person(2, "imaging", 40, 1)}, 100);
    publish("SE2", {of_person(1, "imaging", 70, 1), of_person(3, "discharge", 20, 1)}, 110);
    publish("SE3", {of_person(2, "imaging", 30, 1)}, 120);
    publish("SE1", {of_person(1, "imaging", 80, 2), of_person(2, "test-result", 90, 2)}, 130);
    publish("SE1", {of_person(2, "imaging", 85, 3)}, 140);
    REQUIRE(index->withdraw("SE3", Instant{150'000}));
    REQUIRE(index->settled(std::chrono::seconds(10)));
    publish("SE4", {of_person(3, "imaging", 30, 1)}, 160);
    return store::RowsInMemory::of(*temporary.store);
}

}  // namespace idun::index
