#include "app/terminologies.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "terms/terms.h"

using namespace idun;
using namespace idun::app;
namespace fs = std::filesystem;

TEST_CASE("roles with the same packages share their terminology") {
    Terminologies all;
    const auto core = all.of({});
    REQUIRE(core.has_value());
    CHECK(*core == *all.of({}));

    const fs::path folder = fs::temp_directory_path() / ("idun-terminologies-test-" + std::to_string(::getpid()));
    fs::create_directories(folder);
    std::ofstream(folder / "a.json") << R"({"resourceType":"CodeSystem","url":"http://a","content":"complete","concept":[{"code":"x"}]})";
    std::ofstream(folder / "broken.json") << "{";
    const auto more = all.of({folder.string()});
    fs::remove_all(folder);
    REQUIRE(more.has_value());  // one broken file does not stop a node
    CHECK(*more != *core);
    CHECK((*more)->code_system("http://a").has_value());
    CHECK(!(*core)->code_system("http://a").has_value());
    CHECK(*more == *all.of({folder.string()}));
}

TEST_CASE("a package that is not there stops the start, and its name is told") {
    Terminologies all;
    const auto none = all.of({"/nowhere/at-all.tgz"});
    REQUIRE(!none.has_value());
    CHECK(none.error().category == Category::not_found);
    CHECK(none.error().message.find("/nowhere/at-all.tgz") != std::string::npos);
}
