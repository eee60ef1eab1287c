// Writes minified JSON into a string.
//
//     json::Writer w;
//     w.object().member("resourceType", "Bundle").name("entry").array();
//     w.value(resource);                  // copies a tree, numbers to the digit
//     w.raw(stored_bytes);                // JSON text that is known to be valid
//     w.end().end();
//     std::string text = w.take();
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"

namespace idun::json {

// Commas and quotes are the writer's; that names and values alternate is the caller's duty (IDUN_CHECKed).
class Writer {
public:
    Writer& object();
    Writer& array();
    Writer& end();  // of the innermost object or array
    Writer& name(std::string_view name);

    Writer& value(std::string_view text);  // a string
    Writer& value(const char* text) { return value(std::string_view(text)); }
    Writer& value(const std::string& text) { return value(std::string_view(text)); }
    template <std::integral T>
        requires(!std::same_as<T, bool>)
    Writer& value(T number) { return raw(std::to_string(number)); }
    Writer& value(bool boolean) { return raw(boolean ? "true" : "false"); }
    Writer& value(Value tree);
    Writer& null() { return raw("null"); }
    // JSON text as it is.
    Writer& raw(std::string_view json);

    template <typename T>
    Writer& member(std::string_view key, const T& v) { return name(key).value(v); }

    std::string take();
    std::string_view text() const { return out_; }
    std::size_t size() const { return out_.size(); }

private:
    void separate();
    std::string out_;
    std::vector<bool> first_;  // of each open level: nothing written in it yet
    bool after_name_ = false;
};

// The tree as minified text.
std::string to_text(Value tree);

}  // namespace idun::json
