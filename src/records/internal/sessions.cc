#include "records/internal/sessions.h"

namespace idun::records {
namespace {

// Letters and digits for 18 random bytes: each byte picks one of 64, so 108 bits.
std::string fresh_token(Random& random) {
    static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";
    std::string out = random.bytes(18);
    for (char& c : out) c = kAlphabet[static_cast<unsigned char>(c) & 63u];
    return out;
}

}  // namespace

std::size_t Session::bytes() const {
    // Ids over 15 bytes have memory of their own.
    std::size_t out = sizeof(Session) + owner.size();
    const auto own = [](const std::string& text) { return text.size() > 15 ? text.size() + 1 : 0; };
    for (const Match& match : matches) out += sizeof(Match) + own(match.id) + own(match.order) + own(match.row);
    return out;
}

std::string Sessions::keep(std::shared_ptr<const Session> session) {
    const std::size_t bytes = session->bytes();
    if (bytes > bounds_.bytes_max || bounds_.sessions_max == 0) return {};
    std::string token = fresh_token(random_);
    const Instant now = clock_.now();
    const std::lock_guard lock(mutex_);
    while (!kept_.empty() && (kept_.front().until <= now || kept_.size() >= bounds_.sessions_max ||
                              bytes_ + bytes > bounds_.bytes_max)) {
        drop_oldest();
    }
    kept_.push_back({token, std::move(session), now + bounds_.time});
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

void Sessions::drop_oldest() {
    bytes_ -= kept_.front().session->bytes();
    by_token_.erase(kept_.front().token);
    kept_.pop_front();
}

}  // namespace idun::records
