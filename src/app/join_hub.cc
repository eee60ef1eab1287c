// The steps with the hub: clock, versions, keys, what it knows of the node, whether it reaches it.
#include <algorithm>
#include <fmt/format.h>

#include <charconv>

#include "app/internal/join_guide.h"
#include "directory/speaks.h"
#include "trust/connection_check.h"
#include "trust/ticket.h"

namespace idun::app {
namespace {

using std::chrono::milliseconds;

const milliseconds kSkewMax = trust::TicketCheck{}.skew;

Finding clocks(JoinGuide& g) {
    if (!g.clock_ahead) return fault("the hub's answer had no date", "ask the hub's operator whether something between changes its answers");
    const milliseconds apart = *g.clock_ahead < milliseconds(0) ? -*g.clock_ahead : *g.clock_ahead;
    const std::string fact = fmt::format("the hub's clock is {:.1f} s {} this one; {} s are tolerated", static_cast<double>(apart.count()) / 1000, *g.clock_ahead < milliseconds(0) ? "behind" : "ahead of", kSkewMax.count() / 1000);
    // The date has whole seconds.
    if (apart > kSkewMax + milliseconds(1'000)) return fault(fact, "set this machine's clock (chronyc tracking, or timedatectl); if it is right, tell the hub's operator");
    return well(fact);
}

std::optional<directory::Speaks> speech_at(JoinGuide& g, const std::string& url) {
    const auto answer = g.get(url + "/fhir/metadata");
    if (!answer || answer->status != 200) return std::nullopt;
    const auto document = json::Document::parse(body_text(*answer));
    if (!document) return std::nullopt;
    return directory::speaks_of_capability(document->root());
}

std::string shown(const directory::Speaks& one) {
    return fmt::format("{} (interface {}, FHIR {})", one.software, one.interfaces.empty() ? "not said" : one.interfaces_text(), one.fhir);
}

Finding versions(JoinGuide& g) {
    const auto here = speech_at(g, g.near_url);
    const auto there = speech_at(g, g.node.hub_url);
    if (!here || !there) return fault(std::string(here ? "the hub" : "the node") + " does not say its version at /fhir/metadata", here ? "what answers at hub_url in " + g.wish.config_file + " is no hub: correct it" : "what listens here is no node: look at `listen` in " + g.wish.config_file);
    const std::string fact = fmt::format("node {} and hub {}", shown(*here), shown(*there));
    // By the program that asks: it is the node's.
    const bool known = directory::understood(*here, "the node") && directory::understood(*there, "the hub");
    if (!known || here->fhir != there->fhir) return fault(fact, "install the version here that the hub's operator names, and start the node again");
    return well(fact);
}

bool too_far_apart(const JoinGuide& g) {
    return g.clock_ahead && (*g.clock_ahead > kSkewMax || *g.clock_ahead < -kSkewMax);
}

Finding keys(JoinGuide& g) {
    const Instant asked = g.clock.now();
    auto answer = g.ask_hub("");
    if (answer) {
        const milliseconds took = g.clock.now() - asked;
        std::int64_t there = 0;
        const std::string_view text = answer->root()["time"].text();
        std::from_chars(text.data(), text.data() + text.size(), there);
        g.clock_ahead = Instant{there} - (asked + took / 2);
        g.check.emplace(std::move(*answer));
        return well("each has the other's key");
    }
    const JoinGuide::Refusal& why = answer.error();
    if (why.wrong_key) return fault("the hub's answer is not signed with hub_key: " + why.why, "put what `idun keys` shows at the hub into hub_key of [[node]] in " + g.wish.config_file);
    if (why.status == 401 && too_far_apart(g)) return fault(fmt::format("the hub refuses this node's signature: {}", why.why), "set this machine's clock first");
    if (why.status == 401)
        return fault(fmt::format("the hub does not know this node: {}", why.why),
                     fmt::format("at the hub, let its operator put [[hub.node]] with provider = \"{}\" and key = \"{}\" into the hub's file and restart it; hub_id here must be the hub's id", g.node.provider.id, g.keys->key().public_key().base64url()));
    if (why.status == 404 || why.status == 405) return fault("the hub does not know this check", "ask the hub's operator for a newer version of the hub");
    return fault("the hub: " + why.why, "if it stays so send this line to the hub's operator");
}

Finding pseudonym_key(JoinGuide& g) {
    const json::Value root = g.check->root();
    // While a key takes another's place the hub may write with one that this node only knows.
    const auto is_the_hubs = [&](const crypto::PseudonymKey& key) {
        return trust::pseudonym_check(key, g.node.hub_id, g.node.provider.id, root["word"].text()) == root["pseudonyms"].text();
    };
    if (std::ranges::none_of(g.pseudonyms->keys(), is_the_hubs))
        return fault("this node's pseudonym key is not the nation's", "get the file from the hub's operator again, put it where pseudonym_key_file in " + g.wish.config_file + " says (" + g.node.blind_key.file + "), restart the node");
    return well("the same as the hub's, by a value that holds for this question alone");
}

Finding registration(JoinGuide& g) {
    const json::Value root = g.check->root();
    const json::Value organization = root["organization"], endpoint = root["endpoint"];
    if (root["withdrawn"].boolean()) return fault("the operator has withdrawn this provider", "ask the hub's operator; only they let it in again");
    if (!organization["name"]) return fault("the directory has no Organization " + g.node.provider.id, "the node registers itself within half a minute of its start: look at \"not published\" in its log");
    if (!organization["active"].boolean()) return fault("the directory says that " + g.node.provider.id + " is inactive", "the operator has set it so: ask them");
    const std::string wanted = g.own_url + "/fhir";
    if (endpoint["address"].text() != wanted)
        return fault(fmt::format("the directory's address is {}, this node's is {}", endpoint["address"] ? endpoint["address"].text() : "missing", wanted), "correct url of [[node]] in " + g.wish.config_file + " and restart the node; if the operator has set the address, let them change it");
    if (endpoint["status"].text() != "active") return fault(fmt::format("the directory's Endpoint is {} since {}", endpoint["status"].text(), endpoint["until"].text()), "the node has not renewed it: look at \"not published\" in its log");
    return well(fmt::format("{}, {}, until {}", organization["name"].text(), wanted, endpoint["until"] ? endpoint["until"].text() : "further notice"));
}

Finding reached(JoinGuide& g) {
    auto answer = g.ask_hub(",\"reach\":true");
    if (!answer && answer.error().status == 503) {  // somebody has just checked
        std::this_thread::sleep_for(milliseconds(2'200));
        answer = g.ask_hub(",\"reach\":true");
    }
    if (!answer) return fault("the hub: " + answer.error().why, "try again in a minute");
    const json::Value tried = answer->root()["reached"];
    if (tried["state"].text() == "answered") return well(fmt::format("the hub reached it in {} ms", tried["ms"].text()));
    return fault(fmt::format("the hub does not reach {}/fhir: {}, {}", g.own_url, tried["state"].text(), tried["reason"].text()),
                 "open the way from the hub to that address (firewall, proxy, a certificate that the hub's ca_file trusts); url of [[node]] in " + g.wish.config_file + " is what it calls");
}

}  // namespace

void join_steps_hub(JoinGuide& g) {
    g.step("clock", {"hub address"}, [&] { return clocks(g); });
    g.step("versions", {"hub address", "node runs"}, [&] { return versions(g); });
    g.step("keys", {"hub address", "key files"}, [&] { return keys(g); });
    g.step("pseudonym key", {"keys"}, [&] { return pseudonym_key(g); });
    g.step("directory", {"keys", "node runs"}, [&] { return registration(g); });
    g.step("reached from the hub", {"directory"}, [&] { return reached(g); });
}

}  // namespace idun::app
