// FHIR on HTTP: answers, refusals and bodies.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "fhir/outcome.h"
#include "http/message.h"
#include "json/document.h"
#include "records/records.h"

namespace idun::api {

// application/fhir+json
http::Response fhir(int status, std::string body);
// The one way an error becomes a FHIR answer: status by category, an OperationOutcome as body.
http::Response refusal(const Error& error);
http::Response refusal(int status, const fhir::Issues& issues);

// The handler for callers who accept FHIR JSON, by _format or else by Accept; others get 406. It sees neither _format nor
// _pretty; what it answers at once is indented for _pretty=true.
http::Handler fhir_json(http::Handler handler);

// The body as JSON. Refuses another content type than application/fhir+json or application/json, another
// charset than UTF-8, and what json::Document refuses.
Result<json::Document> body_of(const http::Request& request);

// A patch and the document it lies in.
struct PatchBody {
    json::Document document;
    records::Patch patch;
};
// The body of a PATCH, by its content type.
Result<PatchBody> patch_body_of(const http::Request& request);

// "Mon, 23 Nov 2026 08:15:30 GMT" (RFC 9110 §5.6.7).
std::string http_date(Instant time);
std::optional<Instant> from_http_date(std::string_view text);

// For paths that lead nowhere, and for wrong methods.
http::Response no_such_path(const http::Request& request, const Error& error);

}  // namespace idun::api
