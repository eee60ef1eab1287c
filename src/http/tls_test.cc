// HTTPS between a real server and a real client, with certificates made on the spot.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <cstdlib>
#include <filesystem>

#include "http/client.h"
#include "http/server.h"

using namespace idun;
using namespace idun::http;

namespace {

// An authority and certificates by it, in a folder that goes away.
struct Certificates {
    std::string folder;
    bool made = false;

    Certificates() {
        folder = (std::filesystem::temp_directory_path() / "idun-tls-XXXXXX").string();
        REQUIRE(::mkdtemp(folder.data()) != nullptr);
        made = run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=Authority "
                   "-keyout ca.key -out ca.pem") &&
               run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=Other "
                   "-keyout other.key -out other.pem") &&
               issue("here", "IP:127.0.0.1", 2) && issue("elsewhere", "DNS:elsewhere.example", 2);
    }
    ~Certificates() {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }
    bool run(const std::string& arguments) const {
        const std::string command = "cd '" + folder + "' && openssl " + arguments + " >/dev/null 2>&1";
        return std::system(command.c_str()) == 0;
    }
    bool issue(const std::string& name, const std::string& alternative, int days) const {
        const std::string extension = "printf 'subjectAltName=" + alternative + "' > '" + folder + "/" + name + ".ext'";
        return std::system(extension.c_str()) == 0 &&
               run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name + " -keyout " + name +
                   ".key -out " + name + ".csr") &&
               run("x509 -req -in " + name + ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -days " + std::to_string(days) +
                   " -extfile " + name + ".ext -out " + name + ".pem");
    }
    Tls tls(const std::string& name) const { return {folder + "/" + name + ".pem", folder + "/" + name + ".key"}; }
};

Result<Response> ask(const Tls& tls, const std::string& authority, const std::string& scheme = "https") {
    Loop loop;
    Metrics metrics;
    ServerOptions options;
    options.tls = tls;
    auto server = Server::listen(loop, options, answering([](const Request& request) {
                                     Response response;
                                     response.body = "seen " + request.path;
                                     return response;
                                 }),
                                 metrics);
    REQUIRE(server);
    Client::Options client_options;
    client_options.ca_file = authority;
    Client client(loop, client_options);
    Call call;
    call.url = scheme + "://127.0.0.1:" + std::to_string((*server)->port()) + "/x";
    call.timeout = std::chrono::milliseconds(5'000);
    return client.fetch(std::move(call));
}

}  // namespace

TEST_CASE("HTTPS answers whoever trusts the authority, and the client trusts nobody else") {
    const Certificates certificates;
    if (!certificates.made) {
        MESSAGE("skipped: the openssl command is missing");
        return;
    }
    const auto good = ask(certificates.tls("here"), certificates.folder + "/ca.pem");
    REQUIRE(good);
    CHECK(good->status == 200);
    CHECK(good->body == "seen /x");
    CHECK(!ask(certificates.tls("here"), certificates.folder + "/other.pem"));
    CHECK(!ask(certificates.tls("elsewhere"), certificates.folder + "/ca.pem"));
    CHECK(!ask(certificates.tls("here"), certificates.folder + "/ca.pem", "http"));
}

TEST_CASE("a server without its key does not start") {
    Loop loop;
    Metrics metrics;
    ServerOptions options;
    options.tls = Tls{"/nonexistent.pem", "/nonexistent.key"};
    CHECK(!Server::listen(loop, options, answering([](const Request&) { return Response{}; }), metrics));
}
