// TLS as a filter between bytes of the network and bytes of the protocol, on OpenSSL's memory buffers.
// Knows no socket. See docs/decisions/0005-http-between-roles.md.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct ssl_ctx_st;
struct ssl_st;

namespace idun::http {

// Certificates, versions and suites; shared by connections, immutable, thread-safe.
class TlsContext {
public:
    // TLS 1.3, and 1.2 with ECDHE and AEAD suites; takes http/1.1 by ALPN.
    static Result<std::shared_ptr<const TlsContext>> server(const std::string& certificate_file, const std::string& key_file);
    // Verifies chains against `ca_file`, or the system's roots when it is empty.
    static Result<std::shared_ptr<const TlsContext>> client(const std::string& ca_file);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    ssl_ctx_st* native() const { return context_; }

private:
    explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
    ssl_ctx_st* context_;
};

// One TLS connection. Used by one thread at a time.
class TlsFilter {
public:
    explicit TlsFilter(const std::shared_ptr<const TlsContext>& context);  // server side
    // Client side: the peer's certificate must name `host` (a DNS name or an IP address).
    TlsFilter(const std::shared_ptr<const TlsContext>& context, const std::string& host);
    ~TlsFilter();
    TlsFilter(const TlsFilter&) = delete;
    TlsFilter& operator=(const TlsFilter&) = delete;

    // Bytes from the network; appends what they mean to `plain`. After an error the connection is lost
    // (but to_network() may hold an alert).
    Status from_network(std::string_view sealed, std::string& plain);
    // Encrypts; only when ready().
    Status write(std::string_view plain);
    // Takes what must be sent to the network.
    std::string to_network();
    bool has_output() const;

    bool ready() const { return ready_; }    // the handshake is over
    bool ended() const { return ended_; }    // the peer said that nothing more comes
    // Says that nothing more comes from here.
    void close();

private:
    Status handshake();
    Error failure(const char* what) const;

    std::shared_ptr<const TlsContext> context_;
    ssl_st* ssl_;
    bool ready_ = false;
    bool ended_ = false;
};

}  // namespace idun::http
