// A FHIR Parameters resource read strictly: each name known and given once, each value a text, a code, a flag or a
// number.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "api/consent.h"
#include "http/message.h"
#include "json/document.h"

namespace idun::api {

struct Given {
    std::map<std::string, std::string, std::less<>> texts;  // by name; flags as "true" and "false"
    std::map<std::string, Identifier, std::less<>>
        identifiers;  // valueIdentifier, or valueString SYSTEM|VALUE of a name that ends in "dentifier"

    bool has(std::string_view name) const { return texts.find(name) != texts.end(); }
    // "" when it was not given.
    std::string_view text(std::string_view name) const;
    // Nothing when it was not given.
    std::optional<Identifier> identifier(std::string_view name = "identifier") const;
    // `invalid` unless true or false; `otherwise` when it was not given.
    Result<bool> flag(std::string_view name, bool otherwise) const;
    // `invalid` when it is missing.
    Result<std::string> required(std::string_view name, std::size_t bytes_max) const;
};

Result<Given> given_in(json::Value resource, std::initializer_list<std::string_view> allowed);
// The body of the request.
Result<Given> given_in(const http::Request& request, std::initializer_list<std::string_view> allowed);
// The parameters of an address.
Result<Given> given_in_query(const http::Request& request, std::initializer_list<std::string_view> allowed);

}  // namespace idun::api
