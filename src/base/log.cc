#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/time.h"

namespace idun::log {
namespace {

spdlog::logger& logger() {
    static const auto instance = [] {
        auto made = std::make_shared<spdlog::logger>("idun", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_pattern("%v");
        made->flush_on(spdlog::level::debug);
        return made;
    }();
    return *instance;
}

spdlog::level::level_enum native(Level level) {
    switch (level) {
        case Level::debug: return spdlog::level::debug;
        case Level::info: return spdlog::level::info;
        case Level::warn: return spdlog::level::warn;
        case Level::error: return spdlog::level::err;
        case Level::off: return spdlog::level::off;
    }
    return spdlog::level::info;
}

const char* name(Level level) {
    switch (level) {
        case Level::debug: return "debug";
        case Level::info: return "info";
        case Level::warn: return "warn";
        case Level::error: return "error";
        case Level::off: return "off";
    }
    return "info";
}

}  // namespace

Field::Field(std::string_view name, std::string_view text) : name_(name), json_(quoted(text)) {}

void set_level(Level level) { logger().set_level(native(level)); }

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
    if (!logger().should_log(native(level))) return;
    std::string line = R"({"time":")" + to_iso(system_clock().now()) + R"(","level":")" + name(level) +
                       R"(","event":)" + quoted(event);
    for (const Field& field : fields) {
        line += ",\"";
        line += field.name();
        line += "\":";
        line += field.json();
    }
    line += '}';
    logger().log(native(level), "{}", line);
}

std::string quoted(std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte >= 0x7f) {
            out += "\\u00";
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        } else {
            out += c;
        }
    }
    return out += '"';
}

}  // namespace idun::log
