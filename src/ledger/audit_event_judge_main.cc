// For the judge test/judges/balp: an AuditEvent for every kind of access that the logs can hold, one JSON object a line:
// {"case", "action", "person", "records", "permit", "request", "token", "event"}.
#include <iostream>
#include <string>

#include "json/writer.h"
#include "ledger/audit_event.h"

namespace {

using namespace idun;
using namespace idun::ledger;

struct Variant {
    std::string_view name;
    void (*change)(Access&);
};

constexpr Variant kVariants[] = {
    {"plain", [](Access&) {}},
    {"denied",
     [](Access& a) {
         a.permit = false;
         a.rule = "care-relation";
         a.records.clear();
     }},
    {"about nobody", [](Access& a) { a.person.reset(); }},
    {"no records", [](Access& a) { a.records.clear(); }},
    {"three records",
     [](Access& a) {
         a.records.push_back({"Condition", "c1", "", "diagnosis", "SE2"});
         a.records.push_back({"Patient", "p1", "3", "", ""});
     }},
    {"after a broken glass", [](Access& a) { a.break_glass = BreakGlass{"g-1", "life"}; }},
    {"on behalf", [](Access& a) { a.on_behalf_of = "u2"; }},
    {"by herself",
     [](Access& a) {
         a.requester = {"person-x", "", "patient", "", ""};
         a.purpose = "PATRQT";
         a.ticket_id.clear();
     }},
    {"with a token", [](Access& a) { a.token = {"5d1c3ee4-7a08-4f0f-b2a5-3f3f6f3b6d11", "journal", "", ""}; }},
    {"by a system in her name", [](Access& a) { a.token = {"5d1c3ee4-7a08-4f0f-b2a5-3f3f6f3b6d11", "journal", "ehr-1", "Journal North"}; }},
    {"denied with a token",
     [](Access& a) {
         a.permit = false;
         a.rule = "care-relation";
         a.records.clear();
         a.token = {"5d1c3ee4-7a08-4f0f-b2a5-3f3f6f3b6d11", "", "", ""};
     }},
    {"by mandate",
     [](Access& a) {
         a.requester = {"person-x", "Bo Ek", "representative", "", ""};
         a.purpose = "PWATRNY";
         a.rule = "representative";
         a.mandate = Mandate{"m1", 20'000};
         a.ticket_id.clear();
     }},
    {"by a system", [](Access& a) { a.requester = {"ehr-1", "EHR", "system", "SE1", ""}; }},
    {"of a gathering's sources",
     [](Access& a) {
         a.sources = {{"SE1", "answered", "SE1:5:x", 12}, {"SE3", "down", "", 0}, {"SE4", "asked", "", 0}};
     }},
    {"bare",
     [](Access& a) {
         Access bare;
         bare.action = a.action;
         bare.time = a.time;
         a = std::move(bare);
     }},
};

Access usual(Action action) {
    Access a;
    a.time = {1'795'428'000'123};
    a.action = action;
    a.person = *crypto::Pseudonym::from(std::string(16, 'p'));
    a.requester = {"u1", "Anna Ek", "clinician", "SE1", "SE1-E1"};
    a.purpose = "TREAT";
    a.care_relation = true;
    a.rule = "shared-care";
    a.rules = "sweden-2026-1";
    a.ticket_id = "17-x";
    a.store_version = 9;
    a.records.push_back({"Observation", "o1", "1", "laboratory", "SE2"});
    a.request_id = "r1";
    return a;
}

void print(const Variant& variant, Action action) {
    Access access = usual(action);
    variant.change(access);
    const Receipt receipt{"SE2321000016", 1042, 1050, crypto::sha256("x"), std::string(kNoteSignatureBytes, 's')};
    json::Writer w;
    w.object().member("case", std::string(to_string(action)) + ", " + std::string(variant.name));
    w.member("action", to_string(action)).member("person", access.person.has_value());
    w.member("records", access.records.size()).member("permit", access.permit).member("request", !access.request_id.empty());
    w.member("token", !access.token.id.empty());
    w.member("event", to_audit_event(access, receipt)).end();
    std::cout << w.take() << "\n";
}

}  // namespace

int main() {
    for (int number = 0;; ++number) {
        const auto action = static_cast<Action>(number);
        if (to_string(action).empty()) return 0;
        for (const Variant& variant : kVariants) print(variant, action);
    }
}
