// Finds the handler of a request by method and path.
//
//     Router router;
//     router.add("GET", "/fhir/:type/:id", answering(read));   // request.parts == {"Patient", "p1"}
//     router.add("GET", "/assets/*", files);                    // the rest of the path is the last part
//     Server::listen(loop, options, router.handler(), metrics);
#pragma once

#include "http/message.h"

namespace idun::http {

class Router {
public:
    Router();
    ~Router();
    Router(Router&&) noexcept;

    // A literal segment wins over ":name", ":name" over "*"; a pattern twice is a bug.
    void add(std::string_view method, std::string_view pattern, Handler handler);
    // For paths that match nothing; by default 404 (405 with Allow when another method would match) as a
    // problem document.
    void otherwise(std::function<Response(const Request&, const Error&)> answer);

    // Moves the routes into one immutable handler.
    Handler handler() &&;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::http
