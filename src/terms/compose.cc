#include "terms/compose.h"

#include <algorithm>
#include <map>

#include "terms/filter.h"

namespace idun::terms {
namespace {

using Set = std::shared_ptr<CodeSet>;
using Known = std::shared_ptr<const CodeSystem>;

constexpr std::size_t kPartsMax = 5000;  // includes and excludes of one value set
constexpr std::string_view kUnclosed = "http://hl7.org/fhir/StructureDefinition/valueset-unclosed";

Designation kept(CodeSet& set, json::Value node) {
    const json::Value use = node["use"];
    Arena& arena = set.arena();
    return {arena.keep(node["language"].text()), arena.keep(use["system"].text()), arena.keep(use["code"].text()),
            arena.keep(use["display"].text()), arena.keep(node["value"].text())};
}

class Compiler {
public:
    Compiler(json::Value resource, const Source& source, Trail& trail) : resource_(resource), source_(source), trail_(trail) {}

    Result<std::shared_ptr<const CodeSet>> run() {
        const json::Value compose = resource_["compose"];
        const json::Value expansion = resource_["expansion"];
        if (!compose && !expansion) return fail(Category::invalid, "the value set has neither compose nor expansion");
        Set set = named();
        if (compose) {
            TRY(compose_into(set, compose));
            if (set->gaps().empty() || !stored_whole(expansion)) return set;
        }
        Set stored = named();
        TRY(read_expansion(*stored, expansion["contains"]));
        if (!stored_whole(expansion)) stored->add_gap({}, "the stored expansion is not whole");
        return stored;
    }

private:
    Set named() const {
        const Set set = std::make_shared<CodeSet>();
        set->url = resource_["url"].text();
        set->version = resource_["version"].text();
        return set;
    }

    static bool stored_whole(json::Value expansion) {
        if (!expansion["contains"] || (expansion["offset"] && expansion["offset"].text() != "0")) return false;
        const std::string_view total = expansion["total"].text();
        if (!total.empty() && total != std::to_string(codes_in(expansion["contains"]))) return false;  // the first page
        for (const json::Value extension : expansion["extension"].elements()) {
            if (extension["url"].text() == kUnclosed && extension["valueBoolean"].boolean()) return false;
        }
        return true;
    }

    static std::size_t codes_in(json::Value contains) {
        std::size_t out = 0;
        for (const json::Value one : contains.elements()) out += (one["code"] ? 1 : 0) + codes_in(one["contains"]);
        return out;
    }

    Status read_expansion(CodeSet& set, json::Value contains) {
        for (const json::Value one : contains.elements()) {
            TRY(trail_.spend(1 + set.systems().size()));  // which are looked through
            const std::string_view system = one["system"].text();
            const std::string_view code = one["code"].text();
            if (!code.empty()) {
                const Known known = known_system(system, one["version"].text());
                const ConceptNumber n = known ? known->find(code) : kNoConcept;
                add(set, set.add_system(system, one["version"].text(), known), one, n);
            }
            TRY(read_expansion(set, one["contains"]));
        }
        return {};
    }

    Status compose_into(Set& set, json::Value compose) {
        if (compose["include"].size() + compose["exclude"].size() > kPartsMax)
            return fail(Category::too_large, "the value set has more than 5,000 includes and excludes");
        for (const json::Value include : compose["include"].elements()) {
            TRY_ASSIGN(const Set part, clause(include));
            TRY(trail_.spend(merging(*set, *part)));
            if (set->entries().empty() && set->size() == 0 && set->gaps().empty() && set->grammars().empty()) {
                part->url = set->url;
                part->version = set->version;
                set = part;
            } else {
                set->add_all(part);
            }
        }
        for (const json::Value exclude : compose["exclude"].elements()) {
            TRY_ASSIGN(const Set part, clause(exclude));
            TRY(take_away(*set, *part));
        }
        if (compose["inactive"] && !compose["inactive"].boolean()) {
            set->remove_if([&](const CodeSet::Entry& entry) {
                const Known& known = set->systems()[entry.system].known;
                return known && entry.concept_number != kNoConcept && known->concept_at(entry.concept_number).inactive;
            });
        }
        return {};
    }

