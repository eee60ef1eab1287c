#include "http/message.h"

#include <algorithm>

#include "base/log.h"
#include "http/internal/text.h"
#include "http/problem.h"

namespace idun::http {
namespace {

constexpr std::size_t kPairsMax = 200;

}  // namespace

void Headers::add(std::string name, std::string value) { all_.emplace_back(std::move(name), std::move(value)); }

void Headers::set(std::string name, std::string value) {
    remove(name);
    add(std::move(name), std::move(value));
}

void Headers::remove(std::string_view name) {
    std::erase_if(all_, [&](const auto& header) { return same_name(header.first, name); });
}

std::string_view Headers::get(std::string_view name) const {
    for (const auto& [key, value] : all_) {
        if (same_name(key, name)) return value;
    }
    return {};
}

bool Headers::has(std::string_view name) const {
    return std::ranges::any_of(all_, [&](const auto& header) { return same_name(header.first, name); });
}

std::string_view Request::bearer() const {
    const std::string_view value = headers.get("Authorization");
    if (value.size() < 7 || !same_name(value.substr(0, 7), "Bearer ")) return {};
    return trimmed(value.substr(7));
}

Result<Parameters> parameters(std::string_view query) {
    Parameters out;
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        if (pair.empty()) continue;
        if (out.size() == kPairsMax) return fail(Category::invalid, "more than 200 parameters");
        const std::size_t equals = pair.find('=');
        auto name = form_decoded(pair.substr(0, equals));
        auto value = form_decoded(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1));
        if (!name || !value) return fail(Category::invalid, "a parameter has a malformed percent escape");
        out.emplace_back(std::move(*name), std::move(*value));
    }
    return out;
}

std::string percent_encoded(std::string_view text) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (is_unreserved(c)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
    }
    return out;
}

Reply::Reply(std::unique_ptr<Sink> sink) : sink_(std::move(sink)) {}
Reply::Reply(Reply&&) noexcept = default;

Reply& Reply::operator=(Reply&& other) noexcept {
    if (this != &other) {
        Reply dropped(std::move(*this));
        sink_ = std::move(other.sink_);
    }
    return *this;
}

Reply::~Reply() {
    if (!sink_) return;
    log::error("a request was dropped without an answer");
    send(problem(Error(Category::internal, "the request was not answered")));
}

void Reply::send(Response response) {
    IDUN_CHECK(sink_);
    std::exchange(sink_, nullptr)->send(std::move(response));
}

std::unique_ptr<BodyStream> Reply::stream(Response head) {
    IDUN_CHECK(sink_);
    return std::exchange(sink_, nullptr)->stream(std::move(head));
}

Handler answering(std::function<Response(const Request&)> answer) {
    return [answer = std::move(answer)](const Request& request, Reply reply) { reply.send(answer(request)); };
}

}  // namespace idun::http
