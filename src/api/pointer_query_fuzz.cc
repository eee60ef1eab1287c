// Searches of pointers as anybody may send them: reading fails in no other way than by an error, conditions judge any pointer, and the query that
// goes into links is read again as itself.
#include <cstdlib>

#include "api/pointer_query.h"

using namespace idun;
using namespace idun::api;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto parameters = http::parameters({reinterpret_cast<const char*>(data), size});
    if (!parameters) return 0;
    const auto query = pointer_query(*parameters);
    if (!query) return 0;
    if (query->count > kPointersPageMax) std::abort();
    const FoundPointer pointer{"id", "SE1", "imaging", {1'795'428'000'000}, {1'795'428'001'000}};
    for (const auto& holds : query->conditions) (void)holds(pointer, {1'795'428'002'000});
    if (query->self.empty()) return 0;
    const auto again = http::parameters(std::string_view(query->self).substr(1));
    const auto same = again ? pointer_query(*again) : fail(again.error());
    if (!same || same->self != query->self || same->conditions.size() != query->conditions.size()) std::abort();
    return 0;
}
