#include "api/hub.h"

namespace idun::api {

// GET /directory/snapshot: the whole directory as nodes need it, signed. Open to everybody.
http::Handler hub_directory_snapshot(Hub& hub) {
    return http::answering([&hub](const http::Request& request) {
        const auto now = hub.snapshots.current();
        http::Response response;
        response.headers.set("ETag", now.etag);
        if (request.headers.get("If-None-Match") == now.etag) {
            response.status = 304;
            return response;
        }
        response.headers.set("Content-Type", "application/jwt");
        response.shared_body = now.token;
        return response;
    });
}

}  // namespace idun::api
