// Whom a request at the hub is about, and in which capacity the caller asks or chooses there: as the person herself, by
// a mandate of hers, or as staff that registers what came on paper.
#pragma once

#include <optional>

#include "api/consent.h"
#include "api/hub.h"

namespace idun::api {

enum class Standing : std::uint8_t { herself, representative, staff };

struct Subject {
    crypto::Pseudonym person;
    Standing standing = Standing::herself;
};

// By a national identifier, or by pseudonym (urn:idun:pseudonym), which is how lists name others to her
// representatives. Clinicians name people by national identifiers only. Errors never quote the value.
Result<crypto::Pseudonym> person_named(const Hub& hub, const trust::UserToken& user, const Identifier& identifier);

// Has that representative a mandate of the person's that holds now; `manage`: one that lets her choose for the person?
Result<bool> has_mandate(const Hub& hub, const crypto::Pseudonym& person, const crypto::Pseudonym& representative,
                         bool manage);

// For what people do for themselves or for each other: without `who` the caller herself. `forbidden`, in the same words
// for everybody, unless it is she or she has a mandate.
Result<Subject> subject_of(const Hub& hub, const trust::UserToken& user, const std::optional<Identifier>& who,
                           bool manage);

// Administrators of a provider and supervisors register what came on paper.
bool is_registrar(const trust::UserToken& user);

// Who makes a change, for the history.
rights::Author author_of(const trust::UserToken& user, const Subject& subject, std::string warning,
                         std::string evidence);

// The log entry of something done for or about the person.
ledger::Access access_about(const Hub& hub, const trust::UserToken& user, const Subject& subject, ledger::Action action,
                            const http::Request& request);

// "patient.identifier=SYSTEM|VALUE" and the like, split.
Result<Identifier> identifier_from(std::string_view text, std::string_view name);

}  // namespace idun::api
