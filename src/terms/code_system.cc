#include "terms/code_system.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "terms/internal/fold.h"

namespace idun::terms {

// One text: for each concept a line of its code and names.
struct CodeSystem::Words {
    std::string text;
    std::vector<std::uint32_t> starts;
};

CodeSystem::~CodeSystem() = default;

namespace {

struct Typed {
    std::string_view name;
    ValueKind kind;
};
constexpr Typed kValues[] = {{"valueCode", ValueKind::code},         {"valueString", ValueKind::string},
                             {"valueInteger", ValueKind::integer},   {"valueBoolean", ValueKind::boolean},
                             {"valueDateTime", ValueKind::date_time}, {"valueDecimal", ValueKind::decimal},
                             {"valueCoding", ValueKind::coding}};

constexpr std::string_view kConceptProperties = "http://hl7.org/fhir/concept-properties#";

Content content_of(std::string_view text) {
    if (text == "complete") return Content::complete;
    if (text == "fragment") return Content::fragment;
    if (text == "example") return Content::example;
    return Content::not_present;
}

}  // namespace

bool language_fits(std::string_view tag, std::string_view wanted) {
    const std::size_t shared = std::min(tag.size(), wanted.size());
    if (shared == 0 || !same_without_case(tag.substr(0, shared), wanted.substr(0, shared))) return false;
    return (tag.size() == shared || tag[shared] == '-') && (wanted.size() == shared || wanted[shared] == '-');
}

class CodeSystemCompiler {
public:
    explicit CodeSystemCompiler(CodeSystem& out) : out_(out) {}

    Status run(json::Value resource, std::span<const json::Value> supplements) {
        if (resource["resourceType"].text() != "CodeSystem") return fail(Category::invalid, "not a CodeSystem");
        out_.url_ = resource["url"].text();
        if (out_.url_.empty()) return fail(Category::invalid, "a code system needs a url");
        if (resource["content"].text() == "supplement") return fail(Category::invalid, "a supplement is not a code system of its own");
        out_.version_ = resource["version"].text();
        out_.name_ = resource["title"].text();
        if (out_.name_.empty()) out_.name_ = resource["name"].text();
        if (out_.name_.empty()) out_.name_ = out_.url_;
        out_.language_ = resource["language"].text();
        out_.value_set_ = resource["valueSet"].text();
        out_.content_ = content_of(resource["content"].text());
        out_.case_sensitive_ = !resource["caseSensitive"] || resource["caseSensitive"].boolean();
        read_definitions(resource["property"]);
        for (const json::Value one : resource["concept"].elements()) TRY(read_concept(one, kNoConcept));
        for (const json::Value supplement : supplements) {
            read_definitions(supplement["property"]);
            read_supplement(supplement["concept"]);
        }
        link();
        return without_loop();
    }

private:
    template <typename T>
    struct Owned {
        ConceptNumber owner;
        T what;
    };
    struct Edge {
        ConceptNumber parent;
        ConceptNumber child;
    };

    void read_definitions(json::Value list) {
        for (const json::Value one : list.elements()) {
            const std::string_view code = one["code"].text();
            if (code.empty() || meanings_.contains(code)) continue;
            const PropertyDefinition& kept = out_.definitions_.emplace_back(PropertyDefinition{keep(code), keep(one["uri"].text()), keep(one["description"].text())});
            const bool standard = kept.uri.starts_with(kConceptProperties);
            meanings_.emplace(kept.code, standard ? kept.uri.substr(kConceptProperties.size()) : kept.code);
        }
    }

    // What a property means, by its URI; a system may name it as it likes.
    std::string_view meaning(std::string_view code) const {
        const auto found = meanings_.find(code);
        return found == meanings_.end() ? code : found->second;
    }

    Status read_concept(json::Value node, ConceptNumber parent) {
        const std::string_view code = node["code"].text();
        if (code.empty()) return fail(Category::invalid, "a concept needs a code");
        ConceptNumber n = out_.find(code);
        if (n == kNoConcept) {
            n = static_cast<ConceptNumber>(out_.concepts_.size());
            out_.concepts_.push_back({keep(code), keep(node["display"].text()), keep(node["definition"].text())});
            out_.by_code_.add(out_.concepts_[n].code, n, [this](std::uint32_t at) { return out_.concepts_[at].code; });
            read_details(node, n);
        } else {
            ++out_.repeated_;
        }
        if (parent != kNoConcept) edges_.push_back({parent, n});
        for (const json::Value child : node["concept"].elements()) TRY(read_concept(child, n));
        return {};
    }