    // What adding one set to another costs: codes, and systems that are compared one with one.
    static std::size_t merging(const CodeSet& into, const CodeSet& part) {
        return 1 + part.entries().size() + part.gaps().size() + part.systems().size() * (1 + into.systems().size());
    }

    // One include or exclude.
    Result<Set> clause(json::Value node) {
        const std::string_view system = node["system"].text();
        const json::Value imports = node["valueSet"];
        Set set = std::make_shared<CodeSet>();
        if (!system.empty()) {
            TRY(system_part(*set, node, system));
        } else if (imports.size() == 0) {
            return fail(Category::invalid, "a part of the value set names neither a system nor a value set");
        }
        bool first = system.empty();
        for (const json::Value import : imports.elements()) {
            TRY(trail_.spend(1));
            TRY_ASSIGN(const auto other, imported(import.text()));
            if (first) {
                TRY(trail_.spend(merging(*set, *other)));
                set->add_all(other);
            } else {
                TRY(keep_shared(*set, *other));
            }
            first = false;
        }
        return set;
    }

    Result<std::shared_ptr<const CodeSet>> imported(std::string_view canonical) {
        auto found = source_.code_set(canonical, trail_);
        if (found || found.error().category != Category::not_found) return found;
        const Set missing = std::make_shared<CodeSet>();
        missing->add_gap({}, "value set " + std::string(canonical) + " is not at hand");
        return missing;
    }

    // Contained code systems are named by "#id".
    Known known_system(std::string_view system, std::string_view version) {
        if (system.starts_with('#')) {
            const auto [at, fresh] = contained_.try_emplace(system, nullptr);
            if (!fresh) return at->second;
            for (const json::Value one : resource_["contained"].elements()) {
                if (one["id"].text() != system.substr(1) || one["resourceType"].text() != "CodeSystem") continue;
                const auto compiled = CodeSystem::compile(one);
                if (compiled) at->second = *compiled;
                break;
            }
            return at->second;
        }
        const auto found = source_.code_system(system, version);
        return found ? *found : nullptr;
    }

    Status system_part(CodeSet& set, json::Value node, std::string_view system) {
        const std::string_view version = node["version"].text();
        Known known = known_system(system, version);
        const std::string_view url = known && system.starts_with('#') ? std::string_view(known->url()) : system;
        const std::uint32_t place = set.add_system(url, version, known);
        if (node["concept"]) return list(set, node["concept"], place, known);
        if (!known) {
            const Grammar* grammar = grammar_of(system);
            if (grammar != nullptr && !node["filter"]) return set.add_grammar(grammar), Status{};
            set.add_gap(std::string(system), missing(system, version, grammar != nullptr));
            return {};
        }
        if (known->content() == Content::not_present) return set.add_gap(std::string(url), missing(url, {}, false)), Status{};
        if (!known->complete()) set.add_gap(std::string(url), "of code system " + std::string(url) + " only a part is at hand");
        if (!node["filter"]) return set.add_whole(place), Status{};
        return choose(set, node["filter"], place, *known);
    }

    std::string missing(std::string_view system, std::string_view version, bool by_grammar) const {
        if (by_grammar) return "code system " + std::string(system) + " has no list of codes that a filter could choose from";
        if (!version.empty() && source_.code_system(system, {}))
            return "version " + std::string(version) + " of code system " + std::string(system) + " is not at hand";
        return "code system " + std::string(system) + " is not at hand";
    }

    void add(CodeSet& set, std::uint32_t place, json::Value one, ConceptNumber n) {
        const std::string_view code = n != kNoConcept ? set.systems()[place].known->concept_at(n).code : set.arena().keep(one["code"].text());
        if (!set.add(place, code, set.arena().keep(one["display"].text()), n)) return;
        for (const json::Value other : one["designation"].elements()) set.add_designation(kept(set, other));
    }

    Status list(CodeSet& set, json::Value concepts, std::uint32_t place, const Known& known) {
        for (const json::Value one : concepts.elements()) {
            TRY(trail_.spend(1));
            const std::string_view code = one["code"].text();
            if (!code.empty()) add(set, place, one, known ? known->find(code) : kNoConcept);
        }
        return {};
    }

