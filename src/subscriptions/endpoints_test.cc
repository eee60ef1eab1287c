#include "subscriptions/endpoints.h"

#include <doctest/doctest.h>

using namespace idun;
using namespace idun::subscriptions;

TEST_CASE("only listed endpoints are allowed") {
    const auto endpoints = Endpoints::of({"https://ehr.example/notify/", "http://127.0.0.1:9000/hook", "https://[::1]:8443/"});
    REQUIRE(endpoints);
    for (const char* url : {"https://ehr.example/notify/", "https://ehr.example/notify/ward/3", "https://EHR.example:443/notify/x?y=../z",
                            "http://127.0.0.1:9000/hook", "http://127.0.0.1:9000/hook?a=b", "https://[::1]:8443/any"}) {
        CAPTURE(url);
        CHECK(endpoints->check(url));
    }
    for (const char* url : {"https://ehr.example/notify", "https://ehr.example/other", "http://ehr.example/notify/", "https://ehr.example:444/notify/",
                            "https://ehr.example.evil.org/notify/", "https://evil.org/?https://ehr.example/notify/", "http://127.0.0.1:9000/hook/x",
                            "http://127.0.0.1:90/hook", "http://127.0.0.1/hook", "http://169.254.169.254/latest/meta-data"}) {
        CAPTURE(url);
        const auto checked = endpoints->check(url);
        REQUIRE(!checked);
        CHECK(checked.error().category == Category::forbidden);
        CHECK(checked.error().message.find("evil") == std::string::npos);
    }
}

TEST_CASE("addresses that compare badly are malformed") {
    const auto endpoints = Endpoints::of({"https://ehr.example/notify/"});
    REQUIRE(endpoints);
    for (const std::string url : {"", "/notify/", "ftp://ehr.example/notify/", "file:///etc/passwd", "gopher://ehr.example/notify/",
                                  "https://user@ehr.example/notify/", "https://ehr.example@evil.org/notify/", "https://ehr.example/notify/../x",
                                  "https://ehr.example/notify/./x", "https://ehr.example/notify//x", "https://ehr.example/notify/%2e%2e/x",
                                  "https://ehr.example/notify/%2E%2e", "https://ehr.example/notify/..%2fx", "https://ehr.example/notify\\x",
                                  "https://ehr.example/notify/%00", "https://ehr.example/notify/ x", "https://ehr.example/notify/#x",
                                  "https:///notify/", "https://ehr.exämple/notify/", "https://ehr.example/notify/\r\nX: y", "https://ehr_example/"}) {
        CAPTURE(url);
        const auto checked = endpoints->check(url);
        REQUIRE(!checked);
        CHECK(checked.error().category == Category::invalid);
    }
    CHECK(!endpoints->check("https://ehr.example/notify/" + std::string(3000, 'x')));
}

TEST_CASE("the list itself is read strictly; an empty one allows nothing") {
    for (const char* bad : {"", "ehr.example", "https://", "https://ehr.example/notify/?x=y", "https://ehr.example/../", "ftp://x/"}) CHECK(!Endpoints::of({bad}));
    CHECK(Endpoints().empty());
    CHECK(!Endpoints().check("https://ehr.example/"));
}
