#include "app/config.h"

#include <doctest/doctest.h>

#include "app/loopback.h"
#include "app/role_place.h"

using namespace idun;
using namespace idun::app;

namespace {

const std::string kKey = [] {
    return crypto::SigningKey::generate(system_random()).public_key().base64url();
}();

std::string good() {
    return "data = \"/tmp/x\"\nlog_level = \"warn\"\ncache_mib = 64\n[users]\nissuer = \"i\"\nkeys = [\"" + kKey +
           "\"]\n[hub]\nid = \"h\"\nlisten = \"127.0.0.1:0\"\nrights_lease_s = 60\n[[hub.node]]\nprovider = \"SE1\"\nkey = \"" +
           kKey + "\"\n[[node]]\nprovider = \"SE1\"\nname = \"Norr\"\npackages = [\"a.tgz\", \"b\"]\nlisten = \"127.0.0.1:8081\"\nhub_url = \"http://h/\"\n"
           "hub_key = \"" + kKey + "\"\n[[node.unit]]\nid = \"U1\"\nname = \"Akuten\"\n";
}

}  // namespace

TEST_CASE("a configuration is read whole") {
    const auto config = config_from_toml(good(), "/etc/idun");
    REQUIRE(config);
    CHECK(config->log_level == log::Level::warn);
    CHECK(config->cache_bytes == 64u << 20);
    REQUIRE(config->hub);
    CHECK(config->hub->rights_lease == std::chrono::seconds(60));
    CHECK(config->hub->folder == "/tmp/x/hub");
    CHECK(config->trusted_nodes.at(0).provider_id == "SE1");
    REQUIRE(config->nodes.size() == 1);
    CHECK(config->nodes[0].hub_url == "http://h");
    CHECK(config->nodes[0].packages == std::vector<std::string>{"a.tgz", "b"});
    CHECK(config->nodes[0].units.at(0).part_of == "SE1");
    CHECK(config->nodes[0].folder == "/tmp/x/node-SE1");
}

TEST_CASE("the pseudonym key lies beside the configuration unless that says otherwise, and roles know what it must not lie in") {
    const auto silent = config_from_toml("backups = \"/tmp/b\"\n" + good(), "/etc/idun");
    REQUIRE(silent);
    for (const BlindKeyPlace& place : {silent->hub->blind_key, silent->nodes[0].blind_key, place_of(silent->nodes[0]).blind_key}) {
        CHECK(place.file == "/etc/idun/pseudonym.key");
        CHECK(place.data == "/tmp/x");
        CHECK(place.backups == "/tmp/b");
    }
    const auto said = config_from_toml("pseudonym_key_file = \"/run/secret\"\n" + good(), "/etc/idun");
    REQUIRE(said);
    CHECK(said->hub->blind_key.file == "/run/secret");
    CHECK(said->hub->blind_key.beside == "/etc/idun/pseudonym.key");
}

