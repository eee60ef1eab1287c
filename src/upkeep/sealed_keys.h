// Keys of a role in a file that only a passphrase opens: docs/formats/backup.md, "Keys".
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace idun::upkeep {

// By what they are called: "keys/hub.key", "keys/changes/1", "pseudonym.key".
using KeyTexts = std::map<std::string, std::string>;

// The one line of a file that belongs to its owner alone; `invalid` below 12 characters, `forbidden` when others may read it.
Result<std::string> passphrase_in(const std::string& path);

// Takes half a second and 256 MiB, as whoever guesses will need for each guess.
Result<std::string> seal_keys(const KeyTexts& keys, std::string_view passphrase, Random& random);
// `unauthorized` when the passphrase is another or the file was changed, `corrupt` for what is none.
Result<KeyTexts> open_keys(std::string_view sealed, std::string_view passphrase);

}  // namespace idun::upkeep
