// Whom a request at the hub is about, and in which capacity the caller asks or chooses there: as the person herself, by
// a mandate of hers, or as staff that registers what came on paper.
#pragma once

#include <optional>

#include "api/consent.h"
#include "api/hub.h"

namespace idun::api {

enum class Standing : std::uint8_t { herself, representative, staff };

struct Subject {
    crypto::Pseudonym person;  // as she was named
    Standing standing = Standing::herself;
    // Of her numbers the one under which the caller may set and end something: the one that she came with, or that the
    // mandate stands under. So nothing that is done by a link changes what stands under another number.
    std::optional<crypto::Pseudonym> own = {};
    std::optional<ledger::Mandate> mandate = {};  // by which a representative does
    Subject choosing() const { return {own.value_or(person), standing, std::nullopt, mandate}; }
};

// By a national identifier, or by pseudonym (urn:idun:pseudonym), which is how lists name others to her
// representatives. Clinicians name people by national identifiers only. Errors never quote the value.
Result<crypto::Pseudonym> person_named(const Hub& hub, const trust::UserToken& user, const Identifier& identifier);

// `conflict`, in the words of the rule, for a number that was used for two persons: nothing of hers is shown or changed.
Status unambiguous(const Hub& hub, const crypto::Pseudonym& number);

// What a mandate that holds now must give: `choices` lets her choose for the person; `everything` opens all records,
// also those that a parent does not see at the child's age. Lists that name providers and reasons (who has looked,
// messages) ask for `everything`: cut to a part, their gaps would tell of the rest.
enum class Reach : std::uint8_t { choices, everything };

bool opens_everything(const Hub& hub, const rights::Mandate& mandate);

// For what people do for themselves or for each other: without `who` the caller herself. `forbidden`, in the same words
// for everybody, unless it is she or she has a mandate.
Result<Subject> subject_of(const Hub& hub, const trust::UserToken& user, const std::optional<Identifier>& who,
                           Reach reach);

// Administrators of a provider and supervisors register what came on paper.
bool is_registrar(const trust::UserToken& user);

// Who makes a change, for the history.
rights::Author author_of(const trust::UserToken& user, const Subject& subject, std::string warning,
                         std::string evidence);

// What the nation's rules leave out of her representatives' lists is left out of everything that they are shown of the logs.
exchange::AccessFilter filter_for(const Hub& hub, const Subject& subject, exchange::AccessFilter asked = {});

// The log entry of something done for or about the person.
ledger::Access access_about(const Hub& hub, const trust::UserToken& user, const Subject& subject, ledger::Action action,
                            const http::Request& request);

// What names the person again in the links of an answer: "" for the caller herself, else "&patient.identifier=...".
std::string link_to(const Subject& subject);

// "patient.identifier=SYSTEM|VALUE" and the like, split.
Result<Identifier> identifier_from(std::string_view text, std::string_view name);

}  // namespace idun::api
