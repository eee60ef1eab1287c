// The steps on this side: configuration, keys, the node itself, names, certificates.
#include <fmt/format.h>
#include <sys/stat.h>

#include <ctime>

#include "app/internal/join_guide.h"
#include "app/loopback.h"
#include "http/certificate.h"

namespace idun::app {
namespace {

constexpr int kDaysLeftMin = 14;

// To the second; what is signed says it better, where the clocks agree enough for a signature to be taken.
std::optional<Instant> date_in(const http::Response& answer) {
    std::tm time{};
    const std::string text(answer.headers.get("Date"));
    const char* end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &time);
    if (!end || *end != '\0') return std::nullopt;
    return Instant{static_cast<std::int64_t>(::timegm(&time)) * 1000};
}

std::string without_slash(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    return url;
}

Finding configuration(JoinGuide& g) {
    const Listen& listen = g.node.listen;
    g.near_url = fmt::format("{}://{}:{}", listen.tls ? "https" : "http", listen.address.host.find(':') == std::string::npos ? listen.address.host : "[" + listen.address.host + "]",
                             listen.address.port);
    g.own_url = without_slash(listen.url.empty() ? g.near_url : listen.url);
    if (listen.tls) g.near_url = g.own_url;  // its certificate names that, not the address that it listens at
    if (listen.address.host == "0.0.0.0" || listen.address.host == "::")
        if (!listen.tls) g.near_url = fmt::format("http://127.0.0.1:{}", listen.address.port);
    if (g.node.hub_url.empty() || !g.node.hub_key)
        return fault("the node has no hub", "set hub_id, hub_url and hub_key of [[node]] " + g.in_file("the three") + "; the hub's operator says them (`idun keys` there)");
    if (listen.address.port == 0) return fault("listen has port 0", "give the node a fixed port: listen of [[node]] in " + g.wish.config_file);
    return well(fmt::format("{} as {}, hub {} at {}", g.node.provider.id, g.own_url, g.node.hub_id, g.node.hub_url));
}

// Why the file of a secret is not one; "" when it is.
std::string key_file_fault(const std::string& path) {
    struct stat found{};
    if (::stat(path.c_str(), &found) != 0) return "is missing or cannot be read";
    if ((found.st_mode & 077) != 0) return fmt::format("has mode {:04o}: others may read it", found.st_mode & 07777);
    return {};
}

Finding key_files(JoinGuide& g) {
    const std::string own = g.node.folder + "/keys/node.key";
    const std::string shared = g.node.blind_key.file;
    if (const std::string why = key_file_fault(own); !why.empty())
        return fault(own + " " + why, why.starts_with("has") ? "chmod 600 " + own : "run `idun keys " + g.wish.config_file + "` as the user that runs the node, and tell the hub's operator the key");
    if (const auto wrong = misplaced(g.node.blind_key)) return fault(wrong->what, wrong->mend);
    if (const std::string why = key_file_fault(shared); !why.empty())
        return fault(shared + " " + why, why.starts_with("has") ? "chmod 600 " + shared : "get the nation's pseudonym key from the hub's operator and put it where pseudonym_key_file in " + g.wish.config_file + " says");
    auto keys = RoleKeys::look(node_keys(g.node.folder, g.node.provider.id), g.random);
    if (!keys) return fault(own + ": " + keys.error().message, "put back the node's own key from your copy, or make a new one with `idun keys` and tell the hub's operator");
    auto pseudonyms = read_blind_key(g.node.blind_key, g.random);
    if (!pseudonyms) return fault(shared + ": " + pseudonyms.error().message, "get the pseudonym key file from the hub's operator again, whole");
    g.keys.emplace(std::move(*keys));
    g.pseudonyms.emplace(std::move(*pseudonyms));
    if (const auto& tls = g.node.listen.tls)
        if (const std::string why = key_file_fault(tls->key_file); !why.empty()) return fault(tls->key_file + " " + why, "chmod 600 " + tls->key_file + ", or correct tls_key in " + g.wish.config_file);
    return well("node.key and the pseudonym key are there, for their owner alone");
}

bool shows_key(const http::Response& keys, const crypto::PublicKey& key) {
    const auto document = json::Document::parse(body_text(keys));
    if (!document) return false;
    for (const json::Value one : document->root()["keys"].elements())
        if (one["x"].text() == key.base64url()) return true;
    return false;
}

Finding running(JoinGuide& g) {
    const auto answer = g.get(g.near_url + "/healthz");
    if (!answer) return fault(g.near_url + ": " + answer.error().message, "the node does not run here: start `idun serve " + g.wish.config_file + "` and look at what it says");
    g.health = body_text(*answer);
    if (answer->status != 200) return fault(fmt::format("the node answers {} and is not well: {}", answer->status, g.health.substr(0, 300)), "look at the node's own log on this machine; what it names under \"problems\" comes first");
    const auto keys = g.get(g.near_url + "/.well-known/jwks.json");
    if (!keys || !shows_key(*keys, g.keys->key().public_key()))
        return fault("what runs at " + g.near_url + " has another key than " + g.node.folder, "another process has the port, or the node runs with another `data`: compare `data` and `listen` in " + g.wish.config_file);
    return well("runs, and signs with this node.key");
}

Finding names(JoinGuide& g) {
    std::string fact;
    for (const auto& [url, where] : {std::pair(g.own_url, "url of [[node]]"), std::pair(g.node.hub_url, "hub_url of [[node]]")}) {
        const auto to = http::host_and_port(url);
        if (!to) return fault(url + " is no address", "correct " + std::string(where) + " in " + g.wish.config_file);
        const auto found = within(g.wish.bound, [host = to->host] { return http::addresses_of(host); });
        if (!found) return fault(to->host + ": the name server did not answer in time", "look at the name servers of this machine (/etc/resolv.conf)");
        if (!*found) return fault(to->host + ": " + found->error().message, "let the name be entered with whoever keeps its domain, or correct " + std::string(where) + " in " + g.wish.config_file);
        fact += (fact.empty() ? "" : "; ") + to->host + " is " + ((*found)->empty() ? "nothing" : (*found)->front());
    }
    return well(fact);
}

// Of one https address, as somebody else sees it. `where`: who mends it.
std::optional<Finding> certificate(JoinGuide& g, const std::string& url, const std::string& where, std::string& fact) {
    const auto to = http::host_and_port(url);
    if (!to->tls) {
        if (is_loopback(to->host) || to->host == "localhost") {
            fact += (fact.empty() ? "" : "; ") + to->host + ": plain http, which stays on this machine";
            return std::nullopt;
        }
        return fault(url + " is not https", "a connection to the nation goes in TLS: give " + where + " an https address");
    }
    const auto seen = within(g.wish.bound * 2, [url, ca = g.node.ca_file, bound = g.wish.bound] { return http::look_at_certificate(url, ca, bound); });
    if (!seen) return fault(to->host + " did not answer in time", "look whether a firewall stands before " + where);
    if (!*seen) return fault(seen->error().message, "look whether " + where + " is running and reached from here");
    const http::CertificateSeen& one = **seen;
    const auto days = (one.until - g.clock.now()) / std::chrono::days(1);
    if (!one.chain.empty())
        return fault(fmt::format("the certificate of {}: {} (it ends {})", one.host, one.chain, to_iso(one.until)),
                     one.until < g.clock.now() ? "renew the certificate: " + where : "let a trusted authority sign it with its whole chain: " + where + "; or name that authority in ca_file in " + g.wish.config_file);
    if (!one.names_host) return fault(fmt::format("the certificate of {} is for {}", one.host, one.names.empty() ? "no name" : fmt::format("{}", fmt::join(one.names, ", "))), "get a certificate for that name: " + where);
    if (days < kDaysLeftMin) return fault(fmt::format("the certificate of {} ends in {} days", one.host, days), "renew it before it stops everything: " + where);
    fact += fmt::format("{}{}: trusted, {} days left", fact.empty() ? "" : "; ", one.host, days);
    return std::nullopt;
}

Finding own_address(JoinGuide& g) {
    std::string fact;
    if (const auto wrong = certificate(g, g.own_url, "tls_certificate of [[node]] in " + g.wish.config_file + ", or the TLS proxy before the node", fact)) return *wrong;
    const auto keys = g.get(g.own_url + "/.well-known/jwks.json");
    if (!keys) return fault(g.own_url + ": " + keys.error().message, "let that address lead to this node (firewall, proxy), or correct url of [[node]] in " + g.wish.config_file);
    if (!shows_key(*keys, g.keys->key().public_key())) return fault(g.own_url + " leads to something else than this node", "let the address lead to this node, or correct url of [[node]] in " + g.wish.config_file);
    return well(fact + "; leads to this node");
}

}  // namespace

void join_steps_here(JoinGuide& g) {
    g.step("configuration", {}, [&] { return configuration(g); });
    g.step("key files", {"configuration"}, [&] { return key_files(g); });
    g.step("node runs", {"configuration", "key files"}, [&] { return running(g); });
    g.step("names", {"configuration"}, [&] { return names(g); });
    g.step("own address", {"names", "key files", "node runs"}, [&] { return own_address(g); });
    g.step("hub address", {"names"}, [&]() -> Finding {
        std::string fact;
        if (const auto wrong = certificate(g, g.node.hub_url, "the hub, at its operator's side", fact)) return *wrong;
        const auto answer = g.get(g.node.hub_url + "/healthz");
        if (!answer) return fault(g.node.hub_url + ": " + answer.error().message, "the hub does not answer from here: look at the firewall between, at hub_url in " + g.wish.config_file + ", then ask the hub's operator");
        if (const auto there = date_in(*answer)) g.clock_ahead = *there - g.clock.now();
        if (answer->status != 200) return fault(fmt::format("the hub answers {}", answer->status), "the hub is not well: wait, and ask its operator");
        return well(fact + "; answers");
    });
}

}  // namespace idun::app
