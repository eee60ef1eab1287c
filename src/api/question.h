// From a request to a question about one person, whichever operation asks it.
#pragma once

#include "api/hub.h"
#include "json/document.h"

namespace idun::api {

// What a caller may say, before anybody is looked up.
struct AskedAtHub {
    std::string system;
    std::string value;
    std::string purpose;  // "": TREAT; PATRQT for a patient; for a representative what her mandate is for
    bool care_relation = false;
    std::optional<std::chrono::milliseconds> bound;  // of a gathering; otherwise 2 seconds
    std::vector<std::string> categories;
    std::string break_glass;  // id of the glass that the caller has broken; "": none
    std::optional<Instant> as_of;  // what the index said then; of pointers only
    std::optional<crypto::Pseudonym> person;  // instead of system and value: whom an earlier page was about
};

// One of the parameters that say why and how, by its name: purpose, careRelation, timeout, category, breakGlass, asOf.
Status take_asked(AskedAtHub& asked, std::string_view name, std::string_view text);

// GET: identifier=SYSTEM|VALUE, purpose, careRelation, timeout (ms), category, breakGlass; asOf (an instant) is for pointers.
// Unknown parameters are refused with the list of what is allowed.
Result<AskedAtHub> asked_in_query(std::string_view query);
// POST: a FHIR Parameters resource with the same names (identifier as valueIdentifier or valueString,
// the others as any primitive).
Result<AskedAtHub> asked_in_parameters(json::Value parameters);

// Who asks about whom. A patient asks about herself: without identifier, or with her own; with another one she asks as
// that person's representative, where she has a mandate of hers; else it is a question that will be denied (and
// logged), not an error. `invalid` for a malformed identifier, `forbidden` for a glass that is not the caller's or is
// shut again.
Result<exchange::Question> question_of(const Hub& hub, const trust::UserToken& user, const AskedAtHub& asked,
                                       const http::Request& request);

// The entries of a look at what the index says: under every number that has something, the one that was asked for last.
std::vector<ledger::Access> entries_under_numbers(ledger::Access access, const exchange::VisibleHoldings& visible);

}  // namespace idun::api