    Status choose(CodeSet& set, json::Value filters, std::uint32_t place, const CodeSystem& known) {
        std::vector<ConceptNumber> chosen;
        bool first = true;
        for (const json::Value one : filters.elements()) {
            const std::string_view values = one["value"].text();
            TRY(trail_.spend(known.size() + static_cast<std::size_t>(std::ranges::count(values, ','))));
            const auto found = filtered(known, {one["property"].text(), one["op"].text(), values});
            if (!found) {
                set.add_gap(known.url(), found.error().message + " (in " + known.url() + ")");
                return {};
            }
            std::vector<ConceptNumber> both;
            if (first) both = *found;
            else std::set_intersection(chosen.begin(), chosen.end(), found->begin(), found->end(), std::back_inserter(both));
            chosen = std::move(both);
            first = false;
        }
        for (const ConceptNumber n : chosen) set.add(place, known.concept_at(n).code, {}, n);
        return {};
    }

    // What is in both. Codes of which the other set cannot say so become a gap.
    Status keep_shared(CodeSet& set, const CodeSet& other) {
        TRY(trail_.spend(set.size() + other.size()));
        const std::vector<const Grammar*> open = set.grammars();
        for (const Grammar* grammar : open) {
            const auto& theirs = other.grammars();
            if (std::find(theirs.begin(), theirs.end(), grammar) != theirs.end()) continue;
            set.drop_grammar(grammar->system);
            const std::uint32_t place = set.add_system(grammar->system, {}, nullptr);
            for (const CodeSet::Entry& entry : other.entries()) {
                if (other.systems()[entry.system].url == grammar->system && grammar->accepts(entry.code))
                    set.add(place, set.arena().keep(entry.code), set.arena().keep(entry.display), kNoConcept);
            }
        }
        std::vector<std::string> unsure;
        set.remove_if([&](const CodeSet::Entry& entry) {
            const std::string& system = set.systems()[entry.system].url;
            const Membership in = other.contains(system, entry.code);
            if (in == Membership::unknown) unsure.push_back(system);
            return in != Membership::in;
        });
        if (!unsure.empty() || !set.gaps().empty()) copy_gaps(set, other);
        return {};
    }

    Status take_away(CodeSet& set, const CodeSet& other) {
        TRY(trail_.spend(set.size()));
        bool unsure = false;
        set.remove_if([&](const CodeSet::Entry& entry) {
            const Membership in = other.contains(set.systems()[entry.system].url, entry.code);
            unsure |= in == Membership::unknown;
            return in != Membership::out;
        });
        if (unsure) copy_gaps(set, other);
        // A grammar has no list to take codes from.
        const std::vector<const Grammar*> open = set.grammars();
        for (const Grammar* grammar : open) {
            const auto touches = [&](const CodeSet::System& one) { return one.url == grammar->system; };
            const auto& theirs = other.grammars();
            const bool all = std::find(theirs.begin(), theirs.end(), grammar) != theirs.end();
            if (!all && std::none_of(other.systems().begin(), other.systems().end(), touches)) continue;
            set.drop_grammar(grammar->system);
            if (!all) set.add_gap(std::string(grammar->system), "codes are excluded from " + std::string(grammar->system) + ", which has no list of codes");
        }
        return {};
    }

    static void copy_gaps(CodeSet& set, const CodeSet& other) {
        for (const Gap& gap : other.gaps()) set.add_gap(gap.system, gap.reason);
    }

    json::Value resource_;
    const Source& source_;
    Trail& trail_;
    std::map<std::string_view, Known> contained_;  // code systems inside the value set, by "#id"
};

}  // namespace

Status Trail::spend(std::size_t codes) {
    work += codes;
    if (work <= kWorkMax) return {};
    return fail(Category::too_large, "the value set and those it includes have more codes than are taken");
}

Result<std::shared_ptr<const CodeSet>> compile_value_set(json::Value resource, const Source& source, Trail& trail) {
    if (resource["resourceType"].text() != "ValueSet") return fail(Category::invalid, "not a ValueSet");
    return Compiler(resource, source, trail).run();
}

}  // namespace idun::terms
