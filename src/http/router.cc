#include "http/router.h"

#include <algorithm>
#include <map>

#include "http/internal/problem_status.h"
#include "http/problem.h"

namespace idun::http {
namespace {

constexpr std::size_t kSegmentsMax = 32;

// The next segment of `path`, which starts with a slash; moves past it.
std::string_view take_segment(std::string_view& path) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

// One place in the tree of patterns.
struct Place {
    std::map<std::string, std::unique_ptr<Place>, std::less<>> literal;
    std::unique_ptr<Place> named;
    std::map<std::string, Handler, std::less<>> handlers;       // by method, of patterns that end here
    std::map<std::string, Handler, std::less<>> rest_handlers;  // of patterns that end in "/*" here
};

// What a search has found so far. A pattern that fits the path but not the method is remembered for Allow.
struct Search {
    std::string_view method;
    std::vector<std::string_view> parts;
    const Handler* handler = nullptr;
    std::vector<std::string_view> allowed;

    bool take(const std::map<std::string, Handler, std::less<>>& handlers) {
        const auto found = handlers.find(method);
        if (found != handlers.end()) {
            handler = &found->second;
            return true;
        }
        for (const auto& [name, unused] : handlers) allowed.push_back(name);
        return false;
    }
};

bool find(const Place& place, std::string_view path, Search& search, std::size_t depth);

bool find_below(const Place& place, std::string_view path, Search& search, std::size_t depth) {
    std::string_view rest = path;
    const std::string_view segment = take_segment(rest);
    const auto literal = place.literal.find(segment);
    if (literal != place.literal.end() && find(*literal->second, rest, search, depth + 1)) return true;
    if (!place.named || segment.empty()) return false;
    search.parts.push_back(segment);
    if (find(*place.named, rest, search, depth + 1)) return true;
    search.parts.pop_back();
    return false;
}

bool find(const Place& place, std::string_view path, Search& search, std::size_t depth) {
    if (depth > kSegmentsMax) return false;
    if (path.empty()) return search.take(place.handlers);
    if (find_below(place, path, search, depth)) return true;
    if (place.rest_handlers.empty()) return false;
    search.parts.push_back(path.substr(1));
    if (search.take(place.rest_handlers)) return true;
    search.parts.pop_back();
    return false;
}

std::string joined(std::vector<std::string_view> names) {
    std::ranges::sort(names);
    const auto repeated = std::ranges::unique(names);
    names.erase(repeated.begin(), repeated.end());
    std::string out;
    for (const std::string_view name : names) {
        if (!out.empty()) out += ", ";
        out += name;
    }
    return out;
}

}  // namespace

struct Router::Impl {
    Place root;
    std::function<Response(const Request&, const Error&)> otherwise =
        [](const Request&, const Error& error) { return problem(error); };

    void route(Request request, Reply reply) const;
    Response nothing_fits(const Request& request, const Search& search) const;
};

Response Router::Impl::nothing_fits(const Request& request, const Search& search) const {
    if (search.allowed.empty()) return otherwise(request, Error(Category::not_found, "nothing lies at this path"));
    Response response = otherwise(request, Error(Category::unsupported, "this path does not take that method"));
    if (response.status == status_of(Category::unsupported)) {
        if (response.headers.get("Content-Type") == "application/problem+json") {
            response = problem_of_status(405, "this path does not take that method");
        }
        response.status = 405;
    }
    response.headers.set("Allow", joined(search.allowed));
    return response;
}

void Router::Impl::route(Request request, Reply reply) const {
    Search search;
    search.method = request.method;
    if (!find(root, request.path, search, 0)) {
        reply.send(nothing_fits(request, search));
        return;
    }
    request.parts.assign(search.parts.begin(), search.parts.end());
    (*search.handler)(std::move(request), std::move(reply));
}

Router::Router() : impl_(std::make_unique<Impl>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;

void Router::add(std::string_view method, std::string_view pattern, Handler handler) {
    IDUN_CHECK(!pattern.empty() && pattern.front() == '/');
    Place* place = &impl_->root;
    std::size_t depth = 0;
    while (!pattern.empty()) {
        IDUN_CHECK(++depth <= kSegmentsMax);
        const std::string_view segment = take_segment(pattern);
        if (segment == "*") {
            IDUN_CHECK(pattern.empty());
            IDUN_CHECK(place->rest_handlers.emplace(method, std::move(handler)).second);
            return;
        }
        auto& next = segment.starts_with(':') ? place->named : place->literal[std::string(segment)];
        if (!next) next = std::make_unique<Place>();
        place = next.get();
    }
    IDUN_CHECK(place->handlers.emplace(method, std::move(handler)).second);
}

void Router::otherwise(std::function<Response(const Request&, const Error&)> answer) {
    impl_->otherwise = std::move(answer);
}

Handler Router::handler() && {
    return [impl = std::shared_ptr<const Impl>(std::move(impl_))](Request request, Reply reply) {
        impl->route(std::move(request), std::move(reply));
    };
}

}  // namespace idun::http
