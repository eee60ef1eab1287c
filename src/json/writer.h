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

#include "json/document.h"

namespace idun::json {

// Commas and quotes are the writer's; that names and values alternate and that there is one value at the top
// is the caller's duty (IDUN_CHECKed), and so is that texts are UTF-8. A second writer needs a second Writer.
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
    Writer& value(Value tree);  // must not be absent (IDUN_CHECKed)
    Writer& null() { return raw("null"); }
    // JSON text as it is.
    Writer& raw(std::string_view json);

    template <typename T>
    Writer& member(std::string_view key, const T& v) { return name(key).value(v); }

    // The text, which must be complete (IDUN_CHECKed). The writer is empty again afterwards.
    std::string take();
    std::string_view text() const { return out_; }
    std::size_t size() const { return out_.size(); }

private:
    void separate();        // before a value
    void open(char bracket);
    std::string out_;
    std::string levels_;    // of each open level, its bracket: '{' or '[' while empty, '}' or ']' after
    bool after_name_ = false;
    bool done_ = false;     // a whole value has been written at the top
};

// The tree as minified text; "" when absent.
std::string to_text(Value tree);
// The same at the end of `out`. The tree must not be absent (IDUN_CHECKed).
void append_text(std::string& out, Value tree);
// Well-formed JSON text with a line for each member and element, indented by two spaces; nothing else of it changes.
std::string indented(std::string_view json);
// `text` in quotes, escaped, at the end of `out`.
void append_quoted(std::string& out, std::string_view text);

}  // namespace idun::json
