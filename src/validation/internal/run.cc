#include "validation/internal/run.h"

#include <algorithm>

#include "fhir/reference.h"
#include "fhirpath/expression.h"

namespace idun::validation {

using fhir::IssueCode;
using fhir::Severity;
using json::Value;

namespace {

constexpr std::size_t kNestingMax = 16;  // resources in resources

fhirpath::Item path_item(const Item& item) { return fhirpath::Item::raw_element(item.value, item.companion, item.type, item.shape); }

// Gives FHIRPath's resolve() what Run::find finds.
class RunResolver final : public fhirpath::Resolver {
public:
    explicit RunResolver(Run& run) : run_(run) {}
    Target resolve(std::string_view reference) const override { return {.resource = run_.find(reference).resource, .document = nullptr}; }

private:
    Run& run_;
};

}  // namespace

Run::Run(Library& library, const fhir::Terminology* terminology, const Options& options, Value root)
    : library_(library), terminology_(terminology), options_(options), root_(root), steps_left_(options.steps_max) {
    collect(root, Holder::kNone, false, {}, Holder::kNone, 0);
}

void Run::collect(Value resource, std::uint32_t parent, bool contained, std::string_view full_url, std::uint32_t entry, std::size_t depth) {
    if (!resource.is_object() || depth > kNestingMax) return;
    const auto own = static_cast<std::uint32_t>(holders_.size());
    const std::string_view name = resource["resourceType"].text();
    Holder made{.resource = resource, .type = fhir::Definitions::r4().type(name), .parent = parent, .contained = contained, .full_url = full_url, .entry = entry};
    if (parent != Holder::kNone) {
        const Holder& above = holders_[parent];
        made.bundle = entry != Holder::kNone ? parent : above.bundle;
        if (entry == Holder::kNone) {
            made.full_url = above.full_url;
            made.entry = above.entry;
        }
    }
    holders_.push_back(made);
    for (const Value inner : resource["contained"].elements()) collect(inner, own, true, {}, Holder::kNone, depth + 1);
    if (name == "Bundle") {
        std::uint32_t place = 0;
        for (const Value e : resource["entry"].elements()) {
            collect(e["resource"], own, false, e["fullUrl"].text(), place, depth + 1);
            collect(e["response"]["outcome"], own, false, {}, place, depth + 1);
            ++place;
        }
    }
    if (name == "Parameters") collect_parameters(resource["parameter"], own, depth);
}

void Run::collect_parameters(Value parameters, std::uint32_t parent, std::size_t depth) {
    if (depth > kNestingMax) return;
    for (const Value parameter : parameters.elements()) {
        collect(parameter["resource"], parent, false, {}, Holder::kNone, depth + 1);
        collect_parameters(parameter["part"], parent, depth + 1);
    }
}

std::uint32_t Run::holder_of(Value resource) const {
    // Documents are read from front to back, and so were the holders.
    const auto at = std::lower_bound(holders_.begin(), holders_.end(), resource.offset(), [](const Holder& h, std::size_t offset) { return h.resource.offset() < offset; });
    if (at == holders_.end() || at->resource.identity() != resource.identity()) return Holder::kNone;
    return static_cast<std::uint32_t>(at - holders_.begin());
}

std::string Run::path(std::string_view below) const {
    std::string out;
    for (std::size_t i = 0; i < size_; ++i) {
        if (i > 0) out += '.';
        out += steps_[i].name;
        if (steps_[i].index != Item::kSingle) out += '[' + std::to_string(steps_[i].index) + ']';
    }
    if (!below.empty()) out.append(".").append(below);
    return out;
}

std::string Run::plain_path() const {
    std::string out;
    for (std::size_t i = 0; i < size_; ++i) {
        if (i > 0) out += '.';
        out += steps_[i].name;
    }
    return out;
}

bool Run::quiet(Severity severity) {
    if (stopped_) return true;
    if (trial_ == nullptr) return false;
    if (severity <= Severity::error) ++*trial_;
    return true;
}

void Run::put(Severity severity, IssueCode code, std::string text, Value at) {
    // Warnings make no room for errors and errors none for warnings: the verdict does not hang on their number.
    const bool is_error = severity <= Severity::error;
    std::size_t& count = is_error ? errors_ : remarks_;
    if (count >= options_.issues_max) {
        if (!is_error) {
            remarks_left_out_ = true;
            return;
        }
        stopped_ = true;
        issues_.push_back({.severity = Severity::error, .code = IssueCode::incomplete, .text = "there are more issues; the check stopped here", .path = path()});
        return;
    }
    fhir::Issue issue{.severity = severity, .code = code, .text = std::move(text), .path = path()};
    // Two profiles often say the same.
    for (const fhir::Issue& known : issues_) {
        if (known.text == issue.text && known.path == issue.path) return;
    }
    if (!options_.text.empty() && at) {
        const json::Position position = json::position(options_.text, at.offset());
        issue.line = position.line;
        issue.column = position.column;
    }
    ++count;
    issues_.push_back(std::move(issue));
}

void Run::add(const fhir::Issues& issues) {
    for (const fhir::Issue& issue : issues) {
        (issue.severity <= Severity::error ? errors_ : remarks_) += 1;
        issues_.push_back(issue);
    }
}

bool Run::spend(std::uint64_t steps) {
    if (stopped_) return false;
    if (steps_left_ < steps) {
        stopped_ = true;
        issues_.push_back({.severity = Severity::error, .code = IssueCode::too_costly, .text = "the check takes too long and stopped here", .path = path()});
        return false;
    }
    steps_left_ -= steps;
    return true;
}

fhir::Issues Run::take() {
    if (remarks_left_out_) issues_.push_back({.severity = Severity::information, .code = IssueCode::incomplete, .text = "there are more warnings than are listed", .path = {}});
    return std::move(issues_);
}

// --- references ---

std::uint32_t Run::bundle_of_here() const {
    const Holder& h = holders_[here_];
    return h.type != nullptr && h.type->name == "Bundle" && h.bundle == Holder::kNone ? here_ : h.bundle;
}

std::pair<const std::uint32_t*, std::size_t> Run::entries_with(std::uint32_t bundle, std::string_view full_url) {
    auto known = by_url_.find(bundle);
    if (known == by_url_.end()) {
        auto& made = by_url_[bundle];
        for (std::uint32_t i = 0; i < holders_.size(); ++i) {
            const Holder& h = holders_[i];
            if (h.parent == bundle && !h.contained && h.entry != Holder::kNone && !h.full_url.empty()) made[h.full_url].push_back(i);
        }
        known = by_url_.find(bundle);
    }
    const auto at = known->second.find(full_url);
    if (at == known->second.end()) return {nullptr, 0};
    return {at->second.data(), at->second.size()};
}

Found Run::find(std::string_view reference) {
    if (reference.empty()) return {};
    std::uint32_t container = here_;
    while (holders_[container].contained && holders_[container].parent != Holder::kNone) container = holders_[container].parent;
    if (reference.front() == '#') {
        if (reference.size() == 1) return {.where = Found::Where::contained, .resource = holders_[container].resource, .holder = container};
        const Value contained = holders_[container].resource["contained"];
        // Looked through one by one; many references to many contained resources must end.
        if (!spend(1 + contained.size() / 8)) return {};
        for (const Value inner : contained.elements()) {
            if (inner["id"].text() == reference.substr(1)) return {.where = Found::Where::contained, .resource = inner, .holder = holder_of(inner)};
        }
        return {};
    }
    const auto parsed = fhir::parse_reference(reference);
    std::string_view version;
    std::string_view plain = reference.substr(0, reference.find('#'));
    if (const std::size_t history = plain.find("/_history/"); history != std::string_view::npos) {
        version = plain.substr(history + 10);
        plain = plain.substr(0, history);
    }
    const std::uint32_t bundle = bundle_of_here();
    if (bundle != Holder::kNone) {
        std::string full(plain);
        if (parsed && parsed->kind == fhir::ReferenceKind::relative) {
            // Relative to the base of its own entry.
            const std::string_view own = holders_[here_].full_url;
            const auto own_parsed = fhir::parse_reference(own);
            full = own_parsed && own_parsed->kind == fhir::ReferenceKind::absolute && !own_parsed->base.empty() ? std::string(own_parsed->base) + "/" + full : std::string();
        }
        if (!full.empty()) {
            const auto [places, count] = entries_with(bundle, full);
            for (std::size_t i = 0; i < count; ++i) {
                const Holder& h = holders_[places[i]];
                if (version.empty() || h.resource["meta"]["versionId"].text() == version) return {.where = Found::Where::bundled, .resource = h.resource, .holder = places[i]};
            }
        }
    }
    if (options_.references != nullptr) {
        if (const Value outside = options_.references->find(reference)) return {.where = Found::Where::outside, .resource = outside};
    }
    return {};
}

// --- invariants ---

Truth Run::holds(const Invariant& invariant, const Item& item, std::string* why, std::uint64_t steps_max) {
    if (invariant.native != nullptr) return invariant.native(item, *this);
    if (!invariant.compiled) {
        if (why != nullptr) *why = invariant.problem;
        return Truth::unknown;
    }
    // What looks at the whole document costs by its size, so that not every element can have it done.
    if (!spend(invariant.wide ? 8 + nodes() / 16 : 8)) return Truth::yes;
    const Holder& own = holders_[here_];
    std::uint32_t container = here_;
    while (holders_[container].contained && holders_[container].parent != Holder::kNone) container = holders_[container].parent;
    const RunResolver resolver(*this);
    fhirpath::Environment environment;
    environment.resource = fhirpath::Item::resource(own.resource);
    environment.root_resource = fhirpath::Item::resource(holders_[container].resource);
    environment.now = options_.now;
    environment.resolver = &resolver;
    environment.terminology = terminology_;
    environment.limits.steps_max = std::min({environment.limits.steps_max, steps_max, steps_left_});
    const auto result = invariant.compiled->test(path_item(item), environment);
    if (!result) {
        if (why != nullptr) *why = result.error().message;
        return Truth::unknown;
    }
    // An invariant whose expression has no result is not met.
    return result->value_or(false) ? Truth::yes : Truth::no;
}

namespace {

std::uint64_t count_nodes(Value value, std::size_t depth) {
    std::uint64_t out = 1;
    if (depth > 128) return out;
    for (const Value element : value.elements()) out += count_nodes(element, depth + 1);
    for (const json::Member& member : value.members()) out += count_nodes(member.value, depth + 1);
    return out;
}

}  // namespace

std::uint64_t Run::nodes() {
    if (nodes_ == 0) nodes_ = count_nodes(root_, 0);
    return nodes_;
}

bool Run::selects(const Invariant& expression, const Item& item) {
    if (!expression.compiled || !spend(8)) return true;
    fhirpath::Environment environment;
    environment.limits.steps_max = std::min(environment.limits.steps_max, steps_left_);
    environment.now = options_.now;
    environment.terminology = terminology_;
    const auto resource = fhirpath::Item::resource(holders_[here_].resource);
    environment.resource = resource;
    environment.root_resource = resource;
    const auto selected = expression.compiled->evaluate(resource, environment);
    if (!selected) return true;
    return std::any_of(selected->begin(), selected->end(), [&](const fhirpath::Item& i) {
        const Value there = i.value() ? i.value() : i.sidecar();
        return there.identity() == item.place().identity();
    });
}

void Run::check(const std::vector<const Invariant*>& invariants, const Item& item, std::string_view profile) {
    for (const Invariant* invariant : invariants) {
        if (stopped()) return;
        if (in_trial() && invariant->severity != Severity::error) continue;
        std::string why;
        const Truth truth = holds(*invariant, item, &why);
        if (truth == Truth::yes) continue;
        if (truth == Truth::unknown) {
            warn(IssueCode::not_supported, item.place(), "the rule {} could not be judged: {}", invariant->key, why);
            continue;
        }
        Severity severity = invariant->severity;
        if (invariant->key == "dom-6") {
            if (options_.best_practice == Level::ignore) continue;
            severity = options_.best_practice == Level::error ? Severity::error : options_.best_practice == Level::warning ? Severity::warning : Severity::information;
        }
        if (profile.empty()) report(severity, IssueCode::invariant, item.place(), "rule {} is not met: {}", invariant->key, invariant->human);
        else report(severity, IssueCode::invariant, item.place(), "rule {} is not met: {} (of {})", invariant->key, invariant->human, profile);
    }
}

std::optional<bool> Run::known_conformity(const Program& program, Value value) const {
    const auto at = conformity_.find({&program, value.identity()});
    if (at == conformity_.end()) return std::nullopt;
    return at->second;
}

void Run::remember_conformity(const Program& program, Value value, bool conforms) { conformity_[{&program, value.identity()}] = conforms; }

}  // namespace idun::validation
