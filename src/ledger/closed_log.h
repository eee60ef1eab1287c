// A log that another one follows, read from its files and never written: what it holds about a person can be proven for as long as they lie
// there (docs/decisions/0065-closed-log-proofs.md).
//
//     ClosedLog closed("data/log", "SE2321000016", keys, system_files());
//     TRY_ASSIGN(auto proof, closed.prove(person));
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "crypto/jws.h"
#include "ledger/file_system.h"
#include "ledger/person_proof.h"

namespace idun::ledger {

// Thread-safe. Reads nothing before it is first asked, and then keeps keys and map in memory, or why there are none: nobody writes to a closed
// log, so what is missing in it, or does not fit, will be the same the next time.
class ClosedLog {
public:
    // `keys`: that signed its checkpoints. `files` lives as long. Nobody else writes to the folder meanwhile.
    ClosedLog(std::string folder, std::string log_id, crypto::KeySet keys, FileSystem& files);
    ~ClosedLog();

    const std::string& log_id() const { return log_id_; }

    // As Ledger::prove(), under the newest published checkpoint and the newest map root that is in it; entries behind that root are not
    // proven. `not_found` also when the log has no map root, or keys of somebody were forgotten behind it: then nobody can make that
    // map again. `corrupt` when files do not fit each other. `busy` while its files are read for somebody who asked before: ask again in a
    // moment.
    Result<PersonProof> prove(const crypto::Pseudonym& person, std::optional<std::uint64_t> before = std::nullopt) const;

private:
    struct Loaded;
    Result<const Loaded*> load() const;
    Result<std::unique_ptr<const Loaded>> read() const;

    const std::string folder_;
    const std::string log_id_;
    const crypto::KeySet keys_;
    FileSystem& files_;
    mutable std::mutex mutex_;  // of what follows; not held while files are read
    mutable bool reading_ = false;
    mutable std::unique_ptr<const Loaded> loaded_;
    mutable std::optional<Error> never_;  // `not_found` or `corrupt`
};

}  // namespace idun::ledger
