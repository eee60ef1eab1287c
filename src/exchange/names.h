// The words that the sentences of log entries take from elsewhere: names from the directory, reasons from the rules.
#pragma once

#include "directory/directory.h"
#include "ledger/audit_event.h"

namespace idun::exchange {

// Borrows the directory.
ledger::Names names_from(const directory::Directory& directory);

}  // namespace idun::exchange
