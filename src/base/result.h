// Result<T>: what an operation that can fail returns. Our code does not throw.
//
//     Result<Record> read(Id id);
//     TRY_ASSIGN(auto record, read(id));   // returns the error to the caller
//     TRY(index.apply(record));
//
// An Error never holds personal data: its message ends up in logs and answers.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace idun {

// What went wrong, in the terms a caller can act on. http/problem.h maps each to one status.
enum class Category {
    invalid,       // the request or document is malformed; sending it again will not help
    forbidden,     // not allowed, with or without another token
    unauthorized,  // who are you? no, or no valid, token
    not_found,
    gone,          // was there once (deleted resource, expired page)
    conflict,      // somebody else was first, or a precondition did not hold
    too_large,     // over a bound that the message names
    unsupported,   // well formed, but this system does not do it
    media_type,    // the body is of a kind or coding that is not taken here
    busy,          // try again later
    unavailable,   // a part we need does not answer
    corrupt,       // stored bytes are not what was written
    internal,      // a failure of ours
};

std::string_view to_string(Category category);

struct Error {
    Category category;
    std::string message;  // one sentence, lower case, no personal data
    std::string path;     // FHIRPath of the offending element where there is one

    Error(Category c, std::string m, std::string p = {})
        : category(c), message(std::move(m)), path(std::move(p)) {}
    // The same error with more words in front: "open store: no such file".
    Error within(std::string_view what) const;
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(Category category, std::string message, std::string path = {}) {
    return tl::unexpected<Error>(Error(category, std::move(message), std::move(path)));
}
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace idun

#define IDUN_CONCAT_(a, b) a##b
#define IDUN_CONCAT(a, b) IDUN_CONCAT_(a, b)

// Returns the error of a Status or Result to the caller.
#define TRY(expression)                                                     \
    do {                                                                    \
        auto idun_try_result = (expression);                                \
        if (!idun_try_result) return ::idun::fail(std::move(idun_try_result.error())); \
    } while (false)

// Declares `target` from the value of a Result, or returns its error.
#define TRY_ASSIGN(target, expression) IDUN_TRY_ASSIGN(target, expression, IDUN_CONCAT(idun_try_, __COUNTER__))
#define IDUN_TRY_ASSIGN(target, expression, name)                  \
    auto name = (expression);                                      \
    if (!name) return ::idun::fail(std::move(name.error()));       \
    target = std::move(*name)

// A bug if it does not hold: stops the process, in release too. Input from outside can never trigger it.
#define IDUN_CHECK(condition) \
    (static_cast<bool>(condition) ? void(0) : ::idun::check_failed(#condition, __FILE__, __LINE__))
