#include "http/certificate.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <memory>

#include "http/internal/tls.h"
#include "http/internal/url.h"

namespace idun::http {
namespace {

constexpr std::size_t kNamesMax = 8;

struct Addresses {
    addrinfo* first = nullptr;
    ~Addresses() {
        if (first) freeaddrinfo(first);
    }
};

Status resolve(const std::string& host, const std::string& port, Addresses& out) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    const int failed = getaddrinfo(host.c_str(), port.empty() ? nullptr : port.c_str(), &hints, &out.first);
    if (failed != 0) return fail(Category::not_found, gai_strerror(failed));
    return {};
}

struct Socket {
    int fd = -1;
    ~Socket() {
        if (fd >= 0) ::close(fd);
    }
};

// SO_SNDTIMEO bounds connect() too.
Status connect_to(const HostAndPort& to, std::chrono::milliseconds timeout, Socket& out) {
    Addresses addresses;
    TRY(resolve(to.host, to.port, addresses));
    const timeval bound{.tv_sec = timeout.count() / 1000, .tv_usec = (timeout.count() % 1000) * 1000};
    for (const addrinfo* one = addresses.first; one; one = one->ai_next) {
        Socket socket{::socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol)};
        if (socket.fd < 0) continue;
        setsockopt(socket.fd, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound);
        setsockopt(socket.fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
        if (::connect(socket.fd, one->ai_addr, one->ai_addrlen) != 0) continue;
        std::swap(out.fd, socket.fd);
        return {};
    }
    return fail(Category::unavailable, "nobody answers at " + to.host + " port " + to.port);
}

std::string name_of(const GENERAL_NAME* name) {
    if (name->type == GEN_DNS) {
        const ASN1_STRING* text = name->d.dNSName;
        return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), static_cast<std::size_t>(ASN1_STRING_length(text))};
    }
    if (name->type != GEN_IPADD) return {};
    const ASN1_STRING* raw = name->d.iPAddress;
    char text[INET6_ADDRSTRLEN] = {};
    const int family = ASN1_STRING_length(raw) == 4 ? AF_INET : AF_INET6;
    return inet_ntop(family, ASN1_STRING_get0_data(raw), text, sizeof text) ? text : "";
}

// Printable, since they come from whoever answers.
std::vector<std::string> names_in(X509* certificate) {
    std::vector<std::string> out;
    const auto free_names = [](GENERAL_NAMES* names) { GENERAL_NAMES_free(names); };
    const std::unique_ptr<GENERAL_NAMES, decltype(free_names)> names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)), free_names);
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()) && out.size() < kNamesMax; ++i) {
        std::string name = name_of(sk_GENERAL_NAME_value(names.get(), i)).substr(0, 253);
        const bool printable = std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f'; });
        if (!name.empty() && printable) out.push_back(std::move(name));
    }
    return out;
}

Instant until_of(const X509* certificate) {
    std::tm time{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) != 1) return {};
    return {static_cast<std::int64_t>(timegm(&time)) * 1000};
}

bool is_for(X509* certificate, const std::string& host) {
    return X509_check_host(certificate, host.c_str(), 0, 0, nullptr) == 1 || X509_check_ip_asc(certificate, host.c_str(), 0) == 1;
}

}  // namespace

Result<HostAndPort> host_and_port(const std::string& url) {
    TRY_ASSIGN(const Url read, read_url(url));
    return HostAndPort{read.tls, read.host, read.port};
}

Result<std::vector<std::string>> addresses_of(const std::string& host) {
    Addresses addresses;
    TRY(resolve(host, "", addresses));
    std::vector<std::string> out;
    for (const addrinfo* one = addresses.first; one; one = one->ai_next) {
        char text[NI_MAXHOST] = {};
        if (getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) continue;
        if (std::ranges::find(out, text) == out.end()) out.emplace_back(text);
    }
    return out;
}

Result<CertificateSeen> look_at_certificate(const std::string& url, const std::string& ca_file, std::chrono::milliseconds timeout) {
    TRY_ASSIGN(const HostAndPort to, host_and_port(url));
    if (!to.tls) return fail(Category::invalid, "not an https address");
    TRY_ASSIGN(const auto context, TlsContext::client(ca_file));
    Socket socket;
    TRY(connect_to(to, timeout, socket));
    const auto free_ssl = [](SSL* ssl) { SSL_free(ssl); };
    const std::unique_ptr<SSL, decltype(free_ssl)> ssl(SSL_new(context->native()), free_ssl);
    IDUN_CHECK(ssl);
    // It is looked at, not trusted: nothing is sent or read after the handshake.
    SSL_set_verify(ssl.get(), SSL_VERIFY_NONE, nullptr);
    SSL_set_tlsext_host_name(ssl.get(), to.host.c_str());
    SSL_set_fd(ssl.get(), socket.fd);
    ERR_clear_error();
    const bool shaken = SSL_connect(ssl.get()) == 1;
    ERR_clear_error();
    if (!shaken) return fail(Category::unavailable, "what answers at " + to.host + " port " + to.port + " does not speak TLS");
    const auto free_certificate = [](X509* one) { X509_free(one); };
    const std::unique_ptr<X509, decltype(free_certificate)> certificate(SSL_get1_peer_certificate(ssl.get()), free_certificate);
    if (!certificate) return fail(Category::unavailable, "the server shows no certificate");
    CertificateSeen out;
    out.host = to.host;
    if (const long verified = SSL_get_verify_result(ssl.get()); verified != X509_V_OK) out.chain = X509_verify_cert_error_string(verified);
    out.names_host = is_for(certificate.get(), to.host);
    out.names = names_in(certificate.get());
    out.until = until_of(certificate.get());
    return out;
}

}  // namespace idun::http
