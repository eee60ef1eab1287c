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

class Rewriter {
public:
    Rewriter(const fhir::Definitions& definitions, const EntryReferences& references)
        : definitions_(definitions), references_(references) {}

    Stamped run(json::Value resource, const Stamp& stamp) {
        const bool has_id = bool(resource["id"]);
        const bool has_meta = bool(resource["meta"]);
        const fhir::Shape* shape = shape_of(resource);
        writer_.object();
        for (const json::Member& member : resource.members()) {
            writer_.name(member.name);
            if (member.name == "id") {
                id(stamp);
            } else if (member.name == "meta") {
                meta(member.value, stamp);
            } else {
                copy(member.value, shape == nullptr ? nullptr : shape->find(member.name));
            }
            const bool after_type = member.name == "resourceType" && !has_id;
            if (after_type) {
                writer_.name("id");
                id(stamp);
            }
            if (!has_meta && (after_type || member.name == "id")) {
                writer_.name("meta");
                meta({}, stamp);
            }
        }
        writer_.end();
        out_.text = writer_.take();
        return std::move(out_);
    }

private:
    void id(const Stamp& stamp) {
        out_.id_at = writer_.size() + 1;  // behind the quote
        writer_.value(stamp.id);
    }

    void meta(json::Value given, const Stamp& stamp) {
        writer_.object();
        out_.stamp_at = writer_.size();
        writer_.member("versionId", std::to_string(stamp.version));
        writer_.member("lastUpdated", to_iso(stamp.last_updated));
        for (const json::Member& member : given.members()) {
            if (member.name == "versionId" || member.name == "lastUpdated") continue;
            if (member.name == "tag" && !stamp.unit.empty()) continue;
            writer_.name(member.name).value(member.value);
        }
        if (!stamp.unit.empty()) tags(given["tag"], stamp.unit);
        writer_.end();
    }

    void tags(json::Value given, std::string_view unit) {
        writer_.name("tag").array();
        for (const json::Value tag : given.elements()) {
            if (tag["system"].text() != kUnitSystem) writer_.value(tag);
        }
        writer_.object().member("system", kUnitSystem).member("code", unit).end();
        writer_.end();
    }

    const fhir::Shape* shape_of(json::Value resource) const {
        const fhir::Type* type = definitions_.type(resource["resourceType"].text());
        return type == nullptr ? nullptr : type->shape;
    }

    // `property` says what the value is; null: not known, then only Reference.reference is recognised.
    void copy(json::Value value, const fhir::Property* property) {
        if (references_.map == nullptr || references_.map->empty()) {
            writer_.value(value);
            return;
        }
        switch (value.kind()) {
            case json::Kind::array:
                writer_.array();
                for (const json::Value element : value.elements()) copy(element, property);
                writer_.end();
                return;
            case json::Kind::object: return object(value, property);
            case json::Kind::string: return string(value.text(), property);
            default: writer_.value(value); return;
        }
    }

    void object(json::Value value, const fhir::Property* property) {
        const fhir::Shape* shape = property == nullptr ? nullptr : property->shape;
        if (shape == nullptr) shape = shape_of(value);
        writer_.object();
        for (const json::Member& member : value.members()) {
            writer_.name(member.name);
            if (member.name == "reference" && member.value.is_string()) {
                reference(member.value.text());
            } else if (member.name == "div" && member.value.is_string()) {
                narrative(member.value.text());
            } else {
                copy(member.value, shape == nullptr ? nullptr : shape->find(member.name));
            }
        }
        writer_.end();
    }

    void reference(std::string_view text) {
        const std::string_view target = references_.map->target(text, references_.full_url);
        writer_.value(target.empty() ? text : target);
    }

    void string(std::string_view text, const fhir::Property* property) {
        const std::string_view target = holds_link(property) ? references_.map->exact(text) : std::string_view();
        writer_.value(target.empty() ? text : target);
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
        writer_.value(std::string_view(out.append(text)));
    }

    const fhir::Definitions& definitions_;
    const EntryReferences& references_;
    json::Writer writer_;
    Stamped out_;
};

}  // namespace

std::string stamp_text(std::uint64_t version, Instant last_updated) {
    return "\"versionId\":\"" + std::to_string(version) + "\",\"lastUpdated\":\"" + to_iso(last_updated) + "\"";
}

Stamped stamped(const fhir::Definitions& definitions, json::Value resource, const Stamp& stamp,
                    const EntryReferences& references) {
    return Rewriter(definitions, references).run(resource, stamp);
}

}  // namespace idun::records
