// Text as a search compares it: lower case, Latin letters without their marks ("Ödem" is "odem").
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace idun::terms {

void append_folded(std::string& out, std::string_view text);
std::string folded(std::string_view text);

// The words of a filter, folded, at most 16.
std::vector<std::string> folded_words(std::string_view filter);
// Does every word start some word of the (folded) text?
bool has_words(std::string_view text, const std::vector<std::string>& words);

// Are two names of a concept the same, but for case and spaces?
bool same_display(std::string_view a, std::string_view b);

}  // namespace idun::terms
