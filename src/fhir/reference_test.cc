#include "fhir/reference.h"

#include <doctest/doctest.h>

#include "fhir/outcome.h"
#include "fhir/resource_id.h"
#include "json/document.h"

using namespace idun;
using namespace idun::fhir;

TEST_CASE("references are taken apart") {
    using enum ReferenceKind;
    struct { const char* text; ReferenceKind kind; const char* type; const char* id; const char* version; const char* base; } const cases[] = {
        {"Patient/p1", relative, "Patient", "p1", "", ""},
        {"Patient/p.1-A/_history/3", relative, "Patient", "p.1-A", "3", ""},
        {"http://x.org/fhir/Patient/p1", absolute, "Patient", "p1", "", "http://x.org/fhir"},
        {"https://x.org/Patient/p1/_history/2", absolute, "Patient", "p1", "2", "https://x.org"},
        {"http://x.org/a?b=c", absolute, "", "", "", ""},
        {"http://x.org", absolute, "", "", "", ""},
        {"https://Patient/p1", absolute, "", "", "", ""},
        {"http://x.org/Patient/p1?x", absolute, "", "", "", ""},
        {"urn:uuid:c757873d-ec9a-4326-a141-556f43239520", urn, "", "c757873d-ec9a-4326-a141-556f43239520", "", ""},
        {"urn:oid:1.2.752.129", urn, "", "1.2.752.129", "", ""},
        {"#m1", fragment, "", "m1", "", ""},
        {"#", fragment, "", "", "", ""},
        {"Patient?identifier=a|b", conditional, "Patient", "", "", ""},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        const auto r = parse_reference(c.text);
        REQUIRE(r);
        CHECK(r->kind == c.kind);
        CHECK(r->type == c.type);
        CHECK(r->id == c.id);
        CHECK(r->version == c.version);
        CHECK(r->base == c.base);
    }
    CHECK(parse_reference("Patient?identifier=a|b")->query == "identifier=a|b");
}

TEST_CASE("other texts are no references") {
    for (const char* text : {"", "Patient", "Patient/", "/Patient/1", "patient/1", "Patient/1/", "Patient/a_b", "Patient/1/_history", "Patient/1/_history/",
                             "Patient/1/x/2", "Patient/1#x", "urn:uuid:1", "urn:oid:x", "urn:uuid:", "http://", "http:///x", "ftp://x/Patient/1", "# x", "Patient/ 1",
                             "Patient?", "Patient? ", "http://x .org", "a", "/", "?", "Patient/åäö",
                             "Patient/01234567890123456789012345678901234567890123456789012345678901234"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_reference(text));
    }
}

TEST_CASE("ids") {
    for (const char* good : {"a", "A-1.b", "0123456789012345678901234567890123456789012345678901234567890123"}) CHECK(valid_id(good));
    for (const char* bad : {"", " ", "a_b", "a/b", "å", "01234567890123456789012345678901234567890123456789012345678901234"}) CHECK_FALSE(valid_id(bad));
}

TEST_CASE("outcomes carry severity, code, words and place") {
    const Issues issues = {{.severity = Severity::error, .code = IssueCode::code_invalid, .text = "no \"such\" code", .path = "Patient.gender", .line = 3, .column = 7},
                           {.severity = Severity::warning, .code = IssueCode::informational, .text = {}, .path = {}}};
    CHECK(operation_outcome(issues) ==
          R"({"resourceType":"OperationOutcome","issue":[{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line","valueInteger":3},)"
          R"({"url":"http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-col","valueInteger":7}],"severity":"error","code":"code-invalid",)"
          R"("diagnostics":"no \"such\" code","expression":["Patient.gender"]},{"severity":"warning","code":"informational"}]})");
    CHECK(operation_outcome(Issues{}).find("all ok") != std::string::npos);
    CHECK(operation_outcome(Error(Category::gone, "was deleted")) ==
          R"({"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"deleted","diagnostics":"was deleted"}]})");
    CHECK(has_errors(issues));
    CHECK_FALSE(has_errors({issues[1]}));
}
