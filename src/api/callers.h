// Who is calling: people and systems by the tokens of their issuer, nodes by their own assertions.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "base/time.h"
#include "crypto/hash.h"
#include "crypto/jws.h"
#include "http/message.h"
#include "ledger/entry.h"
#include "trust/peer_keys.h"
#include "trust/ticket.h"
#include "trust/user_token.h"

namespace idun::api {

// The requester of a log entry, and by which token she asked.
void tell_requester(const trust::UserToken& user, ledger::Access& access);

// Issuers of user tokens that a role accepts. Thread-safe.
//
// A signature takes longer to check than a record to read, so tokens that held are remembered by their hash until
// they expire, at most kRememberedMax of them.
class Users {
public:
    Users(std::string issuer, std::string audience, crypto::KeySet keys, const Clock& clock)
        : issuer_(std::move(issuer)), audience_(std::move(audience)), keys_(std::move(keys)), clock_(clock) {}

    static constexpr std::size_t kRememberedMax = 10'000;

    // `unauthorized` without a valid token.
    Result<trust::UserToken> caller(const http::Request& request) const;
    // The same, and the caller works at that provider in a role that may use its records; else `forbidden`.
    Result<trust::UserToken> staff_of(const http::Request& request, std::string_view provider_id) const;
    // The same, and the caller is a patient.
    Result<trust::UserToken> patient(const http::Request& request) const;

private:
    const std::string issuer_;
    const std::string audience_;
    const crypto::KeySet keys_;
    const Clock& clock_;
    mutable std::mutex mutex_;
    mutable std::map<crypto::Hash, trust::UserToken> remembered_;
};

// Nodes that the hub knows. Thread-safe.
class Nodes {
public:
    // `keys` lives as long as it does.
    Nodes(std::string audience, const trust::PeerKeys& keys, const Clock& clock)
        : audience_(std::move(audience)), keys_(keys), clock_(clock) {}

    // The id of the provider whose node is calling; `unauthorized` without a valid assertion, or when it was used
    // before.
    Result<std::string> provider(const http::Request& request) const;

    // Who calls with an assertion that is as it should be but for its time, which has not come: the sender's clock is ahead.
    std::optional<trust::Assertion> early(const http::Request& request) const;

private:
    mutable trust::ReplayGuard replays_;
    const std::string audience_;
    const trust::PeerKeys& keys_;
    const Clock& clock_;
};

}  // namespace idun::api
