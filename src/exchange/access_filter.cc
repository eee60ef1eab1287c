#include "exchange/access_filter.h"

#include <algorithm>

#include "exchange/log_policy.h"
#include "ledger/receipt.h"

namespace idun::exchange {
namespace {

bool one_of(const std::vector<std::string>& words, std::string_view word) {
    return words.empty() || std::find(words.begin(), words.end(), word) != words.end();
}

// Words that JSON writes as they are.
bool is_plain(std::string_view word) {
    return std::all_of(word.begin(), word.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > 0x20 && byte < 0x7F && c != '"' && c != '\\' && c != '/';
    });
}

bool mentions_one(std::string_view line, const std::vector<std::string>& words) {
    return words.empty() || std::any_of(words.begin(), words.end(), [&](const std::string& word) {
               return !is_plain(word) || line.find('"' + word + '"') != std::string_view::npos;
           });
}

}  // namespace

bool AccessFilter::admits(const ledger::Access& access, std::string_view log_id) const {
    const bool acted = actions.empty() || std::find(actions.begin(), actions.end(), access.action) != actions.end();
    return acted && access.time.ms >= from_ms && access.time.ms < to_ms && one_of(logs, ledger::owner_of(log_id)) &&
           one_of(users, access.requester.user_id) && one_of(providers, access.requester.provider_id) &&
           one_of(purposes, access.purpose) &&
           (!break_glass || *break_glass == access.break_glass.has_value()) && (!permit || *permit == access.permit);
}

bool AccessFilter::admits_categories(const ledger::Access& access) const {
    return categories.empty() || std::any_of(access.records.begin(), access.records.end(), [&](const ledger::Record& r) {
               return one_of(categories, r.category);
           });
}

bool AccessFilter::leaves_out(const ledger::Access& access, std::string_view log_id) const {
    return rules != nullptr && !reader.empty() && hidden_from(*rules, access, ledger::owner_of(log_id), reader);
}

bool AccessFilter::may_admit(std::string_view line) const {
    if (!mentions_one(line, users) || !mentions_one(line, providers) || !mentions_one(line, purposes)) return false;
    if (break_glass && *break_glass && line.find("\"glass\":[") == std::string_view::npos) return false;
    const bool gathering = line.find("\"action\":\"gather\"") != std::string_view::npos;
    return gathering || mentions_one(line, categories);
}

}  // namespace idun::exchange
