// A role's own signing key, and how it changes (docs/formats/key-change.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "crypto/jws.h"
#include "crypto/signing.h"
#include "ledger/ledger.h"
#include "trust/key_change.h"

namespace idun::app {

// Where a role's key lies, and whose it is.
struct KeyPlace {
    std::string folder;  // of the role; its keys are in "keys"
    std::string name;    // "hub.key", "node.key"
    std::string owner;   // the hub's or the provider's id

    std::string file() const { return folder + "/keys/" + name; }
};

inline KeyPlace hub_keys(std::string folder, std::string id) { return {std::move(folder), "hub.key", std::move(id)}; }
inline KeyPlace node_keys(std::string folder, std::string provider) { return {std::move(folder), "node.key", std::move(provider)}; }

// Moves, does not copy. Thread-safe.
class RoleKeys {
public:
    // The key, made when there is none. A change whose moment has come is carried out first, in one step: the next key takes the former one's
    // place. `corrupt` when what is announced does not hold together, or the next key has gone.
    static Result<RoleKeys> load(KeyPlace place, const Clock& clock, Random& random, ledger::FileSystem& files = ledger::system_files());

    // The same, but no change is carried out: for commands beside a role that may be running.
    static Result<RoleKeys> look(KeyPlace place, Random& random, ledger::FileSystem& files = ledger::system_files());

    const crypto::SigningKey& key() const { return key_; }
    // All that this role has signed with, and the next one.
    crypto::KeySet all() const { return chain().all(); }
    // For opening a log that this role has signed with all of them.
    ledger::Options log_options(ledger::Options others = {}) const;
    // Good for what is signed now.
    crypto::KeySet live(Instant now) const { return chain().live(now); }
    // What it has announced, the oldest first. Read from the disk: another process may have added one.
    Result<std::vector<std::string>> notes() const;
    // Announced, and not carried out by this process.
    Result<std::optional<trust::KeyChange>> waiting() const;
    // `unavailable` when a change's moment has passed and the role still signs with the former key.
    Status healthy(const Clock& clock) const;

    // Makes the next key and announces it. `conflict` while another change is waiting, `too_large` after kKeyChangesMax.
    Result<trust::KeyChange> change(Instant from, Random& random) const;
    // Puts what is announced among a log's public files.
    Status publish_in(const std::string& public_folder) const;
    // Where notes lie, named 1, 2 …
    std::string notes_folder() const;

private:
    RoleKeys(KeyPlace place, crypto::SigningKey key, ledger::FileSystem& files) : place_(std::move(place)), key_(std::move(key)), files_(&files) {}
    trust::KeyChain chain() const;
    Status carry_out(const Clock& clock, Random& random);

    KeyPlace place_;
    crypto::SigningKey key_;
    ledger::FileSystem* files_;
};

}  // namespace idun::app
