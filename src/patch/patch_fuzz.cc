// Two texts, split at the first zero byte: a document and a patch. Whatever comes out can be read back.
#include <cstdint>
#include <string_view>

#include "fhir/definitions.h"
#include "json/document.h"
#include "patch/patch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace idun;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t zero = text.find('\0');
    if (zero == std::string_view::npos) return 0;
    const auto document = json::Document::parse(text.substr(0, zero));
    const auto operations = json::Document::parse(text.substr(zero + 1));
    if (!document || !operations) return 0;
    const patch::Limits limits{.operations_max = 20, .bytes_max = 64u << 10, .steps_max = 100'000};
    const auto out = operations->root().is_object()
                         ? patch::fhirpath_patch(fhir::Definitions::r4(), document->root(), operations->root(), limits)
                         : patch::json_patch(document->root(), operations->root(), limits);
    if (out) IDUN_CHECK(json::Document::parse(*out).has_value());
    return 0;
}
