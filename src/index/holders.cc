#include "index/holders.h"

#include <optional>

#include "base/bytes.h"
#include "index/internal/names.h"
#include "index/internal/row.h"

namespace idun::index {

Result<std::map<std::uint32_t, std::string>> provider_numbers(const store::Snapshot& snapshot) {
    std::map<std::uint32_t, std::string> out;
    bool well = true;
    TRY(snapshot.walk(store::prefix_range(kProviderRows),
                      [&](std::string_view key, std::string_view value) -> store::Onward {
                          ByteReader in(key.substr(kProviderRows.size()));
                          const auto number = in.be<std::uint32_t>();
                          const auto row = decode_provider(value);
                          well = in.done() && row.has_value();
                          if (well && row->retired == 0) out.emplace(number, row->id);
                          return {.stop = !well};
                      }));
    if (!well) return fail(Category::corrupt, "index: a malformed name of a provider");
    return out;
}

Status each_holder(std::string_view row, FunctionRef<void(std::uint32_t provider)> found) {
    TRY_ASSIGN(const Row said, decode_row(row));
    std::optional<std::uint32_t> last;
    for (const Stated& one : said) {
        if (one.withdrawn || last == one.provider) continue;
        last = one.provider;
        found(one.provider);
    }
    return {};
}

}  // namespace idun::index
