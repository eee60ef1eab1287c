// ValueSet/$expand.
#include <algorithm>
#include <unordered_map>

#include "fhir/parameters.h"
#include "terms/internal/meant.h"
#include "terms/internal/fold.h"
#include "terms/operations.h"

namespace idun::terms {
namespace {

constexpr std::size_t kFilterBytesMax = 200;
constexpr std::size_t kNestedMax = 24;  // levels; readers bound the depth of JSON too

struct Wish {
    std::vector<std::string> words;
    std::string_view filter;
    std::size_t offset = 0;
    std::optional<std::size_t> count;
    bool designations = false;
    std::vector<std::string_view> designation;  // "" or "system|code" of uses, or languages: only these
    bool active_only = false;
    bool nested = false;
    bool no_abstract = false;
    std::string_view language;
    std::vector<std::string_view> exclude_systems;
};

// One code of the answer, before it is written.
struct Row {
    std::uint32_t system;
    ConceptNumber concept_number;
    const CodeSet::Entry* entry;  // null: of a whole system
};

Result<Wish> read_wish(const Inputs& inputs) {
    Wish out;
    out.filter = inputs.text("filter");
    if (out.filter.size() > kFilterBytesMax) return fail(Category::invalid, "the filter is too long");
    out.words = folded_words(out.filter);
    TRY_ASSIGN(const auto offset, inputs.number("offset"));
    TRY_ASSIGN(out.count, inputs.number("count"));
    TRY_ASSIGN(const auto designations, inputs.flag("includeDesignations"));
    TRY_ASSIGN(const auto active, inputs.flag("activeOnly"));
    TRY_ASSIGN(const auto flat, inputs.flag("excludeNested"));
    TRY_ASSIGN(const auto for_ui, inputs.flag("excludeNotForUI"));
    TRY(inputs.flag("includeDefinition"));
    TRY(inputs.flag("excludePostCoordinated"));
    out.offset = offset.value_or(0);
    out.designation = inputs.texts("designation");
    out.designations = designations.value_or(!out.designation.empty());
    out.active_only = active.value_or(false);
    out.nested = flat && !*flat;
    out.no_abstract = for_ui.value_or(false);
    out.language = inputs.text("displayLanguage");
    out.exclude_systems = inputs.texts("exclude-system");
    if (out.nested && (inputs.has("offset") || inputs.has("count"))) return fail(Category::invalid, "pages are not nested: leave out excludeNested=false, or offset and count");
    return out;
}

class Expansion {
public:
    Expansion(const CodeSet& set, const Wish& wish) : set_(set), wish_(wish) {}

    void collect() {
        for (const CodeSet::Entry& entry : set_.entries()) {
            if (wanted(entry.system, entry.concept_number) && found(entry)) rows_.push_back({entry.system, entry.concept_number, &entry});
        }
        for (const std::uint32_t whole : set_.wholes()) {
            if (excluded(whole)) continue;
            const CodeSystem& known = *set_.systems()[whole].known;
            for (const ConceptNumber n : known.search(wish_.words)) {
                if (wanted(whole, n) && !listed(whole, n)) rows_.push_back({whole, n, nullptr});
            }
        }
    }

    std::size_t total() const { return rows_.size(); }

    void write(json::Writer& w, std::size_t first, std::size_t last) const {
        w.name("contains").array();
        for (std::size_t i = first; i < last; ++i) {
            open(w, rows_[i]);
            w.end();
        }
        w.end();
    }

    // Under its nearest parent that is in the set; what has none stands at the top.
    Status write_nested(json::Writer& w) const {
        std::unordered_map<std::uint64_t, std::size_t> places;
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            if (rows_[i].concept_number != kNoConcept) places.emplace(key(rows_[i].system, rows_[i].concept_number), i);
        }
        std::vector<std::vector<std::size_t>> below(rows_.size());
        std::vector<std::size_t> top;
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const auto parent = parent_of(rows_[i], places);
            if (parent) below[*parent].push_back(i);
            else top.push_back(i);
        }
        TRY(check_depth(top, below));
        w.name("contains").array();
        for (const std::size_t one : top) write_tree(w, one, below);
        w.end();
        return {};
    }

private:
    static std::uint64_t key(std::uint32_t system, ConceptNumber n) { return static_cast<std::uint64_t>(system) << 32 | n; }

    bool excluded(std::uint32_t system) const {
        const std::string& url = set_.systems()[system].url;
        return std::any_of(wish_.exclude_systems.begin(), wish_.exclude_systems.end(), [&](std::string_view one) { return fhir::split_canonical(one).url == url; });
    }

