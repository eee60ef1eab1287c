// Structured logs: one JSON object a line on standard error. Never personal data: log ids of
// providers, counts, durations and error messages, not people, record ids or request targets.
//
//     log::info("listening", {{"role", "node"}, {"port", 8081}});
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace idun::log {

enum class Level { debug, info, warn, error, off };

// A name and a JSON value.
class Field {
public:
    Field(std::string_view name, std::string_view text);
    Field(std::string_view name, const char* text) : Field(name, std::string_view(text)) {}
    Field(std::string_view name, const std::string& text) : Field(name, std::string_view(text)) {}
    template <std::integral T>
    Field(std::string_view name, T number) : name_(name), json_(std::to_string(number)) {}
    Field(std::string_view name, bool value) : name_(name), json_(value ? "true" : "false") {}

    std::string_view name() const { return name_; }
    std::string_view json() const { return json_; }

private:
    std::string_view name_;
    std::string json_;
};

// Thread-safe; each line is written whole.
void set_level(Level level);
void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});

inline void debug(std::string_view event, std::initializer_list<Field> f = {}) { write(Level::debug, event, f); }
inline void info(std::string_view event, std::initializer_list<Field> f = {}) { write(Level::info, event, f); }
inline void warn(std::string_view event, std::initializer_list<Field> f = {}) { write(Level::warn, event, f); }
inline void error(std::string_view event, std::initializer_list<Field> f = {}) { write(Level::error, event, f); }

// `text` as a JSON string with quotes; control and non-UTF-8 bytes are escaped.
std::string quoted(std::string_view text);

}  // namespace idun::log
