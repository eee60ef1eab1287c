#include "records/internal/rewrite.h"

#include <array>
#include <optional>

#include "json/writer.h"
#include "records/outcome.h"

namespace idun::records {
namespace {

using fhir::Primitive;

// Canonical URLs name definitions wherever they are, so they stay (R4 §3.1.0.11.2).
bool holds_link(const fhir::Property* property) {
    if (property == nullptr || property->type == nullptr) return false;
    switch (property->type->primitive) {
        case Primitive::uri:
        case Primitive::url:
        case Primitive::oid:
        case Primitive::uuid: return true;
        default: return false;
    }
}

// Where a value stands: the object and the name of its member, and where that object stands.
struct Step {
    const Step* up;
    json::Value within;
    std::string_view name;
};

class Rewriter {
public:
    Rewriter(const fhir::Definitions& definitions, const EntryReferences& references, Cut& out)
        : definitions_(definitions), references_(references), out_(out), text_(out.text) {}

    void run(json::Value resource, std::string_view unit) {
        const bool has_id = bool(resource["id"]);
        const bool has_meta = bool(resource["meta"]);
        text_.clear();
        open();
        for (const json::Member& member : resource.members()) {
            name(member.name);
            if (member.name == "id") {
                id();
            } else if (member.name == "meta") {
                meta(member.value, unit);
            } else {
                copy(member.value, {nullptr, resource, member.name});
            }
            const bool after_type = member.name == "resourceType" && !has_id;
            if (after_type) {
                name("id");
                id();
            }
            if (!has_meta && (after_type || member.name == "id")) {
                name("meta");
                meta({}, unit);
            }
        }
        text_ += '}';
    }

private:
    void open() {
        text_ += '{';
        first_ = true;
    }
    void name(std::string_view name) {
        if (!first_) text_ += ',';
        first_ = false;
        json::append_quoted(text_, name);
        text_ += ':';
    }

    void id() {
        text_ += "\"\"";
        out_.id_at = text_.size() - 1;
    }

    void meta(json::Value given, std::string_view unit) {
        open();
        out_.stamp_at = text_.size();
        first_ = false;  // the stamp comes first
        for (const json::Member& member : given.members()) {
            if (member.name == "versionId" || member.name == "lastUpdated") continue;
            if (member.name == "tag" && !unit.empty()) continue;
            name(member.name);
            json::append_text(text_, member.value);
        }
        if (!unit.empty()) tags(given["tag"], unit);
        text_ += '}';
        first_ = false;
    }

    void tags(json::Value given, std::string_view unit) {
        name("tag");
        text_ += '[';
        for (const json::Value tag : given.elements()) {
            if (tag["system"].text() == kUnitSystem) continue;
            json::append_text(text_, tag);
            text_ += ',';
        }
        text_ += "{\"system\":";
        json::append_quoted(text_, kUnitSystem);
        text_ += ",\"code\":";
        json::append_quoted(text_, unit);
        text_ += "}]";
    }

    void copy(json::Value value, const Step& at) {
        if (references_.map == nullptr || references_.map->empty()) return json::append_text(text_, value);
        switch (value.kind()) {
            case json::Kind::array: {
                char mark = '[';
                for (const json::Value element : value.elements()) {
                    text_ += mark;
                    mark = ',';
                    copy(element, at);
                }
                text_ += mark == '[' ? "[]" : "]";
                return;
            }
            case json::Kind::object: return object(value, at);
            case json::Kind::string: return string(value.text(), at);
            default: return json::append_text(text_, value);
        }
    }

    void object(json::Value value, const Step& at) {
        open();
        for (const json::Member& member : value.members()) {
            name(member.name);
            if (member.name == "reference" && member.value.is_string()) {
                reference(member.value.text());
            } else if (member.name == "div" && member.value.is_string()) {
                narrative(member.value.text());
            } else {
                copy(member.value, {&at, value, member.name});
            }
        }
        text_ += '}';
        first_ = false;
    }

    void reference(std::string_view text) {
        const std::string_view target = references_.map->target(text, references_.full_url);
        json::append_quoted(text_, target.empty() ? text : target);
    }

    void string(std::string_view text, const Step& at) {
        const std::string_view target = references_.map->exact(text);
        json::append_quoted(text_, !target.empty() && holds_link(property(at)) ? target : text);
    }

    // What the definitions say of a value, worked out for the few texts where it matters. Null: not known.
    const fhir::Property* property(const Step& at) const {
        const fhir::Property* above = at.up == nullptr ? nullptr : property(*at.up);
        const fhir::Shape* shape = above == nullptr ? nullptr : above->shape;
        if (shape == nullptr) {
            const fhir::Type* type = definitions_.type(at.within["resourceType"].text());
            if (type != nullptr) shape = type->shape;
        }
        return shape == nullptr ? nullptr : shape->find(at.name);
    }

    // <a href="..."> and <img src="..."> of the narrative.
    void narrative(std::string_view text) {
        static constexpr std::array<std::string_view, 2> kStarts = {"href=\"", "src=\""};
        std::string out;
        while (true) {
            std::size_t at = std::string_view::npos;
            for (const std::string_view start : kStarts) {
                const std::size_t found = text.find(start);
                if (found != std::string_view::npos) at = std::min(at, found + start.size());
            }
            const std::size_t end = at == std::string_view::npos ? at : text.find('"', at);
            if (end == std::string_view::npos) break;
            const std::string_view link = text.substr(at, end - at);
            const std::string_view target = references_.map->exact(link);
            out.append(text.substr(0, at)).append(target.empty() ? link : target);
            text.remove_prefix(end);
        }
        json::append_quoted(text_, out.append(text));
    }

    const fhir::Definitions& definitions_;
    const EntryReferences& references_;
    Cut& out_;
    std::string& text_;  // of out_
    bool first_ = true;  // nothing stands yet in the object that is being written
};

}  // namespace

void rewrite(const fhir::Definitions& definitions, json::Value resource, const EntryReferences& references,
             std::string_view unit, Cut& out) {
    Rewriter(definitions, references, out).run(resource, unit);
}

}  // namespace idun::records
