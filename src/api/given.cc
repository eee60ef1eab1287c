#include "api/given.h"

#include <algorithm>

#include "api/fhir_answer.h"
#include "api/subject.h"

namespace idun::api {
namespace {

constexpr std::string_view kPath = "Parameters.parameter";

tl::unexpected<Error> wrong(std::string message) {
    return fail(Category::invalid, std::move(message), std::string(kPath));
}

bool names_identifier(std::string_view name) { return name.ends_with("dentifier"); }

Status take(Given& out, std::initializer_list<std::string_view> allowed, std::string_view name, std::string_view text) {
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) {
        std::string list;
        for (const std::string_view one : allowed) list += (list.empty() ? "" : ", ") + std::string(one);
        return wrong("unknown parameter; allowed are " + list);
    }
    if (out.texts.contains(name) || out.identifiers.contains(name)) return wrong("a parameter is given twice");
    if (names_identifier(name)) {
        TRY_ASSIGN(auto identifier, identifier_from(text, name));
        out.identifiers.emplace(name, std::move(identifier));
    } else {
        out.texts.emplace(name, text);
    }
    return {};
}

// The one value of a parameter, as text.
Result<std::string> value_of(json::Value parameter) {
    if (parameter.size() != 2) return wrong("a parameter has a name and a value");
    for (const json::Member& member : parameter.members()) {
        if (!member.name.starts_with("value")) continue;
        if (member.name == "valueIdentifier") {
            const json::Value value = member.value;
            for (const json::Member& part : value.members())
                if (part.name != "system" && part.name != "value")
                    return wrong("an identifier has a system and a value");
            return std::string(value["system"].text()) + "|" + std::string(value["value"].text());
        }
        if (member.value.kind() == json::Kind::boolean) return std::string(member.value.boolean() ? "true" : "false");
        if (!member.value.is_string() && member.value.kind() != json::Kind::number)
            return wrong("a value is a text, a code, a flag or a number");
        return std::string(member.value.text());
    }
    return wrong("a parameter has a name and a value");
}

}  // namespace

std::string_view Given::text(std::string_view name) const {
    const auto found = texts.find(name);
    return found == texts.end() ? std::string_view() : found->second;
}

std::optional<Identifier> Given::identifier(std::string_view name) const {
    const auto found = identifiers.find(name);
    return found == identifiers.end() ? std::nullopt : std::optional(found->second);
}

Result<bool> Given::flag(std::string_view name, bool otherwise) const {
    if (!has(name)) return otherwise;
    if (text(name) != "true" && text(name) != "false") return wrong(std::string(name) + " is true or false");
    return text(name) == "true";
}

Result<std::string> Given::required(std::string_view name, std::size_t bytes_max) const {
    const std::string_view found = text(name);
    if (found.empty() || found.size() > bytes_max)
        return wrong(std::string(name) + " is needed, of 1 to " + std::to_string(bytes_max) + " bytes");
    return std::string(found);
}

Result<Given> given_in(json::Value resource, std::initializer_list<std::string_view> allowed) {
    if (resource["resourceType"].text() != "Parameters")
        return fail(Category::invalid, "send a Parameters resource", "resourceType");
    Given out;
    for (const json::Value parameter : resource["parameter"].elements()) {
        TRY_ASSIGN(const std::string value, value_of(parameter));
        TRY(take(out, allowed, parameter["name"].text(), value));
    }
    return out;
}

Result<Given> given_in(const http::Request& request, std::initializer_list<std::string_view> allowed) {
    if (!request.query.empty()) return fail(Category::invalid, "parameters are sent in the body");
    TRY_ASSIGN(const auto document, body_of(request));
    return given_in(document.root(), allowed);
}

Result<Given> given_in_query(const http::Request& request, std::initializer_list<std::string_view> allowed) {
    TRY_ASSIGN(const auto parameters, http::parameters(request.query));
    Given out;
    for (const auto& [name, value] : parameters) TRY(take(out, allowed, name, value));
    return out;
}

}  // namespace idun::api
