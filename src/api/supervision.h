// Supervisors at the hub: on what legal ground they look across people, which is itself logged, with everybody whom the
// answer shows.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "api/given.h"
#include "api/hub.h"
#include "ledger/append_each.h"

namespace idun::api {

struct Supervision {
    trust::UserToken user;
    std::string ground;     // of the law, such as "PDL 7:2"
    std::string reference;  // of the matter
};

inline constexpr std::string_view kGroundNames[] = {"ground", "reference"};

// `forbidden` unless a supervisor calls; `invalid` without ground and reference.
Result<Supervision> supervision_of(const Hub& hub, const http::Request& request);
// About nobody: `what` was looked at, and on what ground.
ledger::Access supervision_access(const Hub& hub, const Supervision& supervision, ledger::Action action,
                                  const http::Request& request, std::string what);

// What the nation's rules leave out of supervisors' lists is left out of everything that they are shown.
exchange::AccessFilter for_supervisors(const Hub& hub);
// As entry_named(); `not_found` also for what is left out.
Result<exchange::LoggedEntry> supervised_entry(Hub& hub, std::string_view id);

// What an answer shows about people: of each, the entries. Whom the log names for it is decided here and nowhere else: her list must not
// tell of what is withheld from her.
class ShownPeople {
public:
    // Whom the supervisor has named, or another one before: nothing of her accesses is said.
    void add(const crypto::Pseudonym& person) { records_[person]; }
    // One access. Not when it is withheld.
    Status add(const Hub& hub, const exchange::AccessView::Seen& seen);
    // Something that was found by counting her accesses, without saying which. Not while anything of hers is withheld: she would look for what
    // was counted, and miss it.
    Status add_counted(const Hub& hub, const crypto::Pseudonym& person);
    // One entry for each person and for each ledger::kRecordsMax of her records; one about nobody when there is none.
    ledger::NextAccess entries(ledger::Access access) &&;

private:
    std::map<crypto::Pseudonym, std::vector<ledger::Record>> records_;
};

struct Supervised {
    ledger::NextAccess entries;
    http::Response response;
};
// Sends the response with the receipt of the last of its entries once all are durable, or the failure.
http::Handler answering_supervisors(Hub& hub, Result<Supervised> (*answer)(Hub&, const http::Request&));

}  // namespace idun::api
