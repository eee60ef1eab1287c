#include "terms/inputs.h"

#include <algorithm>
#include <charconv>

namespace idun::terms {

Inputs Inputs::from_query(const std::vector<std::pair<std::string, std::string>>& query) {
    Inputs out;
    for (const auto& [name, value] : query) out.all_.push_back({name, value, {}, {}});
    return out;
}

Result<Inputs> Inputs::from_parameters(json::Value resource) {
    if (resource["resourceType"].text() != "Parameters") return fail(Category::invalid, "send a Parameters resource");
    Inputs out;
    for (const json::Value one : resource["parameter"].elements()) {
        if (out.all_.size() == kMax) return fail(Category::too_large, "at most 200 parameters are taken");
        Input input;
        input.name = one["name"].text();
        if (input.name.empty()) return fail(Category::invalid, "each parameter needs a name", "Parameters.parameter");
        input.value = one["resource"];
        input.part = one["part"];
        for (const json::Member& member : one.members()) {
            if (!member.name.starts_with("value")) continue;
            input.value = member.value;
            if (member.value.kind() == json::Kind::boolean) input.text = member.value.boolean() ? "true" : "false";
            else input.text = member.value.text();
        }
        out.all_.push_back(std::move(input));
    }
    return out;
}

Status Inputs::only(std::initializer_list<std::string_view> names, std::initializer_list<std::string_view> many) const {
    const auto among = [](const auto& list, std::string_view name) { return std::find(list.begin(), list.end(), name) != list.end(); };
    for (std::size_t i = 0; i < all_.size(); ++i) {
        const std::string& name = all_[i].name;
        if (among(many, name)) continue;
        if (!among(names, name)) {
            std::string allowed;
            for (const auto& list : {names, many}) {
                for (const std::string_view one : list) allowed += (allowed.empty() ? "" : ", ") + std::string(one);
            }
            return fail(Category::invalid, "a parameter is not among those of this operation: " + allowed);
        }
        for (std::size_t j = 0; j < i; ++j) {
            if (all_[j].name == name) return fail(Category::invalid, "parameter " + name + " is given twice");
        }
    }
    return {};
}

const Inputs::Input* Inputs::find(std::string_view name) const {
    for (const Input& one : all_) {
        if (one.name == name) return &one;
    }
    return nullptr;
}

std::string_view Inputs::text(std::string_view name) const {
    const Input* found = find(name);
    return found == nullptr ? std::string_view() : std::string_view(found->text);
}

std::vector<std::string_view> Inputs::texts(std::string_view name) const {
    std::vector<std::string_view> out;
    for (const Input& one : all_) {
        if (one.name == name) out.push_back(one.text);
    }
    return out;
}

Result<std::optional<bool>> Inputs::flag(std::string_view name) const {
    const Input* found = find(name);
    if (found == nullptr) return std::optional<bool>();
    if (found->text == "true") return std::optional<bool>(true);
    if (found->text == "false") return std::optional<bool>(false);
    return fail(Category::invalid, "parameter " + std::string(name) + " must be true or false");
}

Result<std::optional<std::size_t>> Inputs::number(std::string_view name) const {
    const Input* found = find(name);
    if (found == nullptr) return std::optional<std::size_t>();
    std::size_t out = 0;
    const char* const last = found->text.data() + found->text.size();
    const auto [end, error] = std::from_chars(found->text.data(), last, out);
    if (error != std::errc() || end != last || out > 1'000'000'000)
        return fail(Category::invalid, "parameter " + std::string(name) + " must be a number from 0");
    return std::optional<std::size_t>(out);
}

json::Value Inputs::value(std::string_view name) const {
    const Input* found = find(name);
    return found != nullptr && found->value.is_object() ? found->value : json::Value();
}

std::vector<json::Value> Inputs::parts(std::string_view name) const {
    std::vector<json::Value> out;
    for (const Input& one : all_) {
        if (one.name == name) out.push_back(one.part);
    }
    return out;
}

void Inputs::set(std::string name, std::string text) { all_.push_back({std::move(name), std::move(text), {}, {}}); }

}  // namespace idun::terms
