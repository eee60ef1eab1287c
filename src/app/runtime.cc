#include "app/runtime.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>

#include "http/problem.h"
#include "store/postgres.h"

namespace idun::app {

Result<Address> address_from(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    const auto wrong = [] { return fail(Category::invalid, "an address is HOST:PORT, such as 127.0.0.1:8080"); };
    if (colon == std::string_view::npos || colon == 0) return wrong();
    Address address{std::string(text.substr(0, colon)), 0};
    const std::string_view port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error != std::errc() || end != port.data() + port.size()) return wrong();
    if (address.host.starts_with('[') && address.host.ends_with(']'))
        address.host = address.host.substr(1, address.host.size() - 2);
    return address;
}

Result<std::unique_ptr<Door>> Door::listen(Runtime& runtime, const Listen& listen, const std::string& role,
                                           Metrics& metrics) {
    auto door = std::make_unique<Door>();
    http::ServerOptions options;
    options.role = role;
    options.address = listen.address.host;
    options.port = listen.address.port;
    options.tls = listen.tls;
    options.workers = listen.workers;
    options.held = runtime.held.take(listen.address).value_or(-1);
    options.body_bytes_max = listen.body_bytes_max;
    const auto handler = [slot = door->slot_](http::Request request, http::Reply reply) {
        if (!slot->open.load(std::memory_order_acquire))
            return reply.send(http::problem(Error(Category::unavailable, "starting; try again in a moment")));
        slot->handler(std::move(request), std::move(reply));
    };
    TRY_ASSIGN(door->server_, http::Server::listen(runtime.loop, options, handler, metrics));
    const bool v6 = listen.address.host.find(':') != std::string::npos;
    door->url_ = !listen.url.empty()
                     ? listen.url
                     : fmt::format("{}://{}:{}", listen.tls ? "https" : "http",
                                   v6 ? "[" + listen.address.host + "]" : listen.address.host, door->server_->port());
    return door;
}

void Door::open(http::Handler handler) {
    slot_->handler = std::move(handler);
    slot_->open.store(true, std::memory_order_release);
    server_->begin();
}

Result<std::unique_ptr<store::Store>> open_store(const Runtime& runtime, const std::string& kind, const std::string& folder,
                                                 const std::string& schema) {
    constexpr std::string_view kPostgres = "postgresql:";
    if (kind.starts_with(kPostgres))
        return store::open_postgres({.connection = kind.substr(kPostgres.size()), .schema = schema}, runtime.clock);
    if (kind != "embedded") return fail(Category::invalid, "store is \"embedded\" or \"postgresql:CONNECTION\"");
    store::EmbeddedOptions options;
    options.folder = folder;
    options.cache_bytes = runtime.cache_bytes;
    return store::open_embedded(options, runtime.clock);
}

Status make_folder(const std::string& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return fail(Category::unavailable, "cannot make the folder " + folder + ": " + error.message());
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    if (error) return fail(Category::unavailable, "cannot set the permissions of " + folder + ": " + error.message());
    return {};
}

}  // namespace idun::app
