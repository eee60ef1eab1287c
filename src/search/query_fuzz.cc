// Search queries from outside: never a crash, and what is accepted parses the same again.
// The input is "Type?name=value&name=value"; % and + are left as they are.
#include <cstdint>
#include <string_view>

#include "search/query.h"

namespace {

std::vector<std::pair<std::string, std::string>> pairs(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> out;
    while (!text.empty()) {
        const std::string_view one = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), one.size() + 1));
        const std::size_t equals = one.find('=');
        out.emplace_back(one.substr(0, equals), equals == one.npos ? std::string_view() : one.substr(equals + 1));
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace idun::search;
    static const SearchFields fields(fhir::Definitions::r4());
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t mark = text.find('?');
    const std::string_view type = mark == text.npos ? "Observation" : text.substr(0, mark);
    const auto parameters = pairs(mark == text.npos ? text : text.substr(mark + 1));
    const auto query = parse_search(fields, type, parameters, {.base_url = "http://here/fhir"});
    if (!query) {
        if (query.error().empty()) __builtin_trap();
        return 0;
    }
    const auto again = parse_search(fields, type, parameters, {.base_url = "http://here/fhir"});
    if (!again || again->clauses.size() != query->clauses.size()) __builtin_trap();
    return 0;
}
