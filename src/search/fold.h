// Text as string search compares it: without case, without marks on letters ("Åsa" and "asa" are equal), each run of
// white space one space, none at the ends. Latin, Greek and Cyrillic letters are known; others stay as they are.
// Stored index rows are made from it: it must never change for a text that is stored.
#pragma once

#include <string>
#include <string_view>

namespace idun::search {

std::string folded(std::string_view text);
// Case alone, of ASCII letters: for contact points and the like.
std::string lower(std::string_view text);

// The first `count` bytes of a folded text, cut so that no character is cut in two.
std::string_view head(std::string_view folded, std::size_t count);

}  // namespace idun::search
