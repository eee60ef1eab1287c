#include "app/demo.h"

#include <doctest/doctest.h>

#include "app/compressed.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::app;

TEST_CASE("a demo listens on this machine only, with ports left for its nodes") {
    struct Row {
        const char* host;
        std::uint16_t port;
        std::size_t nodes;
        const char* says;  // "": good
    };
    for (const Row& row : {Row{"127.0.0.1", 8080, 8, ""}, Row{"localhost", 0, 8, ""}, Row{"::1", 65'527, 8, ""},
                           Row{"127.0.0.1", 65'534, 1, ""}, Row{"127.0.0.1", 65'528, 8, "up to 65527"},
                           Row{"127.0.0.1", 65'535, 1, "up to 65534"}, Row{"0.0.0.0", 8080, 8, "this machine only"},
                           Row{"::", 8080, 8, "this machine only"}, Row{"10.0.0.1", 0, 8, "this machine only"},
                           Row{"127.0.0.1", 0, 0, "1 to 8 nodes"}, Row{"127.0.0.1", 0, 9, "1 to 8 nodes"}}) {
        DemoOptions options;
        options.listen = {row.host, row.port};
        options.nodes = row.nodes;
        const Status status = check_demo(options);
        if (*row.says == '\0') {
            CHECK_MESSAGE(status, row.host, row.port);
            continue;
        }
        REQUIRE_MESSAGE(!status, row.says);
        CHECK(status.error().category == Category::invalid);
        CHECK_MESSAGE(status.error().message.find(row.says) != std::string::npos, status.error().message);
    }
}

TEST_CASE("a folder keeps its people and its number of nodes") {
    const store::TemporaryFolder folder;
    DemoOptions options;
    options.folder = folder.path;
    options.nodes = 3;
    options.load = {"x.json"};
    CHECK(check_demo(options));  // new
    REQUIRE(write_file(folder.path + "/demo.json", "{\"nodes\":3}\n"));
    CHECK(check_demo(options));  // begun, not filled
    REQUIRE(write_file(folder.path + "/people.json", "{\"people\":[]}"));
    const Status filled = check_demo(options);
    REQUIRE(!filled);
    CHECK(filled.error().category == Category::invalid);
    CHECK(filled.error().message.find("holds people already") != std::string::npos);
    options.load.clear();
    CHECK(check_demo(options));
    options.nodes = 4;
    const Status other = check_demo(options);
    REQUIRE(!other);
    CHECK(other.error().category == Category::invalid);
    CHECK(other.error().message.find("--nodes 3") != std::string::npos);
    REQUIRE(write_file(folder.path + "/demo.json", "{\"nod"));
    CHECK(check_demo(options).error().category == Category::corrupt);
}
