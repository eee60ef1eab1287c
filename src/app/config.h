// The configuration of `idun serve`: docs/formats/config.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/hub_role.h"
#include "app/node_role.h"
#include "base/log.h"

namespace idun::app {

// The key of a provider's node, as `idun keys` shows it there.
struct TrustedNode {
    std::string provider_id;
    crypto::PublicKey key;
};

struct Config {
    log::Level log_level = log::Level::info;
    std::chrono::milliseconds grace{10'000};  // for running requests at a stop
    std::size_t cache_bytes = store::kCacheBytes;
    std::optional<HubOptions> hub;
    std::vector<TrustedNode> trusted_nodes;
    std::vector<NodeOptions> nodes;
    std::optional<WitnessOptions> witness;
};

// `beside`: the folder of the file, where the pseudonym key lies unless it says otherwise. Unknown keys are refused, with their line.
// `invalid` names the key, never its value.
Result<Config> config_from_toml(std::string_view text, const std::string& beside);

}  // namespace idun::app
