#include "exchange/access_filter.h"

#include <algorithm>

#include "exchange/access_rows.h"
#include "exchange/log_policy.h"
#include "exchange/log_rows.h"
#include "fhir/category.h"
#include "ledger/receipt.h"

namespace idun::exchange {
namespace {

bool one_of(const std::vector<std::string>& words, std::string_view word) {
    return words.empty() || std::find(words.begin(), words.end(), word) != words.end();
}

template <typename Words, typename Word>
bool one_in(const Words& words, const Word& word) {
    return words.empty() || std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

bool AccessFilter::admits(const ledger::Access& access, std::string_view log_id) const {
    const bool acted = actions.empty() || std::find(actions.begin(), actions.end(), access.action) != actions.end();
    return acted && access.time.ms >= from_ms && access.time.ms < to_ms && one_of(logs, ledger::owner_of(log_id)) &&
           one_of(users, access.requester.user_id) && one_of(providers, access.requester.provider_id) &&
           one_of(purposes, access.purpose) && one_of(origins, origin_of(access, ledger::owner_of(log_id))) &&
           (!break_glass || *break_glass == access.break_glass.has_value()) && (!permit || *permit == access.permit);
}

bool AccessFilter::admits_categories(const ledger::Access& access) const {
    return categories.empty() || std::any_of(access.records.begin(), access.records.end(), [&](const ledger::Record& r) {
               return one_of(categories, r.category);
           });
}

// Of a record, a source of a gathering, or, where an entry names neither, the log in which it stands.
bool AccessFilter::admits_data_providers(const ledger::Access& access, std::string_view log_id) const {
    if (data_providers.empty()) return true;
    const std::string_view owner = ledger::owner_of(log_id);
    if (access.records.empty() && access.sources.empty()) return one_of(data_providers, owner);
    return std::ranges::any_of(access.sources, [&](const ledger::Source& s) { return one_of(data_providers, s.provider_id); }) ||
           std::ranges::any_of(access.records, [&](const ledger::Record& r) {
               return one_of(data_providers, r.provider_id.empty() ? owner : std::string_view(r.provider_id));
           });
}

bool AccessFilter::leaves_out_any() const {
    if (rules == nullptr || reader.empty()) return false;
    return std::ranges::any_of(rules->logs, [&](const rights::LogRow& row) {
        return std::ranges::find(row.hidden_from, reader) != row.hidden_from.end();
    });
}

bool AccessFilter::leaves_out(const ledger::Access& access, std::string_view log_id) const {
    return rules != nullptr && !reader.empty() && hidden_from(*rules, access, ledger::owner_of(log_id), reader);
}

bool AccessFilter::leaves_out_parts(const ledger::Access& gathering, std::string_view log_id, std::uint8_t bits) const {
    if (rules == nullptr || reader.empty()) return false;
    ledger::Access parts;
    parts.requester = gathering.requester;
    parts.break_glass = gathering.break_glass;
    parts.country = gathering.country;
    for (const fhir::PriorityCategory category : fhir::kPriorityCategories)
        if ((bits >> static_cast<unsigned>(category) & 1) != 0)
            parts.records.push_back({.type = {}, .id = {}, .version = {}, .category = std::string(fhir::to_string(category)), .provider_id = {}});
    if ((bits & kOtherCategory) != 0) parts.records.emplace_back();  // a word that no row names
    return !parts.records.empty() && leaves_out(parts, log_id);
}

HeadFilter::HeadFilter(const AccessFilter& filter, const std::vector<std::string>& known_logs)
    : all_logs_(filter.logs.empty()), break_glass_(filter.break_glass), permit_(filter.permit) {
    for (const ledger::Action action : filter.actions) actions_ |= 1u << static_cast<unsigned>(action);
    for (const std::string& word : filter.categories) categories_ |= category_bit(word);
    for (const std::string& id : filter.users) users_.push_back(short_word(id));
    for (const std::string& id : filter.providers) providers_.push_back(short_word(id));
    for (const std::string& word : filter.purposes) purposes_.push_back(static_cast<std::uint16_t>(short_word(word)));
    for (const std::string& id : known_logs)
        if (!all_logs_ && one_of(filter.logs, ledger::owner_of(id))) logs_.push_back(log_in_place(id));
}

bool HeadFilter::may_admit(const LineHead& head, std::string_view log) const {
    if (actions_ != 0 && (actions_ >> head.action & 1) == 0) return false;
    if (permit_ && *permit_ != head.has(LineHead::permit)) return false;
    if (break_glass_ && *break_glass_ != head.has(LineHead::glass)) return false;
    if (categories_ != 0 && ((head.categories | head.parts_categories) & categories_) == 0) return false;
    return one_in(users_, head.user) && one_in(providers_, head.provider) && one_in(purposes_, head.purpose) &&
           (all_logs_ || std::find(logs_.begin(), logs_.end(), log) != logs_.end());
}

}  // namespace idun::exchange
