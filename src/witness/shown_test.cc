#include "witness/shown.h"

#include <doctest/doctest.h>

using namespace idun;
using namespace idun::witness;

TEST_CASE("a witness is asked for one owner's logs, for a bounded time and a bounded answer") {
    const http::Call call = ask_shown("http://127.0.0.1:1/w1", "SE1");
    CHECK(call.method == "GET");
    CHECK(call.url == "http://127.0.0.1:1/w1/witness?log=SE1");
    CHECK(call.timeout == kQuestionTimeout);
    CHECK(call.answer_bytes_max == 4u << 20);
}

TEST_CASE("a witness has told something when its page lists logs with the checkpoints that it cosigned") {
    using Shown = std::vector<std::string>;
    const std::pair<std::string_view, Shown> told[] = {
        {R"({"logs": []})", {}},
        {R"({"logs": [{"origin": "idun/SE1", "size": 0, "refused": []}]})", {}},
        {R"({"logs": [{"size": 3, "checkpoint": "a"}]})", {"a"}},
        {R"({"logs": [{"size": 3, "checkpoint": "a"}, {"size": 0}, {"size": 0, "checkpoint": "b"}]})", {"a", "b"}},
    };
    for (const auto& [body, checkpoints] : told) {
        CAPTURE(body);
        const auto shown = shown_checkpoints(body);
        REQUIRE(shown);
        CHECK(*shown == checkpoints);
    }
    for (const std::string_view body :
         {"", "<html></html>", "7", "[]", "{}", R"({"logs": 7})", R"({"logs": {}})", R"({"logs": [7]})",
          R"({"logs": [{}]})", R"({"logs": [{"size": 3}]})", R"({"logs": [{"size": 3, "checkpoint": null}]})",
          R"({"logs": [{"size": 0, "checkpoint": 7}]})",
          R"({"logs": [{"size": 3, "checkpoint": "a"}, {"size": 4}]})"}) {
        CAPTURE(body);
        const auto shown = shown_checkpoints(body);
        REQUIRE(!shown);
        CHECK(shown.error().category == Category::invalid);
    }
}
