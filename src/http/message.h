// Requests and responses as values; nothing of the network library shows here.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace idun::http {

// Names compare without case; order is kept.
class Headers {
public:
    void add(std::string name, std::string value);
    void set(std::string name, std::string value);  // replaces every one of that name
    void remove(std::string_view name);              // every one of that name
    // The first of that name; "" when absent.
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const;
    const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

private:
    std::vector<std::pair<std::string, std::string>> all_;
};

struct Request {
    std::string method;  // "GET"
    std::string path;    // percent-decoded, starts with "/", no "." or ".." segments
    std::string query;   // as sent, without "?"; split it with parameters()
    Headers headers;
    std::string body;
    std::string peer;    // address of the other side, for rate limits; not for logs
    // Filled by the router: ":name" parts of the pattern, in order.
    std::vector<std::string> parts;

    // The token of "Authorization: Bearer …"; "" when absent.
    std::string_view bearer() const;
};

using Parameters = std::vector<std::pair<std::string, std::string>>;
// "a=1&b=%20" as decoded pairs ('+' is a space). Malformed escapes and more than 200 pairs: invalid.
Result<Parameters> parameters(std::string_view query);
// Percent-encodes everything but unreserved characters (RFC 3986 §2.3).
std::string percent_encoded(std::string_view text);

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    // When set it is sent instead of `body` (stored or shared bytes, no copy).
    std::shared_ptr<const std::string> shared_body;
};

// The parts of an answer that is written while it is made; see Reply::stream. Thread-safe.
class BodyStream {
public:
    virtual ~BodyStream() = default;
    // Never waits. False when the other side has gone or reads too slowly; then stop writing.
    virtual bool write(std::string bytes) = 0;
    // Ends the body. The destructor ends it too, as broken off.
    virtual void end() = 0;
};

// The duty to answer one request, exactly once, from any thread, now or later. Dropped unanswered it
// answers 500 by itself.
class Reply {
public:
    // What the server gives: takes the answer, returns a stream when asked for one.
    struct Sink {
        virtual ~Sink() = default;
        virtual void send(Response response) = 0;
        virtual std::unique_ptr<BodyStream> stream(Response head) = 0;
    };
    explicit Reply(std::unique_ptr<Sink> sink);
    Reply(Reply&&) noexcept;
    Reply& operator=(Reply&&) noexcept;
    ~Reply();

    void send(Response response);
    // Sends status and headers now (chunked), the body piece by piece.
    std::unique_ptr<BodyStream> stream(Response head);

private:
    std::unique_ptr<Sink> sink_;
};

// Called on a worker thread. May answer later from elsewhere; must not throw.
using Handler = std::function<void(Request, Reply)>;

// For handlers that answer at once.
Handler answering(std::function<Response(const Request&)> answer);

}  // namespace idun::http
