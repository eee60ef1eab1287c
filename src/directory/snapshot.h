// The directory as one signed document: what a node needs of it while the hub is away. Bytes: docs/formats/directory.md.
//
// The hub signs it, so that it may come from anywhere: a node's copy is as good as the hub's own. Its number is the directory's,
// and whoever holds one takes no older one.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/jws.h"
#include "directory/directory.h"

namespace idun::directory {

inline constexpr std::string_view kSnapshotType = "idun-directory+jwt";
inline constexpr std::size_t kSnapshotBytesMax = 48u << 20;

struct Listed {
    Organisation organisation;
    bool active = true;
    friend bool operator==(const Listed&, const Listed&) = default;
};
struct Address {
    std::string provider;
    std::string url;
    friend bool operator==(const Address&, const Address&) = default;
};
struct NodeKey {
    std::string provider;
    std::string key;  // Ed25519, base64url
    friend bool operator==(const NodeKey&, const NodeKey&) = default;
};

struct Spoken {
    std::string id;  // a provider, or the hub
    Speaks speaks;   // without FHIR's version, which all have in common
    friend bool operator==(const Spoken&, const Spoken&) = default;
};

struct Snapshot {
    std::string hub;  // issuer
    std::uint64_t number = 0;
    Instant issued;
    std::vector<Listed> organisations;  // by id
    std::vector<Address> addresses;     // by provider
    std::vector<NodeKey> keys;          // by provider and key
    std::vector<Spoken> speaks = {};    // by id, of those that say it; of a hub of before nothing
    friend bool operator==(const Snapshot&, const Snapshot&) = default;

    // Null when there is none; lives as long as the snapshot.
    const Listed* organisation(std::string_view id) const;
    // Empty when it is not said.
    Speaks speech_of(std::string_view id) const;
    // At the same number the one signed later is newer: keys of nodes have no number.
    bool newer_than(const Snapshot& other) const { return std::pair(number, issued) > std::pair(other.number, other.issued); }
};

Snapshot snapshot_of(const View& view, std::string hub, std::vector<NodeKey> keys, Instant issued);
std::string sign_snapshot(const crypto::SigningKey& key, const Snapshot& snapshot);
// `unauthorized` when signature, type or hub is wrong or it was issued in the future, `invalid` when it does not hold together.
Result<Snapshot> verify_snapshot(std::string_view token, const crypto::KeySet& keys, std::string_view hub, Instant now);

// Signs when there is something new, and once an hour. Thread-safe.
class SnapshotSigner {
public:
    SnapshotSigner(std::string hub, const Directory& directory, const crypto::SigningKey& key, std::function<std::vector<NodeKey>()> keys, const Clock& clock)
        : hub_(std::move(hub)), directory_(directory), key_(key), keys_(std::move(keys)), clock_(clock) {}

    struct Signed {
        std::shared_ptr<const std::string> token;
        std::string etag;
    };
    Signed current();
    // The nodes' keys have changed.
    void renew();

private:
    const std::string hub_;
    const Directory& directory_;
    const crypto::SigningKey& key_;
    const std::function<std::vector<NodeKey>()> keys_;
    const Clock& clock_;
    std::mutex mutex_;
    Signed signed_;
    std::uint64_t number_ = 0;
    Instant issued_;
};

}  // namespace idun::directory