    void read_supplement(json::Value concepts) {
        for (const json::Value node : concepts.elements()) {
            const ConceptNumber n = out_.find(node["code"].text());
            if (n != kNoConcept) read_details(node, n);
            read_supplement(node["concept"]);
        }
    }

    void read_details(json::Value node, ConceptNumber n) {
        for (const json::Value one : node["designation"].elements()) {
            const json::Value use = one["use"];
            designations_.push_back({n, {keep(one["language"].text()), keep(use["system"].text()), keep(use["code"].text()),
                                         keep(use["display"].text()), keep(one["value"].text())}});
        }
        for (const json::Value one : node["property"].elements()) {
            for (const Typed& typed : kValues) {
                if (const json::Value value = one[typed.name]) read_property(n, one["code"].text(), typed.kind, value);
            }
        }
    }

    void read_property(ConceptNumber n, std::string_view code, ValueKind kind, json::Value value) {
        PropertyValue p{keep(code), kind, {}, {}, {}};
        if (kind == ValueKind::coding) {
            p.value = keep(value["code"].text());
            p.system = keep(value["system"].text());
            p.display = keep(value["display"].text());
        } else if (kind == ValueKind::boolean) {
            p.value = value.boolean() ? "true" : "false";
        } else {
            p.value = keep(value.text());
        }
        properties_.push_back({n, p});
        const std::string_view what = meaning(code);
        Concept& concept_ = out_.concepts_[n];
        if (what == "inactive") concept_.inactive |= p.value == "true";
        if (what == "status") concept_.inactive |= p.value == "deprecated" || p.value == "retired" || p.value == "withdrawn" || p.value == "inactive";
        if (what == "notSelectable" || what == "abstract") concept_.abstract |= p.value == "true";
    }

    // Parents and children that properties name, now that every code is known.
    void read_edges() {
        for (const auto& [owner, p] : properties_) {
            const std::string_view what = meaning(p.code);
            const bool up = what == "parent" || what == "subsumedBy";
            if (!up && what != "child") continue;
            const ConceptNumber other = out_.find(p.value);
            if (other == kNoConcept || other == owner) continue;
            edges_.push_back(up ? Edge{other, owner} : Edge{owner, other});
        }
    }

    void link() {
        read_edges();
        const std::size_t size = out_.concepts_.size();
        fill(properties_, out_.properties_, out_.property_starts_, size, [](const auto& o) { return o.owner; }, [](const auto& o) { return o.what; });
        fill(designations_, out_.designations_, out_.designation_starts_, size, [](const auto& o) { return o.owner; }, [](const auto& o) { return o.what; });
        const auto down = [](const Edge& a, const Edge& b) { return std::pair(a.parent, a.child) < std::pair(b.parent, b.child); };
        std::sort(edges_.begin(), edges_.end(), down);
        edges_.erase(std::unique(edges_.begin(), edges_.end(), [](const Edge& a, const Edge& b) { return a.parent == b.parent && a.child == b.child; }), edges_.end());
        fill(edges_, out_.children_, out_.child_starts_, size, [](const Edge& e) { return e.parent; }, [](const Edge& e) { return e.child; });
        fill(edges_, out_.parents_, out_.parent_starts_, size, [](const Edge& e) { return e.child; }, [](const Edge& e) { return e.parent; });
        out_.concepts_.shrink_to_fit();
    }

    // Sorted by owner (each one's in the order they came), and where each owner's begin.
    template <typename From, typename To, typename Owner, typename What>
    static void fill(const std::vector<From>& from, std::vector<To>& to, std::vector<std::uint32_t>& starts, std::size_t size, Owner owner, What what) {
        starts.assign(size + 1, 0);
        for (const From& one : from) ++starts[owner(one) + 1];
        for (std::size_t n = 0; n < size; ++n) starts[n + 1] += starts[n];
        std::vector<std::uint32_t> next(starts.begin(), starts.end());
        to.resize(from.size());
        for (const From& one : from) to[next[owner(one)]++] = what(one);
    }

    // Takes away concepts without parents until none is left; what stays lies on a loop or below one.
    Status without_loop() const {
        const std::size_t size = out_.concepts_.size();
        std::vector<std::uint32_t> waiting(size);
        std::vector<ConceptNumber> free;
        for (ConceptNumber n = 0; n < size; ++n) {
            waiting[n] = static_cast<std::uint32_t>(out_.parents(n).size());
            if (waiting[n] == 0) free.push_back(n);
        }
        for (std::size_t at = 0; at < free.size(); ++at) {
            for (const ConceptNumber child : out_.children(free[at])) {
                if (--waiting[child] == 0) free.push_back(child);
            }
        }
        if (free.size() == size) return {};
        return fail(Category::invalid, "the hierarchy of code system " + out_.url_ + " has a loop");
    }

