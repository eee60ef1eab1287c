#include "terms/code_set.h"

#include <algorithm>

namespace idun::terms {
namespace {

bool is_same(const CodeSet::System& system, std::string_view a, std::string_view b) {
    if (system.known && !system.known->case_sensitive()) return same_without_case(a, b);
    return a == b;
}

}  // namespace

bool CodeSet::lists(std::string_view system, std::string_view code) const {
    const auto fits = [&](std::uint32_t n) {
        const Entry& entry = entries_[n];
        return is_same(systems_[entry.system], entry.code, code) && (system.empty() || systems_[entry.system].url == system);
    };
    return by_code_.find(code, fits) != CodeTable::kEmpty;
}

Membership CodeSet::contains(std::string_view system, std::string_view code) const {
    if (lists(system, code)) return Membership::in;
    for (const std::uint32_t whole : wholes_) {
        if ((system.empty() || systems_[whole].url == system) && systems_[whole].known->find(code) != kNoConcept) return Membership::in;
    }
    for (const Grammar* grammar : grammars_) {
        if ((system.empty() || grammar->system == system) && grammar->accepts(code)) return Membership::in;
    }
    for (const Gap& gap : gaps_) {
        if (gap.system.empty() || system.empty() || gap.system == system) return Membership::unknown;
    }
    return Membership::out;
}

std::size_t CodeSet::size() const {
    std::size_t out = entries_.size();
    for (const std::uint32_t whole : wholes_) out += systems_[whole].known->size();
    return out;
}

std::string_view CodeSet::display(const Entry& entry, std::string_view language) const {
    const System& system = systems_[entry.system];
    const bool known = entry.concept_number != kNoConcept;
    if (language.empty()) {
        if (!entry.display.empty() || !known) return entry.display;
        return system.known->concept_at(entry.concept_number).display;
    }
    for (const OwnDesignation& own : designations(entry)) {
        if (language_fits(own.what.language, language)) return own.what.value;
    }
    if (!known) return entry.display;
    const std::string_view found = system.known->display(entry.concept_number, language);
    const bool plain = found == system.known->concept_at(entry.concept_number).display;
    return plain && !entry.display.empty() ? entry.display : found;
}

std::span<const CodeSet::OwnDesignation> CodeSet::designations(const Entry& entry) const {
    const auto number = static_cast<std::uint32_t>(&entry - entries_.data());
    const auto before = [](const OwnDesignation& one, std::uint32_t n) { return one.entry < n; };
    const auto first = std::lower_bound(designations_.begin(), designations_.end(), number, before);
    const auto last = std::lower_bound(first, designations_.end(), number + 1, before);
    return {first, last};
}

std::uint32_t CodeSet::add_system(std::string_view system, std::string_view wanted, std::shared_ptr<const CodeSystem> known) {
    for (std::uint32_t i = 0; i < systems_.size(); ++i) {
        if (systems_[i].url == system && systems_[i].version == wanted && systems_[i].known == known) return i;
    }
    systems_.push_back({std::string(system), std::string(wanted), std::move(known)});
    return static_cast<std::uint32_t>(systems_.size() - 1);
}

std::uint32_t CodeSet::find(std::uint32_t system, std::string_view code) const {
    return by_code_.find(code, [&](std::uint32_t n) {
        return systems_[entries_[n].system].url == systems_[system].url && is_same(systems_[system], entries_[n].code, code);
    });
}

bool CodeSet::add(std::uint32_t system, std::string_view code, std::string_view display, ConceptNumber n) {
    if (find(system, code) != CodeTable::kEmpty) return false;
    by_code_.add(code, static_cast<std::uint32_t>(entries_.size()), [this](std::uint32_t at) { return entries_[at].code; });
    entries_.push_back({code, display, system, n});
    return true;
}

void CodeSet::add_designation(const Designation& what) { designations_.push_back({static_cast<std::uint32_t>(entries_.size() - 1), what}); }

void CodeSet::add_whole(std::uint32_t system) {
    if (std::find(wholes_.begin(), wholes_.end(), system) == wholes_.end()) wholes_.push_back(system);
}

void CodeSet::add_grammar(const Grammar* grammar) {
    if (std::find(grammars_.begin(), grammars_.end(), grammar) == grammars_.end()) grammars_.push_back(grammar);
}

void CodeSet::add_gap(std::string system, std::string reason) {
    if (gaps_.size() > kGapsMax) return;
    if (gaps_.size() == kGapsMax) {  // of what is not written down nothing is known
        system.clear();
        reason = "more parts of the value set are not at hand";
    }
    const auto same = [&](const Gap& one) { return one.system == system && one.reason == reason; };
    if (std::none_of(gaps_.begin(), gaps_.end(), same)) gaps_.push_back({std::move(system), std::move(reason)});
}

void CodeSet::add_all(const std::shared_ptr<const CodeSet>& other) {
    kept_.push_back(other);
    std::vector<std::uint32_t> places;
    for (const System& one : other->systems_) places.push_back(add_system(one.url, one.version, one.known));
    std::size_t own = 0;
    for (std::uint32_t i = 0; i < other->entries_.size(); ++i) {
        const Entry& entry = other->entries_[i];
        const bool added = add(places[entry.system], entry.code, entry.display, entry.concept_number);
        for (; own < other->designations_.size() && other->designations_[own].entry == i; ++own) {
            if (added) add_designation(other->designations_[own].what);
        }
    }
    for (const std::uint32_t whole : other->wholes_) add_whole(places[whole]);
    for (const Grammar* grammar : other->grammars_) add_grammar(grammar);
    for (const Gap& gap : other->gaps_) add_gap(gap.system, gap.reason);
}

void CodeSet::list_wholes() {
    for (const std::uint32_t whole : wholes_) {
        const CodeSystem& known = *systems_[whole].known;
        for (ConceptNumber n = 0; n < known.size(); ++n) add(whole, known.concept_at(n).code, {}, n);
    }
    wholes_.clear();
}

void CodeSet::drop_grammar(std::string_view system) {
    std::erase_if(grammars_, [&](const Grammar* one) { return one->system == system; });
}

void CodeSet::remove_if(const std::function<bool(const Entry&)>& goes) {
    list_wholes();
    std::vector<Entry> entries;
    std::vector<OwnDesignation> designations;
    CodeTable by_code;
    std::size_t own = 0;
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
        const bool stays = !goes(entries_[i]);
        const auto number = static_cast<std::uint32_t>(entries.size());
        for (; own < designations_.size() && designations_[own].entry == i; ++own) {
            if (stays) designations.push_back({number, designations_[own].what});
        }
        if (!stays) continue;
        by_code.add(entries_[i].code, number, [&](std::uint32_t at) { return entries[at].code; });
        entries.push_back(entries_[i]);
    }
    entries_ = std::move(entries);
    designations_ = std::move(designations);
    by_code_ = std::move(by_code);
}

}  // namespace idun::terms
