#include "http/message.h"

#include <doctest/doctest.h>

#include "http/problem.h"

namespace idun::http {

TEST_CASE("header names compare without case, order is kept") {
    Headers headers;
    headers.add("A", "1");
    headers.add("b", "2");
    headers.add("a", "3");
    CHECK(headers.get("a") == "1");
    CHECK(headers.has("B"));
    CHECK(headers.get("c").empty());
    headers.set("A", "4");
    REQUIRE(headers.all().size() == 2);
    CHECK(headers.all()[0].first == "b");
    CHECK(headers.get("a") == "4");
}

TEST_CASE("parameters are split and decoded, malformed ones refused") {
    const auto pairs = parameters("a=1&b=%20+%C3%A5&&c&=d&e=f=g&a=2");
    REQUIRE(pairs);
    const Parameters expected = {{"a", "1"}, {"b", "  å"}, {"c", ""}, {"", "d"}, {"e", "f=g"}, {"a", "2"}};
    CHECK(*pairs == expected);
    CHECK(parameters("")->empty());
    for (const char* bad : {"a=%", "a=%2", "a=%zz", "%g0=1", "a=%-1"}) CHECK_FALSE(parameters(bad));
    std::string many;
    for (int i = 0; i < 200; ++i) many += "a&";
    CHECK(parameters(many));
    many += "a";
    CHECK_FALSE(parameters(many));
}

TEST_CASE("what is percent-encoded is decoded to the same") {
    std::string all;
    for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
    CHECK(percent_encoded("a b/å~") == "a%20b%2F%C3%A5~");
    const auto back = parameters("x=" + percent_encoded(all));
    REQUIRE(back);
    CHECK(back->front().second == all);
}

TEST_CASE("a bearer token is found") {
    Request request;
    CHECK(request.bearer().empty());
    for (const auto& [value, token] : std::vector<std::pair<std::string, std::string>>{
             {"Bearer abc", "abc"}, {"bearer  abc ", "abc"}, {"Basic abc", ""}, {"Bearer", ""}, {"Bearerabc", ""}}) {
        request.headers.set("authorization", value);
        CHECK(request.bearer() == token);
    }
}

TEST_CASE("errors become problem documents") {
    const Response response = problem(Error(Category::busy, "say \"later\""));
    CHECK(response.status == 503);
    CHECK(response.headers.get("content-type") == "application/problem+json");
    CHECK(response.body == R"({"type":"about:blank","title":"Service Unavailable","status":503,"detail":"say \"later\""})");
    CHECK(response.headers.get("retry-after") == "1");
}

namespace {
struct Recorder final : Reply::Sink {
    explicit Recorder(std::vector<int>& statuses) : statuses_(statuses) {}
    void send(Response response) override { statuses_.push_back(response.status); }
    std::unique_ptr<BodyStream> stream(Response) override { return nullptr; }
    std::vector<int>& statuses_;
};
}  // namespace

TEST_CASE("a reply answers once, and by itself when it is dropped") {
    std::vector<int> statuses;
    { Reply dropped(std::make_unique<Recorder>(statuses)); }
    CHECK(statuses == std::vector<int>{500});
    {
        Reply sent(std::make_unique<Recorder>(statuses));
        sent.send({});
    }
    CHECK(statuses == std::vector<int>{500, 200});
    {
        Reply first(std::make_unique<Recorder>(statuses));
        Reply moved(std::move(first));
        moved = Reply(std::make_unique<Recorder>(statuses));  // drops what it held
        CHECK(statuses == std::vector<int>{500, 200, 500});
        moved.send({});
    }
    CHECK(statuses == std::vector<int>{500, 200, 500, 200});
}

}  // namespace idun::http
