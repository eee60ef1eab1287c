// Providers and categories as small numbers, so that a pointer is a few bytes. A number is given once and never again;
// the rows that say so are in the partition "idxnames" (docs/formats/index.md).
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/text_hash.h"
#include "index/internal/row.h"
#include "store/store.h"

namespace idun::index {

inline constexpr std::uint32_t kProvidersMax = 65'536;

inline constexpr std::string_view kFormRow = "idxnamesV";       // value: the form of all rows of the index
inline constexpr std::string_view kFormNow = "2";
inline constexpr std::string_view kProviderRows = "idxnamesP";  // + number (4): retired (4), swept (1), provider id
inline constexpr std::string_view kCategoryRows = "idxnamesC";  // + number (1): category
inline constexpr std::string_view kHeardRows = "idxnamesF";     // + number of the provider (4)
std::string provider_key(std::uint32_t number);
std::string category_key(std::uint8_t number);
struct ProviderRow {
    std::string_view id;
    Seconds retired = 0;  // 0: in use
    bool swept = false;
};
std::string encode_provider(const ProviderRow& row);
// Nothing for bytes that are no such row.
std::optional<ProviderRow> decode_provider(std::string_view value);

// What is known of one provider's number. When a provider withdraws, its number retires: what was said under it counts
// no more from that second on. Should it come back it gets a new one, under which nothing has been said.
struct Named {
    std::string provider;
    std::atomic<Seconds> retired{0};  // 0: in use
};

// Reading is thread-safe and takes no lock; `draft` and `accept` come from one thread at a time.
class Names {
public:
    Names() : providers_(new std::atomic<const Named*>[kProvidersMax]()) {}

    // Reads what a store has. `unsupported` when its rows are of another form.
    Status read(const store::Snapshot& snapshot);

    // Null when there is no such number.
    const Named* provider(std::uint32_t number) const {
        return number < kProvidersMax ? providers_[number].load(std::memory_order_acquire) : nullptr;
    }
    std::string_view category(std::uint8_t number) const { return categories_[number]; }
    // The number in use.
    std::optional<std::uint32_t> provider_number(std::string_view provider) const;
    std::optional<std::uint8_t> category_number(std::string_view category) const;
    // The one in use and those that retired, but for what is swept.
    std::vector<std::uint32_t> numbers_of(std::string_view provider) const;

    // New numbers, which count from `accept` on, when the batch with their rows is in the store.
    class Draft {
    public:
        explicit Draft(Names& names) : names_(names) {}
        // `too_large` when there are no more numbers.
        Result<std::uint32_t> provider(std::string_view id);
        Result<std::uint8_t> category(std::string_view code);
        void retire(std::uint32_t number, Seconds at);
        void swept(std::uint32_t number);
        void write(store::Batch& batch) const;
        void accept();

    private:
        Names& names_;
        std::map<std::string, std::uint32_t, std::less<>> providers_;
        std::map<std::string, std::uint8_t, std::less<>> categories_;
        std::optional<std::pair<std::uint32_t, Seconds>> retired_;
        std::optional<std::uint32_t> swept_;
    };

    // Numbers that have retired and of which rows still speak.
    std::vector<std::uint32_t> unswept() const;

private:
    void know_provider(std::uint32_t number, std::string id, Seconds retired, bool swept);
    void know_category(std::uint8_t number, std::string code);

    std::unique_ptr<std::atomic<const Named*>[]> providers_;
    std::array<std::string, kCategoriesMax> categories_;
    std::atomic<std::uint8_t> category_count_{0};
    mutable std::mutex mutex_;  // of what follows
    std::vector<std::unique_ptr<Named>> named_;  // by number
    std::unordered_map<std::string, std::uint32_t, HashByText, std::equal_to<>> in_use_;
    std::vector<std::uint32_t> unswept_;
};

}  // namespace idun::index
