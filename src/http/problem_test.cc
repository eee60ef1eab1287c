#include "http/problem.h"

#include <doctest/doctest.h>

namespace idun::http {

TEST_CASE("one table from category to status, with what each status must say besides") {
    struct Row {
        Category category;
        int status;
        const char* name;
        const char* retry_after = "";
        const char* authenticate = "";
    };
    for (const Row& row : {Row{Category::invalid, 400, "invalid"},
                           Row{Category::unauthorized, 401, "unauthorized", "", "Bearer"},
                           Row{Category::forbidden, 403, "forbidden"},
                           Row{Category::not_found, 404, "not_found"},
                           Row{Category::gone, 410, "gone"},
                           Row{Category::conflict, 409, "conflict"},
                           Row{Category::too_large, 413, "too_large"},
                           Row{Category::unsupported, 501, "unsupported"},
                           Row{Category::media_type, 415, "media_type"},
                           Row{Category::busy, 503, "busy", "1"},
                           Row{Category::unavailable, 503, "unavailable", "1"},
                           Row{Category::corrupt, 500, "corrupt"},
                           Row{Category::internal, 500, "internal"}}) {
        CAPTURE(std::string(row.name));
        CHECK(to_string(row.category) == row.name);
        CHECK(status_of(row.category) == row.status);
        const Response response = problem(Error(row.category, "a \"reason\""));
        CHECK(response.status == row.status);
        CHECK(response.headers.get("Content-Type") == "application/problem+json");
        CHECK(response.headers.get("Retry-After") == row.retry_after);
        CHECK(response.headers.get("WWW-Authenticate") == row.authenticate);
        CHECK(response.body.find(R"("detail":"a \"reason\"")") != std::string::npos);
    }
}

TEST_CASE("what a refusal says already is left alone") {
    for (const auto& [status, name] : {std::pair{503, "Retry-After"}, std::pair{401, "WWW-Authenticate"}}) {
        Response response;
        response.status = status;
        response.headers.add(name, "mine");
        add_status_fields(response);
        CHECK(response.headers.all().size() == 1);
        CHECK(response.headers.get(name) == "mine");
    }
    Response fine;
    add_status_fields(fine);
    CHECK(fine.headers.all().empty());
}

}  // namespace idun::http
