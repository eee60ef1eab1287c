// The parameters of an operation, whether they came in a query or as a Parameters resource.
//
//     TRY_ASSIGN(const Inputs inputs, Inputs::from_parameters(body.root()));
//     TRY(inputs.only({"url", "code", "system"}));
//     std::string_view code = inputs.text("code");       // "" when absent
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "json/document.h"

namespace idun::terms {

class Inputs {
public:
    static constexpr std::size_t kMax = 200;

    static Inputs from_query(const std::vector<std::pair<std::string, std::string>>& query);
    // The document must outlive what is read from it. `invalid` when it is no Parameters resource, a parameter has no
    // name, or there are more than kMax.
    static Result<Inputs> from_parameters(json::Value resource);

    // `invalid` for a parameter that is not among these, and for one that is given twice and is not in `many`.
    Status only(std::initializer_list<std::string_view> names, std::initializer_list<std::string_view> many = {}) const;

    bool has(std::string_view name) const { return find(name) != nullptr; }
    // Of simple types; "" when absent or of another kind.
    std::string_view text(std::string_view name) const;
    std::vector<std::string_view> texts(std::string_view name) const;
    // `invalid` when it is not true or false, or not a number from 0.
    Result<std::optional<bool>> flag(std::string_view name) const;
    Result<std::optional<std::size_t>> number(std::string_view name) const;
    // A Coding, a CodeableConcept or a resource; absent when there is none.
    json::Value value(std::string_view name) const;
    // The parts of each parameter of that name.
    std::vector<json::Value> parts(std::string_view name) const;

    void set(std::string name, std::string text);

private:
    struct Input {
        std::string name;
        std::string text;
        json::Value value;
        json::Value part;
    };
    const Input* find(std::string_view name) const;
    std::vector<Input> all_;
};

}  // namespace idun::terms