    bool wanted(std::uint32_t system, ConceptNumber n) const {
        if (excluded(system)) return false;
        if (n == kNoConcept) return true;
        const Concept& one = set_.systems()[system].known->concept_at(n);
        return !(wish_.active_only && one.inactive) && !(wish_.no_abstract && one.abstract);
    }

    bool found(const CodeSet::Entry& entry) const {
        if (wish_.words.empty()) return true;
        if (entry.concept_number != kNoConcept && set_.systems()[entry.system].known->matches(entry.concept_number, wish_.words)) return true;
        std::string text = folded(entry.code) + "\t" + folded(entry.display);
        for (const CodeSet::OwnDesignation& own : set_.designations(entry)) text += "\t" + folded(own.what.value);
        return has_words(text, wish_.words);
    }

    // A code of a whole system that the value set lists as well.
    bool listed(std::uint32_t system, ConceptNumber n) const {
        if (set_.entries().empty()) return false;
        const CodeSet::System& one = set_.systems()[system];
        return set_.lists(one.url, one.known->concept_at(n).code);
    }

    std::optional<std::size_t> parent_of(const Row& row, const std::unordered_map<std::uint64_t, std::size_t>& places) const {
        if (row.concept_number == kNoConcept) return std::nullopt;
        const CodeSystem& known = *set_.systems()[row.system].known;
        for (const ConceptNumber parent : known.parents(row.concept_number)) {
            const auto found = places.find(key(row.system, parent));
            if (found != places.end()) return found->second;
        }
        return std::nullopt;
    }

    static Status check_depth(std::vector<std::size_t> level, const std::vector<std::vector<std::size_t>>& below) {
        for (std::size_t depth = 0; !level.empty(); ++depth) {
            if (depth == kNestedMax) return fail(Category::too_large, "the codes are nested more than 24 deep: leave out excludeNested=false");
            std::vector<std::size_t> next;
            for (const std::size_t one : level) next.insert(next.end(), below[one].begin(), below[one].end());
            level = std::move(next);
        }
        return {};
    }

    void write_tree(json::Writer& w, std::size_t row, const std::vector<std::vector<std::size_t>>& below) const {
        open(w, rows_[row]);
        if (!below[row].empty()) {
            w.name("contains").array();
            for (const std::size_t child : below[row]) write_tree(w, child, below);
            w.end();
        }
        w.end();
    }

    // The object stays open for what it contains.
    void open(json::Writer& w, const Row& row) const {
        const CodeSet::System& system = set_.systems()[row.system];
        const Concept* known = row.concept_number == kNoConcept ? nullptr : &system.known->concept_at(row.concept_number);
        w.object();
        if (!system.url.empty()) w.member("system", system.url);
        if (known != nullptr && known->abstract) w.member("abstract", true);
        if (known != nullptr && known->inactive) w.member("inactive", true);
        if (!system.version.empty()) w.member("version", system.version);
        w.member("code", row.entry != nullptr ? row.entry->code : known->code);
        const std::string_view display = row.entry != nullptr ? set_.display(*row.entry, wish_.language) : system.known->display(row.concept_number, wish_.language);
        if (!display.empty()) w.member("display", display);
        if (wish_.designations) write_designations(w, row, system);
    }

    bool wants(const Designation& one) const {
        if (wish_.designation.empty()) return true;
        return std::any_of(wish_.designation.begin(), wish_.designation.end(), [&](std::string_view wished) {
            const auto parts = fhir::split_canonical(wished);
            if (parts.version.empty()) return language_fits(one.language, wished);
            if (parts.url == "urn:ietf:bcp:47") return language_fits(one.language, parts.version);
            return one.use_system == parts.url && one.use_code == parts.version;
        });
    }

    void write_designations(json::Writer& w, const Row& row, const CodeSet::System& system) const {
        std::vector<const Designation*> all;
        if (row.entry != nullptr) {
            for (const CodeSet::OwnDesignation& own : set_.designations(*row.entry)) all.push_back(&own.what);
        }
        if (row.concept_number != kNoConcept) {
            for (const Designation& one : system.known->designations(row.concept_number)) all.push_back(&one);
        }
        std::erase_if(all, [&](const Designation* one) { return !wants(*one); });
        if (all.empty()) return;
        w.name("designation").array();
        for (const Designation* one : all) {
            w.object();
            if (!one->language.empty()) w.member("language", one->language);
            if (!one->use_code.empty()) {
                w.name("use");
                fhir::write_coding(w, one->use_system, {}, one->use_code, one->use_display);
            }
            w.member("value", one->value).end();
        }
        w.end();
    }

    const CodeSet& set_;
    const Wish& wish_;
    std::vector<Row> rows_;
};

