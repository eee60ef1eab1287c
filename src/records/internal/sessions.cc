#include "records/internal/sessions.h"

#include <algorithm>

namespace idun::records {
namespace {

// Letters and digits for 18 random bytes: each byte picks one of 64, so 108 bits.
std::string fresh_token(Random& random) {
    static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";
    std::string out = random.bytes(18);
    for (char& c : out) c = kAlphabet[static_cast<unsigned char>(c) & 63u];
    return out;
}

// Texts over 15 bytes have memory of their own.
std::size_t own(const std::string& text) { return text.size() > 15 ? text.size() + 1 : 0; }

std::size_t bytes_of(const search::Criterion& one) {
    std::size_t out = sizeof(one) + own(one.system) + own(one.text) + own(one.folded) + own(one.kind);
    for (const search::Criterion& part : one.parts) out += bytes_of(part);
    return out;
}

std::size_t bytes_of(const search::Query& query) {
    std::size_t out = sizeof(query) + (query.types.size() + query.elements.size()) * sizeof(std::string) + query.sort.size() * sizeof(search::SortKey) +
                      query.includes.size() * sizeof(search::Include);
    for (const std::string& one : query.elements) out += own(one);
    for (const Error& one : query.ignored) out += sizeof(one) + one.message.size() + one.path.size();
    for (const search::Clause& clause : query.clauses) {
        out += sizeof(clause) + own(clause.name) + clause.parameters.size() * sizeof(void*);
        for (const search::Criterion& one : clause.criteria) out += bytes_of(one);
        for (const std::string& one : clause.ids) out += sizeof(one) + own(one);
        for (const auto& one : clause.inner) out += bytes_of(*one);
    }
    return out;
}

}  // namespace

std::size_t Session::bytes() const {
    std::size_t out = sizeof(Session) + owner.size() + (query == nullptr ? 0 : bytes_of(*query));
    for (const Match& match : matches) out += sizeof(Match) + own(match.id) + own(match.order) + own(match.row);
    return out;
}

std::string Sessions::keep(std::shared_ptr<const Session> session) {
    const std::size_t bytes = session->bytes();
    const std::size_t own_bytes_max = bounds_.bytes_max / 2;
    const std::size_t own_sessions_max = std::max<std::size_t>(1, bounds_.sessions_max / 4);
    if (bytes > own_bytes_max || bounds_.sessions_max == 0) return {};
    std::string token = fresh_token(random_);
    const Instant now = clock_.now();
    const std::lock_guard lock(mutex_);
    const std::string& owner = session->owner;
    for (auto at = kept_.begin(); at != kept_.end();) {
        const auto share = shares_.find(owner);
        if (share == shares_.end() || (share->second.sessions < own_sessions_max && share->second.bytes + bytes <= own_bytes_max)) break;
        const auto one = at++;
        if (one->session->owner == owner) drop(one);
    }
    while (!kept_.empty() && (kept_.front().until <= now || kept_.size() >= bounds_.sessions_max ||
                              bytes_ + bytes > bounds_.bytes_max)) {
        drop(kept_.begin());
    }
    Share& share = shares_[owner];
    kept_.push_back({token, std::move(session), now + bounds_.time, bytes});
    ++share.sessions;
    share.bytes += bytes;
    by_token_.emplace(token, std::prev(kept_.end()));
    bytes_ += bytes;
    return token;
}

std::shared_ptr<const Session> Sessions::find(std::string_view token, std::string_view owner) {
    const std::lock_guard lock(mutex_);
    const auto at = by_token_.find(std::string(token));
    if (at == by_token_.end()) return nullptr;
    const Kept& kept = *at->second;
    if (kept.until <= clock_.now() || kept.session->owner != owner) return nullptr;
    return kept.session;
}

void Sessions::drop(std::list<Kept>::iterator one) {
    const auto share = shares_.find(one->session->owner);
    share->second.bytes -= one->bytes;
    if (--share->second.sessions == 0) shares_.erase(share);
    bytes_ -= one->bytes;
    by_token_.erase(one->token);
    kept_.erase(one);
}

}  // namespace idun::records
