#include "http/internal/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>

namespace idun::http {
namespace {

constexpr unsigned char kProtocols[] = "\x08http/1.1";
constexpr unsigned int kProtocolsSize = sizeof(kProtocols) - 1;
// TLS 1.2 with forward secrecy and authenticated encryption only.
constexpr const char* kSuites12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

std::string reason() {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    const char* text = code == 0 ? nullptr : ERR_reason_error_string(code);
    return text ? text : "unknown reason";
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned int in_size, void*) {
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_size, kProtocols, kProtocolsSize, in, in_size) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

SSL_CTX* make(const SSL_METHOD* method) {
    SSL_CTX* context = SSL_CTX_new(method);
    IDUN_CHECK(context);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, kSuites12);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return context;
}

bool is_address(const std::string& host) {
    std::array<unsigned char, 16> bytes{};
    return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::server(const std::string& certificate_file, const std::string& key_file) {
    std::shared_ptr<const TlsContext> context(new TlsContext(make(TLS_server_method())));
    SSL_CTX* native = context->native();
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(native, certificate_file.c_str()) != 1) {
        return fail(Category::invalid, "the TLS certificate file cannot be read: " + reason());
    }
    if (SSL_CTX_use_PrivateKey_file(native, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
        return fail(Category::invalid, "the TLS key file cannot be read or does not fit the certificate: " + reason());
    }
    SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
    return context;
}

Result<std::shared_ptr<const TlsContext>> TlsContext::client(const std::string& ca_file) {
    std::shared_ptr<const TlsContext> context(new TlsContext(make(TLS_client_method())));
    SSL_CTX* native = context->native();
    ERR_clear_error();
    const bool loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(native) == 1
                                        : SSL_CTX_load_verify_file(native, ca_file.c_str()) == 1;
    if (!loaded) return fail(Category::invalid, "the file of certificate authorities cannot be read: " + reason());
    SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
    return context;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

TlsFilter::TlsFilter(const std::shared_ptr<const TlsContext>& context) : context_(context), ssl_(SSL_new(context->native())) {
    IDUN_CHECK(ssl_);
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl_);
}

TlsFilter::TlsFilter(const std::shared_ptr<const TlsContext>& context, const std::string& host)
    : context_(context), ssl_(SSL_new(context->native())) {
    IDUN_CHECK(ssl_);
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_);
    SSL_set_alpn_protos(ssl_, kProtocols, kProtocolsSize);
    if (is_address(host)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), host.c_str());
    } else {
        SSL_set_tlsext_host_name(ssl_, host.c_str());
        SSL_set_hostflags(ssl_, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        SSL_set1_host(ssl_, host.c_str());
    }
}

TlsFilter::~TlsFilter() { SSL_free(ssl_); }

Error TlsFilter::failure(const char* what) const {
    const long verified = SSL_get_verify_result(ssl_);
    if (verified != X509_V_OK) {
        ERR_clear_error();
        return Error(Category::unavailable, std::string(what) + ": " + X509_verify_cert_error_string(verified));
    }
    return Error(Category::unavailable, std::string(what) + ": " + reason());
}

Status TlsFilter::handshake() {
    ERR_clear_error();
    const int outcome = SSL_do_handshake(ssl_);
    if (outcome == 1) {
        ready_ = true;
        return {};
    }
    const int error = SSL_get_error(ssl_, outcome);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return {};
    return fail(failure("the TLS handshake failed"));
}

Status TlsFilter::from_network(std::string_view sealed, std::string& plain) {
    if (!sealed.empty() && BIO_write(SSL_get_rbio(ssl_), sealed.data(), static_cast<int>(sealed.size())) <= 0) {
        return fail(Category::internal, "TLS has no memory");
    }
    if (!ready_) TRY(handshake());
    if (!ready_) return {};
    std::array<char, 16 << 10> part;
    while (true) {
        ERR_clear_error();
        const int n = SSL_read(ssl_, part.data(), static_cast<int>(part.size()));
        if (n > 0) {
            plain.append(part.data(), static_cast<std::size_t>(n));
            continue;
        }
        const int error = SSL_get_error(ssl_, n);
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return {};
        if (error == SSL_ERROR_ZERO_RETURN) {
            ended_ = true;
            return {};
        }
        return fail(failure("TLS failed"));
    }
}

Status TlsFilter::write(std::string_view plain) {
    while (!plain.empty()) {
        ERR_clear_error();
        const int n = SSL_write(ssl_, plain.data(), static_cast<int>(std::min<std::size_t>(plain.size(), 1u << 20)));
        if (n <= 0) return fail(failure("TLS failed"));
        plain.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

std::string TlsFilter::to_network() {
    BIO* bio = SSL_get_wbio(ssl_);
    std::string out(BIO_ctrl_pending(bio), '\0');
    if (!out.empty()) out.resize(static_cast<std::size_t>(std::max(0, BIO_read(bio, out.data(), static_cast<int>(out.size())))));
    return out;
}

bool TlsFilter::has_output() const { return BIO_ctrl_pending(SSL_get_wbio(ssl_)) > 0; }

void TlsFilter::close() {
    if (ready_) SSL_shutdown(ssl_);
    ERR_clear_error();
}

}  // namespace idun::http