// An expansion says the whole or nothing: a list with holes would be taken for the value set.
Status check_whole(const CodeSet& set) {
    if (!set.gaps().empty()) {
        std::string why;
        for (std::size_t i = 0; i < set.gaps().size() && i < 5; ++i) why += (i == 0 ? "" : "; ") + set.gaps()[i].reason;
        return fail(Category::unsupported, "the value set cannot be expanded: " + why);
    }
    if (!set.grammars().empty())
        return fail(Category::too_large, "the value set has codes without end: " + std::string(set.grammars().front()->name) + " is a grammar, not a list");
    return {};
}

void write_parameters(json::Writer& w, const Wish& wish, const CodeSet& set) {
    const auto open = [&](std::string_view name) { w.object().member("name", name); };
    w.name("parameter").array();
    if (!wish.filter.empty()) {
        open("filter");
        w.member("valueString", wish.filter).end();
    }
    if (wish.count) {
        open("count");
        w.member("valueInteger", *wish.count).end();
        open("offset");
        w.member("valueInteger", wish.offset).end();
    }
    if (wish.active_only) {
        open("activeOnly");
        w.member("valueBoolean", true).end();
    }
    if (!wish.language.empty()) {
        open("displayLanguage");
        w.member("valueCode", wish.language).end();
    }
    open("excludeNested");
    w.member("valueBoolean", !wish.nested).end();
    for (const CodeSet::System& system : set.systems()) {
        if (!system.known || system.known->version().empty()) continue;
        open("version");
        w.member("valueUri", system.known->url() + "|" + system.known->version()).end();
    }
    w.end();
}

// The value set's own words about itself, with its compose when it is asked for.
void write_head(json::Writer& w, json::Value resource, const CodeSet& set, bool definition) {
    w.object().member("resourceType", "ValueSet");
    if (!resource) {
        if (!set.url.empty()) w.member("url", set.url);
        w.member("status", "active");
        return;
    }
    for (const std::string_view name : {"id", "language", "url", "version", "name", "title", "status", "experimental", "date", "publisher", "copyright"}) {
        if (const json::Value value = resource[name]) w.name(name).value(value);
    }
    if (!resource["status"]) w.member("status", "unknown");
    if (definition && resource["compose"]) w.name("compose").value(resource["compose"]);
}

}  // namespace

Result<std::string> expand(const Terms& terms, const Inputs& inputs, const ExpandOptions& options) {
    TRY(inputs.only({"url", "valueSet", "valueSetVersion", "context", "filter", "date", "offset", "count", "includeDesignations", "includeDefinition",
                     "activeOnly", "excludeNested", "excludeNotForUI", "excludePostCoordinated", "displayLanguage"},
                    {"designation", "exclude-system"}));
    if (inputs.has("context")) return fail(Category::unsupported, "context is not taken here; name the value set by url");
    if (inputs.has("url") == inputs.has("valueSet")) return fail(Category::invalid, "give url or valueSet");
    TRY_ASSIGN(const Wish wish, read_wish(inputs));
    TRY_ASSIGN(const auto definition, inputs.flag("includeDefinition"));
    const std::string canonical = canonical_of(inputs.text("url"), inputs.text("valueSetVersion"));
    TRY_ASSIGN(const auto set, inputs.has("url") ? terms.code_set(canonical) : terms.compile(inputs.value("valueSet")));
    TRY(check_whole(*set));

    Expansion expansion(*set, wish);
    expansion.collect();
    const std::size_t total = expansion.total();
    if (!wish.count && total - std::min(total, wish.offset) > kExpansionMax)
        return fail(Category::too_large, "the expansion has " + std::to_string(total) + " codes: ask for pages with count and offset, or with a filter");
    const std::size_t first = std::min(wish.offset, total);
    const std::size_t last = first + std::min({total - first, wish.count.value_or(kExpansionMax), kExpansionMax});

    std::optional<json::Document> document;
    if (const fhir::PackagedResource* named = inputs.has("url") ? terms.packages().find("ValueSet", canonical) : nullptr) {
        TRY_ASSIGN(document, named->parse());
    }
    const json::Value resource = document ? document->root() : inputs.value("valueSet");
    json::Writer w;
    write_head(w, resource, *set, definition.value_or(false));
    w.name("expansion").object().member("identifier", options.identifier).member("timestamp", options.now);
    w.member("total", total);
    if (wish.offset > 0 || wish.count) w.member("offset", wish.offset);
    write_parameters(w, wish, *set);
    if (first < last) {
        if (wish.nested) TRY(expansion.write_nested(w));
        else expansion.write(w, first, last);
    }
    w.end().end();
    return w.take();
}

}  // namespace idun::terms
