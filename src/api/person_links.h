// What all statements about links have in common: whom they tell, and what the log says of them.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "api/hub.h"
#include "people/links.h"

namespace idun::api {

// The pseudonym of a national identifier, under the key that writes. While there are several keys the hub remembers first that those
// under the others are the same number's: from then on what stands under any of them is found.
Result<crypto::Pseudonym> pseudonym_of(const Hub& hub, const people::PersonId& person);

// What a statement did, so that it can be logged about every number that it concerns.
struct LinkChange {
    std::vector<crypto::Pseudonym> numbers;  // concerned, each once
    bool changed = false;                    // something was said that was not said before
};

// Whether the index knows a record of that provider under the number.
Result<bool> holds(const Hub& hub, std::string_view provider, const crypto::Pseudonym& number);

// One number was linked with another, `who` having said so in words.
Result<LinkChange> state_link(Hub& hub, const people::Link& link, const people::By& by, const std::string& who);
// She has proved it by a code. `issued` and `taken`: the provider whose staff did that step; "": she herself, logged in.
struct CodeSteps {
    std::string issued, taken;
};
// `more` belongs into that commit; it is not called when there is none, since it was said before.
Result<LinkChange> prove_link(Hub& hub, const people::Link& link, const people::By& by, const CodeSteps& steps,
                              const std::function<void(store::Batch&)>& more);
Result<LinkChange> withdraw_link(Hub& hub, const crypto::Pseudonym& one, const crypto::Pseudonym& other, const people::By& by);
Result<LinkChange> separate_number(Hub& hub, std::span<const crypto::Pseudonym> number, std::span<const crypto::Pseudonym> other, const people::By& by,
                                   std::string why);
Result<LinkChange> mark_number(Hub& hub, const crypto::Pseudonym& number, bool ambiguous, const people::By& by, std::string why);

// An entry for each number: `access` with it as person.
std::vector<ledger::Access> entries_about(const ledger::Access& access, const std::vector<crypto::Pseudonym>& numbers);

}  // namespace idun::api
