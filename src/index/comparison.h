// Where a source and the index differ, found without sending all of it: sums over prefixes of pseudonyms, then longer prefixes
// where they differ, then what is there. docs/formats/index.md shows the messages.
//
// The source asks (find_differences), the hub answers (answer_comparison). One comparison has one key.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "index/index.h"
#include "json/document.h"

namespace idun::index {

inline constexpr std::size_t kSumsMax = 16'384;    // in one answer
inline constexpr std::size_t kListedMax = 10'000;  // pointers in one answer
inline constexpr std::size_t kPrefixesMax = 2'000; // in one question

// The hub's side: `question` is the body of a request from that provider. JSON.
Result<std::string> answer_comparison(const Index& index, std::string_view provider, json::Value question);

// One pointer of which the two say different things.
struct Difference {
    crypto::Pseudonym person;
    std::string category;
    std::optional<Instant> here;   // what the source holds; nothing: no such thing
    std::optional<Pointer> there;  // what the index says
};

struct Differences {
    std::vector<Difference> found;  // by person and category
    std::uint64_t heard_version = 0;  // up to which of the source's versions the index has heard
    std::size_t questions = 0;
    std::size_t bytes = 0;  // of questions and answers
};

// Sends a question, gives the answer.
using AskIndex = FunctionRef<Result<std::string>(const std::string& question)>;

// The source's side. `own` is all that it holds, in the order of persons and categories, each pair once.
Result<Differences> find_differences(std::span<const Pointer> own, const crypto::MultisetKey& key, AskIndex ask);

}  // namespace idun::index
