// What a node asks its hub, for a system that has subscribed to what is new at other providers: docs/formats/index.md, "Following
// the index".
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/pseudonym.h"
#include "http/client.h"
#include "ledger/entry.h"

namespace idun::subscriptions {

struct NewsAsk {
    ledger::Actor requester;  // who subscribed: by its rights the hub decides
    std::string assurance;
    std::string task;
    std::string after;  // of the answer before; "": from now on
    std::size_t count = 1;
    std::chrono::milliseconds wait{0};
};

struct News {
    std::vector<crypto::Pseudonym> persons;
    std::string after;
};

// `forbidden` and `gone` are the hub's answers; everything else may pass.
using NewsAnswered = std::function<void(Result<News>)>;
using AskHub = std::function<void(const NewsAsk&, NewsAnswered)>;

// Calls back once, on a loop thread. The client lives longer than the calls.
AskHub hub_asker(std::string hub_url, std::function<std::string()> assertion, http::Client& client);

// For hub_asker and its test.
std::string news_question(const NewsAsk& ask);
Result<News> news_answer(const Result<http::Response>& answer);

}  // namespace idun::subscriptions
