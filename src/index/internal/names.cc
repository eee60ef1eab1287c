#include "index/internal/names.h"

#include <fmt/format.h>

#include "base/bytes.h"

namespace idun::index {
namespace {

constexpr std::string_view kOlderFreshness = "freshnes";  // where form 1 kept it

Status check_form(const store::Snapshot& snapshot) {
    TRY_ASSIGN(const auto form, snapshot.get(std::string(kFormRow)));
    if (form && *form != kFormNow)
        return fail(Category::unsupported, fmt::format("index: rows of form {}; this program reads form {}",
                                                       form->size() == 1 ? *form : "?", kFormNow));
    if (form) return {};
    TRY_ASSIGN(const auto older, snapshot.scan(store::prefix_range(kOlderFreshness), {1, 1u << 20}));
    if (!older.entries.empty())
        return fail(Category::unsupported,
                    fmt::format("index: rows of form 1; this program reads form {}: start with an empty store and let "
                                "the nodes publish anew", kFormNow));
    return {};
}

Result<std::vector<store::Entry>> all_of(const store::Snapshot& snapshot, std::string_view prefix) {
    std::vector<store::Entry> out;
    store::Range range = store::prefix_range(prefix);
    for (bool more = true; more;) {
        TRY_ASSIGN(auto chunk, snapshot.scan(range));
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
        for (store::Entry& entry : chunk.entries) out.push_back(std::move(entry));
    }
    return out;
}

}  // namespace

std::string provider_key(std::uint32_t number) {
    std::string key(kProviderRows);
    append_be(key, number);
    return key;
}

std::string category_key(std::uint8_t number) { return std::string(kCategoryRows) + static_cast<char>(number); }

std::string encode_provider(const ProviderRow& row) {
    std::string value;
    append_be(value, row.retired);
    append_be(value, static_cast<std::uint8_t>(row.swept));
    value += row.id;
    return value;
}

std::optional<ProviderRow> decode_provider(std::string_view value) {
    ByteReader in(value);
    ProviderRow out;
    out.retired = in.be<Seconds>();
    out.swept = in.be<std::uint8_t>() != 0;
    out.id = in.rest();
    return in.ok() ? std::optional(out) : std::nullopt;
}

Status Names::read(const store::Snapshot& snapshot) {
    TRY(check_form(snapshot));
    TRY_ASSIGN(const auto providers, all_of(snapshot, kProviderRows));
    for (const store::Entry& entry : providers) {
        ByteReader key(std::string_view(entry.key).substr(kProviderRows.size()));
        const auto number = key.be<std::uint32_t>();
        const auto row = decode_provider(entry.value);
        if (!key.done() || !row || number != named_.size() || number >= kProvidersMax)
            return fail(Category::corrupt, "index: malformed name of a provider");
        know_provider(number, std::string(row->id), row->retired, row->swept);
    }
    TRY_ASSIGN(const auto categories, all_of(snapshot, kCategoryRows));
    for (const store::Entry& entry : categories) {
        const auto number = static_cast<std::uint8_t>(entry.key.back());
        if (entry.key.size() != kCategoryRows.size() + 1 || number != category_count_ || number >= kCategoriesMax)
            return fail(Category::corrupt, "index: malformed name of a category");
        know_category(number, entry.value);
    }
    return {};
}

std::optional<std::uint32_t> Names::provider_number(std::string_view provider) const {
    const std::lock_guard lock(mutex_);
    const auto found = in_use_.find(provider);
    if (found == in_use_.end()) return std::nullopt;
    return found->second;
}

std::optional<std::uint8_t> Names::category_number(std::string_view category) const {
    const std::uint8_t count = category_count_.load(std::memory_order_acquire);
    for (std::uint8_t i = 0; i < count; ++i)
        if (categories_[i] == category) return i;
    return std::nullopt;
}

std::vector<std::uint32_t> Names::unswept() const {
    const std::lock_guard lock(mutex_);
    return unswept_;
}

std::vector<std::uint32_t> Names::numbers_of(std::string_view provider) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::uint32_t> out;
    for (const std::uint32_t number : unswept_)
        if (named_[number]->provider == provider) out.push_back(number);
    if (const auto found = in_use_.find(provider); found != in_use_.end()) out.push_back(found->second);
    return out;
}

void Names::know_provider(std::uint32_t number, std::string id, Seconds retired, bool swept) {
    const std::lock_guard lock(mutex_);
    auto named = std::make_unique<Named>();
    named->provider = id;
    named->retired = retired;
    if (retired == 0) in_use_[std::move(id)] = number;
    else if (!swept) unswept_.push_back(number);
    providers_[number].store(named.get(), std::memory_order_release);
    named_.push_back(std::move(named));
}

void Names::know_category(std::uint8_t number, std::string code) {
    categories_[number] = std::move(code);
    category_count_.store(static_cast<std::uint8_t>(number + 1), std::memory_order_release);
}

Result<std::uint32_t> Names::Draft::provider(std::string_view id) {
    if (const auto number = names_.provider_number(id)) return *number;
    if (const auto found = providers_.find(id); found != providers_.end()) return found->second;
    const std::size_t number = names_.named_.size() + providers_.size();
    if (number >= kProvidersMax)
        return fail(Category::too_large, fmt::format("index: at most {} providers", kProvidersMax));
    providers_.emplace(id, static_cast<std::uint32_t>(number));
    return static_cast<std::uint32_t>(number);
}

Result<std::uint8_t> Names::Draft::category(std::string_view code) {
    if (const auto number = names_.category_number(code)) return *number;
    if (const auto found = categories_.find(code); found != categories_.end()) return found->second;
    const std::size_t number = names_.category_count_ + categories_.size();
    if (number >= kCategoriesMax)
        return fail(Category::too_large, fmt::format("index: at most {} categories", kCategoriesMax));
    categories_.emplace(code, static_cast<std::uint8_t>(number));
    return static_cast<std::uint8_t>(number);
}

void Names::Draft::retire(std::uint32_t number, Seconds at) { retired_ = {number, at}; }
void Names::Draft::swept(std::uint32_t number) { swept_ = number; }

void Names::Draft::write(store::Batch& batch) const {
    if (!providers_.empty() && names_.named_.empty()) batch.put(std::string(kFormRow), std::string(kFormNow));
    for (const auto& [id, number] : providers_) batch.put(provider_key(number), encode_provider({id}));
    for (const auto& [code, number] : categories_) batch.put(category_key(number), code);
    if (retired_)
        batch.put(provider_key(retired_->first),
                  encode_provider({names_.named_[retired_->first]->provider, retired_->second, false}));
    if (swept_)
        batch.put(provider_key(*swept_), encode_provider({names_.named_[*swept_]->provider, names_.named_[*swept_]->retired, true}));
}

void Names::Draft::accept() {
    std::map<std::uint32_t, std::string> by_number;
    for (const auto& [id, number] : providers_) by_number[number] = id;
    for (auto& [number, id] : by_number) names_.know_provider(number, std::move(id), 0, false);
    std::map<std::uint8_t, std::string> codes;
    for (const auto& [code, number] : categories_) codes[number] = code;
    for (auto& [number, code] : codes) names_.know_category(number, std::move(code));
    const std::lock_guard lock(names_.mutex_);
    if (retired_) {
        Named& named = *names_.named_[retired_->first];
        names_.in_use_.erase(named.provider);
        named.retired = retired_->second;
        names_.unswept_.push_back(retired_->first);
    }
    if (swept_) std::erase(names_.unswept_, *swept_);
}

}  // namespace idun::index
