// A person's proof of a log as an answer (docs/formats/person-proof.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/message.h"
#include "ledger/person_proof.h"

namespace idun::api {

http::Response proof_file(const ledger::PersonProof& proof);
// A refusal of something that will be there in a moment says when to ask again.
http::Response try_again(http::Response response);
// The parameter `before`: nothing when it is empty.
Result<std::optional<std::uint64_t>> entry_number(std::string_view text);

}  // namespace idun::api
