#include "api/hub.h"
#include "http/problem.h"
#include "json/writer.h"

namespace idun::api {

// POST /log-keys: a node's key change (docs/formats/key-change.md). It needs no token: both keys in it have signed it.
http::Handler hub_key_change(Hub& hub) {
    return http::answering([&hub](const http::Request& request) {
        if (request.body.size() > trust::kKeyChangeBytesMax) return http::problem(Error(Category::too_large, "a key change is at most 2 KiB"));
        const auto number = hub.keys.take(request.body);
        if (!number) return http::problem(number.error());
        json::Writer w;
        w.object().member("number", std::uint64_t{*number}).end();
        http::Response response;
        response.headers.set("Content-Type", "application/json");
        response.body = w.take();
        return response;
    });
}

}  // namespace idun::api
