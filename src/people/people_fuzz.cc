// Any text as an identifier: what is accepted has one canonical form that reads back as itself, and no error
// repeats the value. The first byte chooses the system; 255: any bytes as a row of links.
#include <algorithm>
#include <cstdlib>

#include "people/internal/link_rows.h"
#include "people/internal/schemes.h"
#include "people/person_id.h"

using namespace idun;
using namespace idun::people;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    if (size == 0) return 0;
    if (data[0] == 255) {
        const std::string_view row(reinterpret_cast<const char*>(data + 1), size - 1);
        const auto said = decode_statements(row);
        if (said && encode_statements(*said) != row) std::abort();
        if (said) (void)sum_of(*said);
        return 0;
    }
    const Scheme& scheme = schemes()[data[0] % schemes().size()];
    const std::string_view value(reinterpret_cast<const char*>(data + 1), size - 1);
    const Instant now{1'795'000'000'000};

    const auto id = identify(scheme.system, value, now);
    if (!id) {
        // Fewer digits may stand in the message by chance.
        const auto digits = std::count_if(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
        if (digits > 5 && id.error().message.find(value) != std::string::npos) std::abort();
        return 0;
    }
    if (id->country() != scheme.country || id->value().size() > 16) std::abort();
    const auto again = identify(id->system(), id->value(), now);
    if (!again || *again != *id || again->kind() != id->kind()) std::abort();
    return 0;
}
