#include "http/internal/request_parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <optional>

#include "http/internal/head_scanner.h"
#include "http/internal/target.h"
#include "http/internal/text.h"

namespace idun::http {
namespace {

namespace beast = boost::beast;
using beast::http::error;
using beast::http::field;
using Ec = boost::system::error_code;

constexpr std::size_t kReserveMax = 1u << 20;  // a length that is only claimed reserves no more

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

bool all_digits(std::string_view text) {
    return !text.empty() && text.size() <= 18 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// What Beast found wrong, as a status.
Refusal refusal_of(const Ec& ec) {
    if (ec == error::body_limit) return {413, "the body is too large"};
    if (ec == error::header_limit) return {431, "the header is too large"};
    if (ec == error::bad_version) return {505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
    if (ec == error::bad_method) return {400, "the method is malformed"};
    if (ec == error::bad_target) return {400, "the request target is malformed"};
    if (ec == error::bad_content_length || ec == error::multiple_content_length) {
        return {400, "the Content-Length is malformed, repeated or contradicts the Transfer-Encoding"};
    }
    if (ec == error::bad_transfer_encoding) {
        return {400, "the Transfer-Encoding is malformed, repeated or contradicts the Content-Length"};
    }
    if (ec == error::bad_chunk || ec == error::bad_chunk_extension) return {400, "a chunk is malformed"};
    return {400, "the message is malformed"};
}

// The rules for framing fields, which Beast alone takes more loosely. Counts them as they come.
struct Framing {
    std::size_t fields = 0;
    bool length = false;
    bool encoding = false;

    Refusal check(field name, std::string_view value) {
        if (++fields > kHeadersMax) return {431, "there are more than 100 header fields"};
        if (name == field::content_length) {
            if (std::exchange(length, true)) return {400, "the Content-Length is repeated"};
            if (!all_digits(value)) return {400, "the Content-Length is malformed"};
        } else if (name == field::transfer_encoding) {
            encoding = true;
            if (!same_name(value, "chunked")) return {501, "the only Transfer-Encoding known here is chunked"};
        }
        if (length && encoding) return {400, "both Content-Length and Transfer-Encoding are given"};
        return {};
    }
};

class BeastRequest final : public beast::http::basic_parser<true> {
public:
    Request request;
    Refusal refusal;
    bool head = false;
    bool http10 = false;
    bool wants_continue = false;

private:
    void refuse(Refusal why, Ec& ec) {
        if (why.status == 0) return;
        refusal = why;
        ec = error::bad_value;
    }

    void on_request_impl(beast::http::verb method, beast::string_view, beast::string_view target, int version, Ec& ec) override {
        using beast::http::verb;
        switch (method) {
            case verb::get: case verb::head: case verb::post: case verb::put: case verb::patch: case verb::delete_:
            case verb::options: break;
            default: return refuse({501, "the method is not known here"}, ec);
        }
        head = method == verb::head;
        http10 = version == 10;
        request.method = view(to_string(head ? verb::get : method));
        if (target.size() > kTargetBytesMax) return refuse({414, "the request target is too long"}, ec);
        auto read = read_target(view(target));
        if (!read) return refuse({400, "the request target is malformed or ambiguous"}, ec);
        request.path = std::move(read->path);
        request.query = std::move(read->query);
    }

    void on_response_impl(int, beast::string_view, int, Ec&) override {}

    void on_field_impl(field name, beast::string_view name_text, beast::string_view value, Ec& ec) override {
        if (in_body_) return;  // trailers are dropped: nobody may smuggle a field past the head
        const Refusal why = framing_.check(name, view(value));
        if (why.status != 0) return refuse(why, ec);
        if (name == field::host && std::exchange(host_, true)) return refuse({400, "the Host is repeated"}, ec);
        if (name == field::expect) {
            if (!same_name(view(value), "100-continue")) return refuse({417, "the expectation is not known here"}, ec);
            wants_continue = true;
        }
        request.headers.add(std::string(view(name_text)), std::string(view(value)));
    }

    void on_header_impl(Ec& ec) override {
        in_body_ = true;
        if (!http10 && !host_) return refuse({400, "the Host is missing"}, ec);
        if (http10 && framing_.encoding) return refuse({400, "HTTP/1.0 has no Transfer-Encoding"}, ec);
    }

    void on_body_init_impl(const boost::optional<std::uint64_t>& length, Ec&) override {
        if (length) request.body.reserve(std::min<std::size_t>(*length, kReserveMax));
    }
    std::size_t on_body_impl(beast::string_view bytes, Ec&) override {
        request.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, Ec&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, Ec&) override {
        request.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_finish_impl(Ec&) override { wants_continue = false; }

    Framing framing_;
    bool host_ = false;
    bool in_body_ = false;
};

class BeastResponse final : public beast::http::basic_parser<false> {
public:
    Response response;
    Refusal refusal;

private:
    void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int, Ec&) override {}
    void on_response_impl(int code, beast::string_view, int, Ec& ec) override {
        response.status = code;
        if (code < 100 || code > 599 || code == 101) {
            refusal = {400, "the status is not one of HTTP"};
            ec = error::bad_status;
        }
    }
    void on_field_impl(field name, beast::string_view name_text, beast::string_view value, Ec& ec) override {
        if (in_body_) return;
        refusal = framing_.check(name, view(value));
        if (refusal.status != 0) {
            ec = error::bad_value;
            return;
        }
        response.headers.add(std::string(view(name_text)), std::string(view(value)));
    }
    void on_header_impl(Ec&) override { in_body_ = true; }
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, Ec&) override {
        if (length) response.body.reserve(std::min<std::size_t>(*length, kReserveMax));
    }
    std::size_t on_body_impl(beast::string_view bytes, Ec&) override {
        response.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, Ec&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, Ec&) override {
        response.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_finish_impl(Ec&) override {}

    Framing framing_;
    bool in_body_ = false;
};

// What requests and answers share: the head is handed to Beast only when it is whole and well formed.
template <typename Parser>
struct Machine {
    explicit Machine(const ParseLimits& l) : limits(l) { reset(); }

    void reset() {
        parser.emplace();
        parser->eager(true);
        parser->header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
        parser->body_limit(limits.body_bytes_max);
        scanner.reset();
        head_done = started = false;
        refusal = {};
    }

    std::size_t put(std::string_view bytes) {
        if (refusal.status != 0 || parser->is_done() || bytes.empty()) return 0;
        return head_done ? put_body(bytes) : put_head(bytes);
    }

    std::size_t put_head(std::string_view bytes) {
        started = true;
        switch (scanner.scan(bytes)) {
            case HeadScanner::Outcome::empty_line:
                // RFC 9112 §2.2: an empty line before a request is skipped.
                scanner.reset();
                started = false;
                return 2;
            case HeadScanner::Outcome::bare_line_feed: refusal = {400, "a line ends without a carriage return"}; return 0;
            case HeadScanner::Outcome::folded: refusal = {400, "a header field is folded over lines"}; return 0;
            case HeadScanner::Outcome::need_more: return need_more_of_head(bytes);
            case HeadScanner::Outcome::whole: break;
        }
        if (scanner.size() > limits.header_bytes_max) return refuse_size();
        head_done = true;
        const std::size_t taken = feed(bytes.substr(0, scanner.size()));
        // Beast waits for more of a first line that is too short for a version; more will not come.
        if (refusal.status == 0 && taken < scanner.size()) refusal = {400, "the first line is malformed"};
        return taken;
    }

    std::size_t need_more_of_head(std::string_view bytes) {
        return bytes.size() < limits.header_bytes_max ? 0 : refuse_size();
    }

    std::size_t refuse_size() {
        const bool target = scanner.first_line() > limits.header_bytes_max / 2;
        refusal = target ? Refusal{414, "the request target is too long"} : Refusal{431, "the header is too large"};
        return 0;
    }

    std::size_t put_body(std::string_view bytes) {
        const std::size_t taken = feed(bytes);
        // What remains is the start of a chunk line or of trailers.
        if (taken == 0 && refusal.status == 0 && bytes.size() > limits.header_bytes_max) {
            refusal = {431, "a chunk line or the trailers are too large"};
        }
        return taken;
    }

    std::size_t feed(std::string_view bytes) {
        Ec ec;
        const std::size_t taken = parser->put(asio_buffer(bytes), ec);
        if (ec && ec != error::need_more) refusal = parser->refusal.status != 0 ? parser->refusal : refusal_of(ec);
        return taken;
    }

    static boost::asio::const_buffer asio_buffer(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

    ParseLimits limits;
    std::optional<Parser> parser;
    HeadScanner scanner;
    bool head_done = false;
    bool started = false;
    Refusal refusal;
};

}  // namespace

struct RequestParser::Impl : Machine<BeastRequest> {
    using Machine::Machine;
};

RequestParser::RequestParser(const ParseLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestParser::~RequestParser() = default;

std::size_t RequestParser::put(std::string_view bytes) { return impl_->put(bytes); }
bool RequestParser::started() const { return impl_->started; }
bool RequestParser::done() const { return impl_->refusal.status == 0 && impl_->parser->is_done(); }
const Refusal& RequestParser::refusal() const { return impl_->refusal; }
bool RequestParser::keep_alive() const { return impl_->parser->keep_alive(); }
bool RequestParser::is_http10() const { return impl_->parser->http10; }
bool RequestParser::is_head() const { return impl_->parser->head; }

bool RequestParser::wants_continue() {
    if (!impl_->head_done || impl_->refusal.status != 0 || impl_->parser->http10) return false;
    return std::exchange(impl_->parser->wants_continue, false);
}

Request RequestParser::take() {
    Request request = std::move(impl_->parser->request);
    impl_->reset();
    return request;
}

struct ResponseParser::Impl : Machine<BeastResponse> {
    Impl(const ParseLimits& parse_limits, bool without_body) : Machine(parse_limits), head_only(without_body) {
        parser->skip(head_only);
    }

    bool head_only;
    bool any = false;
    int interim = 0;  // 1xx answers seen
    std::string why;

    void note() {
        if (why.empty() && refusal.status != 0) why = refusal.detail;
    }
};

namespace {
constexpr int kInterimMax = 8;
}

ResponseParser::ResponseParser(const ParseLimits& limits, bool head_only) : impl_(std::make_unique<Impl>(limits, head_only)) {}
ResponseParser::~ResponseParser() = default;

std::size_t ResponseParser::put(std::string_view bytes) {
    if (!bytes.empty()) impl_->any = true;
    const std::size_t taken = impl_->put(bytes);
    impl_->note();
    if (impl_->refusal.status == 0 && impl_->parser->is_done() && impl_->parser->response.status / 100 == 1) {
        if (++impl_->interim > kInterimMax) {
            impl_->why = "too many interim answers";
            return taken;
        }
        impl_->reset();
        impl_->parser->skip(impl_->head_only);
    }
    return taken;
}

void ResponseParser::put_end() {
    if (!impl_->why.empty() || impl_->parser->is_done()) return;
    if (!impl_->head_done) {
        impl_->why = "the answer ended early";
        return;
    }
    Ec ec;
    impl_->parser->put_eof(ec);
    if (ec) impl_->why = "the answer ended early";
}

bool ResponseParser::started() const { return impl_->any; }
bool ResponseParser::done() const { return impl_->why.empty() && impl_->parser->is_done(); }
const std::string& ResponseParser::refusal() const { return impl_->why; }
bool ResponseParser::too_large() const { return impl_->refusal.status == 413 || impl_->refusal.status == 431; }
bool ResponseParser::keep_alive() const { return impl_->parser->keep_alive(); }
Response ResponseParser::take() { return std::move(impl_->parser->response); }

}  // namespace idun::http