    std::string_view keep(std::string_view text) { return out_.arena_.keep(text); }

    CodeSystem& out_;
    std::vector<Owned<PropertyValue>> properties_;
    std::vector<Owned<Designation>> designations_;
    std::vector<Edge> edges_;
    std::unordered_map<std::string_view, std::string_view> meanings_;  // of properties, by their code here
};

Result<std::shared_ptr<const CodeSystem>> CodeSystem::compile(json::Value resource, std::span<const json::Value> supplements) {
    const std::shared_ptr<CodeSystem> out(new CodeSystem());
    TRY(CodeSystemCompiler(*out).run(resource, supplements));
    return out;
}

ConceptNumber CodeSystem::find(std::string_view code) const {
    if (case_sensitive_) return by_code_.find(code, [&](std::uint32_t n) { return concepts_[n].code == code; });
    return by_code_.find(code, [&](std::uint32_t n) { return same_without_case(concepts_[n].code, code); });
}

bool CodeSystem::has_property(std::string_view code) const {
    return std::any_of(definitions_.begin(), definitions_.end(), [&](const PropertyDefinition& one) { return one.code == code; });
}

bool CodeSystem::subsumes(ConceptNumber above, ConceptNumber below) const {
    if (above == below) return true;
    std::vector<ConceptNumber> open = {below};
    for (std::size_t at = 0; at < open.size(); ++at) {
        for (const ConceptNumber parent : parents(open[at])) {
            if (parent == above) return true;
            if (std::find(open.begin(), open.end(), parent) == open.end()) open.push_back(parent);
        }
    }
    return false;
}

std::vector<ConceptNumber> CodeSystem::with_descendants(ConceptNumber n) const {
    std::vector<bool> seen(concepts_.size());
    std::vector<ConceptNumber> out = {n};
    seen[n] = true;
    for (std::size_t at = 0; at < out.size(); ++at) {
        for (const ConceptNumber child : children(out[at])) {
            if (!seen[child]) out.push_back(child);
            seen[child] = true;
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

const CodeSystem::Words& CodeSystem::words() const {
    std::call_once(words_once_, [this] {
        auto made = std::make_unique<Words>();
        for (ConceptNumber n = 0; n < concepts_.size(); ++n) {
            made->starts.push_back(static_cast<std::uint32_t>(made->text.size()));
            append_folded(made->text, concepts_[n].code);
            made->text += '\t';
            append_folded(made->text, concepts_[n].display);
            for (const Designation& one : designations(n)) {
                made->text += '\t';
                append_folded(made->text, one.value);
            }
            made->text += '\n';
        }
        made->starts.push_back(static_cast<std::uint32_t>(made->text.size()));
        made->text.shrink_to_fit();
        words_ = std::move(made);
    });
    return *words_;
}

bool CodeSystem::matches(ConceptNumber n, const std::vector<std::string>& wanted) const {
    const Words& all = words();
    return has_words(std::string_view(all.text).substr(all.starts[n], all.starts[n + 1] - all.starts[n]), wanted);
}

std::vector<ConceptNumber> CodeSystem::search(const std::vector<std::string>& wanted) const {
    std::vector<ConceptNumber> out;
    if (wanted.empty()) {
        out.resize(concepts_.size());
        for (ConceptNumber n = 0; n < out.size(); ++n) out[n] = n;
        return out;
    }
    // The longest word finds the candidates in the one text.
    const Words& all = words();
    const std::string& rare = *std::max_element(wanted.begin(), wanted.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
    const char* const first = all.text.data();
    const char* const last = first + all.text.size();
    for (const char* at = first; at < last;) {
        const void* hit = ::memmem(at, static_cast<std::size_t>(last - at), rare.data(), rare.size());
        if (hit == nullptr) break;
        const auto offset = static_cast<std::uint32_t>(static_cast<const char*>(hit) - first);
        const auto next = std::upper_bound(all.starts.begin(), all.starts.end(), offset);
        const auto n = static_cast<ConceptNumber>(next - all.starts.begin() - 1);
        if (matches(n, wanted)) out.push_back(n);
        at = first + *next;
    }
    return out;
}

std::string_view CodeSystem::display(ConceptNumber n, std::string_view language) const {
    const Concept& one = concepts_[n];
    if (language.empty() || language_fits(language_, language)) return one.display;
    for (const Designation& other : designations(n)) {
        if (same_without_case(other.language, language)) return other.value;
    }
    for (const Designation& other : designations(n)) {
        if (language_fits(other.language, language)) return other.value;
    }
    return one.display;
}

}  // namespace idun::terms
