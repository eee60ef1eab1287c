// What a server shows of itself in TLS: whether its certificate would be trusted here, by its name, and for how long. Sends no request.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace idun::http {

struct CertificateSeen {
    std::string host;
    std::string chain;               // "" when the chain leads to an authority that is trusted and its time holds; else why not
    bool names_host = false;
    std::vector<std::string> names;  // that it is for: DNS names and addresses, 8 at most
    Instant until;
    bool trusted() const { return chain.empty() && names_host; }
};

// Of the host and port of an https URL. `ca_file` "": the system's roots. `invalid` for another URL or an unreadable ca_file, `unavailable` when nobody answers, or not
// in TLS, within the time. Looking up the name has no bound of its own.
Result<CertificateSeen> look_at_certificate(const std::string& url, const std::string& ca_file, std::chrono::milliseconds timeout);

// Host and port of an http or https URL; `invalid` for another text.
struct HostAndPort {
    bool tls = false;
    std::string host;
    std::string port;
};
Result<HostAndPort> host_and_port(const std::string& url);
// The addresses of a name, as text, each once. `not_found` with what the resolver says. Has no bound of its own.
Result<std::vector<std::string>> addresses_of(const std::string& host);

}  // namespace idun::http
