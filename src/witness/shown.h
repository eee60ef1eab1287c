// What a witness shows of an owner's logs at its page `/witness`: docs/formats/witness.md.
//
//     auto answer = client.fetch(ask_shown("https://witness.example/w1", "SE1"));
//     if (answer && answer->status == 200) auto checkpoints = shown_checkpoints(answer->body);
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/client.h"

namespace idun::witness {

inline constexpr std::chrono::milliseconds kQuestionTimeout{2'000};

// `url`: the witness's prefix, without a slash at the end. `owner`: "SE1" for idun/SE1 and the logs that follow it.
http::Call ask_shown(const std::string& url, std::string_view owner,
                     std::chrono::milliseconds timeout = kQuestionTimeout);

// The checkpoints in an answer, as it lists them; whether a log has signed them is for the caller to see. `invalid`
// when there is no list, or a log in it of which something was cosigned (`size`) and no checkpoint is shown: then the
// witness has told nothing.
Result<std::vector<std::string>> shown_checkpoints(std::string_view body);

}  // namespace idun::witness
