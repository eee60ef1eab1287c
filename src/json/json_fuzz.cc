// Our reader and the naive twin must agree on every text.
#include <cstdint>
#include <string_view>

#include "json/document.h"
#include "json/internal/naive.h"
#include "json/writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto twin = idun::json::naive_normalized(text, 64);
    const auto ours = idun::json::Document::parse(text);
    IDUN_CHECK(ours.has_value() == twin.has_value());
    if (ours) IDUN_CHECK(idun::json::to_text(ours->root()) == *twin);
    return 0;
}
