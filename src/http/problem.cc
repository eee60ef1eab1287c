#include "http/problem.h"

#include "base/log.h"
#include "http/internal/problem_status.h"

namespace idun::http {

int status_of(Category category) {
    switch (category) {
        case Category::invalid: return 400;
        case Category::unauthorized: return 401;
        case Category::forbidden: return 403;
        case Category::not_found: return 404;
        case Category::gone: return 410;
        case Category::conflict: return 409;
        case Category::too_large: return 413;
        case Category::unsupported: return 501;
        case Category::media_type: return 415;
        case Category::busy: return 503;
        case Category::unavailable: return 503;
        case Category::corrupt: return 500;
        case Category::internal: return 500;
    }
    return 500;
}

std::string_view reason_of(int status) {
    switch (status) {
        case 100: return "Continue";
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 206: return "Partial Content";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 411: return "Length Required";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 416: return "Range Not Satisfiable";
        case 417: return "Expectation Failed";
        case 421: return "Misdirected Request";
        case 422: return "Unprocessable Content";
        case 428: return "Precondition Required";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        default: return status < 400 ? "OK" : "Error";
    }
}

Response problem_of_status(int status, std::string_view detail) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/problem+json");
    add_status_fields(response);
    response.body = R"({"type":"about:blank","title":)" + log::quoted(reason_of(status)) +
                    R"(,"status":)" + std::to_string(status) + R"(,"detail":)" + log::quoted(detail) + "}";
    return response;
}

Response problem(const Error& error) {
    return problem_of_status(status_of(error.category), error.message);
}

void add_status_fields(Response& response) {
    Headers& headers = response.headers;
    if (response.status == 503 && !headers.has("Retry-After")) headers.add("Retry-After", "1");
    if (response.status == 401 && !headers.has("WWW-Authenticate")) headers.add("WWW-Authenticate", "Bearer");
}

}  // namespace idun::http
