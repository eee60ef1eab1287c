#include "directory/reserved.h"

#include <doctest/doctest.h>

using namespace idun::directory;

TEST_CASE("ids and addresses are reserved, however they are written") {
    Reserved reserved;
    REQUIRE(reserved.add("SE165565594230-1000"));
    REQUIRE(reserved.add("https://hub.example"));
    REQUIRE(reserved.add("http://127.0.0.1:8080/fhir"));
    REQUIRE(reserved.add("http://[::1]:9"));
    CHECK(reserved.id("SE165565594230-1000"));
    CHECK_FALSE(reserved.id("SE165565594230-100"));
    CHECK_FALSE(reserved.id("https://hub.example"));
    for (const char* url : {"https://hub.example/fhir", "https://HUB.example:443", "http://127.0.0.1:8080", "http://127.0.0.1:8080/x/y", "http://[::1]:9/fhir"})
        CHECK_MESSAGE(reserved.address(url), url);
    for (const char* url : {"https://hub.example:8443/fhir", "http://hub.example", "https://hub.example.org", "http://127.0.0.1:8081", "http://[::1]", "", "x"})
        CHECK_FALSE_MESSAGE(reserved.address(url), url);
    for (const char* word : {"", "https://", "https:///fhir"}) CHECK_FALSE_MESSAGE(reserved.add(word), word);
    CHECK_FALSE(reserved.add(std::string(257, 'x')));
}
