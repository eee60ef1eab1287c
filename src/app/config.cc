#include "app/config.h"

#include <fmt/format.h>

#include <set>
#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include "app/compressed.h"
#include "app/loopback.h"
#include "fhir/resource_id.h"
#include "ledger/receipt.h"
#include "subscriptions/endpoints.h"

namespace idun::app {
namespace {

// A table whose keys are taken one by one; what is left over at the end is unknown.
class Section {
public:
    Section(const toml::table& table, std::string name) : table_(table), name_(std::move(name)) {}

    template <typename T>
    Status take(std::string_view key, T& target, bool required = false) {
        known_.insert(std::string(key));
        const toml::node* node = table_.get(key);
        if (!node) return required ? fail(Category::invalid, fmt::format("{} is missing", path(key))) : Status{};
        const auto value = node->value_exact<T>();
        if (!value) return fail(Category::invalid, fmt::format("{} has the wrong type (line {})", path(key), line(*node)));
        target = *value;
        return {};
    }

    Status take_milliseconds(std::string_view key, std::chrono::milliseconds& target, std::int64_t unit_ms) {
        std::int64_t number = target.count() / unit_ms;
        TRY(take(key, number));
        if (number < 0 || number > 1'000'000'000)
            return fail(Category::invalid, path(key) + " is out of range");
        target = std::chrono::milliseconds(number * unit_ms);
        return {};
    }

    // nullptr when the key is absent; what has the key but is something else is refused.
    Result<const toml::table*> table(std::string_view key) {
        return take_as<toml::table>(key, fmt::format("a table: [{}]", path(key)));
    }
    Result<const toml::array*> tables(std::string_view key) {
        TRY_ASSIGN(const toml::array* array, take_as<toml::array>(key, list_of_tables(key)));
        if (!array) return array;
        for (const toml::node& node : *array)
            if (!node.is_table()) return wrong(key, list_of_tables(key), node);
        return array;
    }
    Result<const toml::array*> texts(std::string_view key) {
        TRY_ASSIGN(const toml::array* array, take_as<toml::array>(key, "a list of texts"));
        if (!array) return array;
        for (const toml::node& node : *array)
            if (!node.is_string()) return wrong(key, "a list of texts", node);
        return array;
    }

    Status end() const {
        for (const auto& [key, node] : table_)
            if (!known_.contains(std::string(key.str())))
                return fail(Category::invalid, fmt::format("unknown key {} (line {})", path(key.str()), line(node)));
        return {};
    }
    std::string path(std::string_view key) const { return name_.empty() ? std::string(key) : name_ + "." + std::string(key); }

private:
    template <typename T>
    Result<const T*> take_as(std::string_view key, const std::string& what) {
        known_.insert(std::string(key));
        const toml::node* node = table_.get(key);
        if (!node) return nullptr;
        if (const T* value = node->as<T>()) return value;
        return wrong(key, what, *node);
    }
    std::string list_of_tables(std::string_view key) const { return fmt::format("a list of tables: [[{}]]", path(key)); }
    tl::unexpected<Error> wrong(std::string_view key, const std::string& what, const toml::node& node) const {
        return fail(Category::invalid, fmt::format("{} is {} (line {})", path(key), what, line(node)));
    }
    static std::uint32_t line(const toml::node& node) { return node.source().begin.line; }
    const toml::table& table_;
    std::string name_;
    std::set<std::string> known_;
};

Status take_key(Section& section, std::string_view key, std::optional<crypto::PublicKey>& target, bool required) {
    std::string text;
    TRY(section.take(key, text, required));
    if (text.empty()) return {};
    auto parsed = crypto::PublicKey::from_base64url(text);
    if (!parsed) return fail(Category::invalid, section.path(key) + " is not an Ed25519 public key in base64url");
    target = std::move(*parsed);
    return {};
}

Status take_listen(Section& section, Listen& listen) {
    std::string address;
    TRY(section.take("listen", address, true));
    const auto parsed = listen_address_from(address);
    if (!parsed) return fail(parsed.error().within(section.path("listen")));
    listen.address = *parsed;
    TRY(section.take("url", listen.url));
    while (listen.url.ends_with('/')) listen.url.pop_back();
    std::int64_t workers = static_cast<std::int64_t>(listen.workers);
    TRY(section.take("workers", workers));
    if (workers < 1 || workers > 256) return fail(Category::invalid, section.path("workers") + " is from 1 to 256");
    listen.workers = static_cast<std::size_t>(workers);
    std::string certificate, key;
    bool proxy = false;
    TRY(section.take("tls_certificate", certificate));
    TRY(section.take("tls_key", key));
    TRY(section.take("behind_tls_proxy", proxy));
    if (certificate.empty() != key.empty())
        return fail(Category::invalid, section.path("tls_certificate") + " and tls_key go together");
    if (!certificate.empty()) listen.tls = http::Tls{certificate, key};
    if (!is_loopback(listen.address.host) && !listen.tls && !proxy)
        return fail(Category::invalid,
                    section.path("listen") + " leaves this machine without TLS: set tls_certificate and tls_key, or "
                                             "behind_tls_proxy = true");
    return {};
}

Status take_cache(Section& section, std::size_t& bytes) {
    auto mib = static_cast<std::int64_t>(bytes >> 20);
    TRY(section.take("cache_mib", mib));
    if (mib < 8 || mib > 1'048'576) return fail(Category::invalid, section.path("cache_mib") + " is from 8 to 1048576");
    bytes = static_cast<std::size_t>(mib) << 20;
    return {};
}

Result<UserIssuer> users_of(const toml::table* table) {
    UserIssuer users;
    if (!table) return users;
    Section section(*table, "users");
    TRY(section.take("issuer", users.issuer, true));
    TRY(section.take("audience", users.audience));
    TRY_ASSIGN(const toml::array* keys, section.texts("keys"));
    if (!keys || keys->empty()) return fail(Category::invalid, "users.keys is missing: public keys of the issuer, in base64url");
    for (const toml::node& node : *keys) {
        auto key = crypto::PublicKey::from_base64url(node.value_or(std::string()));
        if (!key) return fail(Category::invalid, "users.keys holds something that is not an Ed25519 public key");
        users.keys.add(std::move(*key));
    }
    TRY(section.end());
    return users;
}

Result<rights::RuleTable> rules_of(const std::string& file) {
    if (file.empty()) return rights::sweden();
    TRY_ASSIGN(const auto text, read_file(file));
    auto table = rights::rule_table_from_json(text);
    if (!table) return fail(table.error().within("rules_file"));
    return table;
}

struct Common {
    std::string data;
    std::string ca_file;
    std::string backups;
    BlindKeyPlace blind_key;
    rights::RuleTable rules;
    UserIssuer users;
};

Result<TrustedNode> trusted_of(const toml::table& table) {
    Section section(table, "hub.node");
    std::string provider;
    std::optional<crypto::PublicKey> key;
    TRY(section.take("provider", provider, true));
    TRY(take_key(section, "key", key, true));
    TRY(section.end());
    if (!key) return fail(Category::invalid, "hub.node.key is empty");
    return TrustedNode{provider, *key};
}

Result<crypto::VerifierKey> verifier_of(Section& section, crypto::SignatureType type) {
    std::string text;
    TRY(section.take("key", text, true));
    auto key = crypto::VerifierKey::from_text(text);
    if (!key) return fail(Category::invalid, section.path("key") + ": " + key.error().message);
    if (key->type() != type)
        return fail(Category::invalid, section.path("key") + (type == crypto::SignatureType::cosignature
                                                                  ? " is the key of a log, not of a witness"
                                                                  : " is the key of a witness, not of a log"));
    return key;
}

// Who is asked to cosign a role's log.
Result<std::vector<witness::AskedWitness>> cosigned_by_of(Section& section) {
    std::vector<witness::AskedWitness> out;
    TRY_ASSIGN(const toml::array* tables, section.tables("cosigned_by"));
    if (!tables) return out;
    for (const toml::node& node : *tables) {
        Section one(*node.as_table(), section.path("cosigned_by"));
        std::string url;
        TRY(one.take("url", url, true));
        while (url.ends_with('/')) url.pop_back();
        if (!url.starts_with("http://") && !url.starts_with("https://"))
            return fail(Category::invalid, one.path("url") + " begins with http:// or https://");
        TRY_ASSIGN(crypto::VerifierKey key, verifier_of(one, crypto::SignatureType::cosignature));
        TRY(one.end());
        for (const witness::AskedWitness& other : out)
            if (other.key.name() == key.name()) return fail(Category::invalid, one.path("key") + ": a witness is named once");
        out.push_back({std::move(url), std::move(key)});
    }
    if (out.size() > witness::kWitnessesMax)
        return fail(Category::invalid, fmt::format("{} names at most {} witnesses", section.path("cosigned_by"), witness::kWitnessesMax));
    return out;
}

// Logs that a role cosigns.
Result<std::vector<crypto::VerifierKey>> logs_of(Section& section, std::string_view name) {
    std::vector<crypto::VerifierKey> out;
    TRY_ASSIGN(const toml::array* tables, section.tables(name));
    if (!tables) return out;
    for (const toml::node& node : *tables) {
        Section one(*node.as_table(), section.path(name));
        TRY_ASSIGN(crypto::VerifierKey key, verifier_of(one, crypto::SignatureType::ed25519));
        TRY(one.end());
        out.push_back(std::move(key));
    }
    return out;
}

Result<WitnessOptions> witness_of(const toml::table& table, const Common& common) {
    WitnessOptions out;
    Section section(table, "witness");
    TRY(section.take("name", out.name, true));
    if (!crypto::is_key_name(out.name)) return fail(Category::invalid, "witness.name is not empty and has no space and no '+'");
    TRY(take_listen(section, out.listen));
    TRY_ASSIGN(out.logs, logs_of(section, "log"));
    TRY(section.end());
    out.folder = common.data + "/witness";
    return out;
}

Result<NotificationOptions> notifications_of(const toml::table* table) {
    NotificationOptions out;
    if (!table) return out;
    Section section(*table, "hub.notifications");
    std::string outlet, tls = "needed", password_file;
    TRY(section.take("outlet", outlet, true));
    if (outlet != "files" && outlet != "smtp") return fail(Category::invalid, "hub.notifications.outlet is files or smtp");
    const bool smtp = outlet == "smtp";
    out.outlet = smtp ? NotificationOptions::Outlet::smtp : NotificationOptions::Outlet::files;
    TRY(section.take("folder", out.folder, !smtp));
    TRY(section.take("server", out.smtp.url, smtp));
    if (smtp && !out.smtp.url.starts_with("smtp://") && !out.smtp.url.starts_with("smtps://"))
        return fail(Category::invalid, "hub.notifications.server is smtp://HOST:PORT or smtps://HOST:PORT");
    TRY(section.take("tls", tls));
    if (tls != "needed" && tls != "tried" && tls != "none") return fail(Category::invalid, "hub.notifications.tls is needed, tried or none");
    using Tls = exchange::SmtpOptions::Tls;
    out.smtp.tls = tls == "needed" ? Tls::needed : tls == "tried" ? Tls::tried : Tls::none;
    TRY(section.take("user", out.smtp.user));
    TRY(section.take("password_file", password_file));
    if (!password_file.empty()) {
        TRY_ASSIGN(out.smtp.password, read_file(password_file));
        while (out.smtp.password.ends_with('\n') || out.smtp.password.ends_with('\r')) out.smtp.password.pop_back();
    }
    TRY(section.take("from", out.style.from, true));
    if (!exchange::is_mail_address(out.style.from)) return fail(Category::invalid, "hub.notifications.from is no e-mail address");
    TRY(section.take("login_url", out.style.login_url));
    TRY(section.take_milliseconds("digest_after_s", out.digest_after, 1000));
    TRY(section.end());
    return out;
}

Result<exchange::AuditFeedOptions> audit_feed_of(const toml::table* table) {
    exchange::AuditFeedOptions out;
    if (!table) return out;
    Section section(*table, "hub.audit_feed");
    std::string token_file;
    TRY(section.take("url", out.url, true));
    if (!out.url.starts_with("http://") && !out.url.starts_with("https://"))
        return fail(Category::invalid, "hub.audit_feed.url begins with http:// or https://");
    TRY(section.take("token_file", token_file));
    if (!token_file.empty()) {
        TRY_ASSIGN(out.token, read_file(token_file));
        while (out.token.ends_with('\n') || out.token.ends_with('\r')) out.token.pop_back();
    }
    TRY(section.end());
    return out;
}

// [hub.patterns]: id = threshold.
Result<exchange::Thresholds> patterns_of(const toml::table* table) {
    exchange::Thresholds out;
    if (!table) return out;
    Section section(*table, "hub.patterns");
    for (const exchange::PatternRule& rule : exchange::pattern_rules()) {
        std::int64_t from = static_cast<std::int64_t>(rule.shown_from);
        TRY(section.take(rule.id, from));
        if (from < 1) return fail(Category::invalid, fmt::format("{} is from 1", section.path(rule.id)));
        out.emplace(rule.id, static_cast<std::uint64_t>(from));
    }
    TRY(section.end());
    return out;
}

// How often a log may say anew what it holds about whom.
Result<std::chrono::milliseconds> map_root_every_of(Section& section) {
    std::int64_t seconds = 10;
    TRY(section.take("map_root_every_s", seconds));
    if (seconds < 1 || seconds > 86'400)
        return fail(Category::invalid, section.path("map_root_every_s") + " is from 1 to 86400");
    return std::chrono::seconds(seconds);
}

Result<directory::Reserved> reserved_of(Section& section) {
    directory::Reserved out;
    TRY_ASSIGN(const toml::array* words, section.texts("reserved"));
    if (!words) return out;
    for (const toml::node& word : *words)
        if (const Status added = out.add(word.as_string()->get()); !added) return fail(added.error().within(section.path("reserved")));
    return out;
}

Result<HubOptions> hub_of(const toml::table& table, const Common& common, std::vector<TrustedNode>& trusted) {
    HubOptions hub;
    Section section(table, "hub");
    TRY(section.take("id", hub.id));
    TRY(take_listen(section, hub.listen));
    TRY(section.take("store", hub.store));
    hub.rights_lease = std::chrono::hours(common.rules.lease_hours);
    TRY(section.take_milliseconds("rights_lease_s", hub.rights_lease, 1000));
    TRY_ASSIGN(hub.map_root_every, map_root_every_of(section));
    TRY(section.take_milliseconds("account_within_s", hub.accounts.within, 1000));
    TRY(section.take_milliseconds("log_silent_after_s", hub.accounts.silent_after, 1000));
    TRY_ASSIGN(const toml::table* notifications, section.table("notifications"));
    TRY_ASSIGN(hub.notifications, notifications_of(notifications));
    hub.notifications.smtp.ca_file = common.ca_file;
    TRY_ASSIGN(const toml::table* audit_feed, section.table("audit_feed"));
    TRY_ASSIGN(hub.audit_feed, audit_feed_of(audit_feed));
    TRY_ASSIGN(const toml::table* patterns, section.table("patterns"));
    TRY_ASSIGN(hub.patterns, patterns_of(patterns));
    TRY_ASSIGN(const toml::array* nodes, section.tables("node"));
    if (nodes)
        for (const toml::node& node : *nodes) {
            TRY_ASSIGN(auto one, trusted_of(*node.as_table()));
            trusted.push_back(std::move(one));
        }
    TRY_ASSIGN(hub.cosigned_by, cosigned_by_of(section));
    TRY_ASSIGN(hub.cosigns, logs_of(section, "cosigns"));
    TRY_ASSIGN(hub.reserved, reserved_of(section));
    TRY(section.end());
    hub.folder = common.data + "/hub";
    if (!common.backups.empty()) hub.backups = common.backups + "/hub";
    hub.blind_key = common.blind_key;
    hub.ca_file = common.ca_file;
    hub.rules = common.rules;
    hub.users = common.users;
    return hub;
}

Result<directory::Organisation> unit_of(const toml::table& table, const std::string& provider) {
    Section section(table, "node.unit");
    directory::Organisation unit{.id = {}, .name = {}, .part_of = provider, .organisation_number = {}};
    TRY(section.take("id", unit.id, true));
    TRY(section.take("name", unit.name, true));
    TRY(section.end());
    if (!fhir::valid_id(unit.id)) return fail(Category::invalid, "node.unit.id is 1 to 64 letters, digits, '-' and '.'");
    return unit;
}

// A whole number between bounds, which its refusal names.
template <typename Number>
Status take_number(Section& section, std::string_view key, Number& target, std::int64_t min, std::int64_t max) {
    std::int64_t value = static_cast<std::int64_t>(target);
    TRY(section.take(key, value));
    if (value < min || value > max) return fail(Category::invalid, fmt::format("{} is from {} to {}", section.path(key), min, max));
    target = static_cast<Number>(value);
    return {};
}

Result<SubscriptionOptions> subscriptions_of(const toml::table* table) {
    SubscriptionOptions out;
    if (!table) return out;
    Section section(*table, "node.subscriptions");
    TRY_ASSIGN(const toml::array* endpoints, section.texts("endpoints"));
    if (endpoints)
        for (const toml::node& node : *endpoints) out.endpoints.push_back(node.value_or(std::string()));
    if (const auto read = subscriptions::Endpoints::of(out.endpoints); !read)
        return fail(read.error().within("node.subscriptions.endpoints"));
    TRY(section.take("topics", out.topics));
    TRY(section.take_milliseconds("give_up_after_s", out.give_up_after, 1000));
    TRY(take_number(section, "waiting_events_max", out.waiting_events_max, 1, 1'000'000));
    TRY(section.end());
    return out;
}

Result<records::EffortLimits> requests_of(const toml::table* table) {
    records::EffortLimits out;
    if (!table) return out;
    Section section(*table, "node.requests");
    TRY(take_number(section, "rows_max", out.rows_max, 1'000, 100'000'000));
    TRY(take_number(section, "bytes_max", out.bytes_max, 1 << 20, 1 << 30));
    std::int64_t seconds = out.time_max.count() / 1000;
    TRY(take_number(section, "time_max_s", seconds, 1, 110));  // before the server itself gives up
    out.time_max = std::chrono::seconds(seconds);
    TRY(section.end());
    return out;
}

Result<ExportBounds> exports_of(const toml::table* table) {
    ExportBounds out;
    if (!table) return out;
    Section section(*table, "node.exports");
    TRY(take_number(section, "waiting_of_client_max", out.waiting_of_client_max, 1, 8));
    std::uint64_t reserve_mib = out.disk_reserve_bytes >> 20;
    TRY(take_number(section, "disk_reserve_mib", reserve_mib, 0, 1 << 30));
    out.disk_reserve_bytes = reserve_mib << 20;
    TRY(section.end());
    return out;
}

Result<NodeOptions> node_of(const toml::table& table, const Common& common) {
    NodeOptions node;
    Section section(table, "node");
    TRY(section.take("provider", node.provider.id, true));
    TRY(section.take("name", node.provider.name, true));
    TRY(section.take("organisation_number", node.provider.organisation_number));
    TRY(take_listen(section, node.listen));
    TRY(section.take("store", node.store));
    TRY(section.take("hub_id", node.hub_id));
    TRY_ASSIGN(node.map_root_every, map_root_every_of(section));
    TRY_ASSIGN(const toml::array* packages, section.texts("packages"));
    if (packages)
        for (const toml::node& one : *packages) node.packages.push_back(one.value_or(std::string()));
    TRY_ASSIGN(const toml::array* let_go, section.texts("forget_blind_keys"));
    if (let_go)
        for (const toml::node& one : *let_go) node.forget_blind_keys.push_back(one.value_or(std::string()));
    std::string validation = "base";
    TRY(section.take("validation", validation));
    if (validation != "base" && validation != "profiles") return fail(Category::invalid, "node.validation is base or profiles");
    node.judge_profiles = validation == "profiles";
    TRY(section.take("hub_url", node.hub_url));
    while (node.hub_url.ends_with('/')) node.hub_url.pop_back();
    TRY(take_key(section, "hub_key", node.hub_key, false));
    if (node.hub_url.empty() != !node.hub_key)
        return fail(Category::invalid, "node.hub_url and node.hub_key go together (or neither: a node by itself)");
    TRY_ASSIGN(const toml::table* subscriptions, section.table("subscriptions"));
    TRY_ASSIGN(node.subscriptions, subscriptions_of(subscriptions));
    TRY_ASSIGN(const toml::table* requests, section.table("requests"));
    TRY_ASSIGN(node.requests, requests_of(requests));
    TRY_ASSIGN(const toml::table* exports, section.table("exports"));
    TRY_ASSIGN(node.exports, exports_of(exports));
    TRY_ASSIGN(const toml::array* units, section.tables("unit"));
    if (units)
        for (const toml::node& unit : *units) {
            TRY_ASSIGN(auto one, unit_of(*unit.as_table(), node.provider.id));
            node.units.push_back(std::move(one));
        }
    TRY_ASSIGN(node.cosigned_by, cosigned_by_of(section));
    TRY_ASSIGN(node.cosigns, logs_of(section, "cosigns"));
    TRY(section.end());
    // The provider's id names the folder, the log, and the Organization in the directory.
    if (!ledger::is_log_id(node.provider.id) || !fhir::valid_id(node.provider.id))
        return fail(Category::invalid, "node.provider is 1 to 64 letters, digits, '-' and '.'");
    if (ledger::place_of(node.provider.id) > 1)
        return fail(Category::invalid, "node.provider must not end like the name of a log that follows another: .log2");
    node.folder = common.data + "/node-" + node.provider.id;
    if (!common.backups.empty()) node.backups = common.backups + "/node-" + node.provider.id;
    node.blind_key = common.blind_key;
    node.ca_file = common.ca_file;
    node.rules = common.rules;
    node.users = common.users;
    return node;
}

Result<log::Level> level_of(std::string_view text) {
    using enum log::Level;
    for (const auto& [name, level] : {std::pair{"debug", debug}, {"info", info}, {"warn", warn}, {"error", error}, {"off", off}})
        if (text == name) return level;
    return fail(Category::invalid, "log_level is debug, info, warn, error or off");
}

}  // namespace

Result<Config> config_from_toml(std::string_view text, const std::string& beside) {
    toml::table root;
    try {
        root = toml::parse(text);
    } catch (const toml::parse_error& error) {
        return fail(Category::invalid, fmt::format("line {}, column {}: {}", error.source().begin.line,
                                                   error.source().begin.column, error.description()));
    }
    Config config;
    Common common;
    Section section(root, "");
    std::string level = "info", rules_file;
    TRY(section.take("data", common.data, true));
    TRY(section.take("log_level", level));
    TRY_ASSIGN(config.log_level, level_of(level));
    TRY(section.take_milliseconds("grace_s", config.grace, 1000));
    TRY(take_cache(section, config.cache_bytes));
    TRY(section.take("ca_file", common.ca_file));
    TRY(section.take("backups", common.backups));
    common.blind_key = {.file = beside + "/pseudonym.key", .data = common.data, .backups = common.backups, .beside = beside + "/pseudonym.key"};
    TRY(section.take("pseudonym_key_file", common.blind_key.file));
    TRY(section.take("rules_file", rules_file));
    TRY_ASSIGN(common.rules, rules_of(rules_file));
    TRY_ASSIGN(const toml::table* users, section.table("users"));
    TRY_ASSIGN(common.users, users_of(users));
    TRY_ASSIGN(const toml::table* witness, section.table("witness"));
    if (witness) {
        TRY_ASSIGN(config.witness, witness_of(*witness, common));
    }
    TRY_ASSIGN(const toml::table* hub, section.table("hub"));
    if (hub) {
        TRY_ASSIGN(config.hub, hub_of(*hub, common, config.trusted_nodes));
    }
    TRY_ASSIGN(const toml::array* nodes, section.tables("node"));
    if (nodes)
        for (const toml::node& entry : *nodes) {
            TRY_ASSIGN(auto node, node_of(*entry.as_table(), common));
            config.nodes.push_back(std::move(node));
        }
    TRY(section.end());
    if (!config.hub && config.nodes.empty() && !config.witness)
        return fail(Category::invalid, "no role: add [hub], [[node]] or [witness]");
    return config;
}

}  // namespace idun::app
