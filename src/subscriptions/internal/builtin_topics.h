// The files of data/topics, as text.
#pragma once

#include <string_view>
#include <vector>

namespace idun::subscriptions {

std::vector<std::string_view> builtin_topic_texts();

}  // namespace idun::subscriptions
