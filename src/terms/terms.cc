#include "terms/terms.h"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <unordered_map>

#include "terms/filter.h"
#include "terms/internal/fold.h"

namespace idun::terms {
namespace {

constexpr std::size_t kImplicitBytesMax = 64u << 20;

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

// What was made for a name of a package, also when it could not be: no more than packages name. Thread-safe.
template <typename T>
class Kept {
public:
    using Made = Result<std::shared_ptr<const T>>;

    std::optional<Made> find(std::string_view name) const {
        const std::shared_lock lock(mutex_);
        const auto found = made_.find(name);
        if (found == made_.end()) return std::nullopt;
        return found->second;
    }
    // Calls `use` with what was made, under the lock: no reference is counted.
    template <typename Use>
    bool with(std::string_view name, Use use) const {
        const std::shared_lock lock(mutex_);
        const auto found = made_.find(name);
        if (found == made_.end() || !found->second) return false;
        use(**found->second);
        return true;
    }
    // Of two that made the same at once the first stays.
    Made keep(std::string_view name, Made made) {
        const std::unique_lock lock(mutex_);
        return made_.try_emplace(std::string(name), std::move(made)).first->second;
    }

private:
    mutable std::shared_mutex mutex_;
    std::unordered_map<std::string, Made, TextHash, std::equal_to<>> made_;
};

// Implicit value sets, whose names ("SYSTEM?fhir_vs=isa/CODE") callers make up: kept apart from those of packages, and
// bounded by their size. The oldest makes room. Thread-safe.
class ImplicitSets {
public:
    std::shared_ptr<const CodeSet> find(std::string_view url) const {
        const std::shared_lock lock(mutex_);
        const auto found = made_.find(url);
        return found == made_.end() ? nullptr : found->second;
    }
    void keep(std::shared_ptr<const CodeSet> set) {
        const std::size_t bytes = bytes_of(*set);
        if (bytes > kImplicitBytesMax) return;
        const std::unique_lock lock(mutex_);
        if (!made_.try_emplace(set->url, set).second) return;
        bytes_ += bytes;
        oldest_.push_back(std::move(set));
        while (bytes_ > kImplicitBytesMax) {
            bytes_ -= bytes_of(*oldest_.front());
            made_.erase(oldest_.front()->url);
            oldest_.pop_front();
        }
    }

private:
    // About: an entry, its places in the table of codes, and what a set has in any case.
    static std::size_t bytes_of(const CodeSet& set) { return 1024 + 2 * set.url.size() + set.entries().size() * (sizeof(CodeSet::Entry) + 16); }

    mutable std::shared_mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<const CodeSet>, TextHash, std::equal_to<>> made_;
    std::deque<std::shared_ptr<const CodeSet>> oldest_;
    std::size_t bytes_ = 0;
};

std::shared_ptr<const fhir::Package> listed_package() {
    static const std::shared_ptr<const fhir::Package> all = fhir::Package::of(listed_systems());
    return all;
}

fhir::PackageSet with_listed(const fhir::PackageSet& packages) {
    std::vector<std::shared_ptr<const fhir::Package>> all = {listed_package()};
    all.insert(all.end(), packages.packages().begin(), packages.packages().end());
    return fhir::PackageSet(std::move(all));
}

Error not_at_hand(std::string_view what, std::string_view canonical) {
    return {Category::not_found, std::string(what) + " " + std::string(canonical) + " is not at hand"};
}

}  // namespace

struct Terms::Impl {
    explicit Impl(const fhir::PackageSet& given) : packages(with_listed(given)) {
        const auto core = fhir::Package::r4_core();
        for (const auto& package : packages.packages()) {
            if (package == core) continue;
            for (const fhir::PackagedResource& one : package->resources()) {
                if (one.type == "CodeSystem") read_names(one);
            }
        }
    }

    void read_names(const fhir::PackagedResource& resource) {
        const auto document = resource.parse();
        if (!document) return;
        const json::Value root = document->root();
        if (root["content"].text() == "supplement") {
            supplements[std::string(fhir::split_canonical(root["supplements"].text()).url)].push_back(&resource);
        } else if (const std::string_view all = root["valueSet"].text(); !all.empty()) {
            all_codes.emplace(fhir::split_canonical(all).url, resource.url);
        }
    }