TEST_CASE("witnesses, and logs to be cosigned, are named with their keys") {
    const auto signer = crypto::SigningKey::generate(system_random());
    const auto key = [&](const std::string& name, crypto::SignatureType type) {
        return crypto::VerifierKey::of(name, signer.public_key(), type)->text();
    };
    const std::string of_log = key("idun/SE2", crypto::SignatureType::ed25519);
    const std::string of_witness = key("press.example/w1", crypto::SignatureType::cosignature);
    const auto table = [](const std::string& name, const std::string& more, const std::string& its_key) {
        return "[[" + name + "]]\n" + more + "key = \"" + its_key + "\"\n";
    };
    const std::string url = "url = \"https://press.example/\"\n";
    const auto with = [](const std::string& hub, const std::string& node) {
        std::string text = good();
        text.insert(text.find("[[node]]"), hub);
        return config_from_toml(text + node, "/etc/idun");
    };
    const auto config = with(table("hub.cosigned_by", url, of_witness) + table("hub.cosigns", "", of_log), table("node.cosigned_by", url, of_witness));
    REQUIRE_MESSAGE(config, config.error().message);
    REQUIRE(config->hub->cosigned_by.size() == 1);
    CHECK(config->hub->cosigned_by[0].url == "https://press.example");
    CHECK(config->hub->cosigned_by[0].key.name() == "press.example/w1");
    CHECK(config->hub->cosigns.at(0).name() == "idun/SE2");
    CHECK(config->nodes.at(0).cosigned_by.size() == 1);
    for (const std::string& wrong :
         {table("hub.cosigned_by", url, of_log), table("hub.cosigned_by", "", of_witness), table("hub.cosigned_by", "url = \"press\"\n", of_witness),
          table("hub.cosigned_by", url, of_witness.substr(1)), table("hub.cosigned_by", url + "port = 1\n", of_witness),
          table("hub.cosigned_by", url, of_witness) + table("hub.cosigned_by", url, of_witness), table("hub.cosigns", "", of_witness)})
        CHECK_MESSAGE(!with(wrong, ""), wrong);

    const std::string alone = "data = \"/tmp/x\"\n[witness]\nname = \"press.example/w1\"\nlisten = \"127.0.0.1:0\"\n";
    const auto witness = config_from_toml(alone + table("witness.log", "", of_log), "/etc/idun");
    REQUIRE_MESSAGE(witness, witness.error().message);
    CHECK(witness->witness->folder == "/tmp/x/witness");
    CHECK(witness->witness->logs.size() == 1);
    CHECK(!config_from_toml(alone + table("witness.log", "", of_witness), "/etc/idun"));
    CHECK(!config_from_toml("data = \"/tmp/x\"\n[witness]\nname = \"a b\"\nlisten = \"127.0.0.1:0\"\n", "/etc/idun"));
}

