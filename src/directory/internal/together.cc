#include "directory/internal/together.h"

#include <algorithm>

namespace idun::directory {
namespace {

bool names(json::Value value, std::string_view reference) {
    if (value["reference"].text() == reference) return true;
    for (const json::Member& member : value.members())
        if (names(member.value, reference)) return true;
    for (const json::Value element : value.elements())
        if (names(element, reference)) return true;
    return false;
}

// "Location.partOf": where the reference stands, by the member at the top.
std::string path_to(const Resource& resource, std::string_view reference) {
    std::string out(to_string(resource.type));
    for (const json::Member& member : resource.root().members())
        if (names(member.value, reference)) return out + "." + std::string(member.name);
    return out;
}

}  // namespace

ResourcePtr Together::find(std::string_view reference) const {
    const auto name = name_from(reference);
    if (!name) return nullptr;
    if (const auto at = written_.find({name->type, std::string(name->id)}); at != written_.end()) return at->second;
    return before_.find(name->type, name->id);
}

Status Together::check(const Resource& one, const Writer& writer) const {
    for (const std::string& reference : one.references) {
        // A node may tell its address before its name.
        const bool own = writer.kind == Writer::Kind::node && one.type == Type::endpoint && reference == "Organization/" + one.id;
        if (!own && !find(reference)) return fail(Category::invalid, "what is referred to is not in the directory", path_to(one, reference));
    }
    return check_part_of(one);
}

Status Together::check_part_of(const Resource& one) const {
    ResourcePtr up;  // keeps what `part_of` lies in
    std::string_view part_of = one.root()["partOf"]["reference"].text();
    for (int depth = 0; !part_of.empty(); ++depth) {
        if (depth == kPartOfDepthMax || part_of == one.name())
            return fail(Category::invalid, "partOf leads back to itself, or is more than 16 deep", std::string(to_string(one.type)) + ".partOf");
        ResourcePtr next = find(part_of);
        if (!next) return {};
        up = std::move(next);
        part_of = up->root()["partOf"]["reference"].text();
    }
    return {};
}

std::vector<std::pair<std::string, std::string>> Together::referring_to(const std::vector<std::string>& deleted) const {
    std::vector<std::pair<std::string, std::string>> out;
    const auto look = [&](const Resource& one) {
        for (const std::string& reference : one.references)
            if (std::ranges::binary_search(deleted, reference)) out.emplace_back(reference, one.name());
    };
    for (const Type type : kTypes)
        for (const ResourcePtr& one : before_.of(type))
            if (!written_.contains({type, one->id})) look(*one);
    for (const auto& [key, one] : written_)
        if (one) look(*one);
    return out;
}

}  // namespace idun::directory