    const fhir::PackageSet packages;
    std::map<std::string, std::vector<const fhir::PackagedResource*>, std::less<>> supplements;  // by URL of the system
    std::map<std::string, std::string, std::less<>> all_codes;                                    // value set to system
    mutable Kept<CodeSystem> systems;
    mutable Kept<CodeSet> sets;
    mutable ImplicitSets implicit;
    mutable Kept<ConceptMap> maps;
};

Terms::Terms(fhir::PackageSet packages) : impl_(std::make_unique<Impl>(packages)) {}
Terms::~Terms() = default;

const fhir::PackageSet& Terms::packages() const { return impl_->packages; }

Result<std::shared_ptr<const CodeSystem>> Terms::code_system(std::string_view canonical) const {
    if (const auto kept = impl_->systems.find(canonical)) return *kept;
    const fhir::PackagedResource* resource = impl_->packages.find("CodeSystem", canonical);
    if (resource == nullptr) return fail(not_at_hand("code system", canonical));
    TRY_ASSIGN(const auto document, resource->parse());
    std::vector<json::Document> supplements;
    std::vector<json::Value> roots;
    if (const auto named = impl_->supplements.find(resource->url); named != impl_->supplements.end()) {
        for (const fhir::PackagedResource* one : named->second) {
            TRY_ASSIGN(auto supplement, one->parse());
            supplements.push_back(std::move(supplement));
        }
    }
    for (const json::Document& one : supplements) roots.push_back(one.root());
    if (document.root()["content"].text() == "supplement") return fail(not_at_hand("code system", canonical));
    return impl_->systems.keep(canonical, CodeSystem::compile(document.root(), roots));
}

Result<std::shared_ptr<const CodeSystem>> Terms::code_system(std::string_view url, std::string_view version) const {
    if (version.empty()) return code_system(url);
    return code_system(std::string(url) + "|" + std::string(version));
}

Result<std::shared_ptr<const CodeSet>> Terms::code_set(std::string_view canonical) const {
    Trail trail;
    return code_set(canonical, trail);
}

Result<std::shared_ptr<const CodeSet>> Terms::code_set(std::string_view canonical, Trail& trail) const {
    if (const auto kept = impl_->sets.find(canonical)) return *kept;
    const fhir::PackagedResource* resource = impl_->packages.find("ValueSet", canonical);
    if (resource == nullptr) {
        // Implicit sets are those of the newest version of their system, whatever version is asked for.
        const std::string_view url = fhir::split_canonical(canonical).url;
        if (auto kept = impl_->implicit.find(url)) return kept;
        auto made = implicit_set(url);
        if (made) impl_->implicit.keep(*made);
        return made;
    }
    auto made = compile_resource(*resource, trail);
    // A failure may be the fault of the value set that asked: only that one's is remembered. What is not at hand is not.
    if (!made && (!trail.urls.empty() || made.error().category == Category::not_found)) return made;
    return impl_->sets.keep(canonical, std::move(made));
}

Result<std::shared_ptr<const CodeSet>> Terms::compile_resource(const fhir::PackagedResource& resource, Trail& trail) const {
    const std::string name = resource.url + "|" + resource.version;
    if (std::find(trail.urls.begin(), trail.urls.end(), name) != trail.urls.end()) {
        std::string loop;
        for (const std::string& one : trail.urls) loop += one.substr(0, one.rfind('|')) + ", ";
        return fail(Category::invalid, "value sets include each other without end: " + loop + resource.url);
    }
    if (trail.urls.size() == Trail::kDepthMax) return fail(Category::too_large, "value sets include each other more than 32 deep");
    TRY_ASSIGN(const auto document, resource.parse());
    trail.urls.push_back(name);
    auto made = compile_value_set(document.root(), *this, trail);
    trail.urls.pop_back();
    return made;
}

Result<std::shared_ptr<const CodeSet>> Terms::implicit_set(std::string_view url) const {
    std::string_view system;
    std::string_view below;
    if (const auto all = impl_->all_codes.find(url); all != impl_->all_codes.end()) {
        system = all->second;
    } else if (const std::size_t mark = url.rfind('?'); mark != url.npos) {
        const std::string_view query = url.substr(mark + 1);
        system = url.substr(0, mark);
        if (query.starts_with("fhir_vs=isa/")) below = query.substr(12);
        else if (query != "fhir_vs" && query != "vs") return fail(not_at_hand("value set", url));
    } else {
        return fail(not_at_hand("value set", url));
    }
    const auto known = code_system(system);
    const auto set = std::make_shared<CodeSet>();
    set->url = url;
    if (!known) {
        const Grammar* grammar = grammar_of(system);
        if (grammar == nullptr || !below.empty()) return fail(not_at_hand("value set", url));
        set->add_grammar(grammar);
        return set;
    }
    const std::uint32_t place = set->add_system(system, {}, *known);
    if (!(*known)->complete()) set->add_gap(std::string(system), "of code system " + std::string(system) + " only a part is at hand");
    if (below.empty()) {
        set->add_whole(place);
        return set;
    }
    TRY_ASSIGN(const auto chosen, filtered(**known, {"concept", "is-a", below}));
    for (const ConceptNumber n : chosen) set->add(place, (*known)->concept_at(n).code, {}, n);
    return set;
}

Result<std::shared_ptr<const CodeSet>> Terms::compile(json::Value value_set) const {
    Trail trail;
    if (const std::string_view url = value_set["url"].text(); !url.empty())
        trail.urls.push_back(std::string(url) + "|" + std::string(value_set["version"].text()));
    return compile_value_set(value_set, *this, trail);
}

Result<std::shared_ptr<const ConceptMap>> Terms::concept_map(std::string_view canonical) const {
    if (const auto kept = impl_->maps.find(canonical)) return *kept;
    const fhir::PackagedResource* resource = impl_->packages.find("ConceptMap", canonical);
    if (resource == nullptr) return fail(not_at_hand("concept map", canonical));
    TRY_ASSIGN(const auto document, resource->parse());
    return impl_->maps.keep(canonical, ConceptMap::compile(document.root()));
}

std::vector<std::shared_ptr<const ConceptMap>> Terms::maps_between(std::string_view source, std::string_view target) const {
    std::vector<std::shared_ptr<const ConceptMap>> out;
    for (const fhir::PackagedResource* resource : impl_->packages.of_type("ConceptMap")) {
        const auto map = concept_map(resource->version.empty() ? resource->url : resource->url + "|" + resource->version);
        if (!map) continue;
        const auto fits = [](std::string_view wanted, std::string_view set, std::string_view system) {
            return wanted.empty() || fhir::split_canonical(set).url == fhir::split_canonical(wanted).url || system == wanted;
        };
        const auto group_fits = [&](const MapGroup& one) {
            return fits(source, (*map)->source_set(), one.source) && fits(target, (*map)->target_set(), one.target);
        };
        if (std::any_of((*map)->groups().begin(), (*map)->groups().end(), group_fits)) out.push_back(*map);
    }
    return out;
}

Membership Terms::member_of(std::string_view value_set, const fhir::Coded& coded) const {
    Membership out = Membership::unknown;
    if (impl_->sets.with(value_set, [&](const CodeSet& set) { out = set.contains(coded.system, coded.code); })) return out;
    const auto set = code_set(value_set);
    return set ? (*set)->contains(coded.system, coded.code) : Membership::unknown;
}

bool Terms::knows_value_set(std::string_view value_set) const { return code_set(value_set).has_value(); }

fhir::CodeCheck Terms::check(const fhir::Coded& coded) const {
    using Verdict = fhir::CodeCheck::Verdict;
    fhir::CodeCheck out;
    auto system = code_system(coded.system, coded.version);
    const bool other_version = !system && !coded.version.empty();
    if (other_version) system = code_system(coded.system);
    if (!system) {
        const Grammar* grammar = grammar_of(coded.system);
        if (grammar != nullptr) out.verdict = grammar->accepts(coded.code) ? Verdict::known : Verdict::malformed;
        return out;
    }
    const ConceptNumber n = (*system)->find(coded.code);
    if (n == kNoConcept) {
        if ((*system)->complete() && !other_version) out.verdict = Verdict::unknown_code;
        return out;
    }
    const Concept& found = (*system)->concept_at(n);
    out.verdict = Verdict::known;
    out.inactive = found.inactive;
    out.display = found.display;
    if (coded.display.empty() || found.display.empty() || same_display(coded.display, found.display)) return out;
    const auto names = (*system)->designations(n);
    out.display_wrong = std::none_of(names.begin(), names.end(), [&](const Designation& one) { return same_display(one.value, coded.display); });
    return out;
}

Membership Terms::subsumes(std::string_view system, std::string_view a, std::string_view b) const {
    const auto known = code_system(system);
    if (!known) return Membership::unknown;
    const ConceptNumber above = (*known)->find(a);
    const ConceptNumber below = (*known)->find(b);
    if (above == kNoConcept || below == kNoConcept) return Membership::unknown;
    if ((*known)->subsumes(above, below)) return Membership::in;
    return (*known)->complete() ? Membership::out : Membership::unknown;
}

}  // namespace idun::terms
