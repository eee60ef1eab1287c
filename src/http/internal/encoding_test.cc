#include "http/internal/encoding.h"

#include <doctest/doctest.h>

namespace idun::http {
namespace {

TEST_CASE("the coding that an Accept-Encoding likes best") {
    struct Case {
        const char* field;
        Coding coding;
    };
    const Case cases[] = {
        {"", Coding::identity},
        {"identity", Coding::identity},
        {"br", Coding::identity},
        {"gzip", Coding::gzip},
        {"GZIP", Coding::gzip},
        {"x-gzip", Coding::gzip},
        {"zstd", Coding::zstd},
        {"gzip, zstd", Coding::zstd},
        {"gzip;q=1.0, zstd;q=0.9", Coding::gzip},
        {"gzip;q=0.5,zstd;q=0.501", Coding::zstd},
        {"gzip ; q=0.5 , br", Coding::gzip},
        {"*", Coding::zstd},
        {"*;q=0.1, zstd;q=0", Coding::gzip},
        {"gzip, *;q=0", Coding::gzip},
        {"zstd;q=0, gzip;q=0", Coding::identity},
        {"gzip;q=0.000", Coding::identity},
        {"gzip;q=x", Coding::identity},
        {"gzip;q=-1", Coding::identity},
        {"gzip;q=2", Coding::identity},
        {"gzip;q=0.12345678", Coding::identity},
        {"gzip;q=", Coding::identity},
        {",;,=,", Coding::identity},
    };
    for (const Case& c : cases) {
        CAPTURE(c.field);
        CHECK(coding_for(c.field) == c.coding);
    }
}

TEST_CASE("both codings come back whole, and bombs are refused") {
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += std::to_string(i);
    for (const auto& [name, bytes] : {std::pair(std::string("gzip"), gzip(text)), std::pair(std::string("zstd"), zstd(text))}) {
        CAPTURE(name);
        const auto decoded = [&, n = name](std::string body, std::size_t max) {
            Headers headers;
            headers.set("Content-Encoding", n);
            const Status done = decode_body(headers, body, max);
            return done ? body : "!" + std::string(to_string(done.error().category));
        };
        CHECK(decoded(bytes, text.size()) == text);
        CHECK(decoded(bytes, text.size() - 1) == "!too_large");
        CHECK(decoded(bytes + "x", text.size()) == "!invalid");
        CHECK(decoded(bytes.substr(0, bytes.size() - 9), text.size()) == "!invalid");
        CHECK(decoded("nonsense", 100) == "!invalid");
        CHECK(decoded("", 100) == "!invalid");
    }
    const std::string zeros(50'000'000, '\0');
    std::string bomb = zstd(zeros);
    Headers headers;
    headers.set("Content-Encoding", "zstd");
    CHECK(decode_body(headers, bomb, 100'000).error().category == Category::too_large);
    headers.set("Content-Encoding", "gzip, zstd");
    CHECK(decode_body(headers, bomb, 100'000).error().category == Category::media_type);
}

TEST_CASE("what may have been compressed says so") {
    const auto encoded = [](std::string type, std::size_t size, Coding coding) {
        Response response;
        response.headers.set("Content-Type", std::move(type));
        response.body = std::string(size, 'x');
        encode_answer(response, coding);
        return std::string(response.headers.get("Content-Encoding")) + "|" + std::string(response.headers.get("Vary"));
    };
    CHECK(encoded("application/fhir+json; charset=utf-8", 5000, Coding::zstd) == "zstd|Accept-Encoding");
    CHECK(encoded("application/fhir+json", 5000, Coding::gzip) == "gzip|Accept-Encoding");
    CHECK(encoded("application/fhir+json", 5000, Coding::identity) == "|Accept-Encoding");
    CHECK(encoded("application/fhir+json", 100, Coding::gzip) == "|");
    CHECK(encoded("image/png", 5000, Coding::gzip) == "|");
}

TEST_CASE("shared bytes are held until their compressed form has left") {
    Response response;
    response.headers.set("Content-Type", "application/fhir+ndjson");
    response.shared_body = std::make_shared<const std::string>(5000, 'x');
    const std::weak_ptr<const std::string> counted = response.shared_body;
    encode_answer(response, Coding::zstd);
    CHECK(response.headers.get("Content-Encoding") == "zstd");
    CHECK(response.shared_body->size() < 1000);
    CHECK(!counted.expired());
    response = {};
    CHECK(counted.expired());
}

}  // namespace
}  // namespace idun::http