TEST_CASE("what one request may cost, and what exports may take, is the operator's to say") {
    const auto with = [](const std::string& more) {
        std::string text = good();
        text.insert(text.find("[[node.unit]]"), more);
        return config_from_toml(text, "/etc/idun");
    };
    const auto usual = with("");
    REQUIRE(usual);
    CHECK(usual->nodes.at(0).requests.rows_max == 1'000'000);
    CHECK(usual->nodes.at(0).exports.disk_reserve_bytes == 1ull << 30);
    const auto said = with("[node.requests]\nrows_max = 5000\nbytes_max = 2000000\ntime_max_s = 7\n"
                           "[node.exports]\nwaiting_of_client_max = 1\ndisk_reserve_mib = 5\n");
    REQUIRE(said);
    CHECK(said->nodes.at(0).requests.rows_max == 5'000);
    CHECK(said->nodes.at(0).requests.bytes_max == 2'000'000);
    CHECK(said->nodes.at(0).requests.time_max == std::chrono::seconds(7));
    CHECK(said->nodes.at(0).exports.waiting_of_client_max == 1);
    CHECK(said->nodes.at(0).exports.disk_reserve_bytes == 5u << 20);
    for (const char* wrong : {"[node.requests]\nrows_max = 0\n", "[node.requests]\nbytes_max = 5\n", "[node.requests]\ntime_max_s = 200\n",
                              "[node.requests]\nrows = 5000\n", "[node.exports]\nwaiting_of_client_max = 0\n", "[node.exports]\ndisk_reserve_mib = -1\n"}) {
        CAPTURE(wrong);
        REQUIRE(!with(wrong));
        CHECK(with(wrong).error().message.find("node.") != std::string::npos);
    }
}

TEST_CASE("what a configuration should not say is refused and named") {
    struct Row {
        const char* from;
        const char* to;
        const char* says;
    };
    for (const Row& row : {Row{"data = \"/tmp/x\"", "", "data is missing"},
                           Row{"log_level = \"warn\"", "log_level = \"loud\"", "log_level"},
                           Row{"log_level = \"warn\"", "log_levle = \"warn\"", "unknown key log_levle (line 2)"},
                           Row{"cache_mib = 64", "cache_mib = 7", "cache_mib is from 8 to 1048576"},
                           Row{"cache_mib = 64", "cache_mib = 1048577", "cache_mib is from 8 to 1048576"},
                           Row{"cache_mib = 64", "cache_mib = \"64\"", "cache_mib has the wrong type"},
                           Row{"127.0.0.1:0", "127.0.0.1", "hub.listen"},
                           Row{"127.0.0.1:0", "0.0.0.0:80", "without TLS"},
                           Row{"rights_lease_s = 60", "rights_lease_s = \"60\"", "hub.rights_lease_s has the wrong type"},
                           Row{"hub_url = \"http://h/\"\n", "", "go together"},
                           Row{"hub_url =", "validation = \"all\"\nhub_url =", "node.validation is base or profiles"},
                           Row{"name = \"Norr\"", "", "node.name is missing"},
                           Row{"[\"a.tgz\", \"b\"]", "\"a.tgz\"", "node.packages is a list of texts"},
                           Row{"[\"a.tgz\", \"b\"]", "[\"a.tgz\", 5]", "node.packages is a list of texts"},
                           Row{"provider = \"SE1\"\nname", "provider = \"../x\"\nname", "node.provider"},
                           Row{"[[node]]", "[node]", "node is a list of tables: [[node]] (line 14)"},
                           Row{"[[hub.node]]", "[hub.node]", "hub.node is a list of tables: [[hub.node]] (line 11)"},
                           Row{"provider = \"SE1\"\nname", "provider = \"SE_1\"\nname", "node.provider"},
                           Row{"id = \"U1\"", "id = \"U 1\"", "node.unit.id"},
                           Row{"[[node.unit]]", "[node.unit]", "node.unit is a list of tables"},
                           Row{"[hub]", "[[hub]]", "hub is a table: [hub] (line 7)"},
                           Row{"[users]", "[[users]]", "users is a table: [users] (line 4)"},
                           Row{"keys = [\"", "keys = [1, \"", "users.keys is a list of texts (line 6)"},
                           Row{"127.0.0.1:0", "127.example.org:80", "without TLS"},
                           Row{"[users]", "[users", "line 4"}}) {
        std::string text = good();
        text.replace(text.find(row.from), std::string_view(row.from).size(), row.to);
        const auto config = config_from_toml(text, "/etc/idun");
        REQUIRE_MESSAGE(!config, row.says);
        CHECK_MESSAGE(config.error().message.find(row.says) != std::string::npos, config.error().message);
    }
    for (const auto& [text, says] : {std::pair{"node = \"x\"", "node is a list of tables"},
                                     {"node = [1]", "node is a list of tables"}, {"users = 5", "users is a table"},
                                     {"hub = 1", "hub is a table"}, {"users = []", "users is a table"}}) {
        const auto config = config_from_toml("data = \"x\"\n" + std::string(text), "/etc/idun");
        REQUIRE_MESSAGE(!config, text);
        CHECK(config.error().category == Category::invalid);
        CHECK_MESSAGE(config.error().message.find(says) != std::string::npos, config.error().message);
        CHECK_MESSAGE(config.error().message.ends_with("(line 2)"), config.error().message);
    }
    CHECK(config_from_toml("data = \"x\"", "/etc/idun").error().message.find("no role") != std::string::npos);
}

TEST_CASE("localhost is 127.0.0.1, and stays on this machine") {
    std::string text = good();
    text.replace(text.find("127.0.0.1:0"), 9, "localhost");
    const auto config = config_from_toml(text, "/etc/idun");
    REQUIRE(config);
    CHECK(config->hub->listen.address.host == "127.0.0.1");
    for (const char* host : {"127.0.0.1", "127.1.2.3", "::1"}) CHECK_MESSAGE(is_loopback(host), host);
    for (const char* host : {"", "localhost", "0.0.0.0", "::", "128.0.0.1", "127.example.org", "10.0.0.1"})
        CHECK_MESSAGE(!is_loopback(host), host);
}

TEST_CASE("addresses are HOST:PORT") {
    CHECK(address_from("127.0.0.1:80")->port == 80);
    CHECK(address_from("[::1]:80")->host == "::1");
    for (const char* text : {"", ":80", "localhost", "localhost:", "localhost:x", "localhost:70000", "localhost:-1"})
        CHECK_MESSAGE(!address_from(text), text);
}
